// One image large, with what is known of it and those beside it; its button hands its id to the Inspect tab.

const find = (name) => element.querySelector(name);
const dialog = find('dialog');
let shown = null;
let opener = null;

function draw({ source, path, box, isBoxes }) {
  const image = new Image();
  delete dialog.dataset.former;
  image.src = source;
  image.alt = shown.id;
  const picture = find('.picture');
  picture.replaceChildren(image);
  if (path) picture.append(createOverlay({ path, box, isBoxes }));
  picture.style.aspectRatio = box ? `${box[0]} / ${box[1]}` : '';
  picture.style.setProperty('--ratio', box ? box[0] / box[1] : 1);
}

function announce() {
  const { id, list = [] } = shown;
  const place = list.indexOf(id);
  find('h2').textContent = id;
  find('dl').replaceChildren();
  find('.detail-note').textContent = '';
  find('.inspect').hidden = true;
  find('.steps').hidden = list.length < 2;
  find('.before').disabled = place < 1;
  find('.after').disabled = place < 0 || place === list.length - 1;
}

function step(by) {
  const { dataset, id, list = [] } = shown;
  const next = list[list.indexOf(id) + by];
  if (!next) return;
  shown = { dataset, id: next, list };
  announce();
  dialog.dataset.former = ''; // the picture is still that of the image before
  trigger('select', { dataset, id: next });
  fill();
}

function openEarly({ detail }) {
  shown = detail;
  opener = detail.opener || null;
  announce();
  draw(detail);
  if (!dialog.open) dialog.showModal();
  fill(); // an image that was opened before: its answer is the same value, which nobody announces
}

function fill() {
  const value = props.value;
  if (!value || !shown || value.id !== shown.id || value.dataset !== shown.dataset) return;
  draw(value);
  find('dl').replaceChildren(...value.facts.flatMap(([name, text]) => {
    const term = document.createElement('dt');
    const words = document.createElement('dd');
    term.textContent = name;
    words.textContent = text;
    return [term, words];
  }));
  find('.detail-note').textContent = value.note;
  find('.inspect').hidden = !value.product;
}

function inspect() {
  const { product, id } = props.value || {};
  const isOne = !shown.list || shown.list.length < 2;
  dialog.close();
  handOver(product, id, isOne ? null : shown.list, isOne ? '' : 'explore-data');
}

document.addEventListener('defect-lens-open', openEarly);
find('.close').addEventListener('click', () => dialog.close());
find('.inspect').addEventListener('click', inspect);
find('.before').addEventListener('click', () => step(-1));
find('.after').addEventListener('click', () => step(1));
document.addEventListener('keydown', ({ key }) => { // a button at the end of the list loses the focus
  if (dialog.open && key === 'ArrowLeft') step(-1);
  if (dialog.open && key === 'ArrowRight') step(1);
});
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener('close', () => opener?.focus());
watch('value', fill);
