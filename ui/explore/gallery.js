// Good images beside defective ones; a click asks for one of them large.

const find = (name) => element.querySelector(name);

function showGallery() {
  const { sides = [], page = 0, pages = 1, note = '' } = props.value || {};
  find('.gallery').hidden = !props.value;
  find('.sides').replaceChildren(...sides.map(createSide));
  find('.count').textContent = note;
  find('.before').disabled = page === 0;
  find('.after').disabled = page >= pages - 1;
}

function createSide({ title, note, items, isGood }) {
  const side = document.createElement('section');
  const heading = document.createElement('h2');
  const words = document.createElement('p');
  const grid = document.createElement('div');
  heading.textContent = title;
  heading.dataset.kind = isGood ? 'good' : 'defect';
  words.textContent = note;
  words.hidden = !note;
  grid.className = 'grid';
  grid.append(...items.map(createItem));
  side.append(heading, words, grid);
  return side;
}

function createItem({ id, source, path, box, isBoxes, label, detail }) {
  const button = document.createElement('button');
  const picture = document.createElement('span');
  const image = new Image();
  const words = document.createElement('span');
  button.type = 'button';
  button.title = id;
  button.setAttribute('aria-label', `${id}: ${label} ${detail}`);
  picture.className = 'picture';
  image.src = source;
  image.alt = '';
  picture.append(image);
  if (path) picture.append(createOverlay({ path, box, isBoxes }));
  words.className = 'words';
  words.textContent = detail ? `${label} · ${detail}` : label;
  button.append(picture, words);
  button.addEventListener('click', () => {
    document.dispatchEvent(new CustomEvent('defect-lens-open', { detail: { id, source, path, box, isBoxes, opener: button } }));
    trigger('select', { id });
  });
  return button;
}

function setOverlay() {
  const root = document.documentElement.style;
  root.setProperty('--xp-fill', find('.fill').value / 100);
  root.setProperty('--xp-line', find('.outline').checked ? 1 : 0);
}

find('.fill').addEventListener('input', setOverlay);
find('.outline').addEventListener('change', setOverlay);
find('.before').addEventListener('click', () => trigger('submit', { page: props.value.page - 1 }));
find('.after').addEventListener('click', () => trigger('submit', { page: props.value.page + 1 }));
watch('value', showGallery);
setOverlay();
showGallery();
