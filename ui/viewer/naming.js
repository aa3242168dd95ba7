// Detectors that have learned from defects alone: they name the defect and show where they look, and give no verdict.

const namedPanels = () => panels.filter((panel) => panel.named);

function decodeNamed(slot) {
  return { ...slot, map: { values: decodeFloats(slot.map), width: slot.width, height: slot.height } };
}

function showNamed(panel) {
  const { named, query } = panel;
  query('badge').textContent = TEXTS.namedBadge;
  query('classes').replaceChildren(...classBars(named.classes));
  const facts = [...kindFacts(panel), { label: TEXTS.time, value: formatSeconds(named.seconds) }];
  if (named.trained) facts.push({ label: TEXTS.learning, value: named.trained, isLong: true });
  query('facts').replaceChildren(...facts.map(factElement));
  panel.canvas.setAttribute('aria-label', `${panel.text.title}: ${named.said}`);
  paintNamed(panel);
}

function paintNamed({ named, heat, query }) {
  const visibleFrom = display.mode === 'heatmap' ? null : TRANSPARENT_BELOW[0];
  query('busy').textContent = display.mode === 'edges' ? TEXTS.noEdges : '';
  paintMap(heat, named.map, { threshold: named.middle, highest: LEAST_TOP, palette: display.palette, visibleFrom });
}

function describeNamed(answered) {
  const names = joinNames(answered.map((panel) => panel.named.said));
  return { verdict: 'silent', title: TEXTS.namedTitle, sub: fillText(TEXTS.namedSub, { names }) };
}
