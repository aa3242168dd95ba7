// A table as CSV; text that a spreadsheet would take for a formula gets an apostrophe, as in `inspection/files.py`.

function quoteCell(value) {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toCsv(titles, rows) {
  return [titles, ...rows].map((row) => `${row.map(quoteCell).join(',')}\r\n`).join('');
}
