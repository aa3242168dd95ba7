// An image that does not look like the product is not inspected until somebody wants it: as the
// product that it does look like, or anyway.

function describeUnfamiliar({ category, reason }) {
  return { verdict: 'unfamiliar', title: fillText(TEXTS.unfamiliarTitle, { category }), sub: reason };
}

function showWays() {
  const { state, unfamiliar } = header();
  const isOffered = state === 'unfamiliar' && !isWaiting();
  part('ways').hidden = !isOffered;
  if (!isOffered) return;
  const { alike } = unfamiliar;
  part('alike').hidden = !alike;
  part('alike').textContent = alike ? fillText(TEXTS.inspectAs, { product: alike.name }) : '';
}

function inspectAgain(product) {
  const { sample, product: owner } = header();
  trigger('submit', { product, owner, sample });
}

function listenToWays() {
  part('alike').addEventListener('click', () => inspectAgain(header().unfamiliar.alike.key));
  part('anyway').addEventListener('click', () => inspectAgain(header().product));
}
