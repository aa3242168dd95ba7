// A row of the table: an image, its verdict, the score of each detector, and the largest region.

const BADGES = {
  defect: TEXTS.badgeDefect,
  mixed: TEXTS.badgeMixed,
  normal: TEXTS.badgeNormal,
  unfamiliar: TEXTS.badgeUnfamiliar,
  named: TEXTS.badgeNamed,
  problem: TEXTS.badgeProblem,
};
const OUTCOMES = Object.keys(BADGES);

const judging = () => DETECTORS.filter(({ name }) => name in batch.good);
const columns = () => {
  const detectors = judging();
  return detectors.length > 1 ? [{ name: JOINT, title: TEXTS.together }, ...detectors] : detectors;
};

function create(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function createCell(className, ...content) {
  const cell = create('div', className);
  cell.setAttribute('role', 'cell');
  cell.append(...content);
  return cell;
}

function showHead() {
  const titles = ['', TEXTS.image, TEXTS.verdict, ...columns().map(({ title }) => title), TEXTS.largest];
  part('head').replaceChildren(...titles.map((title) => {
    const cell = create('div', '', title);
    cell.setAttribute('role', 'columnheader');
    return cell;
  }));
  root.style.setProperty('--columns', columns().length);
}

function createRow(row) {
  const made = create('div', 'batch-row');
  made.setAttribute('role', 'row');
  made.dataset.outcome = row.outcome;
  const picture = createCell('batch-picture');
  if (row.thumbnail) {
    const image = Object.assign(new Image(), { src: row.thumbnail, alt: '', loading: 'lazy', decoding: 'async' });
    picture.append(image);
  }
  const scores = columns().map(({ name, title }) => {
    const value = row.values?.[name];
    const text = value === undefined ? '–' : fillText(TEXTS.times, { x: formatRelative(value) });
    const cell = createCell(value > 1 ? 'batch-score batch-above' : 'batch-score', text);
    cell.dataset.title = title;
    return cell;
  });
  const verdict = createCell('batch-verdict', create('span', 'batch-badge', BADGES[row.outcome]));
  const largest = createCell('batch-region', describeRegion(row.region));
  made.append(picture, createName(row), verdict, ...scores, largest);
  made.addEventListener('click', () => { if (!String(getSelection())) openRow(row); });
  return made;
}

function createName(row) {
  const button = create('button', 'batch-name', row.name);
  Object.assign(button, { type: 'button', title: fillText(TEXTS.openHelp, { name: row.name }) });
  const cell = createCell('batch-words', button);
  if (row.truth) {
    const words = fillText(TEXTS.truth, { truth: row.truth });
    cell.append(create('span', isWrong(row) ? 'batch-wrong' : '', words));
  }
  if (row.problem || row.note) cell.append(create('span', row.problem ? 'batch-problem' : '', row.problem || row.note));
  return cell;
}

function describeRegion(region) {
  if (!region) return '–';
  const { share, width, height } = region;
  return fillText(TEXTS.share, { share: formatShare(share), width, height });
}
