// Put the panels on the page and start listening.

function addPanel(panel) {
  part('panels').append(panel.element);
  panel.jump = document.createElement('button');
  panel.jump.type = 'button';
  panel.jump.textContent = panel.text.title;
  panel.jump.addEventListener('click', () => {
    if (root.dataset.enlarged) enlarge(panel.text.name);
    panel.element.scrollIntoView({ behavior: 'smooth', block: 'nearest', inline: 'center' });
  });
  part('jump').append(panel.jump);
  listenToPicture(panel);
  listenToRebuilt(panel);
  showState(panel);
}

// The header is the viewer's own value; the other slots are announced by their feeds.
function announceHeader() {
  if (!props.value) return;
  document.dispatchEvent(new CustomEvent('defect-lens', { detail: { slot: 'header', value: props.value } }));
}

fillTexts(root);
root.setAttribute('aria-label', TEXTS.viewerLabel);
panels.forEach(addPanel);
listenToControls();
listenToRequests();
listenToWays();
listenToSigning();
readView();
showDetails(false);
paintLegend(part('legend'), display.palette);
showZoom();
showAll();
document.addEventListener('defect-lens', ({ detail }) => {
  if (!detail) return;
  if (detail.slot === 'report') receiveReport(detail.value);
  else receiveSlot(detail);
});
document.addEventListener('defect-lens-report-failed', loseReports);
new ResizeObserver(redraw).observe(root);
window.addEventListener('popstate', followAddress);
document.addEventListener('defect-lens-results-rate', followResults);
watch('value', announceHeader);
announceHeader();
