// Many images go to the server one after another, and each becomes a row; the browser has the files and the table.

const root = element.querySelector('.batch');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const row = () => document.querySelector('#inspect-row');
const rates = new Map(); // product -> the rate that a person has chosen in the viewer
let product = '';
let begun = 0; // when the images of this run began, and how many were done before
let doneBefore = 0;
let goer = null; // who goes through the images: one who was stopped may still wait for an answer
// what is inspected: images are { name, open } or { name, sample }, and `next` the place of the one that comes
const batch = {
  run: 0, images: [], count: 0, next: 0, split: null, notes: [],
  product: '', category: '', rate: 0, good: {}, drift: {},
};

const isOpen = () => row()?.dataset.mode === 'batch';
const isBusy = () => root.dataset.state === 'running';
const isBegun = () => batch.category !== ''; // the server has said so
const isStoppedEarly = () => root.dataset.state === 'stopped' && ordered.length === 0;
const isHalfDone = () => root.dataset.state === 'stopped' && batch.next < batch.images.length;
const rateOf = (key) => rates.get(key) ?? null;

function openView() {
  row().dataset.mode = 'batch';
  listSplits();
  showWords();
}

function closeView() {
  if (isOpen()) delete row().dataset.mode;
}

function say(name, text) {
  if (part(name).textContent !== text) part(name).textContent = text;
}

function sayWaiting(text) {
  if (isBusy()) say('note', text);
}

// ---------------------------------------------------------------- running

// Files, or the promise of them: a large folder takes a while to list.
async function takeFiles(files) {
  openView();
  stop();
  say('title', TEXTS.readingTitle);
  const { images, count, notes } = await gather(files);
  if (images.length > 0) {
    if (count > images.length) notes.unshift(describeTooMany(count));
    await begin({ images, count, notes });
    return;
  }
  Object.assign(batch, { notes });
  setState(ordered.length > 0 ? 'stopped' : 'off');
}

// Anew: of files, or of a split of the dataset, which the server lists.
async function begin({ images = [], count = images.length, notes = [], split = null }) {
  if (isBusy()) stop();
  batch.run += 1;
  const { run } = batch;
  clearRows();
  Object.assign(batch, { images, count, notes, split, product, next: 0, good: {}, drift: {}, rate: 0, category: '' });
  setState('running');
  const told = await ask('start', { run, product, rate: rateOf(product), split });
  if (run !== batch.run) return;
  if (told.problem || told.isLost) {
    setState('problem', told.problem ?? TEXTS.lost);
    return;
  }
  Object.assign(batch, { good: told.good, rate: told.rate, category: told.category });
  if (told.samples) {
    batch.images = told.samples.map((sample) => ({ name: sample, sample }));
    batch.count = told.count;
    if (told.count > told.samples.length) batch.notes.push(describeTooMany(told.count));
  }
  showHead();
  await goOn();
}

async function goOn() {
  const { run, images } = batch;
  const own = Symbol('goer');
  goer = own;
  begun = performance.now();
  doneBefore = batch.next;
  setState('running');
  while (batch.next < images.length) {
    const place = batch.next;
    const answer = await inspectOne(images[place], place, run);
    if (goer !== own || run !== batch.run || !isBusy()) return;
    if (answer.isLost) {
      setState('stopped', isCut ? TEXTS.lost : TEXTS.notSent);
      return;
    }
    batch.next += 1;
    receive(images[place], place, answer);
  }
  ask('end');
  setState('done');
}

async function inspectOne(image, place, run) {
  const { product: key, rate } = batch;
  const asked = { run, product: key, rate, isWanted: part('anyway').checked, place, name: image.name };
  if (image.sample) return ask('one', { ...asked, sample: image.sample });
  try {
    const called = await bring(image);
    return await ask('one', { ...asked, upload: called });
  } catch (error) {
    return error.message ? { problem: error.message } : { isLost: true };
  }
}

function receive(image, place, { row: found, problem, drift }) {
  const shown = found ?? { outcome: 'problem', problem };
  const bytes = found?.thumbnail ? [toBytes(found.thumbnail)] : null;
  const thumbnail = bytes ? URL.createObjectURL(new Blob(bytes, { type: 'image/jpeg' })) : '';
  addRow({ ...shown, image, place, name: image.name, thumbnail });
  if (drift) batch.drift = drift;
  showAll();
}

function stop() {
  if (!isBusy()) return;
  if (!isBegun()) batch.run += 1; // the answer to what it began with counts no more
  setState('stopped');
  ask('end');
}

// ---------------------------------------------------------------- showing

function setState(state, trouble = '') {
  root.dataset.state = state;
  for (const [name, isThere] of Object.entries({
    stop: isBusy(),
    progress: isBusy(),
    goOn: isHalfDone() && !isCut,
    again: !isBusy() && !isCut && Boolean(batch.count > 0 || batch.split),
  })) part(name).hidden = !isThere;
  if (isCut) part('pdf').disabled = true;
  say('trouble', trouble);
  say('note', '');
  showAll();
}

function showAll() {
  showWords();
  showFilter();
  showDrift();
  for (const name of ['bar', 'table']) part(name).hidden = ordered.length === 0;
  part('notes').replaceChildren(...batch.notes.map((text) => create('li', '', text)));
}

