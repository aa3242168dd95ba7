// The table: rows in the order and of the outcome that a person has chosen; a click opens an image in the viewer.

const NO_SCORE = -1;
const highest = ({ values = {} }) => values[JOINT] ?? Math.max(NO_SCORE, ...Object.values(values));

// Some flag and some do not, and then by how far their scores lie apart.
function disagreement({ values = {} }) {
  const scores = judging().map(({ name }) => values[name]).filter((one) => one !== undefined);
  if (scores.length < 2) return NO_SCORE;
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  return (low <= 1 && high > 1 ? 1000 : 0) + Math.log(Math.max(high, 1e-6) / Math.max(low, 1e-6));
}

const SORTS = {
  worst: (a, b) => highest(b) - highest(a) || a.place - b.place,
  differ: (a, b) => disagreement(b) - disagreement(a) || a.place - b.place,
  given: (a, b) => a.place - b.place,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }) || a.place - b.place,
};
let ordered = []; // rows as the table has them
let filter = 'all';
let opened = null; // the row that was opened last

function clearRows() {
  for (const { thumbnail } of ordered) if (thumbnail) URL.revokeObjectURL(thumbnail);
  ordered = [];
  filter = 'all';
  opened = null;
  part('rows').replaceChildren();
}

function addRow(row) {
  row.element = createRow(row);
  const compare = SORTS[part('sort').value];
  let place = ordered.findIndex((other) => compare(row, other) < 0);
  if (place < 0) place = ordered.length;
  part('rows').insertBefore(row.element, ordered[place]?.element ?? null);
  ordered.splice(place, 0, row);
  row.element.hidden = !isShown(row);
}

// Where the dataset says something else.
const isWrong = ({ truth, outcome }) =>
  Boolean(truth) && ['defect', 'normal'].includes(outcome) && (truth === GOOD) !== (outcome === 'normal');
const isOf = (row, name) => name === 'all' || name === row.outcome || (name === 'wrong' && isWrong(row));
const isShown = (row) => isOf(row, filter);

function arrangeRows() {
  ordered.sort(SORTS[part('sort').value]);
  part('rows').replaceChildren(...ordered.map(({ element: one }) => one));
  for (const row of ordered) row.element.hidden = !isShown(row);
}

const countOf = (name) => ordered.filter((row) => isOf(row, name)).length;

function showFilter() {
  const chips = ['all', ...OUTCOMES, 'wrong'].map((name) => {
    const n = countOf(name);
    const chip = part('filter').querySelector(`[data-outcome=${name}]`) ?? createChip(name);
    chip.textContent = fillText(TEXTS[name], { n });
    chip.hidden = n === 0 && name !== 'all';
    chip.ariaPressed = String(filter === name);
    return chip;
  });
  if (part('filter').children.length === 0) part('filter').append(...chips);
}

function createChip(name) {
  const chip = create('button', 'dl-button');
  chip.type = 'button';
  chip.dataset.outcome = name;
  chip.addEventListener('click', () => {
    filter = name;
    arrangeRows();
    showFilter();
  });
  return chip;
}

// ---------------------------------------------------------------- opening

const idOf = ({ image, place }) => image.sample ?? `#${place}`;

function openRow(row) {
  if (batch.product !== product) {
    say('trouble', fillText(TEXTS.otherProduct, { product: batch.category }));
    return;
  }
  opened = row;
  const list = ordered.filter(isShown).map(idOf);
  const detail = { product, sample: idOf(row), list, back: 'inspect', isOwn: !row.image.sample };
  closeView();
  document.dispatchEvent(new CustomEvent('defect-lens-inspect', { detail }));
}

// Of the person's own files; the server does not hold them any more.
async function openOwn(id) {
  const row = ordered.find((one) => idOf(one) === id);
  if (!row) return;
  opened = row;
  try {
    const file = await row.image.open();
    const detail = { tab: 'inspect', files: [file], isListed: true };
    document.dispatchEvent(new CustomEvent('defect-lens-give', { detail }));
  } catch (error) {
    openView();
    say('trouble', error.message);
  }
}

function comeBack(sample) {
  openView();
  const row = ordered.find((one) => idOf(one) === sample) ?? opened;
  row?.element.querySelector('button').focus({ preventScroll: true });
  requestAnimationFrame(() => row?.element.scrollIntoView({ block: 'center' })); // the page is at its top by then
}
