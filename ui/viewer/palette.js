// Colours: the colour maps, and an anomaly map painted so that mid-scale is always the threshold.

const PALETTE_STOPS = {
  inferno: '000004 160b39 420a68 6a176e 932667 bc3754 dd513a f37819 fca50a f6d746 fcffa4',
  viridis: '440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725',
  cividis: '00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838 fee838',
  turbo: '30123b 4458cb 3e9bfe 18d6cb 46f783 a2fc3c e1dc37 fda330 ef5a11 c22402 7a0402',
};
const TRANSPARENT_BELOW = [0.7, 0.9]; // times the threshold, at least and at most
const LEAST_TOP = 2; // times the threshold

const palettes = Object.fromEntries(
  Object.entries(PALETTE_STOPS).map(([name, stops]) => [name, blendStops(stops.split(' '))]),
);

// 256 colours, three bytes each.
function blendStops(stops) {
  const colours = stops.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const table = new Uint8ClampedArray(256 * 3);
  for (let i = 0; i < 256; i += 1) {
    const position = (i / 255) * (colours.length - 1);
    const left = Math.min(colours.length - 2, Math.floor(position));
    const share = position - left;
    for (let channel = 0; channel < 3; channel += 1) {
      table[3 * i + channel] = colours[left][channel] * (1 - share) + colours[left + 1][channel] * share;
    }
  }
  return table;
}

// A good part must look like itself: what half of the good parts reach stays transparent. PatchCore's
// distances on good parts lie close below its threshold, a U-Net's probabilities far below.
function transparentBelow(calibration, threshold) {
  const [least, most] = TRANSPARENT_BELOW;
  return Math.min(most, Math.max(least, relativeTo(threshold, quantileOf(calibration.scores, 0.5))));
}

function opacityOf(relative, from) {
  const share = Math.min(1, Math.max(0, (relative - from) / (1 - from)));
  return share * share * (3 - 2 * share);
}

// Where on a scale of 0 to 1 a value lies: the threshold in the middle, the highest of the map at the end, so that a
// sure defect has a gradient, too.
function shadeOf(relative, highest) {
  if (relative <= 1) return relative / 2;
  return 0.5 + (0.5 * (relative - 1)) / (Math.max(LEAST_TOP, highest) - 1);
}

// Paint a map into a canvas of its own size; without `visibleFrom` it is opaque and shows low values as well. `highest`
// is that of the map in multiples of the threshold.
function paintMap(canvas, map, { threshold, highest, palette, visibleFrom }) {
  canvas.width = map.width;
  canvas.height = map.height;
  const context = canvas.getContext('2d');
  const pixels = context.createImageData(map.width, map.height);
  const table = palettes[palette];
  for (let i = 0; i < map.values.length; i += 1) {
    const relative = relativeTo(threshold, map.values[i]);
    const colour = 3 * Math.min(255, Math.floor(shadeOf(relative, highest) * 255));
    pixels.data[4 * i] = table[colour];
    pixels.data[4 * i + 1] = table[colour + 1];
    pixels.data[4 * i + 2] = table[colour + 2];
    pixels.data[4 * i + 3] = visibleFrom === null ? 255 : 255 * opacityOf(relative, visibleFrom);
  }
  context.putImageData(pixels, 0, 0);
}

function paintLegend(canvas, palette) {
  const context = canvas.getContext('2d');
  const table = palettes[palette];
  for (let x = 0; x < canvas.width; x += 1) {
    const colour = 3 * Math.floor((x / (canvas.width - 1)) * 255);
    context.fillStyle = `rgb(${table[colour]}, ${table[colour + 1]}, ${table[colour + 2]})`;
    context.fillRect(x, 0, 1, canvas.height);
  }
}
