// One panel per detector: its elements, and every number and word in it.

const BUSY_STATES = ['loading', 'running', 'waiting'];
const UNASKED_STATES = ['absent', 'unable', 'named']; // no verdict is missed of them
const MAX_CLASSES = 5;
const LEAST_PROBABILITY = 0.001; // smaller ones are shown as such

function createPanel(template, text) {
  const article = template.content.firstElementChild.cloneNode(true);
  article.dataset.detector = text.name;
  fillTexts(article);
  const query = (name) => article.querySelector(`[data-part="${name}"]`);
  query('title').textContent = text.title;
  query('method').textContent = text.method;
  query('hint').textContent = text.hint;
  article.querySelector('.dl-mark').dataset.mark = text.mark;
  const parts = { text, element: article, query, canvas: query('canvas') };
  const panel = { ...parts, slot: null, result: null, named: null, judged: null, run: 0 };
  panel.heat = document.createElement('canvas');
  query('copy').addEventListener('click', () => copyCommand(panel));
  return panel;
}

// What the server sent becomes numbers, once per result.
function decodeResult(slot) {
  const map = { values: decodeFloats(slot.map), width: slot.width, height: slot.height };
  return {
    map,
    score: maximumOf(map),
    calibration: { scores: decodeFloats(slot.scores), units: slot.units },
    outline: slot.outline,
    isBlind: slot.isBlind,
    seconds: slot.seconds,
    measures: slot.measures,
    classes: slot.classes,
    boxes: slot.boxes,
    trained: slot.trained,
  };
}

