// A curve per detector: score / threshold, on a logarithmic scale, against percent of the defect. Drawn as SVG, so that
// the mark follows the slider without a request.

const CHART = { height: 230, left: 46, right: 24, top: 34, bottom: 30 };
const LEAST_WIDTH = 260;
const PADDING = 20;
const TICK_WIDTH = 38; // of a text below the axis, with room beside it
const LEAST_SHOWN = 0.1; // times the threshold
const MOST_SHOWN = 100;
const PERCENT = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => [share, `${Math.round(100 * share)} %`]);
const DASHES = { solid: '', dash: '8 4', dot: '2 4', dashdot: '8 3 2 3', longdash: '14 5', longdashdot: '12 3 2 3' };

function svgElement(name, attributes, text = '') {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

// `curves` is [{ name, points: [[share, relative], ...], limit }].
// `at` is the share that is shown; `ticks` names shares, what is never left out for want of room first.
function drawChart(host, { title, curves, at, label, asked, ticks = PERCENT }) {
  const { height } = CHART;
  const width = Math.max(LEAST_WIDTH, host.clientWidth - PADDING); // so that letters keep their size
  const chart = svgElement('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
  const shownValues = curves.flatMap(({ points }) => points.map(([, relative]) => relative));
  const top = Math.min(MOST_SHOWN, Math.max(2, ...shownValues) * 1.15);
  const low = Math.max(LEAST_SHOWN, Math.min(0.5, ...shownValues) / 1.15);
  const place = {
    x: (share) => CHART.left + share * (width - CHART.left - CHART.right),
    y: (relative) => {
      const kept = Math.min(top, Math.max(low, relative));
      const share = Math.log(kept / low) / Math.log(top / low);
      return height - CHART.bottom - share * (height - CHART.top - CHART.bottom);
    },
  };
  chart.append(svgElement('text', { x: 4, y: 16, class: 'lab-title' }, title));
  chart.append(...gridOf(place, { low, top, width, ticks }));
  for (const curve of curves) chart.append(...curveOf(curve, place));
  const line = { x1: place.x(at), x2: place.x(at), y1: CHART.top, y2: height - CHART.bottom, class: 'lab-at' };
  chart.append(svgElement('line', line));
  host.replaceChildren(chart, legendOf(curves));
  chart.addEventListener('click', (event) => {
    const { left, width: shown } = chart.getBoundingClientRect();
    const x = ((event.clientX - left) / shown) * width;
    asked(Math.min(1, Math.max(0, (x - CHART.left) / (width - CHART.left - CHART.right))));
  });
}

function gridOf(place, { low, top, width, ticks }) {
  const { height } = CHART;
  const lines = [];
  const taken = [];
  for (const [share, text] of ticks) {
    const x = place.x(share);
    if (taken.some((other) => Math.abs(other - x) < TICK_WIDTH)) continue;
    taken.push(x);
    lines.push(svgElement('text', { x, y: height - 10, 'text-anchor': 'middle' }, text));
  }
  for (const relative of [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter((one) => low <= one && one <= top)) {
    const y = place.y(relative);
    const ends = { x1: CHART.left, x2: width - CHART.right, y1: y, y2: y };
    lines.push(svgElement('line', { ...ends, class: relative === 1 ? 'lab-one' : 'lab-grid' }));
    lines.push(svgElement('text', { x: CHART.left - 7, y: y + 4, 'text-anchor': 'end' }, `${relative}×`));
  }
  return lines;
}

function curveOf({ name, points, limit }, place) {
  const ordered = [...points].sort(([a], [b]) => a - b);
  const path = ordered.map(([share, relative]) => `${place.x(share)},${place.y(relative)}`).join(' ');
  const dash = DASHES[DETECTORS.find((one) => one.name === name)?.dash] ?? '';
  const shapes = [svgElement('polyline', { points: path, 'stroke-dasharray': dash, class: 'lab-mark lab-curve' })];
  if (limit && limit.value !== null && !limit.isTrace) {
    shapes.push(svgElement('circle', { cx: place.x(limit.value), cy: place.y(1), r: 5, class: 'lab-mark lab-limit' }));
  }
  for (const shape of shapes) shape.dataset.detector = name;
  return shapes;
}

function legendOf(curves) {
  const legend = document.createElement('figcaption');
  for (const { name, limit } of curves) {
    const entry = document.createElement('span');
    entry.className = 'lab-mark';
    entry.dataset.detector = name;
    const mark = document.createElement('i');
    mark.className = 'dl-mark';
    mark.dataset.mark = DETECTORS.find((one) => one.name === name)?.mark;
    entry.append(mark, describeLimit(name, limit));
    legend.append(entry);
  }
  return legend;
}

function describeLimit(name, limit) {
  const title = titleOf(name);
  if (!limit) return title;
  if (limit.value === null) return fillText(TEXTS.limitNone, { title });
  if (limit.isTrace) return fillText(TEXTS.limitTrace, { title });
  return fillText(TEXTS.limitAt, { title, x: Math.round(100 * limit.value) });
}
