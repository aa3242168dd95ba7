// The false-alarm rate: one slider for all detectors.

const chosenRates = new Map(); // product -> the rate a person has chosen for it
let steps = [];
let rate = 0;

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
