// The page's state, and what changes it: slots from the server, the slider, the controls, pointer and keyboard.

const root = element.querySelector('.dl');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const panels = DETECTORS.map((text) => createPanel(part('panel-template'), text));
const slots = {}; // the newest record of each slot, whatever run it belongs to
const chosenRates = new Map(); // product -> the rate a person has chosen for it
const WIDEST_STAGE = 1.8;
const NOTHING = { run: 0, picture: null, truth: null, edges: null };
const display = { mode: 'overlay', opacity: 0.75, palette: 'inferno', showsTruth: false, showsBoxes: false };
let shown = NOTHING;
let decoding = { slot: null, promise: null };
let cursor = null; // the reading point
let focus = null; // where the zoom buttons go
let steps = [];
let rate = 0;

const donePanels = () => panels.filter((panel) => panel.result);
const pendingPanels = () => panels.filter((panel) => !panel.slot || BUSY_STATES.includes(panel.slot.state));
const isBusy = () => header().state === 'running' && pendingPanels().length > 0;
const header = () => slots.header || { state: 'empty', run: 0, product: '', rate: 0 };

// ---------------------------------------------------------------- slots

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
  showState(panel);
}

// ---------------------------------------------------------------- the false-alarm rate

function updateRate() {
  const calibrations = donePanels().map((panel) => panel.result.calibration);
  if (calibrations.length === 0) return;
  const { product, rate: ownRate } = header();
  steps = rateSteps(calibrations, ownRate);
  const wanted = chosenRates.get(product) ?? ownRate;
  let index = steps.findLastIndex((step) => step <= wanted + 1e-12);
  if (index < 0) index = 0;
  const slider = part('rate');
  slider.max = steps.length - 1;
  slider.value = index;
  rate = steps[index];
}

function chooseRate(index) {
  rate = steps[index];
  chosenRates.set(header().product, rate);
  showAll();
}

function resetRate() {
  chosenRates.delete(header().product);
  updateRate();
  showAll();
}

function showRate() {
  const hasRate = donePanels().length > 0;
  part('rule').dataset.off = !hasRate || isBusy();
  part('rate').disabled = !hasRate;
  if (!hasRate && isBusy()) return; // what stands there is of the former image, and mostly right for this one
  part('rate-value').textContent = hasRate ? formatRate(rate) : '–';
  part('rate').setAttribute('aria-valuetext', part('rate-value').textContent);
  const isChosen = hasRate && chosenRates.has(header().product);
  part('reset').hidden = !isChosen;
  const own = hasRate ? Math.max(header().rate, steps[0]) : 0;
  part('reset').textContent = fillText(TEXTS.resetTo, { rate: formatRate(own) });
  showRaised(hasRate && !isChosen);
  showJoint(hasRate);
}

// The own rate of a product may be lower than what the detector with the fewest held-out parts can support.
function showRaised(isOwnRate) {
  const { wanted } = header();
  const isRaised = isOwnRate && wanted < steps[0] - 1e-12;
  part('raised').hidden = !isRaised;
  if (!isRaised) return;
  const n = Math.min(...donePanels().map((panel) => panel.result.calibration.scores.length));
  const template = n === 1 ? TEXTS.raisedOne : TEXTS.raised;
  setText(part('raised'), fillText(template, { wanted: formatRate(wanted), n, rate: formatRate(steps[0]) }));
}

function showJoint(hasRate) {
  if (isBusy()) return;
  const joint = part('joint');
  joint.textContent = '';
  joint.title = '';
  if (!hasRate) return;
  const answered = donePanels();
  const thresholds = answered.map((panel) => panel.judged.threshold);
  const counted = majorityFalseAlarms(answered.map((panel) => panel.result.calibration), thresholds);
  if (!counted) {
    joint.textContent = TEXTS.jointUnknown;
    return;
  }
  const template = answered.length === 1 ? TEXTS.jointOne : TEXTS.joint;
  joint.textContent = fillText(template, { k: counted.flagged, n: counted.total, names: answered[0].text.title });
  joint.title = fillText(TEXTS.jointHelp, { rate: formatRate(counted.flagged / counted.total) });
}

