// Reports of what is shown, at the rate where the slider stands. The server inspects anew, and sends the file as text:
// nothing is kept there, and no other visitor can ask for it.

const making = new Set(); // formats; several are made one after another
const lastReports = {}; // format -> number: Gradio announces a value more than once

// The name stays in this browser; a remark is about one image.
const AUTHOR = 'defect-lens-author';
let remarkedRun = null;

// Storage is closed to some pages, such as one inside a notebook of another address.
function keepAuthor(change) {
  try {
    return change(window.localStorage);
  } catch {
    return null;
  }
}

function listenToSigning() {
  part('author').value = keepAuthor((storage) => storage.getItem(AUTHOR)) || '';
  part('author').addEventListener('input', ({ target }) => {
    keepAuthor((storage) => storage.setItem(AUTHOR, target.value));
  });
  part('sign-toggle').addEventListener('click', ({ currentTarget }) => {
    part('sign').hidden = !part('sign').hidden;
    currentTarget.setAttribute('aria-expanded', String(!part('sign').hidden));
    if (!part('sign').hidden) part(part('author').value ? 'remark' : 'author').focus();
  });
}

function showReportButtons(isReady) {
  const { run } = header();
  if (run !== remarkedRun) part('remark').value = '';
  remarkedRun = run;
  for (const button of root.querySelectorAll('[data-format]')) button.disabled = !isReady;
  if (!isReady) part('report-status').textContent = ''; // it was about another image
}

function askForReport(format) {
  if (making.has(format)) return;
  making.add(format);
  const { product, sample, run } = header();
  part('report-status').textContent = fillText(TEXTS.reportMaking, { format: format.toUpperCase() });
  const wanted = donePanels().length > 0 ? rate : header().rate;
  const signed = { author: part('author').value, remark: part('remark').value };
  trigger('select', { format, rate: wanted, product, sample, run, ...signed });
}

function receiveReport(report) {
  if (report.number <= (lastReports[report.format] ?? 0)) return;
  lastReports[report.format] = report.number;
  making.delete(report.format);
  part('report-status').textContent = report.problem || fillText(TEXTS.reportMade, { name: report.name });
  if (!report.problem) saveFile(report);
}

function loseReports() {
  making.clear();
  part('report-status').textContent = TEXTS.failedSub;
}

function saveFile({ name, format, content }) {
  const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: REPORT_TYPES[format] }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
}
