// The photographs of a product by what they show; a click leaves one out, or takes it in again.

const MOST_PICTURES = 48; // pictures of one answer
const pictures = new Map(); // id -> data URI
let isFetching = false;

function drawPhotographs() {
  const list = held.photographs ?? [];
  const reached = document.activeElement?.dataset.photograph; // by keyboard, or pressed
  const kinds = new Map();
  for (const one of list) kinds.set(one.type, [...(kinds.get(one.type) ?? []), one]);
  find('.np-photographs').replaceChildren(...[...kinds].map(([type, some]) => createKind(type, some)));
  if (reached) findAll('[data-photograph]').find(({ dataset }) => dataset.photograph === reached)?.focus();
  find('.np-click').hidden = list.length === 0;
  find('.np-count').textContent = list.length || TEXTS.none;
  const types = [...kinds.keys()].filter(Boolean);
  find('#np-types').replaceChildren(...types.map((type) => new Option('', type)));
  fetchPictures();
}

function createKind(type, some) {
  const group = create('div', 'np-kind');
  const out = some.filter((one) => one.out).length;
  const title = type ? fill(TEXTS.bad, { type }) : TEXTS.good;
  group.append(create('h3', '', `${title}: ${some.length - out}${out ? `, ${out} ${TEXTS.leftOut}` : ''}`));
  const grid = create('div', 'np-grid');
  grid.append(...some.map(createPhotograph));
  group.append(grid);
  return group;
}

function createPhotograph({ id, name, out }) {
  const button = create('button', '');
  const label = fill(out ? TEXTS.takeIn : TEXTS.leaveOut, { name });
  const image = new Image();
  Object.assign(button, { type: 'button', title: label, ariaLabel: label, ariaPressed: String(out) });
  button.dataset.photograph = id;
  image.alt = '';
  if (pictures.get(id)) image.src = pictures.get(id);
  button.append(image);
  button.addEventListener('click', () => ask(out ? 'take in' : 'leave out', { ids: [id] }));
  return button;
}

async function fetchPictures() {
  const missing = () => (held.photographs ?? []).map(({ id }) => id).filter((id) => !pictures.has(id));
  if (isFetching || isSending) return;
  isFetching = true;
  for (let ids = missing(); ids.length && !isSending; ids = missing()) {
    const some = ids.slice(0, MOST_PICTURES);
    const answer = await ask('pictures', { ids: some });
    for (const id of some) pictures.set(id, answer.pictures?.[id] ?? '');
    for (const image of findAll('[data-photograph] img, [data-picture]')) {
      const source = pictures.get(image.dataset.picture ?? image.parentElement.dataset.photograph);
      if (source && !image.src) image.src = source;
    }
  }
  isFetching = false;
}
