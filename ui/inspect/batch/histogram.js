// Scores of the images of a batch over those of held-out good parts, in thresholds, on a logarithmic scale.

const BARS = { height: 150, left: 10, right: 10, top: 26, bottom: 22, count: 24 };
const LEAST_SCORE = 0.02; // thresholds; what is lower stands in the first bar, what is higher than the most in the last
const MOST_SCORE = 50;
const TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];

function svgElement(name, attributes, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

function scaleOf(values) {
  const kept = values.map((one) => Math.min(MOST_SCORE, Math.max(LEAST_SCORE, one)));
  const low = Math.log(Math.min(0.5, ...kept) / 1.05);
  const high = Math.log(Math.max(2, ...kept) * 1.05);
  return (score) => Math.min(0.9999, Math.max(0, (Math.log(Math.max(score, LEAST_SCORE)) - low) / (high - low)));
}

function countBars(values, share) {
  const bars = new Array(BARS.count).fill(0);
  for (const one of values) bars[Math.floor(share(one) * BARS.count)] += 1 / values.length;
  return bars;
}

function drawHistogram({ detector, title, good, these, words }) {
  const width = 320;
  const label = fillText(TEXTS.driftLabel, { title, n: these.length, good: good.length });
  const chart = svgElement('svg', { viewBox: `0 0 ${width} ${BARS.height}`, role: 'img', 'aria-label': label });
  const share = scaleOf([...good, ...these]);
  const [back, front] = [countBars(good, share), countBars(these, share)];
  const top = Math.max(...back, ...front);
  const inner = width - BARS.left - BARS.right;
  const step = inner / BARS.count;
  const base = BARS.height - BARS.bottom;
  const heightOf = (value) => (value / top) * (base - BARS.top);
  const heading = fillText(TEXTS.driftTitle, { title });
  chart.append(svgElement('text', { x: BARS.left, y: 14, class: 'batch-title' }, heading));
  for (let i = 0; i < BARS.count; i += 1) {
    const place = (value) => ({ x: BARS.left + i * step, y: base - heightOf(value), height: heightOf(value) });
    if (back[i]) chart.append(svgElement('rect', { ...place(back[i]), width: step, class: 'batch-good' }));
    const inset = { ...place(front[i]), width: step / 2 };
    inset.x += step / 4;
    if (front[i]) chart.append(svgElement('rect', { ...inset, class: 'batch-these' }));
  }
  for (const tick of TICKS.filter((one) => share(one) > 0.01 && share(one) < 0.99)) {
    const x = BARS.left + share(tick) * inner;
    if (tick === 1) chart.append(svgElement('line', { x1: x, x2: x, y1: BARS.top - 6, y2: base, class: 'batch-one' }));
    chart.append(svgElement('text', { x, y: BARS.height - 6, 'text-anchor': 'middle' }, `${tick}×`));
  }
  const figure = document.createElement('figure');
  figure.dataset.detector = detector;
  const caption = document.createElement('figcaption');
  const marks = [['batch-good', TEXTS.good], ['batch-these', TEXTS.these]].map(([name, text]) => {
    const entry = document.createElement('span');
    entry.append(Object.assign(document.createElement('i'), { className: name }), text);
    return entry;
  });
  caption.append(...marks, Object.assign(document.createElement('p'), { textContent: words }));
  figure.append(chart, caption);
  return figure;
}