function showWords() {
  const n = ordered.length;
  const all = batch.images.length;
  const state = isStoppedEarly() ? 'stoppedEarly' : root.dataset.state;
  const words = { n, all, k: countOf('defect'), product: batch.category || product.replace(/^.*\//, ''), most: MOST };
  const titles = {
    off: 'offTitle', running: 'runningTitle', stopped: 'stoppedTitle', stoppedEarly: 'stoppedEarlyTitle',
    problem: 'troubleTitle',
  };
  say('title', fillText(TEXTS[titles[state] ?? (n === 1 ? 'doneOneTitle' : 'doneTitle')], words));
  const subs = { off: 'offSub', running: 'runningSub', stoppedEarly: '', problem: '' };
  const sub = TEXTS[subs[state] ?? 'doneSub'] ?? '';
  say('sub', fillText(sub, { ...words, counts: describeCounts(), left: describeLeft(), rate: formatRate(batch.rate) }));
  const now = rateOf(batch.product);
  const isMoved = !isBusy() && n > 0 && now !== null && now !== batch.rate;
  if (!isBusy()) {
    say('note', isMoved ? fillText(TEXTS.rateMoved, { now: formatRate(now), rate: formatRate(batch.rate) }) : '');
  }
  part('progress').value = all > 0 ? n / all : 0;
}

function describeCounts() {
  const found = OUTCOMES.filter((name) => countOf(name) > 0).map((name) => `${BADGES[name]} ${countOf(name)}`);
  return found.length > 0 ? found.join(', ') : TEXTS.waiting;
}

function describeLeft() {
  const done = ordered.length - doneBefore;
  const seconds = ((performance.now() - begun) / 1000 / done) * (batch.images.length - ordered.length);
  if (done < 3 || seconds < 5) return '';
  const [text, n] = seconds < 90 ? [TEXTS.seconds, seconds] : [TEXTS.minutes, seconds / 60];
  return fillText(TEXTS.left, { time: fillText(text, { n: Math.max(1, Math.round(n)) }) });
}

function showDrift() {
  const known = judging().filter(({ name }) => ordered.some(({ values }) => values?.[name] !== undefined));
  part('drift').hidden = known.length === 0;
  if (!isOpen() || !part('drift').open) return;
  part('histograms').replaceChildren(...known.map(({ name, title }) => {
    const these = ordered.map(({ values }) => values?.[name]).filter((one) => one !== undefined);
    return drawHistogram({ detector: name, title, good: batch.good[name], these, words: batch.drift[name] ?? '' });
  }));
}

async function listSplits() {
  if (part('split').dataset.product === product || isBusy()) return;
  part('split').dataset.product = product;
  const { splits = [] } = await ask('splits', { product });
  const options = splits.map(({ name, title }) => new Option(title, name));
  part('split').replaceChildren(new Option(TEXTS.noSplit, ''), ...options);
  part('split').disabled = options.length === 0;
}

// ---------------------------------------------------------------- hearing

function listenToButtons() {
  const again = () => begin(batch.split ? { split: batch.split } : batch);
  const carryOn = () => (isBegun() ? goOn() : again());
  const choose = () => part('files').click();
  const saves = { csv: saveCsv, pdf: askForReport, masks: saveMasks };
  const clicks = { close: closeView, choose, stop, goOn: carryOn, again, ...saves };
  for (const [name, act] of Object.entries(clicks)) part(name).addEventListener('click', act);
  part('files').addEventListener('change', ({ target }) => {
    const files = [...target.files];
    target.value = '';
    if (files.length > 0) takeFiles(files);
  });
  part('split').addEventListener('change', ({ target }) => {
    const split = target.value;
    target.value = '';
    if (split) begin({ split });
  });
  part('sort').addEventListener('change', arrangeRows);
  part('drift').addEventListener('toggle', showDrift);
}

function listenToPage() {
  // Gradio loads the page anew once a lost connection is back; the table would go with it.
  window.addEventListener('beforeunload', (event) => {
    if (ordered.length > 0 && (isBusy() || isHalfDone())) event.preventDefault();
  });
  document.addEventListener(CHANNEL, ({ detail }) => {
    if (detail.slot === 'report') receiveReport(detail.value);
    else settle?.(detail.value);
  });
  document.addEventListener(`${CHANNEL}-failed`, () => {
    part('pdf').disabled = false;
    settle?.({ number, isLost: true });
  });
  new PerformanceObserver(notice).observe({ type: 'resource' });
  document.addEventListener('defect-lens-many', ({ detail }) => takeFiles(detail.files));
  document.addEventListener('defect-lens-own', ({ detail }) => openOwn(detail));
  document.addEventListener('defect-lens-back', ({ detail }) => {
    if (detail.tab === 'inspect') comeBack(detail.sample);
  });
  document.addEventListener('defect-lens-batch-open', openView);
  document.addEventListener('defect-lens-request', ({ detail }) => {
    if (detail.tab === 'inspect' && !detail.isRepeat && detail.step !== 'change_product') closeView();
  });
  for (const slider of ['defect-lens-rate', 'defect-lens-results-rate']) {
    document.addEventListener(slider, ({ detail }) => {
      rates.set(detail.product, detail.rate);
      showWords();
    });
  }
  document.addEventListener('defect-lens-rate-reset', ({ detail }) => rates.delete(detail.product));
  document.addEventListener('defect-lens', ({ detail }) => {
    if (detail?.slot !== 'header' || !detail.value.product) return;
    product = detail.value.product;
    if (isOpen()) listSplits();
  });
}

fillTexts(root);
part('drift').open = !matchMedia('(max-width: 900px)').matches; // a phone begins with the table
part('sort').append(...Object.keys(SORTS).map((name) => new Option(TEXTS[name], name)));
setState('off');
listenToButtons();
listenToPage();
