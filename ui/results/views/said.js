// A sentence or two above a view.

const words = element.querySelector('.said');

function showSaid() {
  writeWords(words, props.value || '');
  words.hidden = !props.value;
}

watch('value', showSaid);
showSaid();
