// Shows an image of a product in the Inspect tab.

function handOver(product, sample) {
  document.querySelector('#tabs > .tab-wrapper button[role=tab]')?.click();
  document.dispatchEvent(new CustomEvent('defect-lens-inspect', { detail: { product, sample } }));
  scrollTo({ top: 0 });
}