function decodeFloats(text) {
  return new Float32Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

// What a result says at a false-alarm rate: everything on the panel that moves with the slider.
// `image` is the size of the image, in whose pixels regions are measured.
function judge({ map, score, calibration, outline, boxes }, rate, image) {
  const threshold = thresholdAt(calibration, rate);
  const excess = excessOf(map, threshold, outline);
  const regions = regionsOf(map, excess, image);
  return {
    threshold,
    relative: relativeTo(threshold, score),
    isFlagged: score > threshold,
    area: countAbove(excess, 0) / map.values.length,
    excess,
    regions,
    kinds: boxes.filter((box) => box.level > threshold),
  };
}

function showState(panel) {
  const isAbsent = panel.element.dataset.state === 'absent'; // most likely it stays so
  const state = panel.slot ? panel.slot.state : isAbsent ? 'absent' : 'idle';
  panel.element.dataset.state = state;
  panel.element.dataset.former = Boolean(panel.judged) && state !== 'done';
  const badges = { missing: TEXTS.missingBadge, broken: TEXTS.brokenBadge, skipped: TEXTS.skippedBadge };
  if (state !== 'done' && state !== 'named') {
    panel.query('badge').textContent = panel.judged ? TEXTS.formerBadge : badges[state] || '';
    panel.element.dataset.verdict = '';
    panel.query('busy').textContent = BUSY_STATES.includes(state) ? TEXTS[state] : '';
    panel.canvas.setAttribute('aria-label', fillText(TEXTS.pictureEmpty, panel.text));
  }
  if (state === 'missing') {
    const { fix } = panel.slot; // none for a product that learns in the page
    showTrouble(panel, TEXTS.missingTitle, fix ? TEXTS.missingSub : TEXTS.missingOwn, fix);
  }
  if (state === 'broken') showTrouble(panel, panel.slot.problem, panel.slot.fix, '');
}

function showTrouble(panel, title, remedy, command) {
  panel.query('trouble-title').textContent = title;
  panel.query('trouble-fix').textContent = remedy;
  panel.query('command').textContent = command;
  panel.query('copy').textContent = TEXTS.copy;
  panel.query('command-box').hidden = !command;
}

function showResult(panel, mode) {
  const { result, judged, query } = panel;
  const verdict = judged.isFlagged ? 'defect' : 'normal';
  const relative = formatRelative(judged.relative);
  panel.element.dataset.verdict = verdict;
  query('badge').textContent = judged.isFlagged ? TEXTS.defectBadge : TEXTS.normalBadge;
  showCase(panel);
  showWorth(panel);
  showFacts(panel);
  query('classes').replaceChildren(...classBars(result.classes));
  const words = { title: panel.text.title, mode, verdict, x: relative };
  panel.canvas.setAttribute('aria-label', fillText(TEXTS.picture, words));
}

function showFacts(panel) {
  const { result, judged, query } = panel;
  const sensitivity = falseAlarmRateOf(result.calibration, result.score);
  const rate = fillText(TEXTS.perHundred, { rate: formatRate(sensitivity) });
  const flags = sensitivity < 1 ? [TEXTS.flagsFrom, rate] : [TEXTS.flags, TEXTS.never];
  const [score, threshold] = formatPair(result.score, judged.threshold);
  const facts = [
    ...kindFacts(panel),
    { label: TEXTS.score, value: fillText(TEXTS.relative, { x: formatRelative(judged.relative) }) },
    { label: TEXTS.ownUnits, value: fillText(TEXTS.versus, { score, threshold }), help: TEXTS.versusHelp },
    { label: flags[0], value: flags[1], help: TEXTS.flagsFromHelp },
    { label: TEXTS.area, value: describeArea(judged) },
    { label: TEXTS.time, value: formatSeconds(result.seconds) },
    ...result.measures.map(({ label, value }) => ({ label, value: formatNumber(value) })),
  ];
  if (result.trained) facts.push({ label: TEXTS.learning, value: result.trained, isLong: true });
  query('facts').replaceChildren(...facts.map(factElement));
}

// Bars of the most probable classes; what the others have together is one line, so that nothing is lost.
function classBars(classes) {
  if (classes.length === 0) return [];
  const shown = classes.slice(0, MAX_CLASSES);
  const rest = classes.slice(MAX_CLASSES);
  if (rest.length > 0) {
    const value = rest.reduce((sum, one) => sum + one.value, 0);
    const label = fillText(rest.length === 1 ? TEXTS.otherClass : TEXTS.otherClasses, { n: rest.length });
    shown.push({ label, value, help: rest.map((one) => `${one.label} ${formatShare(one.value)}`).join(', ') });
  }
  return [Object.assign(document.createElement('dt'), { textContent: TEXTS.classes }), ...shown.map(barElement)];
}

function barElement({ label, value, help }) {
  const item = document.createElement('dd');
  const name = Object.assign(document.createElement('span'), { textContent: label, title: help || label, dir: 'auto' });
  const bar = document.createElement('i');
  bar.style.setProperty('--share', `${100 * Math.min(1, Math.max(0, value))}%`);
  const share = Object.assign(document.createElement('b'), { textContent: formatProbability(value) });
  item.append(name, bar, share);
  return item;
}

function formatProbability(value) {
  return value < LEAST_PROBABILITY ? `< ${formatShare(LEAST_PROBABILITY)}` : formatShare(value);
}

function describeArea({ area, regions }) {
  if (regions.length === 0) return TEXTS.areaNone;
  const template = regions.length === 1 ? TEXTS.areaOne : TEXTS.areaMany;
  return fillText(template, { share: formatShare(area), n: regions.length });
}

function factElement({ label, value, help, isLong, kind = '' }) {
  const item = document.createElement('div');
  const term = document.createElement('dt');
  const description = document.createElement('dd');
  term.textContent = label;
  description.textContent = value;
  if (help) item.title = help;
  item.className = isLong ? 'dl-long' : kind;
  item.append(term, description);
  return item;
}

function showReading(panel, point) {
  const tag = panel.query('reading');
  const isShown = Boolean(point && panel.result);
  tag.hidden = !isShown;
  if (!isShown) return;
  const value = valueBelow(panel.result.map, point);
  const relative = relativeTo(panel.judged.threshold, value);
  tag.dataset.flagged = value > panel.judged.threshold;
  tag.firstElementChild.textContent = fillText(TEXTS.here, { x: formatRelative(relative) });
  tag.lastElementChild.textContent = formatNumber(value);
}

// The clipboard is closed to pages that are served over plain http from another machine.
async function copyCommand(panel) {
  const button = panel.query('copy');
  try {
    await navigator.clipboard.writeText(panel.query('command').textContent);
    button.textContent = TEXTS.copied;
  } catch {
    window.getSelection().selectAllChildren(panel.query('command'));
    button.textContent = TEXTS.selected;
  }
}
