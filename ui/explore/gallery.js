// Good images beside defective ones; a click asks for one of them large.

const find = (name) => element.querySelector(name);
const showTurns = createTurner({
  tab: 'explore',
  before: find('.before'),
  after: find('.after'),
  sides: find('.sides'),
  getPages: () => props.value || {},
  ask: (page) => trigger('submit', { page }),
});

function showGallery() {
  const { dataset, sides = [], note = '', narrowed = '' } = props.value || {};
  find('.gallery').hidden = !props.value;
  const all = sides.flatMap(({ items }) => items);
  find('.sides').replaceChildren(...sides.map((side) => createSide(side, dataset, all)));
  find('.count').textContent = note;
  find('.narrowed').hidden = !narrowed;
  find('.narrowed span').textContent = narrowed;
  showTurns();
}

function createSide(side, dataset, all) {
  const section = createSection(side, (item) => createItem(item, dataset, all));
  section.querySelector('h2').dataset.kind = side.isGood ? 'good' : 'defect';
  return section;
}

function setOverlay() {
  const root = document.documentElement.style;
  root.setProperty('--xp-fill', find('.fill').value / 100);
  root.setProperty('--xp-line', find('.outline').checked ? 1 : 0);
}

find('.narrowed button').addEventListener('click', () => {
  document.dispatchEvent(new CustomEvent('defect-lens-show-all'));
});
find('.fill').addEventListener('input', setOverlay);
find('.outline').addEventListener('change', setOverlay);
watch('value', showGallery);
setOverlay();
showGallery();
