// One picture: where the image lies on its canvas, and what is drawn over it. The camera and the
// reading point are shared by all panels, in coordinates of the image (0 to 1), so that they move
// together.

const MAX_ZOOM = 16;
const PIXELATED_FROM = 5; // from this zoom on, single pixels of the image are worth seeing
const SMALL_REGION = 12; // CSS pixels; what is smaller on the screen gets a ring around it
const RING_RADIUS = 11;
const MAX_RINGS = 8;
const DIM = 0.25; // brightness of the picture outside the regions in the edge view
const BOX_COLOUR = '#ffd84a';
const BOX_LABEL = 15; // CSS pixels
const BOX_FONT = '700 12px "IBM Plex Sans", system-ui, sans-serif';

const camera = { zoom: 1, x: 0.5, y: 0.5 }; // x and y: the point of the image in the middle of the canvas

function zoomAround(factor, x, y) {
  const zoom = Math.min(MAX_ZOOM, Math.max(1, camera.zoom * factor));
  camera.x = x + ((camera.x - x) * camera.zoom) / zoom;
  camera.y = y + ((camera.y - y) * camera.zoom) / zoom;
  camera.zoom = zoom;
  keepInside();
}

function centreOn({ x, y }) {
  Object.assign(camera, { x, y });
  keepInside();
}

function fitCamera() {
  Object.assign(camera, { zoom: 1, x: 0.5, y: 0.5 });
}

function keepInside() {
  const margin = 0.5 / camera.zoom;
  camera.x = Math.min(1 - margin, Math.max(margin, camera.x));
  camera.y = Math.min(1 - margin, Math.max(margin, camera.y));
}

// Where the whole image lies, in CSS pixels of the canvas.
function placeImage(canvas, image) {
  const scale = camera.zoom * Math.min(canvas.clientWidth / image.width, canvas.clientHeight / image.height);
  const width = image.width * scale;
  const height = image.height * scale;
  return {
    left: canvas.clientWidth / 2 - camera.x * width,
    top: canvas.clientHeight / 2 - camera.y * height,
    width,
    height,
  };
}

// The point of the image (0 to 1) below a pointer; outside of it the values leave that range.
function pointBelow(event, canvas, image) {
  const bounds = canvas.getBoundingClientRect();
  const place = placeImage(canvas, image);
  return {
    x: (event.clientX - bounds.left - place.left) / place.width,
    y: (event.clientY - bounds.top - place.top) / place.height,
  };
}

// A path in map coordinates becomes one in coordinates of the image.
function outlinePath(map, level) {
  const segments = traceOutline(map, level);
  const path = new Path2D();
  for (let i = 0; i < segments.length; i += 4) {
    path.moveTo(segments[i] / map.width, segments[i + 1] / map.height);
    path.lineTo(segments[i + 2] / map.width, segments[i + 3] / map.height);
  }
  return path;
}

// `layers` says what to draw: { picture, heat, opacity, wipe, edges, outline, truth, regions, hasBoxes,
// kinds, cursor }; all but the picture may be missing.
function drawStage(canvas, layers) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  if (!layers.picture || width === 0) return;
  const place = placeImage(canvas, layers.picture);
  drawPicture(context, layers.picture, place);
  context.save();
  if (Number.isFinite(layers.wipe)) clipBehind(context, place, layers.wipe);
  drawAnswer(context, layers, place);
  context.restore();
  if (Number.isFinite(layers.wipe)) drawDivider(context, canvas, wipeAt(place, layers.wipe));
  if (layers.truth) strokeWithHalo(context, placed(layers.truth, place), '#35e0ff', 2);
  if (layers.cursor) drawCrosshair(context, place, layers.cursor);
}

function drawPicture(context, picture, place) {
  context.imageSmoothingQuality = 'high';
  context.imageSmoothingEnabled = camera.zoom < PIXELATED_FROM;
  context.drawImage(picture.image, place.left, place.top, place.width, place.height);
}

function drawAnswer(context, layers, place) {
  drawMaps(context, layers, place);
  if (layers.outline) strokeWithHalo(context, placed(layers.outline, place), '#fff', 1.8);
  if (layers.outline && !layers.hasBoxes) drawRings(context, layers, place);
  if (layers.hasBoxes) drawBoxes(context, layers, place);
  if (layers.kinds) drawKinds(context, layers.kinds, place);
}

