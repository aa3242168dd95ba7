// The one selection of the tab: it is told to every plot and table, and shown, saved and handed on here.

const find = (name) => element.querySelector(name);
const texts = element.querySelector('.tray').dataset;
let dataset = '';
let ids = new Set();
let classes = [];
let inspected = {};
let number = 0; // of the newest selection: an older answer counts no more
let isShown = false; // the gallery is narrowed to a selection

function tell(kinds = []) {
  window.defectLensPicked = { dataset, ids, kinds, classes }; // for parts of sub-tabs that are opened later
  document.dispatchEvent(new CustomEvent('defect-lens-picked', { detail: window.defectLensPicked }));
}

function take({ origin, ids: named = [], conditions = [], adds = false, removes = false }) {
  const kept = (adds || removes) && origin.dataset === dataset ? [...ids] : [];
  dataset = origin.dataset;
  ids = new Set(removes ? kept.filter((id) => !named.includes(id)) : [...kept, ...named]);
  number += 1;
  forget({ isAnother: !kept.length });
  if (!ids.size && (removes || !conditions.length)) { clear(); return; }
  tell();
  if (ids.size) showCount();
  else find('.tray').hidden = true; // until the server has found what the conditions hold
  const { category, type } = origin;
  trigger('apply', { dataset, ids: [...ids], conditions, removes, category, type, number });
}

function findSimilar() {
  number += 1;
  trigger('apply', { dataset, ids: [...ids], nearest: true, number });
}

// What the answer to a former selection said; pictures stay where the new one holds more or fewer of the same.
function forget({ isAnother = true } = {}) {
  classes = [];
  inspected = {};
  find('.inspect').hidden = true;
  if (!isAnother) return;
  find('.kinds').textContent = '';
  find('.thumbs').replaceChildren();
}

function clear() {
  ids = new Set();
  number += 1;
  forget();
  find('.tray').hidden = true;
  document.body.removeAttribute('data-picked');
  tell();
  if (isShown) narrowGallery(null);
}

function showCount(count = ids.size) {
  find('.tray').hidden = false;
  document.body.dataset.picked = '';
  const words = count === 1 ? texts.one : texts.many;
  find('.similar').hidden = count !== 1;
  find('.count').textContent = words.replace('{count}', count.toLocaleString('en'));
}

function receive(answer) {
  if (answer.number !== number) return;
  ids = new Set(answer.ids);
  ({ classes, inspected } = answer);
  if (!ids.size) { clear(); return; }
  showCount();
  const parts = classes.slice(0, 4).map(({ label, count, total }) => `${label} ${count} ${texts.of} ${total}`);
  find('.kinds').textContent = `${parts.join(', ')}${classes.length > 4 ? ', …' : ''}`;
  find('.thumbs').replaceChildren(...answer.pictures.map(createThumbnail));
  const more = ids.size - answer.pictures.length;
  if (more > 0) find('.thumbs').append(`+ ${more.toLocaleString('en')}`);
  find('.inspect').hidden = !inspected.product;
  if (inspected.product) find('.inspect').textContent = inspected.label;
  tell(answer.kinds);
}

function createThumbnail({ id, source }) {
  const button = document.createElement('button');
  const image = new Image();
  button.type = 'button';
  button.title = id;
  button.setAttribute('aria-label', id);
  image.src = source;
  image.alt = '';
  button.append(image);
  button.addEventListener('click', () => {
    const list = inspected.ids?.includes(id) ? inspected.ids : [id];
    const detail = { dataset, id, source, list, opener: button };
    document.dispatchEvent(new CustomEvent('defect-lens-open', { detail }));
    trigger('select', { dataset, id });
  });
  return button;
}

function inspectAll() {
  const { product, ids: list } = inspected;
  handOver(product, list[0], list, 'explore-data');
}

function narrowGallery(wanted) {
  isShown = wanted !== null;
  trigger('submit', { dataset, ids: wanted });
  const tabs = document.querySelectorAll('#explore-tabs > .tab-wrapper > :not(.visually-hidden) button');
  if (isShown) [...tabs].find((tab) => tab.textContent.trim() === texts.gallery)?.click(); // in a menu it has no id
}

const STEPS = {
  picked: receive,
  measured: ({ file, titles, rows }) => saveFile(`${file}.csv`, `\ufeff${toCsv(titles, rows)}`),
};

for (const radio of element.querySelectorAll('input[name=picking]')) {
  radio.checked = radio.value === mode;
  radio.addEventListener('change', () => setMode(radio.value));
}
find('.inspect').addEventListener('click', inspectAll);
find('.similar').addEventListener('click', findSimilar);
find('.show').addEventListener('click', () => narrowGallery([...ids]));
find('.save').addEventListener('click', () => trigger('download', { dataset, ids: [...ids], at: Date.now() }));
find('.exclude').addEventListener('click', () => saveExclusions(dataset, ids));
find('.clear').addEventListener('click', clear);
document.addEventListener('defect-lens-pick', ({ detail }) => take(detail));
document.addEventListener('defect-lens-show-all', () => narrowGallery(null));
document.addEventListener('defect-lens-request', ({ detail }) => {
  if (detail.step === 'on_dataset' && detail.tab === 'explore' && !detail.isRepeat) { isShown = false; clear(); }
});
watch('value', () => { if (props.value) STEPS[props.value.step](props.value); });
