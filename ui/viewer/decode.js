// From what the server sends to what can be drawn: the picture, and the ground truth as a mask and its outline.

// A browser short of memory may refuse to decode: the answers are shown all the same, without what it lacks.
async function decodePicture(slot) {
  const [image, truth] = await Promise.all([orNull(loadImage(slot.image)), orNull(loadTruth(slot.mask))]);
  const picture = image && { image, width: slot.width, height: slot.height };
  return { run: slot.run, picture, truth: picture && truth, edges: null };
}

async function orNull(decoded) {
  try {
    return await decoded;
  } catch (error) {
    console.warn('A picture could not be decoded.', error);
    return null;
  }
}

async function loadTruth(source) {
  if (!source) return null;
  const mask = maskToMap(await loadImage(source));
  return { mask, path: outlinePath(mask, 0.5) };
}

async function loadImage(source) {
  const image = new Image();
  image.src = source;
  await image.decode();
  return image;
}

function maskToMap(mask) {
  const canvas = Object.assign(document.createElement('canvas'), { width: mask.width, height: mask.height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(mask, 0, 0);
  const { data } = context.getImageData(0, 0, mask.width, mask.height);
  const values = new Float32Array(mask.width * mask.height);
  for (let i = 0; i < values.length; i += 1) values[i] = data[4 * i] / 255;
  return { values, width: mask.width, height: mask.height };
}
