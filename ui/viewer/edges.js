// Edges of the picture inside the flagged regions: the arithmetic of inspection/edges.py. The edges are found once per
// picture, when somebody asks for them; the slider only changes where they show.

const LEAST_HIGHEST = 4 * 24; // gradient of a step of 24 grey levels: plain noise does not shine

// The Sobel gradient magnitude of RGBA pixels on a square-root scale; the strongest is 255.
function findEdges(pixels, width, height) {
  const grey = greyOf(pixels);
  const magnitude = new Float32Array(width * height);
  let highest = LEAST_HIGHEST;
  for (let y = 0; y < height; y += 1) {
    const above = Math.max(0, y - 1) * width;
    const row = y * width;
    const below = Math.min(height - 1, y + 1) * width;
    for (let x = 0; x < width; x += 1) {
      const left = Math.max(0, x - 1);
      const right = Math.min(width - 1, x + 1);
      const alongX =
        grey[above + right] + 2 * grey[row + right] + grey[below + right] -
        (grey[above + left] + 2 * grey[row + left] + grey[below + left]);
      const alongY =
        grey[below + left] + 2 * grey[below + x] + grey[below + right] -
        (grey[above + left] + 2 * grey[above + x] + grey[above + right]);
      const strength = Math.sqrt(alongX * alongX + alongY * alongY);
      magnitude[row + x] = strength;
      if (strength > highest) highest = strength;
    }
  }
  return Uint8Array.from(magnitude, (strength) => Math.round(255 * Math.sqrt(strength / highest)));
}

// Grey levels with the weights and the rounding of OpenCV.
function greyOf(pixels) {
  const grey = new Uint8Array(pixels.length / 4);
  for (let i = 0; i < grey.length; i += 1) {
    const at = 4 * i;
    grey[i] = (9798 * pixels[at] + 19235 * pixels[at + 1] + 3735 * pixels[at + 2] + 16384) >> 15;
  }
  return grey;
}

// The edges of a whole image, as an opaque canvas.
function edgePicture(image) {
  const size = { width: image.naturalWidth, height: image.naturalHeight };
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height);
  findEdges(data.data, canvas.width, canvas.height).forEach((strength, index) => {
    data.data.fill(strength, 4 * index, 4 * index + 3);
    data.data[4 * index + 3] = 255;
  });
  context.putImageData(data, 0, 0);
  return canvas;
}

// Those of them that lie on flagged pixels, where the excess is positive; the rest is transparent.
function edgesAbove(edges, excess) {
  const { values, width, height } = excess;
  const flags = Object.assign(document.createElement('canvas'), { width, height });
  const data = new ImageData(width, height);
  for (let i = 0; i < values.length; i += 1) data.data[4 * i + 3] = values[i] > 0 ? 255 : 0;
  flags.getContext('2d').putImageData(data, 0, 0);
  const canvas = Object.assign(document.createElement('canvas'), { width: edges.width, height: edges.height });
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = canvas.width < width; // a shrunk flag fades, but is not lost
  context.drawImage(flags, 0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = 'source-in';
  context.drawImage(edges, 0, 0);
  return canvas;
}
