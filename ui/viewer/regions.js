// The table of regions below the panels; the boxes on the pictures have the same numbers.

const MAX_LISTED = 100; // per detector; a report holds them all

function regionRows(panel) {
  const { regions, threshold } = panel.judged;
  return regions.slice(0, MAX_LISTED).map((region, index) => ({
    detector: panel.text.name,
    cells: [panel.text.title, index + 1, ...describeRegion(region, threshold)],
  }));
}

// Pixels count from 0 at the top left.
function describeRegion(region, threshold) {
  return [
    `${region.left}, ${region.top}`,
    `${region.right - region.left} × ${region.bottom - region.top}`,
    Math.round(region.area).toLocaleString('en'),
    formatShare(region.share),
    `${Math.round(region.centroid.x)}, ${Math.round(region.centroid.y)}`,
    fillText(TEXTS.here, { x: formatRelative(relativeTo(threshold, region.peak)) }),
    `${region.peakAt.x}, ${region.peakAt.y}`,
    region.elongation.toFixed(1),
  ];
}

// "CAE 3 · U-Net 1": short enough for the line that stays when the table is folded.
function countRegions(answered) {
  return answered.map((panel) => `${panel.text.title} ${panel.judged.regions.length}`).join(' · ');
}

function fillRegionTable(body, answered) {
  body.replaceChildren(...answered.flatMap(regionRows).map(rowElement));
}

function rowElement({ detector, cells }) {
  const row = document.createElement('tr');
  row.dataset.detector = detector;
  row.append(
    ...cells.map((cell) => Object.assign(document.createElement('td'), { textContent: cell })),
  );
  return row;
}

// How many rows are left out, in words; empty where all are shown.
function describeLeftOut(answered) {
  const left = answered.reduce((sum, panel) => sum + Math.max(0, panel.judged.regions.length - MAX_LISTED), 0);
  return left === 0 ? '' : fillText(TEXTS.regionsLeftOut, { n: left, most: MAX_LISTED });
}
