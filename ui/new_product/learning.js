// How far the detectors are, what they find, and what to do next.

const CURVE = { width: 160, height: 34 };
const OPEN_PHASES = ['waiting', 'learning', 'paused'];
const isLearning = () => OPEN_PHASES.includes(held.learning?.phase);
const chosen = () => findAll('.np-detectors input:checked').map(({ value }) => value);

function drawLearning() {
  const { learning, detectors = [] } = held;
  const progress = new Map((learning?.detectors ?? []).map((one) => [one.name, one]));
  const wasOpen = find('.np-detectors').dataset.of === `${held.name} ${isLearning()}`; // what was ticked holds on
  const boxes = wasOpen ? findAll('.np-detectors input') : [];
  const kept = new Map(boxes.map(({ value, checked }) => [value, checked]));
  find('.np-detectors').dataset.of = `${held.name} ${isLearning()}`;
  find('.np-detectors').replaceChildren(...detectors.map((one) => createDetector(one, progress.get(one.name), kept)));
  find('.np-phase').textContent = learning?.words ?? '';
  find('.np-trouble').textContent = learning?.problem ?? '';
  find('.np-trouble').hidden = !learning?.problem;
  find('.np-notes').replaceChildren(...(learning?.notes ?? []).map((text) => create('li', '', text)));
  find('.np-learn').hidden = isLearning();
  find('.np-learn').disabled = !(held.photographs ?? []).some(({ type, out }) => !type && !out);
  find('.np-pause').hidden = learning?.phase !== 'learning';
  find('.np-go').hidden = learning?.phase !== 'paused';
  find('.np-stop').hidden = !isLearning();
}

function createDetector({ name, title, method, isTrained, isOutdated, estimate = '' }, progress, kept) {
  const row = create('div', 'np-detector');
  row.dataset.detector = name;
  const label = create('label', '');
  const box = Object.assign(create('input', ''), { type: 'checkbox', value: name });
  box.checked = isLearning() ? Boolean(progress) : kept.get(name) ?? (!isTrained || isOutdated);
  box.disabled = isLearning();
  label.append(box, create('strong', '', title), create('span', '', method));
  const bar = create('progress', '');
  bar.hidden = !progress || !isLearning();
  bar.value = progress?.share ?? 0;
  bar.ariaLabel = title;
  const words = progress?.words ?? (isTrained ? '' : estimate);
  row.append(label, bar, create('span', 'np-words', words));
  if (progress?.epochs.length > 1) row.append(createCurve(title, progress.epochs));
  return row;
}

function createCurve(title, epochs) {
  const { width, height } = CURVE;
  const values = epochs.flatMap(([, loss, validation]) => [loss, validation]).filter((one) => one !== null);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const last = Math.max(...epochs.map(([epoch]) => epoch));
  const x = (epoch) => (width * (epoch - 1)) / Math.max(1, last - 1);
  const y = (value) => 1 + (height - 2) * (1 - (value - low) / (high - low || 1));
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', fill(TEXTS.curve, { name: title }));
  for (const column of [1, 2]) {
    const points = epochs.filter((one) => one[column] !== null).map((one) => `${x(one[0])},${y(one[column])}`);
    const line = document.createElementNS(svg.namespaceURI, 'polyline');
    line.setAttribute('points', points.join(' '));
    line.setAttribute('class', column === 1 ? 'thin' : 'thick');
    svg.append(line);
  }
  return svg;
}

function drawResults() {
  const { results = [], next = [], unseen } = held;
  find('[data-step="4"]').hidden = results.length === 0;
  find('.np-results').replaceChildren(...results.map(({ name, title, text }) => {
    const line = create('li', '');
    line.dataset.detector = name;
    line.append(create('strong', '', title), ` ${text}`);
    return line;
  }));
  find('[data-step="4"] h3').hidden = next.length === 0;
  find('.np-next').replaceChildren(...next.map((text) => create('li', '', text)));
  find('.np-inspect').hidden = !unseen;
}

find('.np-learn').addEventListener('click', () => ask('learn', { detectors: chosen() }));
for (const word of ['pause', 'go', 'stop']) find(`.np-${word}`).addEventListener('click', () => ask(word));
find('.np-inspect').addEventListener('click', () => handOver(held.unseen.product, held.unseen.sample));
