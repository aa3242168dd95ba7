// Reports of what is shown, at the rate where the slider stands. The server inspects anew, and sends the file as text:
// nothing is kept there, and no other visitor can ask for it.

const making = new Set(); // formats; several are made one after another
const lastReports = {}; // format -> number: Gradio announces a value more than once

function showReportButtons(isReady) {
  for (const button of root.querySelectorAll('[data-format]')) button.disabled = !isReady;
  if (!isReady) part('report-status').textContent = ''; // it was about another image
}

function askForReport(format) {
  if (making.has(format)) return;
  making.add(format);
  const { product, sample, run } = header();
  part('report-status').textContent = fillText(TEXTS.reportMaking, { format: format.toUpperCase() });
  const wanted = donePanels().length > 0 ? rate : header().rate;
  trigger('select', { format, rate: wanted, product, sample, run });
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
