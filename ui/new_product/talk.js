// One question to the server at a time; each is answered with the state of the product, by its number.

const PATIENCE = 180000; // milliseconds; a large ZIP takes its time
const find = (name) => element.querySelector(name);
const findAll = (name) => [...element.querySelectorAll(name)];
let held = {}; // what the page shows
let number = 0;
let numWaiting = 0;
let chain = Promise.resolve();
let settle = null; // ends the question that is under way

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, key) => values[key]);

function ask(what, values = {}) {
  numWaiting += 1;
  chain = chain.then(() => send(what, values)).finally(() => { numWaiting -= 1; });
  return chain;
}

function send(what, values) {
  number += 1;
  const own = number;
  return new Promise((done) => {
    const timer = setTimeout(() => settle?.({ number: own, problem: TEXTS.lost }), PATIENCE);
    settle = (answer) => {
      if (answer.number !== own) return;
      clearTimeout(timer);
      settle = null;
      take(answer);
      done(answer);
    };
    trigger('apply', { do: what, number: own, product: held.name ?? remembered(), stamp: held.stamp ?? '', ...values });
  });
}

function take(answer) {
  if (answer.pictures || answer.folders) return;
  const isOther = answer.name !== undefined && answer.name !== held.name;
  held = { ...held, said: '', problem: '', ...answer };
  if (isOther) remember(held.name);
  draw(isOther);
}

function remember(name) {
  try { localStorage.setItem('defect-lens-product', name); } catch { /* private windows have no storage */ }
}

function remembered() {
  try { return localStorage.getItem('defect-lens-product') ?? ''; } catch { return ''; }
}

function create(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

watch('value', () => { if (props.value) settle?.(props.value); });
document.addEventListener('defect-lens-new-product-failed', () => settle?.({ number, problem: TEXTS.lost }));
