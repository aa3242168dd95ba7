// The view of stress: a slider for each, the picture as it would be, and the curve of every detector over the range.
// The nearest answer that is there is shown at once, and the exact one is asked for when the slider rests.

const CHANNEL = 'defect-lens-lab';
const REST = 120; // milliseconds
const NOTCH = 0.25; // of the way from one level to the next
const display = { mode: 'overlay', scene: 0, stress: '', levels: {} };
const header = () => props.value || { run: 0, state: 'idle', stresses: [] };
let shown = { run: 0, base: null, frames: new Map() };
let timer = 0;
let isQueued = false;

const stressNamed = (name) => header().stresses?.find((one) => one.name === name);
const levelOf = ({ name, neutral }) => display.levels[name] ?? neutral;
const keyOf = (point) => JSON.stringify(point);
const wantedPoint = () =>
  (header().stresses ?? []).filter((one) => levelOf(one) !== one.neutral).map((one) => [one.name, levelOf(one)]);

function writeLevel(stress, level) {
  const sign = stress.levels[0] < 0 && level > 0 ? '+' : '';
  return `${sign}${level} ${stress.unit}`;
}

// Levels are equally far apart on the slider and in the plot.
function levelAt({ levels }, place) {
  const low = Math.min(levels.length - 2, Math.floor(place));
  const share = place - low;
  return Number((levels[low] * (1 - share) + levels[low + 1] * share).toPrecision(3));
}

function placeOf({ levels }, level) {
  const high = Math.max(1, levels.findIndex((one) => one >= level));
  return high - 1 + (level - levels[high - 1]) / (levels[high] - levels[high - 1]);
}

async function receive({ slot, value }) {
  if (slot === 'stress-picture') {
    const base = await orNull(loadImage(value.base));
    if (value.run >= shown.run) shown = { run: value.run, base, frames: new Map() };
  }
  if (slot === 'stress-frames') {
    for (const sent of value.frames) {
      const frame = await decodeFrame(sent);
      await untilShown(() => shown.run >= value.run);
      if (value.run === shown.run) shown.frames.set(keyOf(frame.point), frame);
    }
  }
  show();
}

function show() {
  if (isQueued) return;
  isQueued = true;
  requestAnimationFrame(() => {
    isQueued = false;
    showHeader(header());
    const stress = stressNamed(display.stress);
    if (!stress) return;
    showStresses();
    showSlider(stress);
    showPictures(stress);
    showChart(stress);
    showMeasured();
  });
}

function showStresses() {
  const { stresses } = header();
  if (part('stresses').children.length !== stresses.length) {
    part('stresses').replaceChildren(...stresses.map(createChoice));
  }
  for (const button of part('stresses').children) {
    const stress = stressNamed(button.dataset.stress);
    const level = levelOf(stress);
    button.textContent = level === stress.neutral ? stress.label : `${stress.label} ${writeLevel(stress, level)}`;
    button.setAttribute('aria-pressed', String(stress.name === display.stress));
    button.dataset.moved = String(level !== stress.neutral);
  }
  part('reset').disabled = wantedPoint().length === 0;
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
}

function createChoice({ name }) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'dl-button' });
  button.dataset.stress = name;
  return button;
}

function showSlider(stress) {
  const slider = part('level');
  const level = levelOf(stress);
  slider.max = stress.levels.length - 1;
  slider.value = placeOf(stress, level);
  slider.setAttribute('aria-label', stress.label);
  slider.setAttribute('aria-valuetext', writeLevel(stress, level));
  part('label').textContent = stress.label;
  part('level-value').textContent = writeLevel(stress, level);
}

// Frames of one range differ in the level of its stress alone.
function nearest(stress) {
  const exact = shown.frames.get(keyOf(wantedPoint()));
  if (exact) return exact;
  const at = placeOf(stress, levelOf(stress));
  const distance = (frame) => Math.abs(placeOf(stress, levelIn(frame, stress)) - at);
  return [...shown.frames.values()].sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

const levelIn = ({ point }, { name, neutral }) => point.find(([one]) => one === name)?.[1] ?? neutral;

function showPictures(stress) {
  const frame = nearest(stress);
  if (!shown.base || !frame) return;
  const { width, height } = header();
  const picture = composePicture(shown.base, frame.patch, { width, height });
  root.dataset.exact = String(keyOf(frame.point) === keyOf(wantedPoint()));
  drawPanels({ frame, picture, truth: null, mode: display.mode });
  showJoint(frame.answers[JOINT]);
  const level = writeLevel(stress, levelIn(frame, stress));
  for (const article of part('panels').children) {
    const answer = frame.answers[article.dataset.detector];
    if (!answer) continue;
    const words = { title: titleOf(article.dataset.detector), level, verdict: badgeOf(answer) };
    const label = fillText(TEXTS.stressed, { ...words, x: formatRelative(answer.relative) });
    article.querySelector('canvas').setAttribute('aria-label', label);
  }
}

function showChart(stress) {
  if (header().stress !== stress.name) return; // until its range is there
  const frames = [...shown.frames.values()];
  const last = stress.levels.length - 1;
  const names = Object.keys(frames[0]?.answers ?? {});
  const place = (frame) => placeOf(stress, levelIn(frame, stress)) / last;
  const curves = names.map((name) => ({
    name,
    points: frames.map((frame) => [place(frame), frame.answers[name].relative]),
  }));
  const title = fillText(TEXTS.stressChart, { label: stress.label, unit: stress.unit });
  const label = `${fillText(TEXTS.stressChartLabel, { title, names: joinNames(names.map(titleOf)) })} ${header().sub}`;
  const ticks = stress.levels.map((level, index) => [index / last, String(level)]);
  const asked = (share) => move(stress, share * last);
  drawChart(part('chart'), { title, curves, at: placeOf(stress, levelOf(stress)) / last, label, asked, ticks });
}

function showMeasured() {
  const lines = header().stress === display.stress ? header().measured : [];
  part('measured').replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement('p'), { textContent: line })),
  );
}

function move(stress, place) {
  const level = levelAt(stress, Math.round(place / NOTCH) * NOTCH);
  display.levels = { ...display.levels, [stress.name]: level };
  askAnew();
}

function askAnew() {
  show();
  clearTimeout(timer);
  timer = setTimeout(() => {
    const isThere = header().stress === display.stress && shown.frames.has(keyOf(wantedPoint()));
    if (shown.run && !isThere) trigger('submit', { stress: display.stress, levels: display.levels });
  }, REST);
}

// Another image begins without stress; an answer to an older request leaves what was moved since.
function takeHeader() {
  const { scene, stress, levels } = header();
  if (scene && scene !== display.scene) Object.assign(display, { scene, stress, levels });
  announce(header(), show);
}

part('level').addEventListener('input', ({ target }) => move(stressNamed(display.stress), Number(target.value)));
root.addEventListener('click', ({ target }) => {
  const { mode, stress } = target.closest('button')?.dataset ?? {};
  if (mode) display.mode = mode;
  if (stress) {
    display.stress = stress;
    askAnew();
  }
  show();
});
part('reset').addEventListener('click', () => {
  display.levels = {};
  askAnew();
});
fillTexts(root);
document.addEventListener(CHANNEL, ({ detail }) => {
  if (detail?.slot.startsWith('stress-')) receive(detail);
});
new ResizeObserver(show).observe(root);
watch('value', takeHeader);
takeHeader();
