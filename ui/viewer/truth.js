// The answer of a detector beside the ground truth, and what the detector is worth on this product.

// Ground truth on the grid of a map: a pixel is defective where at least half of it is.
function truthOn(mask, { width, height }) {
  const sums = new Float32Array(width * height);
  const counts = new Uint32Array(width * height);
  for (let y = 0; y < mask.height; y += 1) {
    const row = Math.floor((y * height) / mask.height) * width;
    for (let x = 0; x < mask.width; x += 1) {
      const index = row + Math.floor((x * width) / mask.width);
      sums[index] += mask.values[y * mask.width + x];
      counts[index] += 1;
    }
  }
  const nearest = (index) => {
    const y = Math.floor(((Math.floor(index / width) + 0.5) * mask.height) / height);
    return mask.values[y * mask.width + Math.floor((((index % width) + 0.5) * mask.width) / width)];
  };
  return sums.map((sum, index) => Number((counts[index] > 0 ? sum / counts[index] : nearest(index)) >= 0.5));
}

// How what is outlined covers the defect; null where the truth is smaller than a pixel of the map.
function overlapOf(excess, truth) {
  const counts = { both: 0, outlined: 0, defective: 0 };
  truth.forEach((isDefective, index) => {
    const isOutlined = excess.values[index] > 0;
    counts.outlined += Number(isOutlined);
    counts.defective += isDefective;
    counts.both += Number(isOutlined) * isDefective;
  });
  const { both, outlined, defective } = counts;
  if (defective === 0) return null;
  return {
    iou: both / (outlined + defective - both),
    covered: both / defective,
    outside: outlined > 0 ? (outlined - both) / outlined : 0,
    isTouched: both > 0,
  };
}

// What the answer is worth as a case: found, missed, elsewhere, alarm or right; empty where nobody knows.
function caseOf(isFlagged, truth, overlap) {
  if (!truth) return '';
  if (truth === 'good') return isFlagged ? 'alarm' : 'right';
  if (!isFlagged) return 'missed';
  return overlap && !overlap.isTouched ? 'elsewhere' : 'found';
}

const CASE_TEXTS = {
  found: TEXTS.caseFound,
  missed: TEXTS.caseMissed,
  elsewhere: TEXTS.caseElsewhere,
  alarm: TEXTS.caseAlarm,
  right: TEXTS.caseRight,
};

function showCase(panel) {
  const { judged, result, query } = panel;
  const mask = shown.run === header().run && shown.truth?.mask;
  if (mask && !result.truth) result.truth = truthOn(mask, result.map);
  const overlap = mask ? overlapOf(judged.excess, result.truth) : null;
  const found = caseOf(judged.isFlagged, header().truth, overlap);
  const chip = Object.assign(document.createElement('b'), { textContent: CASE_TEXTS[found] || '' });
  chip.dataset.case = found;
  const words = overlap && judged.isFlagged ? describeOverlap(overlap) : describeArea(judged);
  query('case').replaceChildren(...(found ? [chip] : []), words);
}

function describeOverlap({ iou, covered, outside }) {
  const values = { iou: iou.toFixed(2), covered: formatShare(covered), outside: formatShare(outside) };
  return fillText(TEXTS.overlap, values);
}

// From the evaluation: every defective test image and every good test part, by the lowest rate that flags it.
function describeWorth(worth, { isBlind = false, isJoint = false } = {}) {
  if (!worth) return '';
  const count = (rates) => rates.filter((one) => one <= rate + 1e-9).length;
  const values = { k: count(worth.defects), n: worth.defects.length, m: count(worth.parts), p: worth.parts.length };
  const flags = fillText(worth.parts.length > 0 ? TEXTS.worth : TEXTS.worthDefects, values);
  const words = isJoint ? `${TEXTS.together}: ${flags[0].toLowerCase()}${flags.slice(1)}` : flags;
  return worth.isChance || isBlind ? `${words} ${TEXTS.chance}` : words;
}

function showWorth({ text, result, query }) {
  const worth = header().worth?.[text.name];
  query('worth').textContent = isBusy() ? '' : describeWorth(worth, result) || TEXTS.noWorth;
  query('worth').dataset.chance = Boolean(worth?.isChance || result.isBlind);
}
