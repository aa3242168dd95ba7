// Images that detectors are wrong about; a click opens one in Inspect.

const find = (name) => element.querySelector(name);

function showMistakes() {
  const { sections = [], page = 0, pages = 1, note = '', missing = '' } = props.value || {};
  find('.gallery').hidden = !props.value;
  find('.sides').replaceChildren(...sections.map(createSection));
  find('.count').textContent = note;
  find('.missing').textContent = missing;
  find('.before').disabled = page === 0;
  find('.after').disabled = page >= pages - 1;
  find('.before').hidden = find('.after').hidden = pages < 2;
}

function createSection({ title, note, items }) {
  const section = document.createElement('section');
  const heading = document.createElement('h2');
  const words = document.createElement('p');
  const grid = document.createElement('div');
  heading.textContent = title;
  words.textContent = note;
  words.hidden = !note;
  grid.className = 'grid';
  grid.append(...items.map(createPicture));
  section.append(heading, words, grid);
  return section;
}

function createPicture({ id, source, path, box, isBoxes, label, detail }) {
  const button = document.createElement('button');
  const picture = document.createElement('span');
  button.type = 'button';
  button.title = id;
  button.disabled = !source;
  button.setAttribute('aria-label', `${id}: ${label}, ${detail}`);
  picture.className = 'picture';
  if (source) {
    const image = new Image();
    image.src = source;
    image.alt = '';
    picture.append(image);
  }
  if (path) picture.append(createOverlay({ path, box, isBoxes }));
  button.append(picture, createWords(label), createWords(detail));
  button.addEventListener('click', () => handOver(props.value.product, id));
  return button;
}

function createWords(text) {
  const words = document.createElement('span');
  words.className = 'words';
  words.textContent = text;
  return words;
}

find('.before').addEventListener('click', () => trigger('submit', { page: props.value.page - 1 }));
find('.after').addEventListener('click', () => trigger('submit', { page: props.value.page + 1 }));
watch('value', showMistakes);
showMistakes();
