// Who finds most, in words and as bars; the figures behind it are folded away.

const find = (name) => element.querySelector(name);

function showAnswer() {
  const value = props.value;
  find('.answer').hidden = !value;
  if (!value) return;
  find('h2').textContent = value.headline;
  writeWords(find('.conclusion'), value.conclusion);
  find('ul').replaceChildren(...value.rows.map(createRow));
  find('details').hidden = value.evidence.length === 0;
  find('details div').replaceChildren(...value.evidence.map((text) => make('p', text)));
}

function make(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

function createRow(row) {
  const { texts } = props.value;
  const item = make('li');
  const mark = make('i', undefined, 'dl-mark lab-mark');
  mark.dataset.mark = row.mark;
  mark.dataset.detector = row.detector;
  const bar = make('span', undefined, 'share lab-mark');
  bar.style.setProperty('--found', `${row.defects ? (100 * row.found) / row.defects : 0}%`);
  bar.style.setProperty('--low', `${100 * row.low}%`);
  bar.style.setProperty('--high', `${100 * row.high}%`);
  bar.dataset.detector = row.detector;
  bar.title = fillText(texts.interval, { low: Math.round(100 * row.low), high: Math.round(100 * row.high) });
  bar.append(make('i'), make('u'));
  const found = make('span', row.defects ? fillText(texts.found, row) : texts.unknown, 'found');
  const alarms = make('span', row.good ? fillText(texts.alarms, row) : texts.noGood, 'alarms');
  alarms.classList.toggle('too-many', !row.keeps);
  if (!row.keeps) alarms.textContent += ` ${texts.tooMany}`;
  item.append(mark, make('b', row.title), bar, found, alarms);
  if (row.isBehind) item.append(make('span', texts.behind, 'behind'));
  return item;
}

watch('value', showAnswer);
showAnswer();