// ---------------------------------------------------------------- what is shown

function showAll() {
  for (const panel of donePanels()) {
    panel.judged = judge(panel.result, rate, current('picture') || panel.result.map);
    panel.outline = outlinePath(panel.result.map, panel.judged.threshold);
    showResult(panel, display.mode);
    paintPanel(panel);
  }
  namedPanels().forEach(showNamed);
  root.dataset.judged = donePanels().length > 0 || namedPanels().length === 0;
  showVerdict();
  showRate();
  showControls();
  showRegions();
  showWaiting();
  showWays();
  writeAddress();
  redraw();
}

function paintPanel(panel) {
  const { threshold, regions } = panel.judged;
  panel.query('busy').textContent = display.mode === 'edges' && regions.length === 0 ? TEXTS.noEdges : '';
  if (display.mode === 'edges' && shown.picture) {
    shown.edges = shown.edges || edgePicture(shown.picture.image);
    panel.edges = edgesAbove(shown.edges, panel.result.map, threshold);
    return;
  }
  const isOpaque = display.mode === 'heatmap';
  const visibleFrom = isOpaque ? null : transparentBelow(panel.result.calibration, threshold);
  paintMap(panel.heat, panel.result.map, { threshold, palette: display.palette, visibleFrom });
}

function showVerdict() {
  const { verdict, title, sub } = describeVerdict();
  root.dataset.state = header().state;
  root.dataset.verdict = verdict;
  setText(part('title'), title);
  setText(part('sub'), sub);
  setText(part('note'), header().note || '');
  part('facts').replaceChildren(...verdictFacts().map(factElement));
  for (const panel of panels) {
    panel.jump.dataset.verdict = panel.element.dataset.verdict;
    panel.jump.dataset.state = panel.element.dataset.state;
  }
}

// A live region is read aloud on every change: it changes only when its words do.
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function describeVerdict() {
  const waited = describeWaiting();
  if (waited) return waited;
  const { state, error, unfamiliar } = header();
  if (state === 'error') return { verdict: 'error', title: error.title, sub: `${error.problem} ${error.fix}` };
  if (state === 'unfamiliar') return describeUnfamiliar(unfamiliar);
  if (state === 'empty') return { verdict: 'empty', title: TEXTS.emptyTitle, sub: TEXTS.emptySub };
  const answered = donePanels();
  if (isBusy()) {
    const done = answered.length + namedPanels().length;
    const count = { done, total: done + pendingPanels().length };
    return { verdict: 'running', title: TEXTS.runningTitle, sub: fillText(TEXTS.runningSub, count) };
  }
  if (answered.length === 0 && namedPanels().length > 0) return describeNamed(namedPanels());
  if (answered.length === 0) return { verdict: 'silent', title: TEXTS.silentTitle, sub: TEXTS.silentSub };
  return describeVotes(answered);
}

function describeVotes(answered) {
  const flagging = answered.filter((panel) => panel.judged.isFlagged);
  const isSilent = (panel) => !panel.result && !UNASKED_STATES.includes(panel.element.dataset.state);
  const silent = panels.filter(isSilent).map((panel) => panel.text.title);
  const parts = [describeAgreement(answered, flagging)];
  if (silent.length > 0) parts.push(fillText(TEXTS.didNotAnswer, { names: joinNames(silent) }));
  const sub = parts.join(' ');
  const { truth } = header();
  if (isMajority(flagging.length, answered.length)) {
    if (truth === 'good') return { verdict: 'alarm', title: TEXTS.alarmTitle, sub: `${TEXTS.alarmSub} ${sub}` };
    return { verdict: 'defect', title: TEXTS.defectTitle, sub };
  }
  if (flagging.length === 0) {
    const missed = { verdict: 'missed', title: TEXTS.missedTitle, sub: `${fillText(TEXTS.missedSub, { truth })} ${sub}` };
    return truth && truth !== 'good' ? missed : { verdict: 'normal', title: TEXTS.goodTitle, sub };
  }
  return { verdict: 'mixed', title: TEXTS.mixedTitle, sub: `${sub} ${TEXTS.lookClosely}` };
}

