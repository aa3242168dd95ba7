// The second view: what is drawn is asked about as soon as the pointer rests, and undone without a trace.

const CHANNEL = 'defect-lens-lab';
const REST = 150; // milliseconds
const LEAST_SIZE = 2; // pixels
const EMPTY = { run: 0, base: null, frame: null };
const display = { mode: 'overlay' };
const header = () => props.value || { run: 0, state: 'idle', kinds: [] };
const numberOf = (name) => Number(part(name).value);
let shown = EMPTY;
let drawing = { number: 0, count: 0 };
let saves = 0;
let timer = 0;
let isQueued = false;

async function receive({ slot, value }) {
  if (slot === 'place-picture') {
    const image = await orNull(loadImage(value.base));
    shown = { run: value.run, base: image, frame: null };
    drawing = { number: drawing.number, count: 0 };
    painter.clear();
  }
  if (slot === 'place-frames') await takeFrame(value);
  if (slot === 'place-file') download(value);
  show();
}

async function takeFrame({ run, frames }) {
  const [sent] = frames;
  const frame = { ...(await decodeFrame(sent)), number: sent.number };
  await untilShown(() => shown.run >= run);
  if (run !== shown.run) return;
  shown.frame = frame;
  shown.picture = null;
  if (frame.number === drawing.number) painter.settle(drawing.count);
}

function show() {
  if (isQueued) return;
  isQueued = true;
  requestAnimationFrame(() => {
    isQueued = false;
    showHeader(header());
    showTools();
    if (!shown.base) return;
    const { width, height } = header();
    const picture = { image: currentPicture(), width, height };
    drawPanels({ frame: shown.frame, picture, truth: null, mode: display.mode });
    showJoint(shown.frame?.answers[JOINT]);
    describePictures();
    painter.draw();
  });
}

function currentPicture() {
  if (!shown.base) return null;
  shown.picture ??= composePicture(shown.base, shown.frame?.patch, {}).image;
  return shown.picture;
}

function describePictures() {
  for (const article of part('panels').children) {
    const answer = shown.frame?.answers[article.dataset.detector];
    if (!answer) continue;
    const words = { title: titleOf(article.dataset.detector), verdict: badgeOf(answer) };
    const label = fillText(TEXTS.placed, { ...words, x: formatRelative(answer.relative) });
    article.querySelector('canvas').setAttribute('aria-label', label);
  }
}

// Sizes are spread by their logarithm, from 2 pixels to half of the longest side.
function stampSize() {
  const longest = Math.max(header().width ?? 256, header().height ?? 256);
  return Math.round(LEAST_SIZE * (longest / 2 / LEAST_SIZE) ** (numberOf('size') / 100));
}

function nextStamp() {
  const longest = Math.max(header().width ?? 256, header().height ?? 256);
  const size = stampSize() / longest;
  return { kind: part('kind').value, size, contrast: numberOf('contrast'), angle: numberOf('angle') };
}

function showTools() {
  const kinds = header().kinds ?? [];
  if (part('kind').options.length !== kinds.length) {
    part('kind').replaceChildren(...kinds.map(({ name, title }) => new Option(title, name)));
  }
  for (const name of ['opacity', 'softness']) {
    part(`${name}-value`).textContent = fillText(TEXTS.percent, { x: numberOf(name) });
  }
  part('size-value').textContent = fillText(TEXTS.pixels, { x: stampSize() });
  part('contrast-value').textContent = fillText(TEXTS.levels, { x: numberOf('contrast') });
  part('angle-value').textContent = fillText(TEXTS.degrees, { x: numberOf('angle') });
  part('download').disabled = drawing.count === 0;
  part('save').disabled = drawing.count === 0;
  part('save').hidden = !header().canSave;
  part('refusal').textContent = header().refusal ?? '';
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
}

function readDrawing() {
  const { paint, stamps } = painter.read();
  const { width, height } = header();
  const longest = Math.max(width, height);
  const placed = stamps.map(({ kind, size, contrast, angle, seed, x, y }) => {
    const row = Math.min(height - 1, Math.max(0, Math.round(y * height)));
    const column = Math.min(width - 1, Math.max(0, Math.round(x * width)));
    return { kind, size: size * longest, contrast, angle, seed, row, column };
  });
  return { number: drawing.number, paint, stamps: placed };
}

function askAnew() {
  drawing = { number: drawing.number + 1, count: painter.read().count };
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (shown.run) trigger('submit', { drawing: readDrawing() });
  }, REST);
  show();
}

function download({ name, content }) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/zip' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

const painter = new Painter({
  canvas: part('paint'),
  tools: part('tools'),
  getBase: currentPicture,
  changed: askAnew,
  look: () => {
    const [opacity, softness] = [numberOf('opacity') / 100, numberOf('softness') / 100];
    return { colour: part('colour').value, opacity, softness };
  },
  stamp: nextStamp,
});

part('tools').addEventListener('tool', ({ detail }) => {
  part('brush-tools').hidden = detail !== 'brush';
  part('stamp-tools').hidden = detail !== 'stamp';
});
root.addEventListener('input', show);
root.addEventListener('click', ({ target }) => {
  const mode = target.closest('button')?.dataset.mode;
  if (!mode) return;
  display.mode = mode;
  show();
});
for (const way of ['download', 'save']) {
  part(way).addEventListener('click', () => {
    saves += 1;
    trigger('submit', { drawing: { ...readDrawing(), save: saves, way } });
  });
}
fillTexts(root);
document.addEventListener(CHANNEL, ({ detail }) => {
  if (detail?.slot.startsWith('place-')) receive(detail);
});
new ResizeObserver(show).observe(root);
watch('value', () => announce(header(), show));
announce(header(), show);
