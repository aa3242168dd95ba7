// Test images as tiles, with who flags them; a click opens one in Inspect, and the others of the list behind it.

const find = (name) => element.querySelector(name);
let seen = ''; // the image that one came back from
let drawn = ''; // all that the tiles show, but for their pictures
const showTurns = createTurner({
  tab: 'results',
  before: find('.before'),
  after: find('.after'),
  sides: find('.sides'),
  getPages: () => props.value || {},
  ask: (page) => trigger('submit', { page }),
});

function showTiles() {
  const { items = [], pages = 1, note = '', missing = '', texts } = props.value || {};
  find('.gallery').hidden = !props.value;
  showTurns();
  const wanted = JSON.stringify([seen, props.value], (name, held) => (name === 'source' ? Boolean(held) : held));
  if (wanted === drawn) return showPictures(items);
  drawn = wanted;
  const words = items.length || !props.value ? '' : texts.none;
  find('.sides').replaceChildren(createSection({ title: '', note: words, items }, createTile));
  find('.count').textContent = note;
  writeWords(find('.missing'), missing);
  find('.before').hidden = find('.after').hidden = pages < 2;
}

// Heat maps come after the tiles: a tile that somebody is about to press, or has reached by keyboard, stays.
function showPictures(items) {
  const pictures = element.querySelectorAll('.sides img');
  for (const [place, { source }] of items.filter((one) => one.source).entries()) pictures[place].src = source;
}

function createTile(item) {
  const { marking, category } = props.value;
  return createMarked(createButton(item), item.source && marking, { id: item.id, label: item.kind, category });
}

function createButton(item) {
  const { product, ids, texts, category, kinds, marking } = props.value;
  const tile = createPicture(item, item.label);
  tile.disabled = !item.source;
  tile.dataset.kind = item.isDefective ? 'defect' : 'good';
  const said = item.marks.map(({ title, isFlagged, x }) =>
    fillText(isFlagged ? texts.flags : texts.passes, { title, x: formatRelative(x) }));
  tile.title = [item.id, ...said].join('\n');
  tile.setAttribute('aria-label', `${item.id}: ${item.label}. ${said.join('. ')}`);
  const row = document.createElement('span');
  row.className = 'marks';
  row.append(...item.marks.map(createMark));
  tile.append(row);
  tile.setAttribute('aria-current', String(item.id === seen));
  tile.addEventListener('click', () => {
    handOver(product, item.id, ids, 'results', marking && { marking, category, labels: kinds });
  });
  return tile;
}

function createMark({ detector, mark, isFlagged }) {
  const made = document.createElement('i');
  made.className = 'dl-mark lab-mark';
  made.dataset.detector = detector;
  made.dataset.mark = mark;
  made.classList.toggle('quiet', !isFlagged);
  return made;
}

// Back from the list: to the page of the image that was seen last.
document.addEventListener('defect-lens-back', ({ detail }) => {
  const { ids = [], page, perPage } = props.value || {};
  const place = ids.indexOf(detail.sample);
  if (detail.tab !== 'results' || place < 0) return;
  seen = detail.sample;
  showTiles();
  const wanted = Math.floor(place / perPage);
  if (wanted !== page) trigger('submit', { page: wanted });
});
followMarks(() => props.value?.marking);
watch('value', showTiles);
showTiles();
