// The tab as a whole: which product, and when the server is asked again.

const EVERY = 1000; // milliseconds between two looks, while something learns

function draw(isOther) {
  find('.np-closed').textContent = held.closed ?? '';
  find('.np-closed').hidden = !held.closed;
  find('.np-all').hidden = Boolean(held.closed);
  if (held.closed) return;
  drawIfChanged('products', [held.products, held.name, isLearning(), Boolean(held.learning)], drawProducts);
  drawSaid();
  find('.np-place').textContent = held.folder ?? '';
  if (isOther || held.stamp !== drawn) drawPhotographs();
  drawn = held.stamp;
  drawIfChanged('look', held.look ?? null, drawLook);
  drawIfChanged('learning', [held.name, held.stamp, held.learning, held.detectors], drawLearning);
  drawIfChanged('results', [held.results, held.next, held.unseen], drawResults);
}

// What is drawn anew loses the keyboard's place in it.
function drawIfChanged(part, value, drawPart) {
  const text = JSON.stringify(value);
  if (shown.get(part) === text) return;
  shown.set(part, text);
  drawPart();
}
const shown = new Map(); // part -> what it shows
let drawn = null; // stamp of the photographs that are shown

function drawProducts() {
  const { products = [], name } = held;
  const select = find('.np-which select');
  select.replaceChildren(...products.map((one) => {
    const words = one.phase ? `${one.name} (${one.phase})` : one.name;
    return new Option(words, one.name, one.name === name, one.name === name);
  }));
  find('.np-which').hidden = find('.np-rename').hidden = products.length === 0;
  find('.np-forget').hidden = !held.learning || isLearning();
}

function drawSaid() {
  const words = find('.np-said');
  words.textContent = held.problem || held.said || '';
  words.classList.toggle('np-problem', Boolean(held.problem));
}

function chooseProduct(name) {
  held = { ...held, name, stamp: '', photographs: [] };
  drawn = null;
  remember(name);
  ask('show', { product: name });
}

// Photographs may come before a name: they get one that can be changed.
async function makeProduct(name = find('.np-new input').value.trim() || TEXTS.firstName) {
  const { problem } = await ask('create', { name });
  if (!problem) find('.np-new input').value = '';
}

find('.np-which select').addEventListener('change', ({ target }) => chooseProduct(target.value));
find('.np-new').addEventListener('submit', (event) => {
  event.preventDefault();
  makeProduct(find('.np-new input').value);
});
find('.np-rename').addEventListener('click', () => {
  const name = window.prompt(fill(TEXTS.newName, { name: held.name }), held.name);
  if (name !== null && name !== held.name) ask('rename', { name });
});
find('.np-forget').addEventListener('click', () => {
  if (window.confirm(fill(TEXTS.sureForget, { name: held.name }))) ask('forget');
});
document.addEventListener('defect-lens-new-product-open', () => ask('show'));
setInterval(() => {
  if (element.offsetParent && !document.hidden && (isLearning() || held.look?.busy) && numWaiting === 0) ask('show');
}, EVERY);
if (element.offsetParent) ask('show');