function describeAgreement(answered, flagging) {
  const titles = (list) => joinNames(list.map((panel) => panel.text.title));
  const n = answered.length;
  if (n === 1) return fillText(flagging.length ? TEXTS.onlyAbove : TEXTS.onlyNotAbove, { names: titles(answered) });
  if (flagging.length === 0) return fillText(n === 2 ? TEXTS.neitherAbove : TEXTS.noneAbove, { n });
  if (flagging.length === n) return fillText(n === 2 ? TEXTS.bothAbove : TEXTS.allAbove, { n });
  const rest = answered.filter((panel) => !flagging.includes(panel));
  const others = fillText(rest.length === 1 ? TEXTS.oneNot : TEXTS.manyNot, { names: titles(rest) });
  return fillText(flagging.length === 1 ? TEXTS.oneAbove : TEXTS.manyAbove, { names: titles(flagging), others });
}

function verdictFacts() {
  const { truth } = header();
  const answered = isBusy() ? [] : donePanels();
  const facts = [];
  if (truth && shown.picture) {
    facts.push({ label: TEXTS.sampleIs, value: truth === 'good' ? TEXTS.goodPart : truth, help: TEXTS.sampleHelp });
  }
  if (header().state === 'unfamiliar' || root.dataset.judged === 'false') return facts;
  const k = answered.filter((panel) => panel.judged.isFlagged).length;
  const seconds = answered.reduce((sum, panel) => sum + panel.result.seconds, 0);
  const values = answered.length > 0
    ? [fillText(TEXTS.ofAll, { k, n: answered.length }), formatSeconds(seconds)]
    : [TEXTS.unknown, TEXTS.unknown]; // they keep their place
  facts.push({ label: TEXTS.flaggedBy, value: values[0], help: TEXTS.flaggedByHelp });
  facts.push({ label: TEXTS.time, value: values[1], help: TEXTS.timeHelp });
  return facts;
}

function showControls() {
  for (const button of root.querySelectorAll('[data-mode]')) {
    button.setAttribute('aria-pressed', String(button.dataset.mode === display.mode));
  }
  part('truth').disabled = !shown.truth;
  part('opacity-value').textContent = `${Math.round(100 * display.opacity)} %`;
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

function drawPanel(panel) {
  const hasAnswer = (panel.judged || panel.named) && panel.run === shown.run;
  const hasOverlay = panel.judged && hasAnswer && display.mode !== 'original';
  drawStage(panel.canvas, {
    picture: shown.picture,
    heat: hasAnswer && ['overlay', 'heatmap'].includes(display.mode) ? panel.heat : null,
    opacity: display.opacity,
    outline: hasOverlay ? panel.outline : null,
    regions: hasOverlay ? panel.judged.regions : [],
    hasBoxes: hasOverlay && display.showsBoxes,
    edges: hasOverlay && display.mode === 'edges' ? panel.edges : null,
    truth: display.showsTruth ? shown.truth : null,
    cursor,
  });
  panel.element.dataset.pictured = Boolean(shown.picture);
  showReading(panel, shown.picture ? cursor : null);
}

// ---------------------------------------------------------------- controls

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
  if (camera.zoom === 1) focus = strongestPoint();
  const point = cursor || focus || camera;
  zoomAround(factor, point.x, point.y);
  if (focus && !cursor) centreOn(focus);
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
  focus = null;
  showZoom();
  redraw();
}

const ZOOM_ACTIONS = { in: () => moveZoom(1.6), out: () => moveZoom(1 / 1.6), fit: zoomToFit };

function listenToControls() {
  root.addEventListener('click', ({ target }) => {
    const button = target.closest('button');
    if (!button) return;
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
  part('regions-toggle').addEventListener('click', toggleRegions);
  part('truth').addEventListener('change', ({ target }) => changeDisplay({ showsTruth: target.checked }));
}
