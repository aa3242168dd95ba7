// Pointer, wheel, touch and keyboard on the pictures. One finger scrolls the page until the picture is zoomed.

const KEY_STEP = 0.02; // of what is visible
const pointers = new Map(); // id -> last event, of the fingers or buttons that are down

function listenToPicture(panel) {
  const { canvas } = panel;
  canvas.addEventListener('pointerdown', (event) => startPointer(canvas, event));
  canvas.addEventListener('pointermove', (event) => movePointer(canvas, event));
  for (const name of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener('pointerleave', () => pointers.size === 0 && setCursor(null));
  canvas.addEventListener('dblclick', (event) => zoomAt(canvas, event, 2));
  canvas.addEventListener('wheel', (event) => turnWheel(canvas, event), { passive: false });
  canvas.addEventListener('keydown', pressKey);
  // two fingers belong to the picture, also before it is zoomed
  const claimPinch = (event) => event.touches.length > 1 && event.preventDefault();
  canvas.addEventListener('touchstart', claimPinch, { passive: false });
  canvas.addEventListener('touchmove', claimPinch, { passive: false });
}

function startPointer(canvas, event) {
  if (!shown.picture) return;
  pointers.set(event.pointerId, event);
  if (camera.zoom > 1 || pointers.size > 1) canvas.setPointerCapture(event.pointerId);
  setCursor(pointBelow(event, canvas, shown.picture));
}

function movePointer(canvas, event) {
  if (!shown.picture) return;
  if (event.pointerType === 'mouse' && !event.buttons) pointers.delete(event.pointerId); // released outside
  const before = pointers.get(event.pointerId);
  if (before && pointers.size === 2) pinch(canvas, before, event);
  else if (before && camera.zoom > 1) drag(canvas, before, event);
  if (before) pointers.set(event.pointerId, event);
  if (pointers.size < 2) setCursor(pointBelow(event, canvas, shown.picture));
}

function drag(canvas, before, event) {
  const place = placeImage(canvas, shown.picture);
  zoomTarget = null;
  camera.x -= (event.clientX - before.clientX) / place.width;
  camera.y -= (event.clientY - before.clientY) / place.height;
  keepInside();
  redraw();
}

// The other finger stays where it is; half of what this one does is the movement of their middle.
function pinch(canvas, before, event) {
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  const distance = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
  const middleBefore = { clientX: (before.clientX + other.clientX) / 2, clientY: (before.clientY + other.clientY) / 2 };
  cursor = null;
  drag(canvas, middleBefore, middle);
  zoomAt(canvas, middle, distance(event) / Math.max(1, distance(before)));
}

function zoomAt(canvas, event, factor) {
  if (!shown.picture) return;
  const point = pointBelow(event, canvas, shown.picture);
  zoomTarget = null;
  zoomAround(factor, point.x, point.y);
  showZoom();
  redraw();
}

// Turning back from the whole image scrolls the page, as everywhere else.
function turnWheel(canvas, event) {
  const isPageScroll = camera.zoom === 1 && event.deltaY > 0;
  if (!shown.picture || isPageScroll) return;
  event.preventDefault();
  zoomAt(canvas, event, Math.exp(-Math.sign(event.deltaY) * Math.min(0.25, Math.abs(event.deltaY) / 400)));
}

function setCursor(point) {
  const isInside = point && point.x >= 0 && point.x <= 1 && point.y >= 0 && point.y <= 1;
  cursor = isInside ? point : null;
  if (display.mode === 'wipe' && isInside) display.wipe = point.x;
  redraw();
}

// Arrows move the reading point, and the picture follows it.
function pressKey(event) {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const actions = { '+': ZOOM_ACTIONS.in, '=': ZOOM_ACTIONS.in, '-': ZOOM_ACTIONS.out, 0: ZOOM_ACTIONS.fit };
  if (!shown.picture || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in moves) moveCursor(moves[event.key], event.shiftKey ? 5 : 1);
  else if (event.key in actions) actions[event.key]();
  else if (event.key === 'Escape') setCursor(null);
  else return;
  event.preventDefault();
}

function moveCursor([dx, dy], factor) {
  const step = (factor * KEY_STEP) / camera.zoom;
  const from = cursor || strongestPoint() || camera;
  const within = (value) => Math.min(1, Math.max(0, value));
  const point = { x: within(from.x + dx * step), y: within(from.y + dy * step) };
  const reach = 0.45 / camera.zoom;
  camera.x = Math.min(point.x + reach, Math.max(point.x - reach, camera.x));
  camera.y = Math.min(point.y + reach, Math.max(point.y - reach, camera.y));
  keepInside();
  setCursor(point);
}
