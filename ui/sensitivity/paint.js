// A brush and an eraser on a picture, by mouse, finger and keyboard. Strokes are kept as lists of points, so that undo
// and redo are exact; what is read is a PNG of what was painted.

const STEP = 0.02; // of the picture, by an arrow key
const AREA_COLOUR = '#35e0ff';

function createPainter({ canvas, tools, getBase, changed = () => {}, getColour = () => AREA_COLOUR, opacity = () => 1,
  softness = () => 0 }) {
  const state = { strokes: [], undone: [], tool: 'brush', size: 0.04, current: null, cursor: null };
  const layer = document.createElement('canvas');

  function draw() {
    const base = getBase();
    if (!base || canvas.clientWidth === 0) return;
    if (layer.width !== base.width || layer.height !== base.height) {
      Object.assign(layer, { width: base.width, height: base.height });
    }
    paintStrokes(layer, state.strokes);
    drawStage(canvas, { picture: { image: base, width: base.width, height: base.height }, regions: [] });
    const context = canvas.getContext('2d');
    const place = placeImage(canvas, base);
    context.globalAlpha = 0.75;
    context.drawImage(layer, place.left, place.top, place.width, place.height);
    context.globalAlpha = 1;
    if (state.cursor) drawBrush(context, place, base);
    undo.disabled = state.strokes.length === 0;
    redo.disabled = state.undone.length === 0;
  }

  function drawBrush(context, place, base) {
    const ring = new Path2D();
    const radius = (state.size / 2) * Math.max(base.width, base.height) * (place.width / base.width);
    ring.arc(place.left + state.cursor.x * place.width, place.top + state.cursor.y * place.height, radius, 0, 7);
    strokeWithHalo(context, ring, '#fff', 1.2);
  }

  function begin(point) {
    const { tool, size } = state;
    const look = { colour: getColour(), opacity: opacity(), softness: softness() };
    state.current = { tool, size, ...look, points: [point] };
    state.strokes.push(state.current);
    state.undone = [];
    draw();
  }

  function end() {
    if (!state.current) return;
    state.current = null;
    changed();
  }

  function step(from, to) {
    if (from.length === 0) return;
    to.push(from.pop());
    draw();
    changed();
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !getBase()) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    begin(pointBelow(event, canvas, getBase()));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!getBase()) return;
    state.cursor = pointBelow(event, canvas, getBase());
    if (state.current) state.current.points.push(state.cursor);
    draw();
  });
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  canvas.addEventListener('pointerleave', () => {
    if (state.current) return;
    state.cursor = null;
    draw();
  });
  canvas.addEventListener('keydown', (event) => {
    const arrows = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
    const arrow = arrows[event.key];
    if (!arrow && event.key !== ' ') return;
    event.preventDefault();
    state.cursor ??= { x: 0.5, y: 0.5 };
    if (arrow) state.cursor = { x: state.cursor.x + arrow[0], y: state.cursor.y + arrow[1] };
    if (event.key === ' ') {
      begin({ ...state.cursor });
      end();
    }
    draw();
  });

  const choose = (tool) => {
    state.tool = tool;
    brush.setAttribute('aria-pressed', String(tool === 'brush'));
    eraser.setAttribute('aria-pressed', String(tool === 'eraser'));
  };
  const brush = toolButton(TEXTS.brush, () => choose('brush'));
  const eraser = toolButton(TEXTS.eraser, () => choose('eraser'));
  const undo = toolButton(TEXTS.undo, () => step(state.strokes, state.undone));
  const redo = toolButton(TEXTS.redo, () => step(state.undone, state.strokes));
  const clear = toolButton(TEXTS.clear, () => {
    forget();
    changed();
  });
  const slider = toolSlider(TEXTS.brushSize, { min: 5, max: 200, value: 40 }, (value) => {
    state.size = value / 1000;
    draw();
  });
  tools.replaceChildren(brush, eraser, slider, undo, redo, clear);
  choose('brush');

  function forget() {
    Object.assign(state, { strokes: [], undone: [], current: null });
    draw();
  }

  function read() {
    if (!state.strokes.some(({ tool }) => tool === 'brush')) return '';
    paintStrokes(layer, state.strokes);
    return layer.toDataURL('image/png');
  }

  return { draw, read, clear: forget };
}

function paintStrokes(layer, strokes) {
  const context = layer.getContext('2d');
  context.clearRect(0, 0, layer.width, layer.height);
  for (const stroke of strokes) paintStroke(context, layer, stroke);
}

// One stroke has one opacity, however often it crosses itself: it is drawn on a sheet of its own.
function paintStroke(context, layer, { tool, size, colour, opacity, softness, points }) {
  const sheet = Object.assign(document.createElement('canvas'), { width: layer.width, height: layer.height });
  const pen = sheet.getContext('2d');
  const width = Math.max(1, size * Math.max(layer.width, layer.height));
  pen.lineCap = 'round';
  pen.lineJoin = 'round';
  pen.lineWidth = width * (1 - softness / 2);
  pen.strokeStyle = colour;
  if (softness > 0) pen.filter = `blur(${(width * softness) / 5}px)`;
  pen.beginPath();
  const [first] = points;
  pen.moveTo(first.x * layer.width, first.y * layer.height + 0.01);
  for (const { x, y } of points) pen.lineTo(x * layer.width, y * layer.height);
  pen.stroke();
  context.globalCompositeOperation = tool === 'eraser' ? 'destination-out' : 'source-over';
  context.globalAlpha = tool === 'eraser' ? 1 : opacity;
  context.drawImage(sheet, 0, 0);
  context.globalCompositeOperation = 'source-over';
  context.globalAlpha = 1;
}

function toolButton(text, pressed) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'dl-button';
  button.textContent = text;
  button.addEventListener('click', pressed);
  return button;
}

function toolSlider(text, { min, max, value }, moved) {
  const label = document.createElement('label');
  const words = document.createElement('span');
  const input = Object.assign(document.createElement('input'), { type: 'range', min, max, value });
  label.className = 'lab-slider';
  words.textContent = text;
  input.setAttribute('aria-label', text);
  input.addEventListener('input', () => moved(Number(input.value)));
  label.append(words, input);
  return label;
}
