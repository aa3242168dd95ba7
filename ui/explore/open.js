// A picture that opens its image large.

function createItem(item, dataset) {
  const { id, source, path, box, isBoxes, label, detail } = item;
  const button = createPicture(item, detail ? `${label} · ${detail}` : label);
  button.setAttribute('aria-label', `${id}: ${label} ${detail}`);
  button.addEventListener('click', () => {
    document.dispatchEvent(new CustomEvent('defect-lens-open', {
      detail: { dataset, id, source, path, box, isBoxes, opener: button },
    }));
    trigger('select', { dataset, id });
  });
  return button;
}
