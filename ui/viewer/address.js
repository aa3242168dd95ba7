// What the page shows stands in its address, so that a reload, a bookmark or a link leads back to
// it. Product and sample are read by the server, rate and view here; an upload is nobody else's
// business.

const WRITE_AFTER = 300; // milliseconds: browsers refuse many changes a second
const linked = new URLSearchParams(location.search);
let linkedRate = readRate(linked.get('rate'));
let writing = 0;
let written = ''; // product and sample of the address, once the page has written it

function readRate(text) {
  const rate = Number(text) / 100;
  return rate > 0 && rate <= 1 ? rate : null;
}

function readView() {
  const mode = linked.get('view');
  if ([...root.querySelectorAll('[data-mode]')].some((button) => button.dataset.mode === mode)) display.mode = mode;
}

// The rate in the address is that of the product which the page opens with.
function takeRate({ product }) {
  if (linkedRate !== null && (linked.get('product') ?? product) === product) chosenRates.set(product, linkedRate);
  linkedRate = null;
}

function writeAddress() {
  clearTimeout(writing);
  if (!isWaiting() && header().product) writing = setTimeout(replaceAddress, WRITE_AFTER);
}

function replaceAddress() {
  const { product, sample } = header();
  const view = display.mode === 'overlay' ? '' : display.mode;
  const own = chosenRates.has(product) ? String(Number((100 * chosenRates.get(product)).toPrecision(6))) : '';
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries({ product, sample, rate: own, view })) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const address = `?${String(query).replaceAll('%2F', '/')}${location.hash}`;
  // another image is a step that Back undoes; a rate or a view is not
  const image = `${product}/${sample}`;
  const write = written && image !== written ? 'pushState' : 'replaceState';
  written = image;
  if (address !== `${location.search}${location.hash}`) history[write](history.state, '', address);
}

// Back and forward lead to the sample that the address names.
function followAddress() {
  const query = new URLSearchParams(location.search);
  const product = query.get('product');
  const sample = query.get('sample');
  if (!product || !sample || (product === header().product && sample === header().sample)) return;
  document.dispatchEvent(new CustomEvent('defect-lens-inspect', { detail: { product, sample } }));
}