function drawMaps(context, { heat, opacity, edges }, place) {
  if (edges) {
    context.fillStyle = `rgba(0, 0, 0, ${1 - DIM})`;
    context.fillRect(place.left, place.top, place.width, place.height);
    context.drawImage(edges, place.left, place.top, place.width, place.height);
  }
  if (!heat) return;
  context.imageSmoothingEnabled = true;
  context.globalAlpha = opacity;
  context.drawImage(heat, place.left, place.top, place.width, place.height);
  context.globalAlpha = 1;
}

function clipBehind(context, place, share) {
  context.beginPath();
  context.rect(wipeAt(place, share), place.top, (1 - share) * place.width, place.height);
  context.clip();
}

const wipeAt = (place, share) => place.left + share * place.width;

// The picture lies on the left of it, the map on the right.
function drawDivider(context, canvas, x) {
  const line = new Path2D();
  line.moveTo(x, 0);
  line.lineTo(x, canvas.clientHeight);
  strokeWithHalo(context, line, '#fff', 2);
}

// The path is scaled, not the context: lines keep one width whatever the shape of the image.
function placed(path, place) {
  const result = new Path2D();
  result.addPath(path, new DOMMatrix([place.width, 0, 0, place.height, place.left, place.top]));
  return result;
}

function strokeWithHalo(context, path, colour, width) {
  context.lineCap = 'round';
  context.strokeStyle = 'rgba(0, 0, 0, .7)';
  context.lineWidth = width + 2.2;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

// A single flagged pixel is a dot that nobody would find: rings point at the strongest of the small regions.
function drawRings(context, { regions, picture }, place) {
  const scaleX = place.width / picture.width;
  const scaleY = place.height / picture.height;
  const isSmall = (region) =>
    (region.right - region.left) * scaleX < SMALL_REGION && (region.bottom - region.top) * scaleY < SMALL_REGION;
  for (const region of regions.filter(isSmall).slice(0, MAX_RINGS)) {
    const ring = new Path2D();
    const x = place.left + ((region.left + region.right) / 2) * scaleX;
    const y = place.top + ((region.top + region.bottom) / 2) * scaleY;
    ring.arc(x, y, RING_RADIUS, 0, 2 * Math.PI);
    strokeWithHalo(context, ring, '#fff', 1.2);
  }
}

// Numbered as in the table of regions; the strongest last, so that it lies on top.
function drawBoxes(context, { regions, picture }, place) {
  const scaleX = place.width / picture.width;
  const scaleY = place.height / picture.height;
  context.font = BOX_FONT;
  const listed = regions.slice(0, MAX_LISTED);
  for (let index = listed.length - 1; index >= 0; index -= 1) {
    const { left, top, right, bottom } = listed[index];
    const box = new Path2D();
    const at = { x: place.left + left * scaleX, y: place.top + top * scaleY };
    box.rect(at.x, at.y, (right - left) * scaleX, (bottom - top) * scaleY);
    strokeWithHalo(context, box, BOX_COLOUR, 1.6);
    drawBoxLabel(context, index + 1, at);
  }
}

// Above the box, or inside where there is no room above.
function drawBoxLabel(context, label, { x, y }) {
  const width = context.measureText(label).width + 8;
  const top = y > BOX_LABEL ? y - BOX_LABEL : y;
  context.fillStyle = 'rgba(0, 0, 0, .8)';
  context.fillRect(x, top, width, BOX_LABEL);
  context.fillStyle = BOX_COLOUR;
  context.fillText(label, x + 4, top + BOX_LABEL - 4);
}

function drawCrosshair(context, place, cursor) {
  const x = place.left + cursor.x * place.width;
  const y = place.top + cursor.y * place.height;
  const cross = new Path2D();
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    cross.moveTo(x + 4 * dx, y + 4 * dy);
    cross.lineTo(x + 12 * dx, y + 12 * dy);
  }
  strokeWithHalo(context, cross, '#fff', 1.2);
}

function valueBelow(map, point) {
  const column = Math.min(map.width - 1, Math.floor(point.x * map.width));
  const row = Math.min(map.height - 1, Math.floor(point.y * map.height));
  return map.values[row * map.width + column];
}
