// What the photographs are like, and those that look unlike the rest.

const MOST_SHOWN = 8; // pictures of one finding

function drawLook() {
  const { look } = held;
  find('[data-step="2"]').hidden = !look;
  find('.np-looking').textContent = look?.words ?? '';
  const { findings = [], odd = [] } = look ?? {};
  find('.np-odd').hidden = odd.length === 0;
  find('.np-odd-count').textContent = odd.length === 1 ? TEXTS.oddOne : fill(TEXTS.oddMany, { n: odd.length });
  find('.np-out-all').hidden = odd.length < 2;
  find('.np-odd-ones').replaceChildren(...odd.map(createOdd));
  find('.np-findings').replaceChildren(...findings.map(createFinding));
}

function createPicture(id) {
  const image = new Image();
  image.alt = '';
  image.dataset.picture = id;
  if (pictures.get(id)) image.src = pictures.get(id);
  return image;
}

function createOdd({ id, note }) {
  const figure = create('figure', '');
  const button = Object.assign(create('button', '', TEXTS.out), { type: 'button' });
  button.addEventListener('click', () => ask('leave out', { ids: [id] }));
  figure.append(createPicture(id), create('figcaption', '', `${id.split('/').pop()}: ${note}`), button);
  return figure;
}

function createFinding({ severity, text, advice, groups }) {
  const item = create('li', '');
  item.dataset.severity = severity;
  const words = create('div', '');
  words.append(create('p', '', text));
  if (advice) words.append(create('p', 'np-note', advice));
  const ids = groups.flatMap((group) => group.ids).slice(0, MOST_SHOWN);
  if (ids.length) {
    const row = create('div', 'np-shown');
    row.append(...ids.map(createPicture));
    words.append(row);
  }
  item.append(create('b', '', severity), words);
  return item;
}

find('.np-out-all').addEventListener('click', () => ask('leave out', { ids: held.look.odd.map(({ id }) => id) }));
