// Over the projection: a point shows its thumbnail, a click opens the image large.

const box = element.querySelector('.peek');
const known = new Map(); // by dataset and id: two datasets may have images of the same id
let over = '';
let plot = null;

const nameOf = ({ dataset, id }) => JSON.stringify([dataset, id]);
const imageOf = ({ customdata }) => ({ dataset: plot.layout.meta, id: String(customdata) });

function attach() {
  const found = document.querySelector('#projection .js-plotly-plot');
  if (!found || found === plot || !found.on) return;
  plot = found;
  plot.on('plotly_hover', ({ points: [point], event }) => {
    const image = imageOf(point);
    over = nameOf(image);
    place(event);
    const source = known.get(over);
    if (source) show(source);
    else trigger('input', image);
  });
  plot.on('plotly_unhover', () => { over = ''; box.hidden = true; });
  plot.on('plotly_click', ({ points: [point] }) => {
    const image = imageOf(point);
    box.hidden = true;
    const source = known.get(nameOf(image)) || '';
    document.dispatchEvent(new CustomEvent('defect-lens-open', { detail: { ...image, source, opener: null } }));
    trigger('select', image);
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
  const { dataset, id, source } = props.value || {};
  if (!id) return;
  const name = nameOf({ dataset, id });
  known.set(name, source);
  if (name === over) show(source);
}

new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
watch('value', receive);
attach();
