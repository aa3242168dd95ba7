// Light or dark as the button was left, and whether the server still answers.

const THEME = 'defect-lens-theme';
const WAIT = 3000; // milliseconds until a wish that nobody has taken up is looked into
const RETRY = 2000;
const lost = element.querySelector('.tb-lost');

// ---------------------------------------------------------------- light and dark

// Storage is closed to some pages, such as one inside a notebook of another address.
function keep(change) {
  try {
    return change(window.localStorage);
  } catch {
    return null;
  }
}

function startTheme() {
  const theme = keep((storage) => storage.getItem(THEME));
  const isAsked = new URLSearchParams(location.search).has('__theme'); // Gradio's own way
  if (!isAsked && ['light', 'dark'].includes(theme)) document.body.classList.toggle('dark', theme === 'dark');
}

element.querySelector('button').addEventListener('click', () => {
  const isDark = document.body.classList.toggle('dark');
  keep((storage) => storage.setItem(THEME, isDark ? 'dark' : 'light'));
});

// ---------------------------------------------------------------- connection

let timer = 0;

function tell(isLost) {
  clearTimeout(timer);
  if (isLost) timer = setTimeout(check, RETRY);
  lost.hidden = !isLost;
  document.dispatchEvent(new CustomEvent('defect-lens-connection', { detail: { isLost } }));
}

async function check() {
  const { root, api_prefix: prefix = '' } = window.gradio_config;
  try {
    const address = `${new URL(root, location).pathname.replace(/\/$/, '')}${prefix}/app_id`;
    const answer = await fetch(address, { cache: 'no-store', signal: AbortSignal.timeout(15_000) });
    tell(!answer.ok);
  } catch {
    tell(true);
  }
}

// Nothing is asked while all is well: a request that came to nothing, or the end of the one that Gradio keeps open, says it.
function notice(list) {
  const isSuspect = ({ name, responseStatus }) => name.includes('/heartbeat/') || responseStatus === 0;
  const ours = list.getEntries().filter(({ name }) => name.startsWith(location.origin) && !name.endsWith('/app_id'));
  if (ours.some(isSuspect)) check();
}

startTheme();
new PerformanceObserver(notice).observe({ type: 'resource' });
window.addEventListener('offline', () => tell(true));
window.addEventListener('online', check);
