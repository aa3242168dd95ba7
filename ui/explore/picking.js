// Plots of the tab: a box, a lasso or a click picks images, and whatever is picked stands out in all of them.

const PLOTS = '#explore-tabs .js-plotly-plot';
const picked = { dataset: '', ids: new Set(), kinds: [], version: 0 };
let mode = matchMedia('(pointer: fine)').matches ? 'select' : ''; // a finger that drags wants to scroll
let hasModifier = false;

function setMode(wanted) {
  mode = wanted;
  showAllPicked();
}

// Every plot, bar, cell and row asks for its images in this way.
function pick(detail) {
  document.dispatchEvent(new CustomEvent('defect-lens-pick', { detail }));
}

function originOf(plot) {
  return plot.layout.meta?.origin;
}

// What a point stands for: its custom data is an id, or what its images have in common.
function readPoint({ data, pointNumber }) {
  if (data.type === 'heatmap') {
    const [row, column] = pointNumber;
    return data.meta && { ...data.meta, cell: [column, row] };
  }
  return data.customdata?.[pointNumber];
}

function pickPoints(plot, points, adds) {
  const values = points.map(readPoint).filter(Boolean);
  const ids = [...new Set(values.filter((value) => typeof value === 'string'))];
  const conditions = values.filter((value) => typeof value !== 'string');
  pick({ origin: originOf(plot), ids, conditions, adds });
}

function pickOne(plot, point) {
  const value = readPoint(point);
  const isPicked = typeof value === 'string' && picked.ids.has(value);
  if (isPicked && (hasModifier || picked.ids.size === 1)) pick({ origin: originOf(plot), ids: [value], removes: true });
  else if (value) pickPoints(plot, [point], hasModifier);
}

function attachPlot(plot) {
  if (plot.isPickable || !plot._fullLayout || !originOf(plot)) return;
  plot.isPickable = true;
  plot.on('plotly_click', ({ points: [point] }) => pickOne(plot, point));
  plot.on('plotly_selected', (event) => {
    if (!event || plot.isTidied) return;
    pickPoints(plot, event.points, hasModifier);
    plot.isTidied = true; // the frame goes, which Plotly reports as a selection of nothing
    Plotly.relayout(plot, { selections: [] });
    plot.isTidied = false;
  });
  plot.on('plotly_deselect', () => pick({ origin: originOf(plot), ids: [] }));
  plot.on('plotly_afterplot', () => showPicked(plot));
  new ResizeObserver(() => showPicked(plot)).observe(plot);
  showPicked(plot);
}

function meets(kind, condition) {
  return Object.entries(condition).every(([name, wanted]) => {
    if (name === 'state') return (kind.defect_type === 'good') === (wanted === 'good');
    const value = kind[name];
    return Array.isArray(wanted) ? wanted[0] <= value && value <= wanted[1] : value === wanted;
  });
}

function isPickedValue(value) {
  return typeof value === 'string' ? picked.ids.has(value) : picked.kinds.some((kind) => meets(kind, value));
}

function showPicked(plot) {
  if (!plot.clientWidth) return; // nobody sees it; it grows when somebody does
  const traces = [...plot.data.keys()].filter((place) => Array.isArray(plot.data[place].customdata));
  if (!traces.length || (plot.shownData === plot.data && plot.shown === `${picked.version} ${mode}`)) return;
  plot.shownData = plot.data;
  plot.shown = `${picked.version} ${mode}`;
  const isOurs = picked.ids.size > 0 && originOf(plot)?.dataset === picked.dataset;
  const selectedpoints = traces.map((place) => {
    if (!isOurs) return null;
    return plot.data[place].customdata.flatMap((value, number) => (isPickedValue(value) ? [number] : []));
  });
  if (isOurs || plot.hasPicked) Plotly.restyle(plot, { selectedpoints }, traces);
  plot.hasPicked = isOurs;
  const dragmode = mode || false;
  if (plot.layout.dragmode !== dragmode) Plotly.relayout(plot, { dragmode });
}

function showAllPicked() {
  for (const plot of document.querySelectorAll(PLOTS)) if (plot.isPickable) showPicked(plot);
}

function attachPlots() {
  document.querySelectorAll(PLOTS).forEach(attachPlot);
}

document.addEventListener('pointerdown', (event) => {
  hasModifier = event.shiftKey || event.ctrlKey || event.metaKey;
}, true);
document.addEventListener('defect-lens-picked', ({ detail }) => {
  Object.assign(picked, detail, { version: picked.version + 1 });
  showAllPicked();
});
new MutationObserver(attachPlots).observe(document.body, { childList: true, subtree: true });
attachPlots();
