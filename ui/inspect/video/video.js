// A video is sent, its frames are inspected one after another, and a click on the curves opens one in the viewer.

const root = element.querySelector('.film');
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const row = () => document.querySelector('#inspect-row');
const NUM_PEAKS = 5;
const APART = 1; // second between two peaks
const NUM_TICKS = 6;
const LEAST_AT = 1e-6;
const rates = new Map(); // product -> the rate that a person has chosen in the viewer
let film = null; // what the server holds: { upload, name }
let found = null; // what is known of it so far
let run = 0;
let product = '';
let at = 0; // seconds, of the frame that was opened last

const isOpen = () => row()?.dataset.mode === 'video';
const isBusy = () => root.dataset.state === 'running';
const flagged = () => found?.frames.filter((frame) => frame.isFlagged) ?? [];

// ---------------------------------------------------------------- opening and sending

function openView() {
  row().dataset.mode = 'video';
  requestAnimationFrame(showChart);
}

function closeView() {
  if (isOpen()) delete row().dataset.mode;
}

function takeFilm({ upload, name }) {
  film = { upload, name };
  openView();
  inspect();
}

function inspect() {
  if (isBusy()) trigger('clear', {});
  run += 1;
  found = { run, frames: [], seconds: null, note: '' };
  at = 0;
  setState('running');
  const rate = rates.get(product) ?? null;
  const isWanted = part('anyway').checked;
  trigger('select', { run, upload: film.upload, perSecond: Number(part('rate').value), rate, isWanted });
}

function stop() {
  trigger('clear', {});
  run += 1; // what is still on its way counts no more
  setState('stopped');
}

function receive(value) {
  if (value.run !== run) return;
  found = value;
  setState(value.state);
}

function receiveFrame({ upload, problem }) {
  say('trouble', problem ?? '');
  if (!upload) return;
  closeView();
  document.dispatchEvent(new CustomEvent('defect-lens-take', { detail: { tab: 'inspect', upload } }));
}

function openFrame(seconds) {
  if (!found || found.frames.length === 0) return;
  const distance = (frame) => Math.abs(frame.at - seconds);
  at = found.frames.reduce((best, frame) => (distance(frame) < distance(best) ? frame : best)).at;
  showChart();
  say('trouble', '');
  say('sub', fillText(TEXTS.opening, { time: at.toFixed(2) }));
  trigger('input', { run, upload: film.upload, at });
}

// ---------------------------------------------------------------- showing

function setState(state) {
  root.dataset.state = state;
  for (const [name, isShown] of Object.entries({
    stop: isBusy(),
    progress: isBusy(),
    again: !isBusy() && film,
    csv: !isBusy() && found?.frames.length > 0,
  })) part(name).hidden = !isShown;
  showWords();
  showChart();
}

function showWords() {
  const n = found?.frames.length ?? 0;
  const words = { name: film?.name ?? '', n, k: flagged().length, all: Math.max(n, countFrames()) };
  const { state } = root.dataset;
  const titles = { off: 'offTitle', running: 'runningTitle', done: 'doneTitle', stopped: 'stoppedTitle' };
  const subs = { off: 'offSub', running: 'runningSub' };
  const most = Math.floor((window.gradio_config.max_file_size ?? 20e6) / 1e6);
  const trouble = n > 0 ? 'partTitle' : 'troubleTitle';
  say('title', fillText(TEXTS[titles[state] ?? trouble], words));
  say('sub', fillText(TEXTS[subs[state] ?? 'doneSub'], { ...words, most }));
  if (n === 0 && !(state in subs)) say('sub', '');
  say('note', found?.note ?? '');
  say('trouble', state === 'problem' ? found.problem : '');
  part('progress').value = words.all > 0 ? n / words.all : 0;
}

const countFrames = () => Math.min(MOST_FRAMES, Math.ceil((found?.seconds ?? 0) * (found?.perSecond ?? 0)));

function say(name, text) {
  if (part(name).textContent !== text) part(name).textContent = text;
}

