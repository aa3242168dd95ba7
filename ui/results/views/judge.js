// Histograms, confusion matrices and recall by defect type, all following the slider above the views.

const NAMESPACE = 'http://www.w3.org/2000/svg';
const BAR_HEIGHT = 50;
const find = (name) => element.querySelector(name);
let detectors = [];
let cards = [];

function make(tag, { text, name, parts = [] } = {}) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  made.append(...parts);
  return made;
}

function receive() {
  const value = props.value;
  find('.judge').hidden = !value?.detectors?.length;
  if (find('.judge').hidden) return;
  detectors = value.detectors.map((one) => ({
    ...one,
    calibration: { scores: Float32Array.from(one.normalScores), units: [] },
  }));
  find('.kinds h2').textContent = value.texts.kindsTitle;
  find('.kinds .note').textContent = value.texts.kindsNote;
  find('.kinds').hidden = value.kinds.length === 0;
  find('.kinds .data-body').setAttribute('aria-label', value.texts.kindsTitle);
  cards = detectors.map(createCard);
  if (value.joint) cards.push(createCard(value.joint));
  find('.cards').replaceChildren(...cards.map(({ root }) => root));
  find('thead tr').replaceChildren(...[value.texts.kind, ...cards.map(({ title }) => title)].map((text) => {
    const cell = make('th', { text });
    cell.scope = 'col';
    return cell;
  }));
  judge(value.rate);
}

function createCard({ title, name, mark, histogram }) {
  const card = { title, name, histogram, root: make('section') };
  const sign = make('i', { name: 'dl-mark lab-mark' });
  Object.assign(sign.dataset, { mark, detector: name });
  card.matrix = make('div', { name: 'matrix' });
  card.facts = make('dl');
  card.root.append(make('h2', { parts: [sign, document.createTextNode(title)] }));
  card.root.append(histogram ? createHistogram(card) : make('p', { text: props.value.texts.jointNote }));
  card.root.append(card.matrix, card.facts);
  return card;
}

function createHistogram(card) {
  const { normal, defective, low, high } = card.histogram;
  const picture = document.createElementNS(NAMESPACE, 'svg');
  picture.setAttribute('viewBox', `0 0 ${normal.length} ${2 * BAR_HEIGHT}`);
  picture.setAttribute('preserveAspectRatio', 'none');
  picture.setAttribute('role', 'img');
  const shares = [normal, defective].flatMap((counts) => counts.map((count) => count / sum(counts)));
  const highest = Math.max(...shares);
  [normal, defective].forEach((counts, side) => {
    counts.forEach((count, bin) => {
      if (!count) return;
      const height = Math.max(2, (BAR_HEIGHT * count) / sum(counts) / highest);
      const bar = document.createElementNS(NAMESPACE, 'rect');
      const place = { x: bin + 0.06, y: side ? BAR_HEIGHT : BAR_HEIGHT - height, width: 0.88, height };
      for (const [name, number] of Object.entries(place)) bar.setAttribute(name, number);
      bar.setAttribute('class', side ? 'defective' : 'normal');
      picture.append(bar);
    });
  });
  card.picture = picture;
  card.line = make('i');
  card.label = make('span', { name: 'level' });
  const { texts } = props.value;
  const names = [texts.normal, texts.defective].map((text) => make('b', { text }));
  const frame = make('div', { name: 'bars', parts: [picture, card.line, ...names] });
  const limits = [low, high].map((end) => make('span', { text: formatNumber(end) }));
  const ends = make('div', { name: 'ends', parts: limits });
  return make('div', { name: 'histogram', parts: [card.label, frame, ends] });
}

function sum(counts) {
  return counts.reduce((total, count) => total + count, 0) || 1;
}

function judge(rate) {
  const { joint } = props.value;
  const thresholds = detectors.map(({ calibration }) => thresholdAt(calibration, rate));
  const verdicts = detectors.map(({ scores }, place) => flagAll(scores, thresholds[place]));
  if (joint) verdicts.push(flagJointly(joint.flaggedFrom, rate));
  const counted = verdicts.map((flagged, place) => {
    const { kinds, units } = detectors[place] || joint;
    return countVerdicts(flagged, kinds, units);
  });
  for (const [place, card] of cards.entries()) showCard(card, counted[place], thresholds[place]);
  showKinds(counted);
}

function showCard(card, counts, threshold) {
  const { texts } = props.value;
  if (card.histogram) {
    const percent = 100 * placeOn(card.histogram, threshold);
    card.line.style.left = `${percent}%`;
    card.label.textContent = fillText(texts.threshold, { threshold: formatNumber(threshold) });
    card.label.style.left = `${percent}%`;
    card.label.style.transform = `translateX(-${percent}%)`;
    card.picture.setAttribute('aria-label', fillText(texts.picture, counts));
  }
  card.matrix.replaceChildren(createMatrix(card.title, counts));
  const rates = rateVerdicts(counts);
  const facts = Object.entries(rates).map(([name, value]) => [...texts.rates[name], formatPercent(value)]);
  const seen = fillText(texts.seen, { flagged: counts.flaggedParts, parts: counts.parts });
  if (counts.parts) facts.push([texts.alarms, '', seen]);
  card.facts.replaceChildren(...facts.flatMap(([name, title, text]) => {
    const term = Object.assign(make('dt', { text: name }), { title });
    return [term, make('dd', { text })];
  }));
}

function formatPercent(share) {
  return share === null ? '–' : `${(100 * share).toFixed(1)} %`;
}

function createMatrix(title, { found, missed, alarms, right }) {
  const { texts } = props.value;
  const row = (name, cells) => make('tr', { parts: [head(name, 'row'), ...cells] });
  const cell = (count, whole, words, isRight) => {
    const parts = [make('b', { text: count }), make('span', { text: words })];
    const made = make('td', { name: isRight ? 'right' : 'wrong', parts });
    made.style.setProperty('--share', `${Math.round(whole ? (70 * count) / whole : 0)}%`);
    return made;
  };
  const head = (text, scope) => {
    const made = make('th', { text });
    made.scope = scope;
    return made;
  };
  const top = make('tr', { parts: [make('td'), head(texts.isFlagged, 'col'), head(texts.isNot, 'col')] });
  const bad = found + missed;
  const good = alarms + right;
  return make('table', { parts: [
    make('caption', { text: fillText(texts.matrix, { title }) }),
    make('thead', { parts: [top] }),
    make('tbody', { parts: [
      row(texts.defective, [cell(found, bad, texts.found, true), cell(missed, bad, texts.missed, false)]),
      row(texts.normal, [cell(alarms, good, texts.alarm, false), cell(right, good, texts.passed, true)]),
    ] }),
  ] });
}

function showKinds(counted) {
  const { kinds, texts } = props.value;
  find('.kinds tbody').replaceChildren(...kinds.map(({ label }, kind) => {
    const cells = counted.map(({ byKind }, place) => {
      const { found, total } = byKind[kind] || { found: 0, total: 0 };
      const meter = make('i', { name: 'lab-mark' });
      meter.dataset.detector = cards[place].name;
      meter.style.setProperty('--share', `${total ? (100 * found) / total : 0}%`);
      const share = make('span', { text: total ? fillText(texts.of, { found, total }) : '–' });
      return make('td', { name: 'number', parts: [share, meter] });
    });
    return make('tr', { parts: [make('td', { text: label }), ...cells] });
  }));
}

document.addEventListener('defect-lens-results-rate', ({ detail }) => {
  if (props.value?.product === detail.product) judge(detail.rate);
});
watch('value', receive);
receive();
