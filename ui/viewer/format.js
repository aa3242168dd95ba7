// Numbers and lists as people read them.

function fillText(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// Every sentence stands in ui/viewer/messages.py: the template names which one goes where.
function fillTexts(node) {
  for (const one of node.querySelectorAll('[data-text]')) one.textContent = TEXTS[one.dataset.text];
  for (const one of node.querySelectorAll('[data-label]')) one.setAttribute('aria-label', TEXTS[one.dataset.label]);
  for (const one of node.querySelectorAll('[data-title]')) one.title = TEXTS[one.dataset.title];
}

function joinNames(names) {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} ${TEXTS.and} ${names[names.length - 1]}`;
}

// Three significant digits, without exponents where they can be avoided.
function formatNumber(value, digits = 3) {
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential(digits - 1);
  const rounded = value.toPrecision(digits);
  return rounded.includes('e') ? String(Math.round(value)) : rounded;
}

// A score and its threshold, with as many digits as it takes to tell them apart.
function formatPair(score, threshold) {
  let digits = 3;
  const areAlike = () => formatNumber(score, digits) === formatNumber(threshold, digits);
  while (digits < 7 && score !== threshold && areAlike()) digits += 1;
  return [formatNumber(score, digits), formatNumber(threshold, digits)];
}

// A multiple of the threshold; 1.00 is kept for what is exactly there.
function formatRelative(relative) {
  if (relative >= 1000) return 'over 1000';
  if (relative >= 100) return relative.toFixed(0);
  if (relative >= 10) return relative.toFixed(1);
  let digits = 2;
  while (digits < 6 && relative !== 1 && Number(relative.toFixed(digits)) === 1) digits += 1;
  return relative.toFixed(digits);
}

// A false-alarm rate per 100 good parts.
function formatRate(rate) {
  return String(Number((100 * rate).toPrecision(3)));
}

function formatShare(share) {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.1) return `${Number(percent.toPrecision(1))} %`;
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

function formatSeconds(seconds) {
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
}
