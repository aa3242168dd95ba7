// Over the scatter of scores: a click opens the image in Inspect.

const words = element.querySelector('p');
let plot = null;

function attach() {
  const found = document.querySelector('#results-scatter .js-plotly-plot');
  if (!found || found === plot || !found.on) return;
  plot = found;
  plot.on('plotly_click', ({ points: [point] }) => {
    if (point.customdata && props.value) handOver(props.value.product, String(point.customdata));
  });
}

function showHint() {
  words.textContent = props.value?.hint ?? '';
}

new MutationObserver(attach).observe(document.body, { childList: true, subtree: true });
watch('value', showHint);
showHint();
attach();
