// A brush, an eraser and stamps on a picture, by mouse, finger and keyboard. What was drawn is kept as a list, so that
// undo and redo are exact; what is read is a PNG of what was painted, and the stamps.

const STEP = 0.02; // of the picture, by an arrow key
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const AREA_LOOK = { colour: '#35e0ff', opacity: 1, softness: 0 };
const RADIANS = Math.PI / 180;

// `look` is that of the brush; `stamp`, where there are stamps, is the next one, its size in shares of the longest side.
function createPainter({ canvas, tools, getBase, changed = () => {}, look = () => AREA_LOOK, stamp = null }) {
  const state = { drawn: [], undone: [], settled: 0, tool: 'brush', size: 0.04, current: null, cursor: null };
  const layer = document.createElement('canvas');

  function draw() {
    const base = getBase();
    if (!base || canvas.clientWidth === 0) return;
    drawStage(canvas, { picture: { image: base, width: base.width, height: base.height }, regions: [] });
    const context = canvas.getContext('2d');
    const place = placeImage(canvas, base);
    paintStrokes(layer, base, state.drawn.slice(state.settled)); // the rest is in the picture already
    context.drawImage(layer, place.left, place.top, place.width, place.height);
    if (state.cursor) drawTip(context, { place, cursor: state.cursor, size: state.size, next: nextStamp() });
    buttons.undo.disabled = state.drawn.length === 0;
    buttons.redo.disabled = state.undone.length === 0;
  }

  const nextStamp = () => (state.tool === 'stamp' ? stamp() : null);

  function begin(point) {
    const { tool, size } = state;
    if (tool === 'stamp') state.drawn.push({ tool, ...stamp(), ...point, seed: Math.floor(Math.random() * 2 ** 31) });
    else state.drawn.push({ tool, size, ...look(), points: [point] });
    state.current = state.drawn[state.drawn.length - 1];
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
    settle(Math.min(state.settled, state.drawn.length));
    changed();
  }

  function settle(count) {
    state.settled = count;
    draw();
  }

  function forget() {
    Object.assign(state, { drawn: [], undone: [], settled: 0, current: null });
    draw();
  }

  function choose(tool) {
    state.tool = tool;
    for (const name of ['brush', 'eraser', 'stamp']) buttons[name]?.setAttribute('aria-pressed', String(name === tool));
    tools.dispatchEvent(new CustomEvent('tool', { detail: tool }));
  }

  function pressKey(event) {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== ' ') return;
    event.preventDefault();
    state.cursor ??= { x: 0.5, y: 0.5 };
    if (arrow) state.cursor = { x: state.cursor.x + arrow[0], y: state.cursor.y + arrow[1] };
    else begin({ ...state.cursor });
    end();
    draw();
  }

  const buttons = {
    brush: toolButton(TEXTS.brush, () => choose('brush')),
    eraser: toolButton(TEXTS.eraser, () => choose('eraser')),
    undo: toolButton(TEXTS.undo, () => step(state.drawn, state.undone)),
    redo: toolButton(TEXTS.redo, () => step(state.undone, state.drawn)),
    clear: toolButton(TEXTS.clear, () => { forget(); changed(); }),
  };
  if (stamp) buttons.stamp = toolButton(TEXTS.stamp, () => choose('stamp'));
  const slider = toolSlider(TEXTS.brushSize, { min: 5, max: 200, value: 40 }, (value) => {
    state.size = value / 1000;
    draw();
  });
  const { brush, eraser, undo, redo, clear } = buttons;
  tools.replaceChildren(...[brush, eraser, buttons.stamp, undo, redo, clear, slider].filter(Boolean));
  listenToPointer({ canvas, getBase, state, begin, end, draw });
  canvas.addEventListener('keydown', pressKey);
  choose('brush');

  function read() {
    const paints = state.drawn.filter(({ tool }) => tool !== 'stamp');
    const isPainted = paints.some(({ tool }) => tool === 'brush');
    if (isPainted) paintStrokes(layer, getBase(), paints);
    return {
      paint: isPainted ? layer.toDataURL('image/png') : '',
      stamps: state.drawn.filter(({ tool }) => tool === 'stamp'),
      count: state.drawn.length,
    };
  }

  return { draw, read, settle, clear: forget };
}

function listenToPointer({ canvas, getBase, state, begin, end, draw }) {
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
    state.current?.points?.push(state.cursor);
    draw();
  });
  canvas.addEventListener('pointerup', end);
  canvas.addEventListener('pointercancel', end);
  canvas.addEventListener('pointerleave', () => {
    if (state.current) return;
    state.cursor = null;
    draw();
  });
}

// What is about to be drawn: a ring as large as the brush, or a bar as long and turned as the defect.
function drawTip(context, { place, cursor, size, next }) {
  const side = Math.max(place.width, place.height);
  const x = place.left + cursor.x * place.width;
  const y = place.top + cursor.y * place.height;
  const tip = new Path2D();
  if (next) {
    const reach = (next.size * side) / 2;
    const turned = [Math.cos(next.angle * RADIANS) * reach, -Math.sin(next.angle * RADIANS) * reach];
    tip.arc(x, y, reach, 0, 2 * Math.PI);
    tip.moveTo(x - turned[0], y - turned[1]);
    tip.lineTo(x + turned[0], y + turned[1]);
  } else {
    tip.arc(x, y, (size * side) / 2, 0, 2 * Math.PI);
  }
  strokeWithHalo(context, tip, '#fff', 1.2);
}

function paintStrokes(layer, base, strokes) {
  Object.assign(layer, { width: base.width, height: base.height }); // which also clears it
  const context = layer.getContext('2d');
  for (const stroke of strokes) if (stroke.points) paintStroke(context, layer, stroke);
}

// One stroke has one opacity, however often it crosses itself: it is drawn on a sheet of its own.
function paintStroke(context, layer, { tool, size, colour, opacity, softness, points }) {
  const sheet = Object.assign(document.createElement('canvas'), { width: layer.width, height: layer.height });
  const pen = sheet.getContext('2d');
  const width = Math.max(1, size * Math.max(layer.width, layer.height));
  Object.assign(pen, { lineCap: 'round', lineJoin: 'round', strokeStyle: colour, lineWidth: width * (1 - softness / 2) });
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
