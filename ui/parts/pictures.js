// Pictures in sections: what the gallery and the list of mistakes share.

function createSection({ title, note, items }, createItem) {
  const section = document.createElement('section');
  const heading = document.createElement('h2');
  const words = document.createElement('p');
  const grid = document.createElement('div');
  heading.textContent = title;
  words.textContent = note;
  words.hidden = !note;
  grid.className = 'grid';
  grid.append(...items.map(createItem));
  section.append(heading, words, grid);
  return section;
}

function createPicture({ id, source, path, box, isBoxes }, ...lines) {
  const button = document.createElement('button');
  const picture = document.createElement('span');
  button.type = 'button';
  button.title = id;
  picture.className = 'picture';
  if (source) {
    const image = new Image();
    image.src = source;
    image.alt = '';
    picture.append(image);
  }
  if (path) picture.append(createOverlay({ path, box, isBoxes }));
  button.append(picture, ...lines.map(createWords));
  return button;
}

function createWords(text) {
  const words = document.createElement('span');
  words.className = 'words';
  words.textContent = text;
  return words;
}
