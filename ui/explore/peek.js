// Over the projection: a point shows its thumbnail, a click opens the image large.

const box = element.querySelector('.peek');
const known = new Map();
let over = '';
let plot = null;

function attach() {
  const found = document.querySelector('#projection .js-plotly-plot');
  if (!found || found === plot || !found.on) return;
  plot = found;
  plot.on('plotly_hover', ({ points: [point], event }) => {
    over = String(point.customdata);
    place(event);
    const source = known.get(over);
    if (source) show(source);
    else trigger('input', { id: over });
  });
  plot.on('plotly_unhover', () => { over = ''; box.hidden = true; });
  plot.on('plotly_click', ({ points: [point] }) => {
    const id = String(point.customdata);
    box.hidden = true;
    document.dispatchEvent(new CustomEvent('defect-lens-open', { detail: { id, source: known.get(id) || '', opener: null } }));
    trigger('select', { id });
  });
}

function place({ clientX, clientY }) {
  box.style.left = `${Math.min(clientX + 16, innerWidth - 160)}px`;
  box.style.top = `${Math.max(clientY - 150, 8)}px`;
}

function show(source) {
  box.querySelector('img').src = source;
  box.hidden = false;
}

function receive() {
  const { id, source } = props.value || {};
  if (!id) return;
  known.set(id, source);
  if (id === over) show(source);
}

new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
watch('value', receive);
attach();
