// A table to sort by any column, to search, to page through and to save as CSV.

const PAGE = 12;
const find = (name) => element.querySelector(name);
const compare = new Intl.Collator('en', { numeric: true }).compare;
let order = { column: -1, down: false };
let page = 0;
let shown = JSON.stringify(props.value ?? null);

function content() {
  return { title: '', columns: [], rows: [], file: 'table', note: '', ...(props.value || {}) };
}

function write(value, { digits }) {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return String(value);
  return value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

function chosenRows() {
  const { columns, rows } = content();
  const wanted = find('input').value.trim().toLowerCase();
  const words = (cell, index) => [String(cell ?? ''), write(cell, columns[index])];
  const holds = (cell, index) => words(cell, index).some((text) => text.toLowerCase().includes(wanted));
  const kept = wanted ? rows.filter((row) => row.some(holds)) : [...rows];
  const { column, down } = order;
  if (column < 0) return kept;
  kept.sort((first, second) => {
    const [a, b] = [first[column], second[column]];
    if (a === null || b === null) return (a === null) - (b === null);
    const step = typeof a === 'number' && typeof b === 'number' ? a - b : compare(String(a), String(b));
    return down ? -step : step;
  });
  return kept;
}

function createHead({ title }, index) {
  const cell = document.createElement('th');
  const button = document.createElement('button');
  cell.scope = 'col';
  button.type = 'button';
  button.textContent = title;
  const isSorted = order.column === index;
  cell.setAttribute('aria-sort', isSorted ? (order.down ? 'descending' : 'ascending') : 'none');
  button.addEventListener('click', () => {
    order = isSorted ? { column: index, down: !order.down } : { column: index, down: false };
    page = 0;
    draw();
    element.querySelectorAll('th button')[index].focus();
  });
  cell.append(button);
  return cell;
}

function createRow(row, columns) {
  const line = document.createElement('tr');
  row.forEach((value, index) => {
    const cell = document.createElement('td');
    cell.textContent = write(value, columns[index]);
    if (typeof value === 'number') cell.className = 'number';
    else if (String(value).length > 60) cell.className = 'long';
    line.append(cell);
  });
  return line;
}

function draw() {
  const { title, columns, rows, note } = content();
  const chosen = chosenRows();
  const pages = Math.max(1, Math.ceil(chosen.length / PAGE));
  page = Math.min(page, pages - 1);
  find('h2').textContent = title;
  find('caption').textContent = title;
  find('.data-body').setAttribute('aria-label', `Table: ${title}`);
  writeWords(find('.note'), note);
  find('.note').hidden = !note;
  find('thead tr').replaceChildren(...columns.map(createHead));
  const lines = chosen.slice(page * PAGE, (page + 1) * PAGE).map((row) => [createRow(row, columns), row]);
  find('tbody').replaceChildren(...lines.map(([line]) => line));
  const all = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'row' : 'rows'}`;
  const count = chosen.length === rows.length ? all : `${chosen.length.toLocaleString('en')} of ${all}`;
  find('.count').textContent = pages > 1 ? `${count}, page ${page + 1} of ${pages}` : count;
  find('.before').disabled = page === 0;
  find('.after').disabled = page === pages - 1;
  find('.pager').hidden = pages === 1;
  find('.data-body').hidden = find('input').hidden = find('.save').hidden = rows.length === 0;
  find('.data').hidden = columns.length === 0;
  element.dispatchEvent(new CustomEvent('defect-lens-rows', { detail: { rows: chosen, lines } }));
}

function save() {
  const titles = content().columns.map(({ title }) => title);
  const link = document.createElement('a');
  const file = ['\ufeff', toCsv(titles, chosenRows())];
  link.href = URL.createObjectURL(new Blob(file, { type: 'text/csv;charset=utf-8' }));
  link.download = `${content().file}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

find('input').addEventListener('input', () => { page = 0; draw(); });
find('.save').addEventListener('click', save);
find('.before').addEventListener('click', () => { page -= 1; draw(); });
find('.after').addEventListener('click', () => { page += 1; draw(); });
watch('value', () => {
  const sent = JSON.stringify(props.value ?? null);
  if (sent === shown) return;  // sent once more when a handler ends: what was sorted stays sorted
  shown = sent;
  page = 0;
  order = { column: -1, down: false };
  draw();
});
draw();
