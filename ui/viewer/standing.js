// The arithmetic of inspection/standing.py, once more for the browser, so that the slider needs no request. A test runs
// both on the same random calibrations and expects the same numbers.

const UPPER_SHARE = 0.9;
const UPPER_NORMAL = 1.2816;
const LEAST_SPREAD = 0.01;

function toLevel(score) {
  return Math.log(Math.max(score, SMALLEST_FLOAT32));
}

// The median of logarithms, and how far the upper tenth lies above it in standard deviations.
function scaleOf(levels) {
  const ascending = Float64Array.from(levels).sort();
  const centre = quantileOf(ascending, 0.5);
  const upper = quantileOf(ascending, UPPER_SHARE) - centre;
  return { centre, spread: Math.max(upper / UPPER_NORMAL, LEAST_SPREAD) };
}

// Where a score stands among the good parts of a calibration, in standard deviations of good parts: by rank, and beyond
// all of them by spreads of their logarithms.
function standOf(calibration, score) {
  const { scores } = calibration;
  const numNormal = scores.length;
  const numBelow = lowerBound(scores, Math.fround(score));
  const levels = Float64Array.from(scores, toLevel);
  const isBeyond = numBelow === numNormal;
  const above = isBeyond ? toLevel(Math.fround(score)) - levels[numNormal - 1] : 0;
  const spreads = isBeyond ? above / scaleOf(levels).spread : 0;
  return { numBelow, numNormal, spreads, position: positionOfRank(Math.max(numBelow, 0.5), numNormal) + spreads };
}

function positionOfRank(rank, numNormal) {
  return normalQuantile(rank / (numNormal + 1));
}

// Where the threshold lies on the same axis: between what is flagged and what is not.
function thresholdPosition(calibration, rate) {
  const count = calibration.scores.length + 1;
  return normalQuantile(1 - Math.min(numAbove(calibration, rate) + 0.5, count - 0.5) / count);
}

// The inverse of the normal distribution, to a billionth (Acklam's rational approximation).
function normalQuantile(share) {
  if (share > 0.5) return -normalQuantile(1 - share);
  if (share < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(share));
    return polynomial(TAIL_ABOVE, q) / (polynomial(TAIL_BELOW, q) * q + 1);
  }
  const q = share - 0.5;
  return (polynomial(MIDDLE_ABOVE, q * q) * q) / (polynomial(MIDDLE_BELOW, q * q) * q * q + 1);
}

function polynomial(coefficients, x) {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

const MIDDLE_ABOVE = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239];
const MIDDLE_BELOW = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
const TAIL_ABOVE = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783];
const TAIL_BELOW = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
