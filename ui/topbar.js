// Light or dark as the button was left, and whether the server still answers.

const THEME = 'defect-lens-theme';
const RETRY = 2000; // milliseconds
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

function showConnection(isLost) {
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
    showConnection(!answer.ok);
  } catch {
    showConnection(true);
  }
}

// Nothing is asked while all is well: the end of the request that Gradio keeps open says it, or one that failed.
// Gradio and this page end some of their own: streams of answers, and uploads that were overtaken.
function notice(list) {
  const isSuspect = ({ name, responseStatus }) =>
    name.includes('/heartbeat/') || (responseStatus === 0 && !/\/(queue\/data|upload|app_id)\b/.test(name));
  if (list.getEntries().some((entry) => entry.name.startsWith(location.origin) && isSuspect(entry))) check();
}

// ---------------------------------------------------------------- the open tab

const FIRST_TAB = 'inspect';
// Those for which there is no room on a phone are in a menu, and have nothing but their title.
const TABS = '#tabs > .tab-wrapper > :not(.visually-hidden) button';
const nameOf = (tab) => tab.textContent.trim().toLowerCase().replaceAll(' ', '-'); // as in layout.py
const tabOf = (name) => [...document.querySelectorAll(TABS)].find((tab) => nameOf(tab) === name);
const namedTab = () => new URLSearchParams(location.search).get('tab') || FIRST_TAB;

// The open tab stands in the address: a reload, a link and Back lead to it.
function noteTab({ target }) {
  const button = target.closest?.(TABS);
  const tab = button ? nameOf(button) : '';
  if (!tab || tab === namedTab()) return;
  const query = new URLSearchParams(location.search);
  if (tab === FIRST_TAB) query.delete('tab');
  else query.set('tab', tab);
  const words = String(query).replaceAll('%2F', '/');
  history.pushState(history.state, '', `${location.pathname}${words ? `?${words}` : ''}${location.hash}`);
}

function followTab() {
  const tab = tabOf(namedTab());
  if (tab && !tab.classList.contains('selected')) tab.click();
}

document.addEventListener('click', noteTab);
document.addEventListener('defect-lens-open-tab', ({ detail }) => tabOf(detail)?.click());
window.addEventListener('popstate', followTab);
followTab();

startTheme();
new PerformanceObserver(notice).observe({ type: 'resource' });
window.addEventListener('offline', () => showConnection(true));
window.addEventListener('online', check);
document.addEventListener('defect-lens-unanswered', check);
