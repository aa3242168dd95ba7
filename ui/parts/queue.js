// What a tab has asked for and is not answered yet: where that stands in the queue, and whether it was refused.
// The page hears of it as `defect-lens-queue`, with the tab's own step and request.

const ASK_AFTER = 1500; // milliseconds
const ASK_EVERY = 2000;
const asked = new Map(); // tab -> what it waits for
let timer = 0;

function tell(tab, state, queue = {}) {
  const detail = { tab, state, ...asked.get(tab), ...queue };
  document.dispatchEvent(new CustomEvent('defect-lens-queue', { detail }));
}

// Without an answer, nothing is known: the connection is another matter.
async function askServer() {
  if (!props.value) return {};
  const { root, api_prefix: prefix = '' } = window.gradio_config;
  const path = `${new URL(root, location).pathname.replace(/\/$/, '')}${prefix}/queue/place`;
  try {
    const answer = await fetch(`${path}?session_hash=${props.value}`, { cache: 'no-store' });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

async function follow() {
  if (asked.size === 0) return; // answered meanwhile
  const queue = await askServer();
  for (const tab of asked.keys()) if (queue.place) tell(tab, 'waiting', queue);
  if (asked.size > 0) timer = setTimeout(follow, ASK_EVERY);
}

function begin({ tab, step, number, isRepeat }) {
  if (isRepeat) return;
  asked.set(tab, { step, request: number });
  tell(tab, 'asked');
  clearTimeout(timer);
  timer = setTimeout(follow, ASK_AFTER);
}

function end({ tab, request }) {
  if (!asked.has(tab) || request < asked.get(tab).request) return;
  tell(tab, 'answered');
  asked.delete(tab);
}

async function fail({ tab }) {
  const refused = asked.get(tab);
  tell(tab, 'failed');
  const queue = await askServer();
  if (asked.get(tab) !== refused) return; // something else was asked for meanwhile
  tell(tab, 'failed', queue);
  asked.delete(tab);
}

document.addEventListener('defect-lens-request', ({ detail }) => begin(detail));
document.addEventListener('defect-lens-shown', ({ detail }) => end(detail));
document.addEventListener('defect-lens-request-failed', ({ detail }) => fail(detail));
