// Over the plots of the tab: a point that is an image shows its thumbnail.

const box = element.querySelector('.peek');
const known = new Map(); // by dataset and id: two datasets may have images of the same id
let over = '';

const nameOf = ({ dataset, id }) => JSON.stringify([dataset, id]);

function attach(plot) {
  const origin = plot.layout?.meta?.origin;
  if (plot.canPeek || !plot.on || !origin) return;
  plot.canPeek = true;
  plot.on('plotly_hover', ({ points: [{ customdata }], event }) => {
    if (typeof customdata !== 'string') return;
    const image = { dataset: plot.layout.meta.origin.dataset, id: customdata };
    over = nameOf(image);
    place(event);
    const source = known.get(over);
    if (source) show(source);
    else trigger('input', image);
  });
  plot.on('plotly_unhover', () => { over = ''; box.hidden = true; });
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
  const { dataset, id, source } = props.value || {};
  if (!id) return;
  const name = nameOf({ dataset, id });
  known.set(name, source);
  if (name === over) show(source);
}

function attachAll() {
  document.querySelectorAll('#explore-tabs .js-plotly-plot').forEach(attach);
}

new MutationObserver(attachAll).observe(document.body, { childList: true, subtree: true });
watch('value', receive);
attachAll();
