// The rate of false alarms for every view of the tab. What is shown follows at once where the browser can judge
// by itself (`defect-lens-results-rate`), and otherwise as soon as the server has answered.

const ASK_AFTER = 120; // milliseconds without another move
const find = (name) => element.querySelector(name);
const slider = find('input');
let wanted = null; // the rate that was asked for, until the server has answered it
let asking = 0;

function showRate() {
  const value = props.value;
  find('.rate').hidden = !value;
  if (!value) return;
  if (wanted?.product !== value.product || wanted.rate === value.rate) wanted = null;
  find('.note').textContent = value.note;
  find('.note').hidden = !value.note;
  slider.max = value.rates.length - 1;
  place(wanted?.rate ?? value.rate);
}

function place(rate) {
  const { rates, own, texts } = props.value;
  const index = rates.findLastIndex((step) => step <= rate + 1e-12);
  slider.value = Math.max(0, index);
  find('output').textContent = fillText(texts.rate, { rate: formatRate(rate) });
  slider.setAttribute('aria-valuetext', find('output').textContent);
  const start = Math.max(own, rates[0]);
  find('.reset').hidden = Math.abs(rate - start) < 1e-12;
  find('.reset').textContent = fillText(texts.reset, { rate: formatRate(start) });
}

function choose(rate) {
  const { product } = props.value;
  wanted = { product, rate };
  place(rate);
  document.dispatchEvent(new CustomEvent('defect-lens-results-rate', { detail: wanted }));
  clearTimeout(asking);
  asking = setTimeout(ask, ASK_AFTER);
}

function ask() {
  if (!wanted) return;
  props.value = { ...props.value, rate: wanted.rate };
  trigger('input');
}

slider.addEventListener('input', () => choose(props.value.rates[slider.value]));
find('.reset').addEventListener('click', () => choose(Math.max(props.value.own, props.value.rates[0])));
// The slider of the Inspect tab is the same one.
document.addEventListener('defect-lens-rate', ({ detail: { product, rate } }) => {
  if (product === props.value?.product) choose(rate);
});
watch('value', showRate);
showRate();
