// One question to the server at a time, each answered by its number; whoever has no seat yet asks again.

const ANSWER_WITHIN = 120_000; // milliseconds; the first question may have to load detectors
const ASK_AGAIN = { busy: 1000, full: 3000 };
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
let number = 0;
let chain = Promise.resolve();
let settle = null; // ends the question that is under way
let isCut = false;

function ask(what, values = {}) {
  chain = chain.then(() => askUntilSeated(what, values));
  return chain;
}

async function askUntilSeated(what, values) {
  for (;;) {
    const answer = await send(what, values);
    sayWaiting(answer.wait ?? '');
    if (!(answer.seat in ASK_AGAIN) || what === 'end') return answer;
    await pause(ASK_AGAIN[answer.seat]);
    if (values.run && values.run !== batch.run) return { isLost: true };
  }
}

// Gradio sends nothing more once a request did not come through, and loads the page anew when the server is back.
function lose() {
  isCut = true;
  settle?.({ number, isLost: true });
}

// It tells no event of that.
function notice(list) {
  if (list.getEntries().some(({ name, responseStatus }) => responseStatus === 0 && name.includes('/run/'))) lose();
}

function send(what, values) {
  number += 1;
  const own = number;
  return new Promise((done) => {
    const timer = setTimeout(() => settle?.({ number: own, isLost: true }), ANSWER_WITHIN);
    settle = (answer) => {
      if (answer.number !== own) return;
      clearTimeout(timer);
      settle = null;
      done(answer);
    };
    trigger('input', { do: what, number: own, ...values });
  });
}
