// A strip of thumbnails: one click inspects one. The marked one is whatever the viewer is showing.

const strip = element.querySelector('.strip');
let marked = '';
let newest = 0; // the run that the viewer shows
// what another tab has handed over to go through: { product, ids, back, top, labelling, isOwn, isShown }
let list = null;

function showSamples() {
  const { items = [], note = '', product } = props.value || {};
  if (list?.isShown && list.product !== product) list = null; // another product was chosen meanwhile
  if (list && list.product === product) list.isShown = true;
  strip.replaceChildren(...items.map(createThumbnail));
  if (note) {
    const words = document.createElement('p');
    words.textContent = note;
    strip.append(words);
  }
  element.querySelector('.strip-head').hidden = Boolean(note);
  markShown();
}

function createThumbnail({ id, source, label, isGood }) {
  const button = document.createElement('button');
  const image = new Image();
  button.type = 'button';
  button.title = label;
  button.dataset.sample = id;
  button.dataset.kind = isGood ? 'good' : 'defect';
  button.setAttribute('aria-label', label);
  image.src = source;
  image.alt = '';
  image.draggable = false;
  button.append(image);
  button.addEventListener('click', () => {
    list = null;
    trigger('select', { product: props.value.product, sample: id });
  });
  return button;
}

function markShown() {
  for (const button of strip.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.sample === marked));
  }
  showPlace();
}

// With the arrow keys.
function moveFocus(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const buttons = [...strip.querySelectorAll('button')];
  const next = step && buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

strip.addEventListener('keydown', moveFocus);
document.addEventListener(CHANNEL, ({ detail }) => {
  if (detail?.slot !== 'header' || detail.value.run < newest) return;
  newest = detail.value.run;
  if (!list?.isOwn || detail.value.sample) marked = detail.value.sample;
  markShown();
});

// ---------------------------------------------------------------- one after another

const find = (name) => element.querySelector(`.strip-walk .${name}`);
const ownIds = () => (props.value?.items ?? []).map(({ id }) => id);
const walked = () => list ?? { product: props.value?.product, ids: ownIds(), back: '' };

function showPlace() {
  const { ids, back } = walked();
  const place = ids.indexOf(marked) + 1;
  element.querySelector('.strip-walk').hidden = ids.length === 0;
  find('any').hidden = !HAS_ANY;
  find('back').hidden = !back;
  showMarks();
  const values = { k: place || '–', n: ids.length };
  element.querySelector('.strip-walk output').textContent = TEXTS.place.replace(/\{(\w)\}/g, (_, key) => values[key]);
}

// Whoever goes through a list can say of each image whether its label is right.
function showMarks() {
  const { labelling = null, ids } = walked();
  const label = labelling?.labels[ids.indexOf(marked)];
  const image = { id: marked, label, category: labelling?.category };
  const words = TEXTS.label.replace('{label}', label?.replaceAll('_', ' '));
  find('labels').replaceChildren(...(label ? [words, createMarks(labelling.marking, image)] : []));
}

// From what is not in the list, the way leads to its first or last.
function walk(step) {
  const { product, ids } = walked();
  if (ids.length === 0) return;
  const from = ids.indexOf(marked);
  const to = from < 0 ? (step > 0 ? 0 : ids.length - 1) : (from + step + ids.length) % ids.length;
  marked = ids[to]; // a second press goes on from here, before there is an answer
  showPlace();
  ask(product, ids[to]);
}

// Of a list of the visitor's own files, whoever has handed it over has the files.
function ask(product, sample) {
  if (list?.isOwn) document.dispatchEvent(new CustomEvent('defect-lens-own', { detail: sample }));
  else trigger('select', { product, sample });
}

// Another file, which is not of the list.
function leaveOwn() {
  if (!list?.isOwn) return;
  list = null;
  marked = '';
  showPlace();
}

function pressKey(event) {
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== 'range';
  if (!step || !element.offsetParent || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  walk(step);
}

function takeAny() {
  list = null;
  const seed = Math.floor(Math.random() * 2 ** 31);
  trigger('submit', { product: props.value.product, seed, shown: marked });
}

for (const [name, text] of Object.entries({ previous: TEXTS.previous, next: TEXTS.next })) {
  Object.assign(find(name), { title: text, ariaLabel: text });
}
Object.assign(find('any'), { textContent: TEXTS.any, title: TEXTS.anyHelp });
find('back').textContent = TEXTS.back;
find('previous').addEventListener('click', () => walk(-1));
find('next').addEventListener('click', () => walk(1));
find('any').addEventListener('click', takeAny);
find('back').addEventListener('click', () => {
  openTab(list.back, list.top);
  document.dispatchEvent(new CustomEvent('defect-lens-back', { detail: { tab: list.back, sample: marked } }));
});
document.addEventListener('keydown', pressKey);

// Another tab hands over an image of any product, and the list that it is one of, or a product without an image. Back
// in the browser leads to an image that may still be in the list.
document.addEventListener(`${CHANNEL}-inspect`, ({ detail: { product, sample, list: ids, ...place } }) => {
  const isListed = list?.product === product && list.ids.includes(sample);
  if (ids) list = { product, ids, ...place };
  else if (!isListed) list = null;
  marked = sample ?? marked; // before there is an answer
  showPlace();
  if (sample) ask(product, sample);
  else trigger('submit', { product, seed: 0 });
});
document.addEventListener('defect-lens-upload', ({ detail: { upload } }) => {
  if (upload && !upload.isListed) leaveOwn();
});
document.addEventListener('defect-lens-request', ({ detail }) => {
  if (['take_photo', 'clear_page'].includes(detail.step)) leaveOwn();
});
followMarks(() => list?.labelling?.marking);
watch('value', showSamples);
showSamples();