function showChart() {
  const frames = found?.frames ?? [];
  part('chart').hidden = frames.length < 2;
  showPeaks();
  if (frames.length < 2 || !isOpen()) return;
  const length = Math.max(LEAST_AT, found.seconds ?? 0, frames[frames.length - 1].at);
  const names = DETECTORS.map(({ name }) => name).filter((name) => frames.some(({ values }) => name in values));
  const curves = names.map((name) => {
    const seen = frames.filter(({ values }) => name in values);
    return { name, points: seen.map((frame) => [frame.at / length, frame.values[name]]) };
  });
  const words = { names: joinNames(names.map(titleOf)), seconds: length.toFixed(1), n: frames.length };
  const ticks = Array.from({ length: NUM_TICKS }, (_, i) => {
    const share = i / (NUM_TICKS - 1);
    return [share, fillText(TEXTS.seconds, { n: (share * length).toFixed(length < 20 ? 1 : 0) })];
  });
  drawChart(part('chart'), {
    title: TEXTS.chart,
    curves,
    at: at / length,
    label: fillText(TEXTS.chartLabel, { ...words, k: flagged().length }),
    asked: (share) => openFrame(share * length),
    ticks,
  });
}

const scoreOf = ({ values }) => values.joint ?? Math.max(...Object.values(values));

function findPeaks() {
  const peaks = [];
  for (const frame of flagged().sort((a, b) => scoreOf(b) - scoreOf(a))) {
    if (peaks.length < NUM_PEAKS && peaks.every((other) => Math.abs(other.at - frame.at) >= APART)) peaks.push(frame);
  }
  return peaks.sort((a, b) => a.at - b.at);
}

function showPeaks() {
  const peaks = findPeaks();
  part('peaks').hidden = peaks.length === 0;
  const buttons = peaks.map((frame) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'dl-button' });
    button.textContent = fillText(TEXTS.peak, { x: formatRelative(scoreOf(frame)), time: frame.at.toFixed(2) });
    button.addEventListener('click', () => openFrame(frame.at));
    return button;
  });
  part('peaks').replaceChildren(TEXTS.peaks, ...buttons);
}

function saveCsv() {
  const names = DETECTORS.map(({ name }) => name);
  const lines = found.frames.map((frame) => {
    return [frame.at, frame.outcome, ...names.map((name) => frame.values[name] ?? '')].join(',');
  });
  const head = ['seconds', 'outcome', ...names.map((name) => `${name}_relative_score`)].join(',');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${[head, ...lines].join('\r\n')}\r\n`], { type: 'text/csv' }));
  link.download = `${film.name.replace(/\.[^.]*$/, '')}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// ---------------------------------------------------------------- hearing

function listen() {
  const clicks = { close: closeView, choose: () => part('file').click(), stop, again: inspect, csv: saveCsv };
  for (const [name, act] of Object.entries(clicks)) part(name).addEventListener('click', act);
  part('file').addEventListener('change', ({ target }) => {
    const detail = { tab: 'inspect', files: [...target.files] };
    document.dispatchEvent(new CustomEvent('defect-lens-give', { detail }));
    target.value = '';
  });
  document.addEventListener(CHANNEL, ({ detail }) => {
    if (detail.slot === 'frames') receive(detail.value);
    else if (detail.value.run === run) receiveFrame(detail.value);
  });
  document.addEventListener(`${CHANNEL}-failed`, () => {
    if (isBusy()) receive({ ...found, state: 'problem', problem: TEXTS.lost });
  });
  document.addEventListener('defect-lens-film', ({ detail }) => takeFilm(detail));
  document.addEventListener('defect-lens-video-open', openView);
  document.addEventListener('defect-lens-live-open', () => requestAnimationFrame(showChart));
  document.addEventListener('defect-lens-request', ({ detail }) => {
    if (detail.tab === 'inspect' && !detail.isRepeat && detail.step !== 'change_product') closeView();
  });
  document.addEventListener('defect-lens-upload', ({ detail: { tab, upload } }) => {
    if (tab !== 'inspect' || !isOpen() || !upload) return;
    say('title', fillText(TEXTS.sending, { name: upload.name, percent: Math.round(100 * upload.share) }));
  });
  document.addEventListener('defect-lens-rate', ({ detail }) => rates.set(detail.product, detail.rate));
  document.addEventListener('defect-lens-rate-reset', ({ detail }) => rates.delete(detail.product));
  document.addEventListener('defect-lens', ({ detail }) => {
    if (detail?.slot === 'header') product = detail.value.product;
  });
  new ResizeObserver(showChart).observe(root);
}

fillTexts(root);
part('rate').append(...RATES.map((one) => new Option(String(one), String(one))));
part('rate').value = '2';
setState('off');
listen();
