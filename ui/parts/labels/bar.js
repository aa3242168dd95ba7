// How many labels are marked, and what can be done with them.

const find = (name) => element.querySelector(name);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

// Every tab shows images in a way of its own.
const SHOW = {
  results: (_, ids) => document.dispatchEvent(new CustomEvent('defect-lens-results-pick', { detail: { ids } })),
  explore: ({ dataset }, ids) => {
    document.dispatchEvent(new CustomEvent('defect-lens-pick', { detail: { origin: { dataset }, ids } }));
  },
};

function listMarks() {
  const marks = Object.entries(readMarks(props.value.marking)).map(([id, one]) => ({ id, ...one }));
  return marks.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function idsOf(isWanted) {
  return listMarks().filter(isWanted).map(({ id }) => id);
}

function idsShown() {
  const { category } = props.value;
  return idsOf((one) => !category || one.category === category);
}

const idsWrong = () => idsOf(({ mark }) => mark === 'wrong');

function showBar() {
  const { marking, texts } = props.value || {};
  const marks = marking ? listMarks() : [];
  find('.label-bar').hidden = !marking || !(marks.length || texts.hint);
  if (!marking) return;
  for (const name of ['save', 'clear', 'exclude', 'show']) find(`.${name}`).hidden = !marks.length;
  find('.show').hidden ||= !idsShown().length;
  find('.exclude').hidden ||= !idsWrong().length;
  find('p').textContent = marks.length ? sayCounts(marks) : texts.hint;
  for (const name of ['save', 'exclude', 'clear']) find(`.${name}`).textContent = texts[name];
  find('.show').textContent = fill(texts.show, { n: idsShown().length });
  find('.exclude').title = texts.excludeHint;
}

function sayCounts(marks) {
  const { marking, texts } = props.value;
  const counts = Object.keys(SIGNS).map((name) => [name, marks.filter(({ mark }) => mark === name).length]);
  const parts = counts.filter(([, n]) => n).map(([name, n]) => fill(texts[name], { n }));
  const said = fill(texts.counts, { dataset: marking.dataset, counts: parts.join(', ') });
  return areMarksLost(marking) ? `${said} ${texts.lost}` : said;
}

function saveMarks() {
  const { dataset } = props.value.marking;
  const rows = listMarks().map(({ id, label, mark }) => [id, label, mark]);
  saveFile(`labels-${dataset}.csv`, `\ufeff${toCsv(['image', 'label', 'mark'], rows)}`);
}

function clearMarks() {
  const { marking, texts } = props.value;
  if (window.confirm(fill(texts.sure, marking))) writeMarks(marking, {});
}

find('.show').addEventListener('click', () => SHOW[props.value.tab](props.value.marking, idsShown()));
find('.save').addEventListener('click', saveMarks);
find('.exclude').addEventListener('click', () => saveExclusions(props.value.marking.dataset, idsWrong()));
find('.clear').addEventListener('click', clearMarks);
document.addEventListener(MARKED, showBar);
window.addEventListener('storage', showBar);
watch('value', showBar);
showBar();
