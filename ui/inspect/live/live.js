// The camera runs through the detectors: the newest frame is sent when the last answer is back, and no frame waits.

const root = element.querySelector('.live');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const row = () => document.querySelector('#inspect-row');
const EVERY = 100; // milliseconds between two looks at the camera
const PATIENCE = 8; // seconds until an answer is given up
const PAUSE = 1; // seconds after an answer that is a problem
const LONGEST = 1280; // pixels of a picture that is kept
const LEAVING = ['pick_sample', 'pick_any', 'upload', 'take_photo', 'clear_page', 'inspect_again', 'open_page'];
const seconds = () => performance.now() / 1000;

const camera = new Camera(part('video'), () => stop(TEXTS.gone));
const presence = new Presence({ size: 0.05, levels: 24, rest: 0.4 });
const counter = new Counter();
const rates = new Map(); // product -> the rate that a person has chosen in the viewer
const small = Object.assign(document.createElement('canvas'), GREY);
const lens = small.getContext('2d', { willReadFrequently: true });
let speed = new Speed();
let wanted = null; // shape and size of frames
let asked = null; // the frame that is under way
let waitingPart = null; // a part that has come while the one before is under way
let number = 0;
let timer = 0;
let resumeAt = 0;
let isPaused = false;
let product = '';

const isOpen = () => row()?.dataset.mode === 'live';
const isSeen = () => isOpen() && document.visibilityState === 'visible' && Boolean(root.offsetParent);
const isCounting = () => part('count').checked;

// ---------------------------------------------------------------- on and off

async function start() {
  setState('starting');
  say(TEXTS.startingTitle, TEXTS.startingSub);
  const trouble = await camera.open();
  if (trouble === null) return; // stopped meanwhile, or started anew
  if (trouble) {
    stop(trouble);
    return;
  }
  if (!isOpen()) {
    stop();
    return;
  }
  isPaused = false;
  speed = new Speed();
  wanted = null;
  setState('on');
  say(TEXTS.askedTitle, '');
  part('stage').style.aspectRatio = `${camera.video.videoWidth} / ${camera.video.videoHeight}`;
  clearTimeout(timer);
  look();
}

function stop(trouble = '') {
  const wasOn = root.dataset.state === 'on' || root.dataset.state === 'paused';
  clearTimeout(timer);
  camera.close();
  asked = null;
  waitingPart = null;
  isPaused = false;
  setState('off');
  draw(null);
  say(trouble ? TEXTS.troubleTitle : TEXTS.offTitle, trouble ? '' : TEXTS.offSub, trouble);
  if (wasOn) trigger('input', { number, isEnd: true });
}

// A page that nobody sees needs no camera; it starts again by itself.
function followVisibility() {
  if (root.dataset.state === 'on' && !isSeen()) pause();
  else if (isPaused && isSeen()) start();
}

function pause() {
  stop();
  isPaused = true;
  setState('paused');
  say(TEXTS.hiddenTitle, TEXTS.hiddenSub);
}

function openView() {
  row().dataset.mode = 'live';
  if (!isPaused && root.dataset.state === 'off') say(TEXTS.offTitle, TEXTS.offSub);
  part('toggle').focus();
}

function closeView() {
  if (isOpen()) delete row().dataset.mode;
  stop();
}

function setState(state) {
  root.dataset.state = state;
  const isOn = state === 'on' || state === 'starting';
  part('toggle').textContent = isOn ? TEXTS.stop : TEXTS.start;
  part('hold').disabled = state !== 'on';
  part('empty').disabled = state !== 'on';
  if (state !== 'on') {
    part('speed').textContent = '';
    root.dataset.outcome = '';
  }
}

// ---------------------------------------------------------------- asking

function look() {
  timer = setTimeout(look, EVERY);
  if (!isSeen()) {
    pause();
    return;
  }
  if (!camera.isOpen) return;
  if (asked && seconds() - asked.at > PATIENCE) {
    say(null, null, fillText(TEXTS.slow, { n: PATIENCE }));
    asked = null;
  }
  if (isCounting()) watchParts();
  askNext();
}

// While parts are counted, nothing is asked but what they look like.
function askNext() {
  if (asked || !camera.isOpen || seconds() < resumeAt) return;
  if (!wanted) ask({ isStart: true });
  else if (waitingPart) askFrame(waitingPart.canvas, waitingPart);
  else if (!isCounting()) askFrame(takeFrame(), null);
}

const takeFrame = () => takePicture(camera.video, findCrop(), wanted.side);
const findCrop = () => cropTo(wanted.aspects, camera.video.videoWidth, camera.video.videoHeight);

