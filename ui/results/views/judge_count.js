// Verdicts on test images, counted anew at any threshold.

// Which images lie strictly above the threshold.
function flagAll(scores, threshold) {
  return scores.map((score) => score > threshold);
}

// Which images the joint verdict flags: each is flagged from a false-alarm rate of its own on.
function flagJointly(flaggedFrom, rate) {
  return flaggedFrom.map((least) => least <= rate + 1e-9);
}

// `kinds` holds the number of a defect type per image, -1 for a normal one; `units` the number of its part.
function countVerdicts(flagged, kinds, units) {
  const counts = { found: 0, missed: 0, alarms: 0, right: 0, parts: 0, flaggedParts: 0, byKind: [] };
  const parts = new Map();
  flagged.forEach((isFlagged, image) => {
    const kind = kinds[image];
    if (kind < 0) {
      counts[isFlagged ? 'alarms' : 'right'] += 1;
      parts.set(units[image], parts.get(units[image]) || isFlagged);
      return;
    }
    counts[isFlagged ? 'found' : 'missed'] += 1;
    counts.byKind[kind] ||= { found: 0, total: 0 };
    counts.byKind[kind].found += isFlagged ? 1 : 0;
    counts.byKind[kind].total += 1;
  });
  counts.parts = parts.size;
  counts.flaggedParts = [...parts.values()].filter(Boolean).length;
  return counts;
}

// Accuracy, precision, recall and F1; null where one is undefined.
function rateVerdicts({ found, missed, alarms, right }) {
  const share = (part, whole) => (whole ? part / whole : null);
  const bad = found + missed;
  return {
    accuracy: share(found + right, bad + alarms + right),
    precision: bad ? share(found, found + alarms) : null,
    recall: share(found, bad),
    f1: bad ? share(2 * found, 2 * found + missed + alarms) : null,
  };
}

// Where a value stands on the axis of a histogram, 0 to 1.
function placeOn({ low, high, isLog }, value) {
  const map = isLog ? Math.log : (number) => number;
  const least = isLog ? Math.max(value, low) : value;
  return Math.min(1, Math.max(0, (map(least) - map(low)) / (map(high) - map(low))));
}
