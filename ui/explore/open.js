// A picture that opens its image large, with a tick that selects it; what is selected elsewhere is ticked here, too.
// Those beside it that are of its category can be gone through in Inspect.

let chosen = window.defectLensPicked ?? { dataset: '', ids: new Set() };

function createItem(item, dataset, others) {
  const { id, source, path, box, isBoxes, label, detail, category, value } = item;
  const list = [...new Set(others.filter((one) => one.category === category).map((one) => one.id))];
  const place = document.createElement('div');
  const button = createPicture(item, detail ? `${label} · ${detail}` : label, ...(value ? [value] : []));
  button.setAttribute('aria-label', `${id}: ${label} ${detail} ${value ?? ''}`.trim());
  button.addEventListener('click', () => {
    document.dispatchEvent(new CustomEvent('defect-lens-open', {
      detail: { dataset, id, source, path, box, isBoxes, list, opener: button },
    }));
    trigger('select', { dataset, id });
  });
  place.className = 'pickable';
  place.append(button, createTick(dataset, id));
  return place;
}

function createTick(dataset, id) {
  const tick = document.createElement('input');
  tick.type = 'checkbox';
  tick.className = 'tick';
  tick.setAttribute('aria-label', `Select ${id}`);
  tick.addEventListener('change', () => {
    pickImages(dataset, [id], tick.checked ? { adds: true } : { removes: true });
  });
  Object.assign(tick, { image: { dataset, id } });
  showTick(tick);
  return tick;
}

function pickImages(dataset, ids, how = {}) {
  document.dispatchEvent(new CustomEvent('defect-lens-pick', { detail: { origin: { dataset }, ids, ...how } }));
}

function showTick(tick) {
  tick.checked = tick.image.dataset === chosen.dataset && chosen.ids.has(tick.image.id);
}

document.addEventListener('defect-lens-picked', ({ detail }) => {
  chosen = detail;
  element.querySelectorAll('.tick').forEach(showTick);
});
