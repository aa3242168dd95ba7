// What a detector that rebuilds images has made of this one: in the place of the image, or how far both are apart.

const DIFFERENCE_GAIN = 2; // most differences are small
const REBUILT_VIEWS = ['reconstruction', 'difference'];

function listenToRebuilt(panel) {
  panel.rebuilt = null;
  panel.rebuiltView = '';
  for (const button of rebuiltButtons(panel)) {
    button.addEventListener('click', () => {
      panel.rebuiltView = panel.rebuiltView === button.dataset.rebuilt ? '' : button.dataset.rebuilt;
      showRebuilt(panel);
      redraw();
    });
  }
  showRebuilt(panel);
}

const rebuiltButtons = (panel) => [...panel.element.querySelectorAll('[data-rebuilt]')];

// The view stays from image to image; where nothing was rebuilt there is nothing to choose. The former picture stays
// until the next is there, so that the buttons keep their place; it is not shown beside another image.
async function takeRebuilt(panel) {
  const { slot } = panel;
  const image = slot?.rebuilt ? await orNull(loadImage(slot.rebuilt)) : null;
  if (panel.slot !== slot) return; // another answer came meanwhile
  panel.rebuilt = image && { run: slot.run, reconstruction: image, difference: null };
  showRebuilt(panel);
  redraw();
}

function showRebuilt(panel) {
  panel.query('rebuilt').hidden = !panel.rebuilt;
  for (const button of rebuiltButtons(panel)) {
    button.setAttribute('aria-pressed', String(button.dataset.rebuilt === panel.rebuiltView));
  }
}

// The picture that a panel shows instead of the image, or null.
function rebuiltPicture(panel) {
  const { rebuilt, rebuiltView } = panel;
  if (!rebuilt || !REBUILT_VIEWS.includes(rebuiltView) || !shown.picture || rebuilt.run !== shown.run) return null;
  const { image } = shown.picture;
  if (rebuiltView === 'difference') rebuilt.difference ??= pictureDifference(image, rebuilt.reconstruction);
  return { ...shown.picture, image: rebuilt[rebuiltView] };
}

function pictureDifference(image, reconstruction) {
  const { width, height } = reconstruction;
  const [first, second] = [image, reconstruction].map((one) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.imageSmoothingQuality = 'high';
    context.drawImage(one, 0, 0, width, height);
    return { canvas, context, pixels: context.getImageData(0, 0, width, height) };
  });
  differenceOf(first.pixels.data, second.pixels.data);
  first.context.putImageData(first.pixels, 0, 0);
  return first.canvas;
}

// Red, green and blue of the first become how far they are from the second.
function differenceOf(first, second) {
  for (let i = 0; i < first.length; i += 1) {
    if (i % 4 < 3) first[i] = Math.min(255, DIFFERENCE_GAIN * Math.abs(first[i] - second[i]));
  }
  return first;
}
