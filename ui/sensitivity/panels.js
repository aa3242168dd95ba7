// Panels of the detectors: the picture with what each says of it. A frame is one answer of the server, and is decoded
// once.

const root = element.querySelector('.lab');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const titleOf = (name) => DETECTORS.find((one) => one.name === name)?.title ?? name;
const JOINT = 'joint';

function addPanels(names) {
  const wanted = names.join();
  if (part('panels').dataset.names === wanted) return;
  part('panels').dataset.names = wanted;
  part('panels').replaceChildren(...names.map(createPanel));
}

function createPanel(name) {
  const article = part('panel-template').content.firstElementChild.cloneNode(true);
  article.dataset.detector = name;
  article.querySelector('[data-part="title"]').textContent = titleOf(name);
  article.querySelector('.dl-mark').dataset.mark = DETECTORS.find((one) => one.name === name)?.mark;
  return article;
}

// The base with a patch on it, in the pixels of the base.
function composePicture(base, patch, size) {
  const canvas = Object.assign(document.createElement('canvas'), { width: base.width, height: base.height });
  const context = canvas.getContext('2d');
  context.drawImage(base, 0, 0);
  if (patch) {
    const { left, top, width, height } = patch.place;
    const place = [left * base.width, top * base.height, width * base.width, height * base.height];
    context.drawImage(patch.image, ...place.map(Math.round));
  }
  return { image: canvas, ...size };
}

// The questions of a slider: one at a time, past the server's queue. Where it stands by the time of an answer is asked
// then, so that nothing waits for it to rest.
const PATIENCE = 4000; // milliseconds until an answer is given up

function makeAsker({ isKnown, ask }) {
  let askedAt = -Infinity;
  return {
    ask() {
      if (isKnown() || performance.now() - askedAt < PATIENCE) return;
      askedAt = performance.now();
      ask();
    },
    settle() {
      askedAt = -Infinity;
    },
  };
}

// Of a slot that arrives before what it belongs to is decoded: wait for that, for two seconds at most.
async function untilShown(isShown) {
  for (let i = 0; i < 100 && !isShown(); i += 1) await new Promise((done) => setTimeout(done, 20));
}

// The sentences, and a panel for each detector.
function showHeader({ state, title, sub, note, detectors = [] }) {
  root.dataset.state = state;
  part('spinner').hidden = state !== 'running';
  if (title) {
    part('title').textContent = title;
    part('sub').textContent = sub;
    part('note').textContent = note;
  }
  addPanels(detectors);
}

// The strip marks the sample that is shown.
function announce({ run, sample }, show) {
  if (run) document.dispatchEvent(new CustomEvent(CHANNEL, { detail: { slot: 'header', value: { run, sample } } }));
  show();
}

async function decodeFrame(frame) {
  const load = (source) => (source ? loadImage(source) : null);
  const decode = async ([name, answer]) => {
    const [heat, outline] = await Promise.all([load(answer.heat), load(answer.outline)]);
    return [name, { ...answer, heat, outline }];
  };
  const answers = Promise.all(Object.entries(frame.answers).map(decode));
  const [image, mask] = await Promise.all([load(frame.patch?.source), load(frame.mask)]);
  const patch = frame.patch && { image, place: frame.patch };
  return { point: frame.point, patch, mask, answers: Object.fromEntries(await answers), drawn: {} };
}

// What is painted of an answer; made when it is shown first, since most frames are only points of a curve.
function paintedAnswer(frame, name) {
  if (frame.drawn[name]) return frame.drawn[name];
  const { heat, outline, visibleFrom } = frame.answers[name];
  const painted = { heat: null, outline: outline && outlinePath(maskToMap(outline), 0.5) };
  if (heat) {
    const map = maskToMap(heat);
    map.values = map.values.map((value) => value * LEAST_TOP);
    painted.heat = document.createElement('canvas');
    paintMap(painted.heat, map, { threshold: 1, highest: LEAST_TOP, palette: 'inferno', visibleFrom });
  }
  frame.drawn[name] = painted;
  return painted;
}

function drawPanels({ frame, picture, truth, mode }) {
  for (const article of part('panels').children) {
    const { detector } = article.dataset;
    const answer = frame?.answers[detector];
    const painted = answer && paintedAnswer(frame, detector);
    drawStage(article.querySelector('canvas'), {
      picture,
      heat: mode === 'overlay' && painted ? painted.heat : null,
      opacity: 0.6,
      outline: mode !== 'original' && painted ? painted.outline : null,
      regions: [],
      truth: mode === 'outline' ? truth : null,
    });
    showAnswer(article, answer);
  }
}

function showAnswer(article, answer) {
  const query = (name) => article.querySelector(`[data-part="${name}"]`);
  article.dataset.verdict = answer ? verdictOf(answer) : '';
  query('badge').textContent = answer ? badgeOf(answer) : '';
  query('relative').textContent = answer ? fillText(TEXTS.relative, { x: formatRelative(answer.relative) }) : '';
  query('overlap').textContent = answer ? describeOverlap(answer) : '';
  query('overlap').title = TEXTS.overlapHelp;
}

const verdictOf = ({ isFlagged }) => (isFlagged ? 'defect' : 'normal');
const badgeOf = ({ isFlagged }) => (isFlagged ? TEXTS.defectBadge : TEXTS.normalBadge);

function describeOverlap({ isFlagged, isHit, iou }) {
  if (!isFlagged || iou === null) return ''; // null: it is not known where a defect is
  return isHit ? fillText(TEXTS.overlap, { iou: iou.toFixed(2) }) : TEXTS.elsewhere;
}

function showJoint(answer) {
  const badge = part('joint');
  badge.parentElement.dataset.joint = answer ? verdictOf(answer) : '';
  const words = answer && { verdict: badgeOf(answer), x: formatRelative(answer.relative) };
  badge.textContent = answer ? fillText(TEXTS.jointSays, words) : '';
}
