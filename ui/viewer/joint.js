// The arithmetic of inspection/joint.py, once more for the browser, so that the slider needs no request. A test runs
// both on the same random calibrations and expects the same numbers.
//
// An answer is { name, score, calibration, isBlind }.

// Those that count: blind detectors do not, unless all are.
function countingAnswers(answers) {
  const seeing = answers.filter((answer) => !answer.isBlind);
  return seeing.length > 0 ? seeing : answers;
}

// The good parts that all calibrations hold, and the logarithms of their scores: one row per part.
function commonLevels(calibrations) {
  const tables = calibrations.map(({ scores, units }) => new Map(units.map((unit, index) => [unit, scores[index]])));
  const common = calibrations[0].units.filter((unit) => tables.every((table) => table.has(unit)));
  return common.map((unit) => tables.map((table) => toLevel(table.get(unit))));
}

// Joint scores of the rows, and how many spreads each detector is above its typical part in the last of them.
function combineLevels(rows) {
  const scales = rows[0].map((_, column) => scaleOf(rows.map((row) => row[column])));
  const steepness = meanOf(scales.map(({ spread }) => 1 / spread));
  const standardise = (level, column) => (level - scales[column].centre) / scales[column].spread;
  const standard = rows.map((row) => row.map(standardise));
  const jointOf = (values) => Math.sqrt(meanOf(values.map((value) => Math.max(value, 0) ** 2)));
  const scores = standard.map((values) => Math.exp(jointOf(values) / steepness));
  return { scores, last: standard[standard.length - 1] };
}

function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

// The joint verdict on what detectors have answered; null without common parts, or with too few for the rate.
function judgeJointly(answers, rate) {
  const counting = countingAnswers(answers);
  if (counting.length === 0) return null;
  const rows = commonLevels(counting.map(({ calibration }) => calibration));
  if (rows.length === 0 || rate < 1 / (rows.length + 1) - 1e-9) return null;
  const { scores, last } = combineLevels([...rows, counting.map(({ score }) => toLevel(score))]);
  const isOne = counting.length === 1;
  const joint = Float32Array.from(scores.slice(0, -1)).sort();
  const calibration = isOne ? counting[0].calibration : { scores: joint };
  const score = isOne ? counting[0].score : Math.fround(scores[scores.length - 1]);
  const threshold = thresholdAt(calibration, rate);
  return {
    score,
    threshold,
    relative: relativeTo(threshold, score),
    isFlagged: score > threshold,
    falseAlarmRate: falseAlarmRateOf(calibration, score),
    contributions: counting.map(({ name }, place) => ({ name, value: last[place] })),
    blind: answers.filter((answer) => !counting.includes(answer)).map(({ name }) => name),
    calibration,
    numNormal: calibration.scores.length,
  };
}

// Where no detector flags what all of them flag together, the place where the strongest one is highest is outlined.
function outlineForJoint(answered) {
  if (!joint?.isFlagged || answered.some((panel) => panel.judged.isFlagged)) return;
  const strongest = joint.contributions.reduce((best, one) => (one.value > best.value ? one : best));
  const panel = answered.find(({ text }) => text.name === strongest.name);
  const { map, score, outline } = panel.result;
  const excess = excessOf(map, justBelow(score), outline);
  panel.isForJoint = true;
  panel.judged.excess = excess;
  panel.judged.regions = regionsOf(map, excess, current('picture') || map);
  panel.judged.area = countAbove(excess, 0) / map.values.length;
  panel.outline = outlinePath(excess, 0);
}

// One or two float32 numbers lower, so that the highest pixel of a map lies above it and hardly another.
function justBelow(score) {
  return Math.fround(score * (1 - 2 ** -23));
}
