// The arithmetic of inspection/types.py and inspection/calibration.py, once more for the browser, so that the
// slider needs no request. A test runs both on the same random calibrations and expects the same numbers.
//
// A calibration is { scores: Float32Array ascending, units: string[] in the same order }.

const SMALLEST_FLOAT32 = 1.1754943508222875e-38; // stands in for a threshold of 0 in a ratio

function floorOf(calibration) {
  return 1 / (calibration.scores.length + 1);
}

// How many normal scores may lie above the threshold, the new part itself included.
function numAbove(calibration, rate) {
  return Math.floor(rate * (calibration.scores.length + 1) + 1e-9);
}

// The rate must not be below the floor of the calibration.
function thresholdAt(calibration, rate) {
  const rank = calibration.scores.length + 1 - numAbove(calibration, rate); // 1-based
  return calibration.scores[rank - 1];
}

function relativeTo(threshold, value) {
  return value / Math.max(threshold, SMALLEST_FLOAT32);
}

// The lowest rate at which a score is flagged; 1 if at none.
function falseAlarmRateOf(calibration, score) {
  const { scores } = calibration;
  const numBelow = lowerBound(scores, Math.fround(score));
  return Math.min(1, (scores.length - numBelow + 1) / (scores.length + 1));
}

// The index of the first element that is not below the value.
function lowerBound(ascending, value) {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function quantileOf(ascending, share) {
  const position = share * (ascending.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, ascending.length - 1);
  return ascending[below] + (ascending[above] - ascending[below]) * (position - below);
}

// The false-alarm rates that a slider offers: round numbers per 100, finer where they are small, of which only those
// stay that move at least one threshold. The largest floor comes first, and the product's own rate is among them.
function rateSteps(calibrations, ownRate) {
  const lowest = Math.max(...calibrations.map(floorOf));
  const wanted = [...roundRates().filter((rate) => rate > lowest), Math.max(ownRate, lowest)];
  const steps = [lowest];
  for (const rate of wanted.sort((a, b) => a - b)) {
    const previous = steps[steps.length - 1];
    const moves = calibrations.some((c) => numAbove(c, rate) !== numAbove(c, previous));
    if (moves) steps.push(rate);
    // of several rates with the same thresholds, the product's own is the one people know
    else if (rate === ownRate) steps[steps.length - 1] = rate;
  }
  return steps;
}

function roundRates() {
  const perHundred = [];
  for (let tenths = 1; tenths < 10; tenths += 1) perHundred.push(tenths / 10);
  for (let halves = 2; halves < 20; halves += 1) perHundred.push(halves / 2);
  for (let whole = 10; whole < 20; whole += 1) perHundred.push(whole);
  for (let twos = 20; twos < 30; twos += 2) perHundred.push(twos);
  for (let fives = 30; fives <= 50; fives += 5) perHundred.push(fives);
  return perHundred.map((value) => value / 100);
}