function askFrame(canvas, counted) {
  waitingPart = null;
  const rate = rates.get(product) ?? null;
  const frame = canvas.toDataURL('image/jpeg', 0.92);
  ask({ frame, rate, isWanted: part('anyway').checked }, { counted });
}

function ask(request, about = {}) {
  number += 1;
  asked = { number, at: seconds(), isStart: request.isStart, ...about };
  trigger('input', { number, ...request });
}

function receive(value) {
  if (!asked || value.number !== asked.number || root.dataset.state !== 'on') return;
  const { at, counted } = asked;
  asked = null;
  if (value.state === 'full') {
    stop(value.problem);
    return;
  }
  if (value.state === 'ready') wanted = value;
  if (value.state === 'problem') {
    say(TEXTS.troubleTitle, '', value.problem);
    resumeAt = seconds() + PAUSE;
  }
  const isLate = isCounting() && !counted; // of before parts were counted
  if (value.state === 'done' && !isLate) show(value, seconds() - at, counted);
  if (value.state !== 'busy' && isSeen()) askNext(); // else `look` asks again
}

// ---------------------------------------------------------------- parts

function watchParts() {
  lens.drawImage(camera.video, 0, 0, GREY.width, GREY.height);
  const seen = presence.look(toGrey(lens.getImageData(0, 0, GREY.width, GREY.height).data), seconds());
  root.dataset.presence = seen.state;
  part('difference').value = seen.difference;
  part('difference-value').textContent = fillText(TEXTS.percent, { n: Math.round(100 * seen.difference) });
  if (seen.isNew && wanted) takePart();
  else if (!asked) sayPresence(seen.state);
}

function takePart() {
  const counted = { canvas: takeFrame(), time: new Date() };
  if (waitingPart) counter.lost += 1;
  else waitingPart = counted;
  askNext();
  showCounts();
}

function sayPresence(state) {
  if (state === 'unset') say(TEXTS.emptyTitle, TEXTS.noEmpty);
  if (state === 'moving') {
    root.dataset.outcome = '';
    say(TEXTS.movingTitle, TEXTS.stillSub);
  }
  if (state === 'empty' && !root.dataset.outcome) say(TEXTS.emptyTitle, ''); // else the last verdict stays
}

function showCounts() {
  part('counts').hidden = !isCounting();
  part('counting').hidden = !isCounting();
  part('strip').hidden = !isCounting() && counter.kept.length === 0;
  part('counts').textContent = fillText(TEXTS.counted, { n: counter.inspected, k: counter.flagged });
  const left = [['unlike', counter.unlike], ['lost', counter.lost]].filter(([, n]) => n > 0);
  part('left').textContent = left.map(([name, n]) => `${fillText(TEXTS[name], { n })}.`).join(' ');
}

function takeSettings() {
  const read = (name) => Number(part(name).value);
  Object.assign(presence.settings, { size: read('size') / 100, levels: read('levels'), rest: read('rest') });
  part('size-value').textContent = fillText(TEXTS.percent, { n: read('size') });
  part('levels-value').textContent = fillText(TEXTS.levelsValue, { n: read('levels') });
  part('rest-value').textContent = fillText(TEXTS.restValue, { n: read('rest').toFixed(1) });
  Object.assign(part('difference'), { low: read('size') / 200, high: read('size') / 100, optimum: 0 });
}

function changeMode() {
  presence.forget();
  waitingPart = null;
  root.dataset.outcome = '';
  part('speed').textContent = '';
  draw(null);
  showCounts();
}

function setEmpty() {
  if (presence.last) presence.setEmpty(presence.last);
  root.dataset.outcome = '';
}

// ---------------------------------------------------------------- showing

function show(answer, took, counted) {
  speed.add(seconds(), took);
  root.dataset.outcome = answer.outcome;
  root.dataset.answered = String(Number(root.dataset.answered ?? 0) + 1);
  if (counted) {
    counter.add(answer, { time: counted.time, picture: counted.canvas });
    showCounts();
    if (answer.isFlagged) showStrip(counter);
  }
  say(answer.title, counted ? TEXTS.leaveSub : answer.sub);
  part('detectors').replaceChildren(...answer.answers.map(createAnswer));
  draw(answer);
  showSpeed();
}

function showSpeed() {
  const found = isCounting() ? null : speed.read();
  const words = found && { fps: found.perSecond.toFixed(1), ms: Math.round(1000 * found.behind) };
  part('speed').textContent = words ? fillText(TEXTS.speed, words) : '';
  root.dataset.fps = words ? words.fps : '';
}

