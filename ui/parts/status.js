// What is going on, or why there is nothing to see; a bar while images are measured.

const words = element.querySelector('p');
const bar = element.querySelector('progress');

function showStatus() {
  const { text = '', problem = false, busy = false, done = 0, total = 0 } = props.value || {};
  writeWords(words, text);
  words.className = problem ? 'problem' : '';
  bar.hidden = !total;
  if (total) { bar.max = total; bar.value = done; }
  element.querySelector('.status').hidden = !text;
  // what stands below is of an older request until this one is answered
  element.closest('[role=tabpanel]')?.querySelector('.tabs')?.toggleAttribute('data-stale', busy);
}

watch('value', showStatus);
showStatus();
