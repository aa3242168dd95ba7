// A brush, an eraser and stamps on a picture, by mouse, finger and keyboard. What was drawn is kept as a list, so that
// undo and redo are exact; what is read is a PNG of what was painted, and the stamps.

const STEP = 0.02; // of the picture, by an arrow key
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
const AREA_LOOK = { colour: '#35e0ff', opacity: 1, softness: 0 };
const RADIANS = Math.PI / 180;

// `getBase` returns the picture, and `changed` is told of what was drawn. `look` is that of the brush; `stamp`, where
// there are stamps, is the next one, its size in shares of the longest side.
class Painter {
  drawn = [];
  undone = [];
  settled = 0; // of what was drawn, how much the picture shows already
  tool = 'brush';
  size = 0.04;
  current = null;
  cursor = null;
  layer = document.createElement('canvas');

  constructor({ canvas, tools, getBase, changed = () => {}, look = () => AREA_LOOK, stamp = null }) {
    Object.assign(this, { canvas, tools, getBase, changed, look, stamp });
    this.addTools();
    listenToPointer(this);
    canvas.addEventListener('keydown', (event) => this.pressKey(event));
    this.choose('brush');
  }

  addTools() {
    this.buttons = {
      brush: toolButton(TEXTS.brush, () => this.choose('brush')),
      eraser: toolButton(TEXTS.eraser, () => this.choose('eraser')),
      ...(this.stamp && { stamp: toolButton(TEXTS.stamp, () => this.choose('stamp')) }),
      undo: toolButton(TEXTS.undo, () => this.step(this.drawn, this.undone)),
      redo: toolButton(TEXTS.redo, () => this.step(this.undone, this.drawn)),
      clear: toolButton(TEXTS.clear, () => {
        this.clear();
        this.changed();
      }),
    };
    this.slider = toolSlider(TEXTS.brushSize, { min: 5, max: 200, value: 40 }, (value) => {
      this.size = value / 1000;
      this.draw();
    });
    this.tools.replaceChildren(...Object.values(this.buttons), this.slider);
  }

  draw() {
    const base = this.getBase();
    if (!base || this.canvas.clientWidth === 0) return;
    drawStage(this.canvas, { picture: { image: base, width: base.width, height: base.height }, regions: [] });
    const context = this.canvas.getContext('2d');
    const place = placeImage(this.canvas, base);
    paintStrokes(this.layer, base, this.drawn.slice(this.settled));
    context.drawImage(this.layer, place.left, place.top, place.width, place.height);
    const next = this.tool === 'stamp' ? this.stamp() : null;
    if (this.cursor) drawTip(context, { place, cursor: this.cursor, size: this.size, next });
    this.buttons.undo.disabled = this.drawn.length === 0;
    this.buttons.redo.disabled = this.undone.length === 0;
    this.buttons.clear.disabled = this.drawn.length === 0;
  }

  begin(point) {
    const { tool, size } = this;
    const seed = Math.floor(Math.random() * 2 ** 31);
    this.current = tool === 'stamp' ? { tool, ...this.stamp(), ...point, seed } : { tool, size, ...this.look() };
    if (tool !== 'stamp') this.current.points = [point];
    this.drawn.push(this.current);
    this.undone = [];
    this.draw();
  }

  end() {
    if (!this.current) return;
    this.current = null;
    this.changed();
  }

  step(from, to) {
    if (from.length === 0) return;
    to.push(from.pop());
    this.settle(Math.min(this.settled, this.drawn.length));
    this.changed();
  }

  settle(count) {
    this.settled = count;
    this.draw();
  }

  clear() {
    Object.assign(this, { drawn: [], undone: [], settled: 0, current: null });
    this.draw();
  }

  choose(tool) {
    this.tool = tool;
    for (const name of ['brush', 'eraser', 'stamp']) {
      this.buttons[name]?.setAttribute('aria-pressed', String(name === tool));
    }
    this.slider.hidden = tool === 'stamp'; // it has a size of its own
    this.tools.dispatchEvent(new CustomEvent('tool', { detail: tool }));
  }

  pressKey(event) {
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== ' ') return;
    event.preventDefault();
    this.cursor ??= { x: 0.5, y: 0.5 };
    if (arrow) this.cursor = { x: this.cursor.x + arrow[0], y: this.cursor.y + arrow[1] };
    else this.begin({ ...this.cursor });
    this.end();
    this.draw();
  }

  read() {
    const paints = this.drawn.filter(({ tool }) => tool !== 'stamp');
    const isPainted = paints.some(({ tool }) => tool === 'brush');
    if (isPainted) paintStrokes(this.layer, this.getBase(), paints);
    return {
      paint: isPainted ? this.layer.toDataURL('image/png') : '',
      stamps: this.drawn.filter(({ tool }) => tool === 'stamp'),
      count: this.drawn.length,
    };
  }
}

function listenToPointer(painter) {
  const { canvas, getBase } = painter;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !getBase()) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    painter.begin(pointBelow(event, canvas, getBase()));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!getBase()) return;
    painter.cursor = pointBelow(event, canvas, getBase());
    painter.current?.points?.push(painter.cursor);
    painter.draw();
  });
  canvas.addEventListener('pointerup', () => painter.end());
  canvas.addEventListener('pointercancel', () => painter.end());
  canvas.addEventListener('pointerleave', () => {
    if (painter.current) return;
    painter.cursor = null;
    painter.draw();
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
  const lineWidth = width * (1 - softness / 2);
  Object.assign(pen, { lineCap: 'round', lineJoin: 'round', strokeStyle: colour, lineWidth });
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
