// Images that detectors are wrong about; a click opens one in Inspect.

const find = (name) => element.querySelector(name);

function showMistakes() {
  const { sections = [], page = 0, pages = 1, note = '', missing = '' } = props.value || {};
  find('.gallery').hidden = !props.value;
  find('.sides').replaceChildren(...sections.map((section) => createSection(section, createMistake)));
  find('.count').textContent = note;
  writeWords(find('.missing'), missing);
  find('.before').disabled = page === 0;
  find('.after').disabled = page >= pages - 1;
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

find('.before').addEventListener('click', () => trigger('submit', { page: props.value.page - 1 }));
find('.after').addEventListener('click', () => trigger('submit', { page: props.value.page + 1 }));
watch('value', showMistakes);
showMistakes();
