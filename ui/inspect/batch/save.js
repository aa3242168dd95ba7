// What a person can take away: a table, a report that the server makes, and masks.

function offer(name, content, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(content, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
  say('said', fillText(TEXTS.made, { name }));
}

function saveCsv() {
  const names = columns().map(({ name }) => name);
  const titles = ['image', 'outcome', 'truth', ...names.map((name) => `${name}_relative_score`)];
  titles.push('region_detector', 'region_area_share', 'region_width', 'region_height');
  titles.push('allowed_false_alarm_rate', 'note');
  const rows = ordered.map((row) => [
    row.name, row.outcome, row.truth, ...names.map((name) => row.values?.[name]),
    row.region?.detector, row.region?.share, row.region?.width, row.region?.height, batch.rate, row.problem || row.note,
  ]);
  offer(`${batch.category}_images.csv`, ['\ufeff', toCsv(titles, rows)], 'text/csv');
}

// Names in a ZIP are plain, whatever the files are called.
const plain = (name) => baseOf(name).replace(/\.[^.]*$/, '').normalize('NFKD').replace(/[^\w.-]+/g, '_').slice(0, 80);

function saveMasks() {
  const files = [];
  for (const row of [...ordered].sort(SORTS.given)) {
    const stem = `${String(row.place + 1).padStart(4, '0')}_${plain(row.name)}`;
    for (const [detector, source] of Object.entries(row.masks ?? {})) {
      files.push({ name: `${detector}/${stem}.png`, bytes: toBytes(source.slice(source.indexOf(',') + 1)) });
    }
  }
  if (files.length === 0) say('said', TEXTS.noMasks);
  else offer(`${batch.category}_masks.zip`, makeZip(files), 'application/zip');
}

const toBytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function askForReport() {
  say('said', fillText(TEXTS.making, { what: 'PDF' }));
  part('pdf').disabled = true;
  trigger('select', { run: batch.run, place: ordered.filter(({ problem }) => !problem).length });
}

function receiveReport({ name, content, note, problem }) {
  part('pdf').disabled = false;
  if (problem) {
    say('said', problem);
    return;
  }
  offer(name, [toBytes(content)], 'application/pdf');
  if (note) say('said', `${fillText(TEXTS.made, { name })} ${note}`);
}
