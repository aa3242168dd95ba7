// From one tab to another.

function openTab(name) {
  document.querySelector(`#tabs > .tab-wrapper [role=tab][data-tab-id="${name}"]`)?.click();
  scrollTo({ top: 0 });
}

// Shows an image of a product in the Inspect tab; with the list that it is one of, and the tab to go back to.
function handOver(product, sample, list = null, back = '') {
  openTab('inspect');
  document.dispatchEvent(new CustomEvent('defect-lens-inspect', { detail: { product, sample, list, back } }));
}
