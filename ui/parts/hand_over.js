// From one tab to another, and back to the place that was left.

function openTab(name, top = 0) {
  document.dispatchEvent(new CustomEvent('defect-lens-open-tab', { detail: name }));
  scrollTo({ top: 0 });
  if (top) requestAnimationFrame(() => requestAnimationFrame(() => scrollTo({ top }))); // once it has its height again
}

// Shows an image of a product in the Inspect tab; with the list that it is one of, the tab to go back to, and what is
// needed to mark labels there.
function handOver(product, sample, list = null, back = '', labelling = null) {
  const detail = { product, sample, list, back, top: scrollY, labelling };
  openTab('inspect');
  document.dispatchEvent(new CustomEvent('defect-lens-inspect', { detail }));
}
