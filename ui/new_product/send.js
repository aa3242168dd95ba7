// Photographs go to the server one by one, large files in slices; what has arrived is taken in at once.

const SLICE = 12e6; // bytes of one request
const MOST = 90e6; // bytes of one file, all slices together: the server holds no more for a visitor
const waiting = []; // { file, type, product }, or a folder of a dataset and a name in the place of a file
const refused = [];
let arrival = { done: 0, total: 0, taken: 0 };
let isSending = false;
let making = null; // the product of the first photographs

const give = (files) => giveAll(files.map((file) => ({ file })));

async function giveAll(given) {
  const isGood = find('[name=np-kind][value=good]').checked;
  const type = isGood ? '' : find('.np-type input').value.trim();
  if (!isGood && !type) { complain(TEXTS.noType); find('.np-type input').focus(); return; }
  if (!held.name) {
    making ??= makeProduct().finally(() => { making = null; });
    await making;
  }
  if (!held.name) return; // it cannot be called so, which is said
  if (!isSending) {
    arrival = { done: 0, total: 0, taken: 0 };
    refused.length = 0;
  }
  for (const one of given) waiting.push({ ...one, type, product: held.name });
  arrival.total += given.length;
  if (!isSending && waiting.length) sendAll();
}

function complain(problem) {
  held = { ...held, problem };
  drawSaid();
}

async function sendAll() {
  isSending = true;
  while (waiting.length) {
    const next = waiting.shift();
    await sendOne(next);
    arrival.done += 1;
    showArrival();
  }
  isSending = false;
  showArrival();
  await ask('show');
  fetchPictures();
}

async function sendOne({ file, folder, name, type, product }) {
  if (folder) {
    showArrival(name, 0);
    countTaken(name, await ask('copy', { product, folder, file: name, type }));
    return;
  }
  showArrival(file.name, 0);
  if (file.size > MOST) {
    const values = { name: file.name, size: Math.round(file.size / 1e6), most: MOST / 1e6 };
    refused.push({ name: file.name, reason: fill(TEXTS.tooLarge, values) });
    return;
  }
  const paths = [];
  try {
    for (let start = 0; start === 0 || start < file.size; start += SLICE) {
      const slice = file.slice(start, start + SLICE);
      paths.push(await upload(slice, (sent) => showArrival(file.name, (start + sent) / Math.max(1, file.size))));
    }
  } catch {
    refused.push({ name: file.name, reason: fill(TEXTS.failed, { name: file.name }) });
    return;
  }
  countTaken(file.name, await ask('take', { product, paths, file: file.name, type }));
}

function countTaken(name, { taken = 0, refused: left = [], problem }) {
  arrival.taken += taken;
  refused.push(...left);
  if (problem) refused.push({ name, reason: `${name}: ${problem}` });
}

function showArrival(name = '', share = 0) {
  const { done, total, taken } = arrival;
  const bar = find('.np-arriving progress');
  bar.hidden = !isSending;
  bar.max = Math.max(1, total);
  bar.value = done + share;
  const isLong = isSending && share > 0 && share < 1;
  const words = isLong ? TEXTS.sending : (refused.length ? TEXTS.arrivedSome : TEXTS.arrived);
  const values = { done, total, taken, name, percent: Math.round(100 * share), refused: refused.length };
  const text = isSending && !isLong ? fill(TEXTS.arriving, values) : fill(words, values);
  find('.np-arriving p').textContent = total ? text : '';
  find('.np-refused').replaceChildren(...refused.map(({ reason }) => create('li', '', reason)));
}

// ---------------------------------------------------------------- dropped, chosen

function drag(event) {
  if (!element.offsetParent || !event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  event.dataTransfer.dropEffect = 'copy';
  find('.np-drop').toggleAttribute('data-over', event.type !== 'drop');
  if (event.type === 'drop') listDropped(event.dataTransfer).then(give);
}

function choose({ target }) {
  give(arrange([...target.files]));
  target.value = '';
}

for (const type of ['dragenter', 'dragover', 'drop']) document.addEventListener(type, drag, { capture: true });
document.addEventListener('dragleave', ({ relatedTarget }) => {
  if (!relatedTarget) find('.np-drop').removeAttribute('data-over');
});
document.addEventListener('paste', ({ clipboardData }) => {
  const files = [...(clipboardData?.files ?? [])].filter(({ type }) => type.startsWith('image/'));
  if (element.offsetParent && files.length) give(files);
});
// ---------------------------------------------------------------- folders of the datasets

async function openFolders() {
  const there = find('.np-there');
  there.hidden = !there.hidden;
  if (there.hidden) return;
  const { folders = [] } = await ask('folders');
  const options = folders.map(({ id, count }) => new Option(`${id} (${count})`, id));
  find('.np-there select').replaceChildren(...options);
  find('.np-there button').disabled = !folders.length;
  if (!folders.length) complain(TEXTS.noFolders);
}

async function copyFolder() {
  const folder = find('.np-there select').value;
  const { files = [], problem } = await ask('folders', { folder });
  if (problem) complain(problem);
  else giveAll(files.map((name) => ({ folder, name })));
}

find('.np-datasets').addEventListener('click', openFolders);
find('.np-there button').addEventListener('click', copyFolder);
for (const name of ['.np-chooser', '.np-folders']) find(name).addEventListener('change', choose);
find('.np-files').addEventListener('click', () => find('.np-chooser').click());
find('.np-folder').addEventListener('click', () => find('.np-folders').click());
for (const radio of findAll('[name=np-kind]')) {
  radio.addEventListener('change', () => {
    find('.np-type').hidden = radio.value === 'good';
    if (radio.value === 'bad') find('.np-type input').focus();
  });
}
