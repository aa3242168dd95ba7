// Until a new image is there, what stands below is of the former one, and says so.

const NEW_IMAGE = ['pick_sample', 'take_upload', 'take_photo', 'clear_image', 'change_product'];
const row = () => document.querySelector('#lab-row');
const words = element.querySelector('p');
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
let isNew = false;

function describe({ state, place, seconds, isFull }) {
  if (state === 'failed') return isFull ? TEXTS.full : TEXTS.failed;
  if (!place) return TEXTS.inspecting;
  return fill(seconds === null ? TEXTS.place : TEXTS.placeAndSeconds, { place, seconds });
}

document.addEventListener('defect-lens-queue', ({ detail }) => {
  if (detail.tab !== 'sensitivity') return;
  if (detail.state === 'asked') isNew ||= NEW_IMAGE.includes(detail.step);
  if (detail.state === 'answered') isNew = false;
  row().dataset.former = isNew;
  words.dataset.failed = isNew && detail.state === 'failed';
  words.textContent = isNew ? `${describe(detail)} ${TEXTS.former}` : '';
});
