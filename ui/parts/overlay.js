// The outline of a ground truth over a picture, as SVG; boxes are dashed, so that they differ from masks.

const NAMESPACE = 'http://www.w3.org/2000/svg';

function createOverlay({ path, box: [width, height], isBoxes }) {
  const overlay = document.createElementNS(NAMESPACE, 'svg');
  overlay.setAttribute('viewBox', `0 0 ${width} ${height}`);
  overlay.setAttribute('aria-hidden', 'true');
  if (isBoxes) overlay.setAttribute('class', 'boxes');
  for (const name of ['halo', 'mark']) {
    const line = document.createElementNS(NAMESPACE, 'path');
    line.setAttribute('d', path);
    line.setAttribute('class', name);
    overlay.append(line);
  }
  return overlay;
}
