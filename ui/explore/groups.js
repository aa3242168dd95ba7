// Groups of pictures, to be seen side by side, each with what is to be seen.

function createGroups({ groups, dataset, marking }) {
  const all = groups.flatMap(({ items }) => items);
  return groups.map((group) => createGroup(group, all, dataset, marking));
}

function createGroup({ note, items }, all, dataset, marking) {
  const figure = document.createElement('figure');
  const row = document.createElement('div');
  const words = document.createElement('figcaption');
  figure.style.setProperty('--images', items.length);
  row.append(...items.map((item) => {
    const { id, kind, category } = item;
    return createMarked(createItem(item, dataset, all), marking, { id, label: kind, category });
  }));
  words.textContent = note;
  words.hidden = !note;
  figure.append(row, words);
  return figure;
}
