// A strip of thumbnails: one click inspects one. The marked one is whatever the viewer is showing.

const strip = element.querySelector('.strip');
let marked = '';
let newest = 0; // the run that the viewer shows

function showSamples() {
  const { items = [], note = '' } = props.value || {};
  strip.replaceChildren(...items.map(createThumbnail));
  if (note) {
    const words = document.createElement('p');
    words.textContent = note;
    strip.append(words);
  }
  element.querySelector('.strip-head').hidden = Boolean(note);
  markShown();
}

function createThumbnail({ id, source, label, isGood }) {
  const button = document.createElement('button');
  const image = new Image();
  button.type = 'button';
  button.title = label;
  button.dataset.sample = id;
  button.dataset.kind = isGood ? 'good' : 'defect';
  button.setAttribute('aria-label', label);
  image.src = source;
  image.alt = '';
  image.draggable = false;
  button.append(image);
  button.addEventListener('click', () => trigger('select', { product: props.value.product, sample: id }));
  return button;
}

function markShown() {
  for (const button of strip.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.sample === marked));
  }
}

function moveFocus(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const buttons = [...strip.querySelectorAll('button')];
  const next = step && buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

strip.addEventListener('keydown', moveFocus);
document.addEventListener(CHANNEL, ({ detail }) => {
  if (detail?.slot !== 'header' || detail.value.run < newest) return;
  newest = detail.value.run;
  marked = detail.value.sample;
  markShown();
});
// another tab hands over an image of any product
document.addEventListener(`${CHANNEL}-inspect`, ({ detail }) => {
  trigger('select', { product: detail.product, sample: detail.sample });
});
watch('value', showSamples);
showSamples();
