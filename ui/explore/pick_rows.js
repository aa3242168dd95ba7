// Rows of a table are ticked to select their images; whatever is selected elsewhere is ticked here, too.

const chosen = { dataset: '', ids: new Set(), classes: [], ...window.defectLensPicked };
let shownRows = []; // [row, checkbox] of the page of the table that is shown
let foundRows = []; // of all pages, as far as they are searched for

function readRow(row) {
  const { ids, condition } = props.value.picks;
  if (ids) return { ids: [...new Set(ids.map((place) => row[place]))] };
  return { conditions: [Object.fromEntries(Object.entries(condition).map(([name, place]) => [name, row[place]]))] };
}

// How much of what a row stands for is selected: all, some, or nothing.
function measureRow(row) {
  if (props.value.origin.dataset !== chosen.dataset) return 'nothing';
  const { ids, conditions } = readRow(row);
  if (ids) {
    const count = ids.filter((id) => chosen.ids.has(id)).length;
    return ['nothing', 'some', 'all'][count === ids.length ? 2 : Math.min(count, 1)];
  }
  const isOf = (one) => Object.entries(conditions[0]).every(([name, value]) => one[name] === value);
  const found = chosen.classes.find(isOf);
  if (!found) return 'nothing';
  return found.count === found.total ? 'all' : 'some';
}

function showTicks() {
  for (const [row, box] of shownRows) {
    const share = measureRow(row);
    box.checked = share === 'all';
    box.indeterminate = share === 'some';
  }
  const all = element.querySelector('th.pick input');
  if (!all) return;
  const shares = foundRows.slice(0, 5000).map(measureRow);
  all.checked = shares.length > 0 && shares.every((share) => share === 'all');
  all.indeterminate = !all.checked && shares.some((share) => share !== 'nothing');
}

function pickRows(rows, isTicked) {
  const parts = rows.map(readRow);
  const conditions = parts.flatMap((part) => part.conditions ?? []);
  const ids = parts.flatMap((part) => part.ids ?? []);
  const detail = { origin: props.value.origin, ids, conditions, adds: isTicked, removes: !isTicked };
  document.dispatchEvent(new CustomEvent('defect-lens-pick', { detail }));
}

function createTick(kind, label, getRows) {
  const cell = document.createElement(kind);
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.setAttribute('aria-label', label);
  box.addEventListener('change', () => pickRows(getRows(), box.checked));
  cell.className = 'pick';
  cell.append(box);
  return [cell, box];
}

element.addEventListener('defect-lens-rows', ({ detail }) => {
  foundRows = detail.rows;
  shownRows = [];
  const { picks } = props.value ?? {};
  if (!picks || !(picks.ids || picks.condition)) return;
  const [head] = createTick('th', 'Select all rows that are found', () => foundRows);
  element.querySelector('thead tr').prepend(head);
  for (const [line, row] of detail.lines) {
    const [cell, box] = createTick('td', `Select ${row.slice(0, 3).join(', ')}`, () => [row]);
    line.prepend(cell);
    shownRows.push([row, box]);
  }
  showTicks();
});
document.addEventListener('defect-lens-picked', ({ detail }) => {
  Object.assign(chosen, detail);
  if (shownRows.length) showTicks();
});
