// What the page waits for: a request that the server has not taken up yet, or an image on its way.
// Until then, what stands below is of the former image, and says so.

const PATIENCE = 4000; // milliseconds until the connection is suspected
const waiting = { request: 0, step: '', upload: null, hasFailed: false, isLost: false, queue: {}, timer: 0 };

const isAsked = () => waiting.request > (header().request ?? 0);
const isWaiting = () => isAsked() || waiting.hasFailed || waiting.upload !== null;

function describeWaiting() {
  if (waiting.upload) {
    const share = formatShare(waiting.upload.share);
    const sub = fillText(TEXTS.uploadSub, { ...waiting.upload, share });
    return { verdict: 'running', title: TEXTS.uploadTitle, sub };
  }
  if (waiting.hasFailed) return describeFailure();
  if (!isAsked()) return null;
  if (waiting.isLost) return { verdict: 'error', title: TEXTS.lostTitle, sub: TEXTS.formerSub };
  if (waiting.step === 'clear_page') return { verdict: 'empty', title: TEXTS.emptyTitle, sub: TEXTS.emptySub };
  return { verdict: 'running', title: TEXTS.runningTitle, sub: withFormer(describePlace()) || TEXTS.askedSub };
}

const withFormer = (words) => [words, shown.picture ? TEXTS.formerSub : ''].filter(Boolean).join(' ');

function describePlace() {
  const { place, seconds } = waiting.queue;
  if (!place) return '';
  return fillText(seconds === null ? TEXTS.placeSub : TEXTS.placeAndSecondsSub, { place, seconds });
}

function describeFailure() {
  const [title, sub] = waiting.queue.isFull ? [TEXTS.fullTitle, TEXTS.fullSub] : [TEXTS.failedTitle, TEXTS.failedSub];
  return { verdict: 'error', title, sub: withFormer(sub) };
}

function showWaiting() {
  const isOld = isBusy() && shown.run !== header().run;
  root.dataset.waiting = isWaiting() || isOld;
  root.dataset.lost = waiting.isLost;
  root.dataset.ready = isWaiting() ? 'waiting:0' : `${header().state}:${donePanels().length}`;
}

// A header says which request it belongs to; it may be an older one than what was asked for since.
function takeHeader(value) {
  if ((value.request ?? 0) >= waiting.request) waiting.hasFailed = false;
  takeRate(value);
}

function suspect() {
  if (isAsked()) document.dispatchEvent(new CustomEvent('defect-lens-unanswered'));
}

function wait(changes) {
  Object.assign(waiting, changes);
  showVerdict();
  showRegions();
  showWaiting();
}

function listenToRequests() {
  document.addEventListener('defect-lens-request', ({ detail }) => {
    if (detail.tab !== 'inspect' || detail.isRepeat) return;
    clearTimeout(waiting.timer);
    const timer = setTimeout(suspect, PATIENCE);
    wait({ request: detail.number, step: detail.step, upload: null, hasFailed: false, queue: {}, timer });
  });
  document.addEventListener('defect-lens-queue', ({ detail }) => {
    if (detail.tab !== 'inspect') return;
    if (detail.state === 'waiting') wait({ queue: detail });
    if (detail.state === 'failed') wait({ request: header().request ?? 0, hasFailed: true, queue: detail });
  });
  document.addEventListener('defect-lens-upload', ({ detail }) => {
    if (detail.tab !== 'inspect') return;
    detail.isShown = true;
    wait({ upload: detail.upload, hasFailed: false });
  });
  document.addEventListener('defect-lens-connection', ({ detail }) => wait({ isLost: detail.isLost }));
}
