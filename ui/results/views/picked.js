// Above the scatter: what is framed or clicked in it is shown as tiles.

const words = element.querySelector('span');
const clear = element.querySelector('button');
let plot = null;

function attach() {
  const found = document.querySelector('#results-scatter .js-plotly-plot');
  if (!found || found === plot || !found.on) return;
  plot = found;
  window.Plotly?.setPlotConfig({ logging: 0 }); // it warns of its own frame when it draws anew
  plot.on('plotly_click', ({ points }) => pick(points));
  plot.on('plotly_selected', (framed) => framed && pick(framed.points));
}

function pick(points) {
  const ids = points.map(({ customdata }) => customdata).filter(Boolean).map(String);
  if (ids.length > 0) choose(ids);
}

function choose(ids) {
  props.value = { ...props.value, ids };
  showPicked();
  trigger('input');
}

function showPicked() {
  const { ids = [], isAlone = false, texts } = props.value || {};
  element.querySelector('p').hidden = !props.value || (isAlone && ids.length === 0);
  clear.hidden = ids.length === 0;
  if (!texts) return;
  words.textContent = ids.length ? fillText(texts.picked, { n: ids.length }) : texts.hint;
  clear.textContent = texts.clear;
}

document.addEventListener('defect-lens-results-pick', ({ detail }) => choose(detail.ids));
clear.addEventListener('click', () => choose([]));
new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
watch('value', showPicked);
showPicked();
attach();
