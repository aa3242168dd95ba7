// How far the image stands out from good parts, on one axis for all detectors and what they say together.

const LOWEST = -1; // standard deviations of good parts; what is lower is all the same
const RANKED = 45; // per cent of the axis on which ranks decide; beyond it spreads do
const FURTHEST = 40; // spreads
const SCALE_RANKS = [0.5, 0.9, 0.99];
const SCALE_SPREADS = [2, 5, 10, 20];
const SVG = 'http://www.w3.org/2000/svg';

// Where a position lies, in per cent of the axis; `end` is where the good parts end.
function axisPlace(position, end) {
  if (position <= end) return (RANKED * (Math.max(position, LOWEST) - LOWEST)) / (end - LOWEST);
  const share = Math.log1p(position - end) / Math.log1p(FURTHEST);
  return RANKED + (100 - RANKED) * Math.min(1, share);
}

function showAxis() {
  if (isBusy()) return; // what stands there is of the former image, and dimmed
  const answered = donePanels();
  const rows = answered.map((panel) => axisRow(panel));
  if (joint && answered.length > 1) rows.unshift(jointRow());
  const end = Math.max(1, ...rows.map(({ calibration }) => endOf(calibration)));
  part('axis').replaceChildren(...rows.map((row) => axisElement(row, end)));
  part('axis-scale').replaceChildren(...(rows.length > 0 ? scaleMarks(end) : []));
}

const endOf = ({ scores }) => positionOfRank(scores.length, scores.length);

function axisRow({ text, result, judged }) {
  const { calibration, score } = result;
  return { title: text.title, detector: text.name, mark: text.mark, calibration, score, isFlagged: judged.isFlagged };
}

function jointRow() {
  const { calibration, score, isFlagged } = joint;
  return { title: TEXTS.together, detector: 'joint', mark: JOINT_MARK, calibration, score, isFlagged };
}

function axisElement({ title, detector, mark, calibration, score, isFlagged }, end) {
  const standing = standOf(calibration, score);
  const row = elementOf('div', 'dl-axis-row');
  row.dataset.verdict = isFlagged ? 'defect' : 'normal';
  row.dataset.detector = detector;
  const name = elementOf('span', 'dl-axis-name');
  const symbol = elementOf('i', 'dl-mark');
  symbol.dataset.mark = mark;
  name.append(symbol, title);
  const track = elementOf('div', 'dl-axis-track');
  const needle = elementOf('u', 'dl-axis-needle');
  const threshold = elementOf('u', 'dl-axis-threshold');
  needle.style.left = `${axisPlace(standing.position, end)}%`;
  threshold.style.left = `${axisPlace(thresholdPosition(calibration, rate), end)}%`;
  track.append(goodParts(calibration.scores.length, end), threshold, needle);
  const words = elementOf('span', 'dl-axis-words');
  words.textContent = describeStanding(standing);
  row.append(name, track, words);
  return row;
}

function elementOf(kind, className) {
  return Object.assign(document.createElement(kind), { className });
}

// One line for each good part, where its rank puts it.
function goodParts(numNormal, end) {
  const drawing = document.createElementNS(SVG, 'svg');
  const lines = document.createElementNS(SVG, 'path');
  const places = Array.from({ length: numNormal }, (_, index) => positionOfRank(index + 1, numNormal));
  const seen = places.filter((position) => position >= LOWEST);
  lines.setAttribute('d', seen.map((position) => `M${axisPlace(position, end).toFixed(2)} 0V1`).join(''));
  drawing.setAttribute('viewBox', '0 0 100 1');
  drawing.setAttribute('preserveAspectRatio', 'none');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.append(lines);
  return drawing;
}

function scaleMarks(end) {
  const ranks = SCALE_RANKS.map((share) => [normalQuantile(share), fillText(TEXTS.scaleRank, { n: 100 * share })]);
  const within = ranks.filter(([position]) => position < end);
  const spreads = SCALE_SPREADS.map((n) => [end + n, fillText(TEXTS.scaleSpreads, { n })]);
  return [...within, ...spreads].map(([position, words]) => {
    const mark = elementOf('span', '');
    mark.style.left = `${axisPlace(position, end)}%`;
    mark.textContent = words;
    return mark;
  });
}

function describeStanding({ numBelow, numNormal, spreads }) {
  if (numBelow < numNormal) return fillText(TEXTS.beyondSome, { k: numBelow, n: numNormal });
  return fillText(TEXTS.beyondAll, { n: numNormal, spreads: formatSpreads(spreads) });
}

function formatSpreads(spreads) {
  return spreads >= 100 ? TEXTS.over100 : spreads.toFixed(spreads < 10 ? 1 : 0);
}
