// A file on its way to the server, by itself: the server takes so many a second, and says when it takes the next.

const MOST_TRIES = 100; // of a file that the server has no room for yet

// What the server calls it. An error's message is the server's sentence, if it had one.
async function upload(file, report, name = 'photograph') {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const { status, text, wait } = await post(file, report, name);
    if (status === 200) return JSON.parse(text)[0];
    if (status !== 429 && status !== 503) throw new Error(readRefusal(text));
    await new Promise((done) => { setTimeout(done, 1000 * Math.min(10, Number(wait) || 1)); });
  }
  throw new Error('');
}

function post(file, report, name) {
  const { root, api_prefix: prefix = '' } = window.gradio_config;
  const form = new FormData();
  form.append('files', file, name);
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded }) => report(loaded);
    request.onload = () => done({
      status: request.status, text: request.responseText, wait: request.getResponseHeader('retry-after'),
    });
    request.onerror = () => fail(new Error(''));
    request.open('POST', `${new URL(root, location).pathname.replace(/\/$/, '')}${prefix}/upload`);
    request.send(form);
  });
}

// The page's own server says why; a proxy before it may answer with anything.
function readRefusal(text) {
  try {
    return JSON.parse(text).detail ?? '';
  } catch {
    return '';
  }
}
