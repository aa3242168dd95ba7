// An image is chosen, dropped or pasted anywhere on the open tab, whose place on the page is PLACE. Gradio's own ways
// empty the page before anything has arrived, say nothing of how far an upload is, and paste only where the browser
// grants a right to read the clipboard.

const PATIENCE = 8000; // milliseconds that a sentence stays
const chooser = element.querySelector('input');
const words = element.querySelector('p');
const row = () => document.querySelector(PLACE.row);
const isOpen = () => Boolean(row()?.offsetParent);
const isAnyOpen = () => [...document.querySelectorAll('[data-drop]')].some(({ offsetParent }) => offsetParent);
const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);
let sending = null; // the request that is under way
let timer = 0;

function say(text, values = {}) {
  clearTimeout(timer);
  words.textContent = text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  if (text) timer = setTimeout(() => say(''), PATIENCE);
}

// A tab that shows by itself how far an upload is has no need of words here.
function announce(upload) {
  const detail = { tab: PLACE.tab, upload, isShown: false };
  document.dispatchEvent(new CustomEvent('defect-lens-upload', { detail }));
  if (detail.isShown || !upload || upload.isOneOfMany) return;
  say(TEXTS.arriving, { name: upload.name, percent: Math.round(100 * upload.share) });
}

// ---------------------------------------------------------------- sending

function give(files, isListed = false) {
  const [file] = files;
  if (!file) return;
  stop();
  if (isMany(files)) {
    giveMany(files);
    return;
  }
  const { root, api_prefix: prefix = '', max_file_size: most } = window.gradio_config;
  if (most && file.size > most) {
    say(TEXTS.tooLarge, { name: file.name, most: Math.floor(most / 1e6) });
    return;
  }
  const isOneOfMany = files.length > 1;
  say(isOneOfMany ? TEXTS.several : '', { n: files.length });
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append('files', file);
  sending = request;
  request.isFilm = isFilm(file);
  const report = (share) => announce({ name: file.name, share, isOneOfMany, isListed });
  report(0);
  request.upload.onprogress = ({ loaded, total }) => report(loaded / total);
  request.onload = () => receive(request, file.name, isOneOfMany);
  request.onerror = () => fail(file.name);
  request.open('POST', `${new URL(root, location).pathname.replace(/\/$/, '')}${prefix}/upload`);
  request.send(form);
}

function receive(request, name, isOneOfMany) {
  if (request.status !== 200) {
    fail(name, readRefusal(request.responseText));
    return;
  }
  sending = null;
  if (!isOneOfMany) say('');
  const [upload] = JSON.parse(request.responseText);
  if (request.isFilm) giveFilm(upload, name);
  else trigger('select', { upload });
}

// The tab inspects it by itself, not as a picture.
function giveFilm(upload, name) {
  announce(null);
  document.dispatchEvent(new CustomEvent('defect-lens-film', { detail: { upload, name } }));
}

const isMany = (files) => PLACE.more && (files.length > 1 || /\.zip$/i.test(files[0].name));

// The tab inspects them one after another, in a table.
function giveMany(files) {
  say('');
  document.dispatchEvent(new CustomEvent('defect-lens-many', { detail: { files } }));
}

const isFilm = ({ type, name }) => PLACE.more && (type.startsWith('video/') || /\.(mkv|avi|mov)$/i.test(name));

function fail(name, refusal = '') {
  sending = null;
  announce(null);
  say(refusal || TEXTS.failed, { name });
}

// The page's own server says why; a proxy before it may answer with anything.
function readRefusal(text) {
  try {
    return JSON.parse(text).detail ?? '';
  } catch {
    return '';
  }
}

function stop() {
  if (!sending) return;
  sending.abort();
  sending = null;
  announce(null);
}

// ---------------------------------------------------------------- choosing

async function pasteByButton() {
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch {
    say(TEXTS.pasteByKeys);
    return;
  }
  for (const item of items) {
    const type = item.types.find((one) => one.startsWith('image/'));
    if (type) {
      give([new File([await item.getType(type)], `pasted.${type.slice(6)}`, { type })]);
      return;
    }
  }
  say(TEXTS.nothingToPaste);
}

function openCamera(event) {
  if (hasCamera()) return;
  say(TEXTS.noCamera);
  const hasPicture = document.querySelector(`${PLACE.input} img`);
  if (hasPicture || event.target.closest('[title="grant webcam access"]')) take(event);
}

const BUTTONS = {
  'Upload file': (event) => { take(event); chooser.click(); },
  'Paste from clipboard': (event) => { take(event); pasteByButton(); },
  'Capture from camera': openCamera,
  'grant webcam access': openCamera,
  'Remove Image': (event) => { take(event); trigger('clear', {}); },
};

// Gradio does not hear of it.
function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function press(event) {
  const button = event.target.closest?.(`${PLACE.input} :is(button, [title="grant webcam access"])`);
  const name = button?.closest('[title="grant webcam access"]')?.title ?? button?.ariaLabel;
  BUTTONS[name]?.(event);
}

function choose(event) {
  if (event.target !== chooser && !event.target.matches?.(`${PLACE.input} input[type="file"]`)) return;
  take(event);
  give([...event.target.files]);
  event.target.value = '';
}

function paste({ clipboardData }) {
  if (isOpen()) give([...(clipboardData?.files ?? [])].filter(({ type }) => type.startsWith('image/')));
}

// Wherever a file is dropped, the browser stays on the page.
function drag(event) {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  if (!isOpen()) {
    if (!isAnyOpen()) event.dataTransfer.dropEffect = 'none';
    return;
  }
  take(event);
  const isDrop = event.type === 'drop';
  event.dataTransfer.dropEffect = 'copy';
  row().toggleAttribute('data-dropping', !isDrop);
  if (!isDrop) return;
  const hasFolder = PLACE.more && entriesOf(event.dataTransfer).some(({ isDirectory }) => isDirectory);
  if (hasFolder) giveMany(listDropped(event.dataTransfer));
  else give([...event.dataTransfer.files]);
}

function leave({ relatedTarget }) {
  if (!relatedTarget) row()?.removeAttribute('data-dropping');
}

// A camera that is refused or missing is an error that Gradio leaves to the console.
function explain({ reason }) {
  if (!isOpen()) return;
  if (reason?.name === 'NotAllowedError') say(TEXTS.cameraRefused);
  if (reason?.name === 'NotFoundError') say(TEXTS.cameraMissing);
}

const EARLY = { capture: true };
document.addEventListener('click', press, EARLY);
document.addEventListener('change', choose, EARLY);
document.addEventListener('paste', paste);
for (const type of ['dragenter', 'dragover', 'drop']) document.addEventListener(type, drag, EARLY);
document.addEventListener('dragleave', leave, EARLY);
window.addEventListener('unhandledrejection', explain);
document.addEventListener('defect-lens-take', ({ detail: { tab, upload } }) => {
  if (tab === PLACE.tab) trigger('select', { upload });
});
document.addEventListener('defect-lens-give', ({ detail }) => {
  if (detail.tab === PLACE.tab) give(detail.files, detail.isListed);
});
document.addEventListener('defect-lens-request', ({ detail }) => {
  if (detail.tab === PLACE.tab && !detail.isRepeat) stop();
});
row().dataset.drop = TEXTS.drop;
