// The page's state, what the server sends of it, and what is shown of it.

const root = element.querySelector('.dl');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const panels = DETECTORS.map((text) => createPanel(part('panel-template'), text));
const slots = {}; // the newest record of each slot, whatever run it belongs to
const HEAT_MODES = ['overlay', 'heatmap', 'wipe'];
const WIDEST_STAGE = 1.8;
const NOTHING = { run: 0, picture: null, truth: null, edges: null };
const shows = { showsTruth: false, showsBoxes: false, showsKinds: true };
const display = { mode: 'overlay', opacity: 0.45, palette: 'inferno', wipe: 0.5, isBlinking: false, ...shows };
let shown = NOTHING;
let decoding = { slot: null, promise: null };
let cursor = null; // the reading point
let joint = null; // the verdict of all that have answered

const donePanels = () => panels.filter((panel) => panel.result);
const pendingPanels = () => panels.filter((panel) => !panel.slot || BUSY_STATES.includes(panel.slot.state));
const isBusy = () => header().state === 'running' && pendingPanels().length > 0;
const header = () => slots.header || { state: 'empty', run: 0, product: '', rate: 0 };

async function receiveSlot({ slot, value }) {
  if (slots[slot] && value.run < slots[slot].run) return; // an older run that ended late
  slots[slot] = value;
  if (slot === 'header') takeHeader(value);
  await showPicture();
  panels.forEach(takeSlot);
  updateRate();
  showAll();
}

// Only what belongs to the run of the header is shown.
function current(slot) {
  const value = slots[slot];
  return value && value.run === header().run ? value : null;
}

async function showPicture() {
  const slot = current('picture');
  if (!slot) {
    const hasNone = header().state === 'empty' || header().state === 'error';
    if (hasNone) shown = NOTHING; // while a run begins, the old picture stays until the new one is there
    return;
  }
  if (shown.run === slot.run) return;
  if (decoding.slot !== slot) decoding = { slot, promise: decodePicture(slot) };
  const decoded = await decoding.promise;
  if (current('picture') !== slot || shown.run === slot.run) return; // overtaken while decoding
  shown = decoded;
  cursor = null;
  const aspect = Math.min(WIDEST_STAGE, Math.max(1, slot.width / slot.height));
  root.style.setProperty('--dl-aspect', aspect); // wide parts get a wide stage, tall ones a square
  fitCamera();
  showZoom();
}

function takeSlot(panel) {
  const slot = current(panel.text.name);
  if (slot === panel.slot) return;
  panel.slot = slot;
  panel.result = slot && slot.state === 'done' ? decodeResult(slot) : null;
  const isReplaced = header().state === 'running' && pendingPanels().includes(panel);
  if (!isReplaced) panel.judged = null; // else the former answer stays, marked as such, until there is another
  panel.named = slot && slot.state === 'named' ? decodeNamed(slot) : null;
  if (panel.result || panel.named) panel.run = slot.run;
  if (!isReplaced) takeRebuilt(panel);
  showState(panel);
}

function showAll() {
  for (const panel of donePanels()) judgePanel(panel);
  joint = judgeJointly(donePanels().map(({ text, result }) => ({ name: text.name, ...result })), rate);
  outlineForJoint(donePanels());
  for (const panel of donePanels()) {
    showResult(panel, display.mode);
    paintPanel(panel);
  }
  namedPanels().forEach(showNamed);
  root.dataset.judged = donePanels().length > 0 || namedPanels().length === 0;
  showVerdict();
  showAxis();
  showRate();
  showControls();
  showRegions();
  showWaiting();
  showWays();
  writeAddress();
  redraw();
}

function judgePanel(panel) {
  panel.judged = judge(panel.result, rate, current('picture') || panel.result.map);
  panel.outline = outlinePath(panel.judged.excess, 0);
  panel.isForJoint = false;
}

const titleOf = (name) => panels.find((panel) => panel.text.name === name).text.title;

function paintPanel(panel) {
  const { threshold, relative, regions, excess } = panel.judged;
  panel.query('busy').textContent = display.mode === 'edges' && regions.length === 0 ? TEXTS.noEdges : '';
  if (display.mode === 'edges' && shown.picture) {
    shown.edges = shown.edges || edgePicture(shown.picture.image);
    panel.edges = edgesAbove(shown.edges, excess);
    return;
  }
  const isOpaque = display.mode === 'heatmap';
  const visibleFrom = isOpaque ? null : transparentBelow(panel.result.calibration, threshold);
  paintMap(panel.heat, panel.result.map, { threshold, highest: relative, palette: display.palette, visibleFrom });
}

// The table is filled only where it is seen: the slider would have it filled anew at every step.
function showRegions() {
  const answered = donePanels();
  part('region-count').textContent = countRegions(answered);
  part('regions-toggle').disabled = answered.length === 0;
  showReportButtons(answered.length + namedPanels().length > 0 && !isBusy() && !isWaiting());
  if (part('regions').hidden) return;
  fillRegionTable(part('region-rows'), answered);
  part('regions-left').textContent = describeLeftOut(answered);
}

function toggleRegions() {
  const isOpen = part('regions').hidden;
  part('regions').hidden = !isOpen;
  part('regions-toggle').setAttribute('aria-expanded', String(isOpen));
  showRegions();
}

function showZoom() {
  part('zoom').textContent = `${Math.round(100 * camera.zoom)} %`;
  root.dataset.zoomed = camera.zoom > 1;
}

let isRedrawQueued = false;

function redraw() {
  if (isRedrawQueued) return;
  isRedrawQueued = true;
  requestAnimationFrame(() => {
    isRedrawQueued = false;
    panels.forEach(drawPanel);
  });
}

// What lies on the picture because the detector has answered.
function answerLayers(panel) {
  const isWiped = display.mode === 'wipe';
  const kinds = display.showsKinds ? kindBoxes(panel) : null;
  const heat = HEAT_MODES.includes(display.mode) && !rebuiltPicture(panel) ? panel.heat : null;
  const layers = { heat, kinds, opacity: isWiped ? 1 : display.opacity };
  if (!panel.judged) return layers;
  const { outline, judged } = panel;
  const edges = display.mode === 'edges' ? panel.edges : null;
  const hasBoxes = display.showsBoxes;
  return { ...layers, outline, regions: judged.regions, hasBoxes, edges, wipe: isWiped ? display.wipe : null };
}

function drawPanel(panel) {
  const hasAnswer = (panel.judged || panel.named) && panel.run === shown.run;
  const isPlain = display.mode === 'original' || display.isBlinking;
  drawStage(panel.canvas, {
    picture: rebuiltPicture(panel) || shown.picture,
    ...(hasAnswer && !isPlain ? answerLayers(panel) : {}),
    truth: display.showsTruth && shown.truth ? shown.truth.path : null,
    cursor,
  });
  panel.element.dataset.pictured = Boolean(shown.picture);
  showReading(panel, shown.picture ? cursor : null);
}
