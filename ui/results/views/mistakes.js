// Images that detectors are wrong about; a click opens one in Inspect.

const find = (name) => element.querySelector(name);
const showTurns = createTurner({
  tab: 'results',
  before: find('.before'),
  after: find('.after'),
  sides: find('.sides'),
  getPages: () => props.value || {},
  ask: (page) => trigger('submit', { page }),
});

function showMistakes() {
  const { sections = [], pages = 1, note = '', missing = '' } = props.value || {};
  find('.gallery').hidden = !props.value;
  find('.sides').replaceChildren(...sections.map((section) => createSection(section, createMistake)));
  find('.count').textContent = note;
  writeWords(find('.missing'), missing);
  showTurns();
  find('.before').hidden = find('.after').hidden = pages < 2;
}

function createMistake(item) {
  const { id, source, label, detail } = item;
  const button = createPicture(item, label, detail);
  button.disabled = !source;
  button.setAttribute('aria-label', `${id}: ${label}, ${detail}`);
  button.addEventListener('click', () => handOver(props.value.product, id));
  return button;
}

watch('value', showMistakes);
showMistakes();
