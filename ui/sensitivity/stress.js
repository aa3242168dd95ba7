// The view of stress: one at a time under the slider, the picture as it would be, and the curve of every detector over
// the range. The nearest answer that is there is shown at once, and the exact one is asked for.

const CHANNEL = 'defect-lens-lab';
const LEAST_STEPS = 50; // on the slider
const display = { mode: 'overlay', scene: 0, stress: '', levels: {} };
const header = () => props.value || { run: 0, state: 'idle', stresses: [] };
let shown = { run: 0, base: null, frames: new Map() };
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

// Where a level lies in its range, 0 to 1, on the slider and in the plot.
const shareOf = ({ levels }, level) => (level - levels[0]) / (levels.at(-1) - levels[0]);

// Of the slider: a round number, and a whole one where all levels are whole.
function stepOf({ levels }) {
  const wanted = (levels.at(-1) - levels[0]) / LEAST_STEPS;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const round = [5, 2, 1].map((one) => one * power).find((one) => one <= wanted * 1.0001);
  return levels.every(Number.isInteger) ? Math.max(1, round) : round;
}

function levelAt(stress, share) {
  const low = stress.levels[0];
  const step = stepOf(stress);
  const steps = Math.round((share * (stress.levels.at(-1) - low)) / step);
  return Number((low + steps * step).toPrecision(6));
}

const asker = makeAsker({
  isKnown: () => !shown.run || header().stress !== display.stress || shown.frames.has(keyOf(wantedPoint())),
  ask: () => trigger('input', { asked: display.levels }),
});

async function receive({ slot, value }) {
  if (slot === 'stress-picture') {
    const base = await orNull(loadImage(value.base));
    if (value.run >= shown.run) shown = { run: value.run, base, frames: new Map() };
  }
  if (slot === 'stress-frames' || slot === 'stress-looked') {
    for (const sent of value.frames) {
      const frame = await decodeFrame(sent);
      await untilShown(() => shown.run >= value.run);
      if (value.run === shown.run) shown.frames.set(keyOf(frame.point), frame);
    }
  }
  if (slot === 'stress-looked') {
    asker.settle();
    if (value.frames.length === 0) askAnew(); // something else is there by now
  }
  asker.ask();
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
  const list = part('stresses');
  if (list.options.length !== stresses.length) {
    list.replaceChildren(...stresses.map(({ name, label }) => new Option(label, name)));
  }
  for (const option of list.options) {
    const stress = stressNamed(option.value);
    const level = levelOf(stress);
    option.text = level === stress.neutral ? stress.label : `${stress.label}: ${writeLevel(stress, level)}`;
  }
  list.value = display.stress;
  part('reset').disabled = wantedPoint().length === 0;
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
}

function showSlider(stress) {
  const slider = part('level');
  const level = levelOf(stress);
  Object.assign(slider, { min: stress.levels[0], max: stress.levels.at(-1), step: stepOf(stress) });
  slider.value = level;
  slider.setAttribute('aria-label', stress.label);
  slider.setAttribute('aria-valuetext', writeLevel(stress, level));
  part('label').textContent = stress.label;
  part('level-value').textContent = writeLevel(stress, level);
}

// Frames of one range differ in the level of its stress alone.
function nearest(stress) {
  const exact = shown.frames.get(keyOf(wantedPoint()));
  if (exact) return exact;
  const distance = (frame) => Math.abs(levelIn(frame, stress) - levelOf(stress));
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
  const names = Object.keys(frames[0]?.answers ?? {});
  const place = (frame) => shareOf(stress, levelIn(frame, stress));
  const curves = names.map((name) => ({
    name,
    points: frames.map((frame) => [place(frame), frame.answers[name].relative]),
  }));
  const title = fillText(TEXTS.stressChart, { label: stress.label, unit: stress.unit });
  const label = `${fillText(TEXTS.stressChartLabel, { title, names: joinNames(names.map(titleOf)) })} ${header().sub}`;
  const first = [stress.neutral, stress.levels[0], stress.levels.at(-1)];
  const ticks = [...new Set([...first, ...stress.levels])].map((level) => [shareOf(stress, level), String(level)]);
  const asked = (share) => move(stress, share);
  drawChart(part('chart'), { title, curves, at: shareOf(stress, levelOf(stress)), label, asked, ticks });
}

function showMeasured() {
  const lines = header().stress === display.stress ? header().measured : [];
  part('measured').replaceChildren(
    ...lines.map((line) => Object.assign(document.createElement('p'), { textContent: line })),
  );
}

function move(stress, share) {
  display.levels = { ...display.levels, [stress.name]: levelAt(stress, share) };
  root.dataset.exact = 'false'; // until it is shown
  asker.ask();
  show();
}

// For the range of another stress, or under others.
function askAnew() {
  if (shown.run) trigger('submit', { stress: display.stress, levels: display.levels });
  show();
}

// Another image begins without stress; an answer to an older request leaves what was moved since.
function takeHeader() {
  const { scene, stress, levels } = header();
  if (scene && scene !== display.scene) Object.assign(display, { scene, stress, levels });
  announce(header(), show);
}

part('level').addEventListener('input', ({ target }) => {
  const stress = stressNamed(display.stress);
  if (stress) move(stress, shareOf(stress, Number(target.value)));
});
root.addEventListener('click', ({ target }) => {
  const { mode } = target.closest('button')?.dataset ?? {};
  if (mode) display.mode = mode;
  show();
});
part('stresses').addEventListener('change', ({ target }) => {
  display.stress = target.value;
  askAnew();
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
