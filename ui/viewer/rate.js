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
  const { product } = header();
  chosenRates.set(product, rate);
  document.dispatchEvent(new CustomEvent('defect-lens-rate', { detail: { product, rate } }));
  showAll();
}

// The slider of the Results tab is the same one.
function followResults({ detail: { product, rate: chosen } }) {
  chosenRates.set(product, chosen);
  if (product !== header().product || donePanels().length === 0) return;
  updateRate();
  showAll();
}

function resetRate() {
  const { product } = header();
  chosenRates.delete(product);
  document.dispatchEvent(new CustomEvent('defect-lens-rate-reset', { detail: { product } }));
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
  setText(part('joint'), hasRate ? describeJoint(donePanels()) : '');
}

// What the joint verdict is worth here and rests on, and who does not count in it.
function describeJoint(answered) {
  if (answered.length === 1) {
    return fillText(TEXTS.jointOne, { n: answered[0].result.calibration.scores.length });
  }
  if (!joint) return '';
  const worth = describeWorth(header().worth?.joint, { isJoint: true });
  const words = worth || fillText(TEXTS.joint, { n: joint.numNormal });
  const names = joint.blind.map(titleOf);
  const verb = names.length === 1 ? TEXTS.blindOne : TEXTS.blindMany;
  return names.length === 0 ? words : `${words} ${fillText(TEXTS.blind, { names: joinNames(names), verb })}`;
}
