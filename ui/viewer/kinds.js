// Boxes with a kind and a score, of detectors that give them: on the picture, and in words.

const MAX_NAMED = 6; // in words; the picture and a report have them all

// What a panel shows of them: above the threshold, or where none decides what the server has chosen.
function kindBoxes(panel) {
  if (panel.judged) return panel.judged.kinds;
  return panel.named ? panel.named.boxes : [];
}

const hasKindBoxes = () => panels.some((panel) => (panel.result || panel.named)?.boxes.length > 0);

// The surest last, so that it lies on top.
function drawKinds(context, boxes, place) {
  context.font = BOX_FONT;
  for (const box of [...boxes].reverse()) {
    const at = { x: place.left + box.left * place.width, y: place.top + box.top * place.height };
    const path = new Path2D();
    path.rect(at.x, at.y, (box.right - box.left) * place.width, (box.bottom - box.top) * place.height);
    strokeWithHalo(context, path, BOX_COLOUR, 1.6);
    drawBoxLabel(context, describeKind(box), at);
  }
}

function describeKind({ kind, score }) {
  return `${kind} ${Math.round(100 * score)} %`;
}

// A line among the facts of a panel; none for a detector without boxes.
function kindFacts(panel) {
  const answer = panel.result || panel.named;
  if (answer.boxes.length === 0) return [];
  const boxes = kindBoxes(panel);
  const more = boxes.length > MAX_NAMED ? [fillText(TEXTS.moreKinds, { n: boxes.length - MAX_NAMED })] : [];
  const value = [...boxes.slice(0, MAX_NAMED).map(describeKind), ...more].join(', ') || TEXTS.areaNone;
  return [{ label: TEXTS.kinds, value, isLong: true }];
}
