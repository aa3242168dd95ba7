// What pictures look like: the buttons and sliders below the panels.

let zoomTarget = null; // where the zoom buttons go

function showControls() {
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
  part('truth').disabled = !shown.truth;
  part('kinds').parentElement.hidden = !hasKindBoxes();
  part('opacity-value').textContent = `${Math.round(100 * display.opacity)} %`;
}

function changeDisplay(changes) {
  Object.assign(display, changes);
  paintLegend(part('legend'), display.palette);
  donePanels().forEach(paintPanel);
  namedPanels().forEach(paintNamed);
  showControls();
  writeAddress();
  redraw();
}

function moveZoom(factor) {
  if (camera.zoom === 1) zoomTarget = strongestPoint();
  const point = cursor || zoomTarget || camera;
  zoomAround(factor, point.x, point.y);
  if (zoomTarget && !cursor) centreOn(zoomTarget);
  showZoom();
  redraw();
}

// Zooming in from the whole image goes where the detectors point.
function strongestPoint() {
  const flagging = donePanels().filter((panel) => panel.judged.regions.length > 0);
  if (flagging.length === 0) return null;
  const surest = flagging.reduce((best, panel) => (panel.judged.relative > best.judged.relative ? panel : best));
  const [region] = surest.judged.regions;
  const { width, height } = current('picture') || surest.result.map;
  return { x: (region.peakAt.x + 0.5) / width, y: (region.peakAt.y + 0.5) / height };
}

function zoomToFit() {
  fitCamera();
  zoomTarget = null;
  showZoom();
  redraw();
}

// One panel over the whole width, or all side by side again.
function enlarge(name) {
  const isEnlarged = name && root.dataset.enlarged !== name;
  root.dataset.enlarged = isEnlarged ? name : '';
  for (const { element, query, jump } of panels) {
    const isOne = isEnlarged && element.dataset.detector === name;
    element.dataset.large = Boolean(isOne);
    query('title').setAttribute('aria-pressed', String(Boolean(isOne)));
    jump.setAttribute('aria-pressed', String(Boolean(isOne)));
  }
  redraw();
}

// What stands in the folds is opened in all panels at once, so that they keep one height.
function showDetails(isOpen) {
  root.dataset.details = isOpen;
  for (const button of root.querySelectorAll('[data-more]')) button.setAttribute('aria-expanded', String(isOpen));
}

// The bare picture for as long as a key is held: it blinks against the map.
function blink(isBlinking) {
  if (display.isBlinking === isBlinking) return;
  display.isBlinking = isBlinking;
  redraw();
}

const isTyping = ({ target }) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== 'range';
const isPlainKey = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event);

function listenToKeys() {
  document.addEventListener('keydown', (event) => {
    if (!root.offsetParent || !isPlainKey(event)) return;
    if (event.key === 'o' || event.key === 'O') blink(true);
    if (event.key === 'Escape' && root.dataset.enlarged) enlarge('');
  });
  document.addEventListener('keyup', () => blink(false));
  window.addEventListener('blur', () => blink(false));
}

const ZOOM_ACTIONS = { in: () => moveZoom(1.6), out: () => moveZoom(1 / 1.6), fit: zoomToFit };

function listenToControls() {
  root.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (!button) return;
    if ('enlarge' in button.dataset) enlarge(button.closest('.dl-panel').dataset.detector);
    if ('more' in button.dataset) showDetails(root.dataset.details !== 'true');
    if (button.dataset.mode) changeDisplay({ mode: button.dataset.mode });
    if (button.dataset.zoom) ZOOM_ACTIONS[button.dataset.zoom]();
    if (button.dataset.format) askForReport(button.dataset.format);
  });
  part('reset').addEventListener('click', resetRate);
  let isQueued = false;
  part('rate').addEventListener('input', () => {
    if (isQueued) return; // a slider fires faster than the screen can follow
    isQueued = true;
    requestAnimationFrame(() => {
      isQueued = false;
      chooseRate(Number(part('rate').value));
    });
  });
  part('opacity').addEventListener('input', ({ target }) => changeDisplay({ opacity: target.value / 100 }));
  part('palette').addEventListener('change', ({ target }) => changeDisplay({ palette: target.value }));
  part('boxes').addEventListener('change', ({ target }) => changeDisplay({ showsBoxes: target.checked }));
  part('kinds').addEventListener('change', ({ target }) => changeDisplay({ showsKinds: target.checked }));
  part('regions-toggle').addEventListener('click', toggleRegions);
  listenToKeys();
  part('truth').addEventListener('change', ({ target }) => changeDisplay({ showsTruth: target.checked }));
}