function createAnswer({ name, relative, isFlagged }) {
  const { title, mark } = DETECTORS.find((one) => one.name === name) ?? { title: name, mark: '' };
  const item = document.createElement('li');
  const icon = Object.assign(document.createElement('i'), { className: 'dl-mark' });
  const badge = Object.assign(document.createElement('b'), { className: 'live-badge' });
  const score = document.createElement('span');
  item.dataset.detector = name;
  item.dataset.verdict = isFlagged ? 'defect' : 'normal';
  icon.dataset.mark = mark;
  badge.textContent = isFlagged ? TEXTS.defectBadge : TEXTS.normalBadge;
  score.textContent = fillText(TEXTS.relative, { x: formatRelative(relative) });
  item.append(icon, title, badge, score);
  return item;
}

// A live region is read aloud on every change: it changes only when its words do. null leaves them.
function say(title, sub, trouble = '') {
  for (const [name, text] of Object.entries({ title, sub, trouble })) {
    if (text !== null && part(name).textContent !== text) part(name).textContent = text;
  }
}

// What lies outside of the frame is dim; outlines belong to the frame that was answered.
function draw(answer) {
  const canvas = part('drawing');
  const { videoWidth: width, videoHeight: height } = camera.video;
  canvas.setAttribute('aria-label', fillText(TEXTS.picture, { title: answer?.title ?? TEXTS.offTitle }));
  if (!answer || !width || !wanted) {
    canvas.width = 0;
    return;
  }
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d');
  const crop = findCrop();
  context.fillStyle = 'rgba(10, 14, 18, .6)';
  context.fillRect(0, 0, width, height);
  context.clearRect(crop.left, crop.top, crop.width, crop.height);
  const path = new Path2D();
  for (const outline of answer.outlines) {
    outline.forEach(([x, y], i) => {
      path[i === 0 ? 'moveTo' : 'lineTo'](crop.left + x * crop.width, crop.top + y * crop.height);
    });
    path.closePath();
  }
  const line = Math.max(2, width / 320);
  for (const [colour, thickness] of [['#141414', 2.4 * line], ['#fff', line]]) {
    Object.assign(context, { strokeStyle: colour, lineWidth: thickness });
    context.stroke(path);
  }
}

// ---------------------------------------------------------------- hearing

function pressKey(event) {
  const isTaken = /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(event.target.tagName);
  if (event.key !== ' ' || isTaken || root.dataset.state !== 'on' || !isSeen()) return;
  event.preventDefault();
  hold();
}

function hold() {
  if (!camera.isOpen || !wanted) return;
  const name = `camera_${new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-')}.png`;
  openPicture(takePicture(camera.video, findCrop(), LONGEST), name);
}

function followRequest({ detail: { tab, step, isRepeat } }) {
  if (tab !== 'inspect' || isRepeat || !isOpen()) return;
  if (LEAVING.includes(step)) closeView();
  else {
    asked = null;
    waitingPart = null;
    wanted = null; // another product wants other frames
  }
}

function listen() {
  const clicks = {
    toggle: () => (root.dataset.state === 'off' || root.dataset.state === 'paused' ? start() : stop()),
    hold,
    close: closeView,
    empty: setEmpty,
    reset: () => { counter.reset(); showCounts(); showStrip(counter); },
    download: () => download(counter),
  };
  for (const [name, act] of Object.entries(clicks)) part(name).addEventListener('click', act);
  for (const name of ['size', 'levels', 'rest']) part(name).addEventListener('input', takeSettings);
  part('count').addEventListener('change', changeMode);
  document.addEventListener(CHANNEL, ({ detail }) => receive(detail.value));
  document.addEventListener('defect-lens-live-open', openView);
  document.addEventListener('defect-lens-request', followRequest);
  document.addEventListener('defect-lens-rate', ({ detail }) => rates.set(detail.product, detail.rate));
  document.addEventListener('defect-lens-rate-reset', ({ detail }) => rates.delete(detail.product));
  document.addEventListener('defect-lens', ({ detail }) => {
    if (detail?.slot === 'header') product = detail.value.product;
  });
  document.addEventListener('visibilitychange', followVisibility);
  document.addEventListener('keydown', pressKey);
  new IntersectionObserver(followVisibility).observe(root);
  window.addEventListener('pagehide', () => camera.close());
}

fillTexts(root);
takeSettings();
showCounts();
showStrip(counter);
setState('off');
say(TEXTS.offTitle, TEXTS.offSub);
listen();
