// What the health check found: a sentence each, and on request the images behind it.

const find = (name) => element.querySelector(name);
let drawn = '';
let waiting = null; // the finding whose images were asked for

function drawFindings({ dataset, summary, findings }) {
  find('.health').hidden = false;
  find('.health > p').textContent = summary;
  find('ol').replaceChildren(...findings.map((finding) => createFinding(finding, dataset)));
}

function createFinding({ severity, title, text, advice, show, groups, select, ids }, dataset) {
  const line = document.createElement('li');
  const mark = document.createElement('b');
  const body = document.createElement('div');
  line.dataset.severity = severity;
  mark.textContent = title;
  body.append(createSentence(text, ''));
  if (advice) body.append(createSentence(advice, 'advice'));
  if (groups.length) {
    const [button, place] = createShow(show, groups, dataset);
    body.append(button, createSelect(select, ids, dataset), place);
  }
  line.append(mark, body);
  return line;
}

function createSentence(text, kind) {
  const words = document.createElement('p');
  words.className = kind;
  writeWords(words, text);
  return words;
}

function createShow(label, groups, dataset) {
  const button = document.createElement('button');
  const place = document.createElement('div');
  button.type = 'button';
  button.className = 'tool-button';
  button.textContent = label;
  place.className = 'groups grid';
  place.hidden = true;
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => {
    place.hidden = !place.hidden;
    button.setAttribute('aria-expanded', String(!place.hidden));
    if (place.hidden || place.childElementCount) return;
    waiting = { place, key: JSON.stringify([dataset, groups]) };
    trigger('input', { dataset, groups });
  });
  return [button, place];
}

// For the selection of the whole tab: its tray shows, saves and excludes them.
function createSelect(label, ids, dataset) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'tool-button';
  button.textContent = label;
  button.addEventListener('click', () => pickImages(dataset, ids));
  return button;
}

function receive() {
  const { findings, shown } = props.value || {};
  if (!props.value) {
    find('.health').hidden = true;
    drawn = '';
  } else if (shown) {
    if (waiting?.key === JSON.stringify([shown.dataset, shown.asked])) {
      waiting.place.replaceChildren(...createGroups(shown));
    }
  } else if (JSON.stringify(props.value) !== drawn) { // what was opened stays open
    drawn = JSON.stringify(props.value);
    drawFindings({ ...props.value, findings });
  }
}

followMarks(() => props.value?.marking ?? props.value?.shown?.marking);
watch('value', receive);
receive();
