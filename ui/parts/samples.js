// A strip of thumbnails: one click inspects one. The marked one is whatever the viewer is showing.

const strip = element.querySelector('.strip');
let marked = '';
let newest = 0; // the run that the viewer shows
let list = null; // what another tab has handed over to go through: { product, ids, back }

function showSamples() {
  const { items = [], note = '' } = props.value || {};
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
  marked = detail.value.sample;
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
  const values = { k: place || '–', n: ids.length };
  element.querySelector('.strip-walk output').textContent = TEXTS.place.replace(/\{(\w)\}/g, (_, key) => values[key]);
}

// From what is not in the list, the way leads to its first or last.
function walk(step) {
  const { product, ids } = walked();
  if (ids.length === 0) return;
  const from = ids.indexOf(marked);
  const to = from < 0 ? (step > 0 ? 0 : ids.length - 1) : (from + step + ids.length) % ids.length;
  marked = ids[to]; // a second press goes on from here, before there is an answer
  showPlace();
  trigger('select', { product, sample: ids[to] });
}

function pressKey(event) {
  const step = { j: 1, k: -1 }[event.key.toLowerCase()];
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== 'range';
  if (!step || !element.offsetParent || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  walk(step);
}

function takeAny() {
  list = null;
  trigger('submit', { product: props.value.product, seed: Math.floor(Math.random() * 2 ** 31) });
}

for (const [name, text] of Object.entries({ previous: TEXTS.previous, next: TEXTS.next })) {
  Object.assign(find(name), { title: text, ariaLabel: text });
}
Object.assign(find('any'), { textContent: TEXTS.any, title: TEXTS.anyHelp });
find('back').textContent = TEXTS.back;
find('previous').addEventListener('click', () => walk(-1));
find('next').addEventListener('click', () => walk(1));
find('any').addEventListener('click', takeAny);
find('back').addEventListener('click', () => openTab(list.back));
document.addEventListener('keydown', pressKey);

// Another tab hands over an image of any product, and the list that it is one of; or a product without an image.
document.addEventListener(`${CHANNEL}-inspect`, ({ detail: { product, sample, list: ids, back } }) => {
  list = ids ? { product, ids, back } : null;
  if (sample) trigger('select', { product, sample });
  else trigger('submit', { product, seed: 0 });
});
watch('value', showSamples);
showSamples();
