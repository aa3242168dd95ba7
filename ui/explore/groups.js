// Groups of pictures, to be seen side by side, each with what is to be seen.

function createGroup({ note, items }, dataset) {
  const figure = document.createElement('figure');
  const row = document.createElement('div');
  const words = document.createElement('figcaption');
  figure.style.setProperty('--images', items.length);
  row.append(...items.map((item) => createItem(item, dataset)));
  words.textContent = note;
  words.hidden = !note;
  figure.append(row, words);
  return figure;
}
