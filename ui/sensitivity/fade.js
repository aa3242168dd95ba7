// The opening view: two sliders fade and shrink the defect. The nearest answer that is there is shown at once, and the
// exact one is asked for.

const CHANNEL = 'defect-lens-lab';
const NEW_IMAGE = ['pick_sample', 'take_upload', 'take_photo', 'clear_image'];
const EMPTY = { run: 0, frames: new Map(), base: null, truth: null };
const display = { mode: 'overlay', point: [1, 1], isBrushing: false };
let shown = EMPTY;
let slots = {};
let isQueued = false;
const keyOf = (point) => point.join('|');
const header = () => props.value || { run: 0, state: 'idle' };
const ends = { strength: 0, scale: 1 };

const asker = makeAsker({
  isKnown: () => !shown.run || shown.frames.has(keyOf(display.point)),
  ask: () => trigger('input', { asked: display.point }),
});

async function receive({ slot, value }) {
  if (slot === 'fade-picture' && value.run >= header().run) {
    slots = { run: value.run, picture: value };
    shown = await decodeScene(value);
  }
  if (slot === 'fade-frames' || slot === 'fade-looked') await takeFrames(value);
  if (slot === 'fade-looked') {
    asker.settle();
    if (value.frames.length === 0) trigger('submit', { area: header().area }); // something else is there by now
    else asker.ask();
  }
  show();
}

async function takeFrames({ run, frames }) {
  for (const frame of frames) {
    if (run < header().run) return;
    const decoded = await decodeFrame(frame);
    await untilShown(() => shown.run >= run); // its picture may still be being decoded
    if (run === shown.run) shown.frames.set(keyOf(frame.point), decoded);
  }
}

async function decodeScene({ run, base, mask }) {
  const image = await orNull(loadImage(base));
  const truth = mask ? await orNull(loadTruth(mask)) : null;
  return { run, base: image, truth, frames: new Map() };
}

function nearest() {
  const distance = ({ point }) =>
    Math.abs(point[0] - display.point[0]) + 2 * Math.abs(point[1] - display.point[1]);
  let best = shown.frames.get(keyOf(display.point)) ?? null;
  if (best) return best;
  for (const frame of shown.frames.values()) if (!best || distance(frame) < distance(best)) best = frame;
  return best;
}

function show() {
  if (isQueued) return;
  isQueued = true;
  requestAnimationFrame(() => {
    isQueued = false;
    showHeader(header());
    showAreas();
    showSliders();
    showPictures();
    showCharts();
  });
}

function showAreas() {
  const { state, area, hasTruth } = header();
  const isOpen = display.isBrushing || (state === 'error' && shown.base !== null);
  part('editor').hidden = !isOpen;
  for (const button of root.querySelectorAll('[data-area]')) {
    const isChosen = isOpen ? button.dataset.area === 'brushed' : button.dataset.area === area;
    button.setAttribute('aria-pressed', String(isChosen));
    button.disabled = button.dataset.area === 'truth' && !hasTruth;
  }
  part('use').disabled = painter.drawn.length === 0;
  if (isOpen) painter.draw();
}

function showSliders() {
  for (const [name, place] of Object.entries(ends)) {
    const percent = Math.round(100 * display.point[place]);
    part(name).value = percent;
    part(`${name}-value`).textContent = fillText(TEXTS.percent, { x: percent });
  }
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
}

function showPictures() {
  if (!shown.base) return;
  const { width, height } = header();
  const frame = nearest();
  const picture = composePicture(shown.base, frame?.patch, { width, height });
  const isExact = frame && keyOf(frame.point) === keyOf(display.point);
  root.dataset.exact = String(Boolean(isExact));
  const mask = frame?.mask ? outlinePath(maskToMap(frame.mask), 0.5) : shown.truth;
  drawPanels({ frame, picture, truth: mask, mode: display.mode });
  showJoint(frame?.answers[JOINT]);
  for (const article of part('panels').children) describePicture(article, frame);
}

function describePicture(article, frame) {
  const answer = frame?.answers[article.dataset.detector];
  if (!answer) return;
  const [strength, scale] = frame.point.map((one) => Math.round(100 * one));
  const words = { title: titleOf(article.dataset.detector), strength, scale, verdict: badgeOf(answer) };
  const label = fillText(TEXTS.picture, { ...words, x: formatRelative(answer.relative) });
  article.querySelector('canvas').setAttribute('aria-label', label);
}

function showCharts() {
  for (const [name, along] of Object.entries(ends)) {
    const frames = [...shown.frames.values()].filter(({ point }) => point[1 - along] === 1);
    const limits = header().limits?.[name] ?? {};
    const names = Object.keys(frames[0]?.answers ?? {});
    const curves = names.map((one) => ({
      name: one,
      points: frames.map(({ point, answers }) => [point[along], answers[one].relative]),
      limit: limits[one],
    }));
    const title = name === 'strength' ? TEXTS.strengthChart : TEXTS.scaleChart;
    const said = curves.map(({ name: one, limit }) => describeLimit(one, limit)).join(', ');
    const label = fillText(TEXTS.chartLabel, { title, names: joinNames(names.map(titleOf)), limits: said });
    const asked = (share) => move(along, share);
    drawChart(part(`${name}-chart`), { title, curves, at: display.point[along], label, asked });
  }
}

function move(place, share) {
  display.point = [...display.point];
  display.point[place] = Math.round(100 * Math.max(place === 1 ? 0.1 : 0, share)) / 100;
  root.dataset.exact = 'false'; // until it is shown
  asker.ask();
  show();
}

function chooseArea(area) {
  display.isBrushing = area === 'brushed';
  if (area !== 'brushed') trigger('submit', { area });
  show();
  if (display.isBrushing) requestAnimationFrame(() => part('editor').scrollIntoView({ block: 'nearest' }));
}

// Who brushes sees the image as it is; where nothing was healed yet, the base is that image.
function wholePicture() {
  const whole = shown.frames.get(keyOf([1, 1]));
  if (!shown.base || !whole) return shown.base;
  shown.whole ??= composePicture(shown.base, whole.patch, header()).image;
  return shown.whole;
}

const painter = new Painter({ canvas: part('paint'), tools: part('tools'), getBase: wholePicture, changed: show });

function listen() {
  for (const [name, place] of Object.entries(ends)) {
    part(name).addEventListener('input', ({ target }) => move(place, target.value / 100));
  }
  root.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (button?.dataset.mode) {
      display.mode = button.dataset.mode;
      show();
    }
    if (button?.dataset.area) chooseArea(button.dataset.area);
  });
  part('use').addEventListener('click', () => {
    const { paint: brushed } = painter.read();
    if (!brushed) return;
    display.isBrushing = false;
    trigger('submit', { area: 'brushed', brushed });
    show();
  });
}

// What is shown belongs to a new image from here on.
function takeHeader() {
  if (header().run !== shown.run && slots.run !== header().run) display.point = [1, 1];
  announce(header(), show);
}

fillTexts(root);
listen();
document.addEventListener(CHANNEL, ({ detail }) => {
  if (detail?.slot.startsWith('fade-')) receive(detail);
});
document.addEventListener('defect-lens-request', ({ detail }) => {
  if (detail.tab === 'sensitivity' && NEW_IMAGE.includes(detail.step)) painter.clear();
});
new ResizeObserver(show).observe(root);
watch('value', takeHeader);
takeHeader();
