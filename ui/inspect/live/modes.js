// What is inspected beside a photograph: each button opens a view in the place of the viewer.

for (const button of element.querySelectorAll('[data-open]')) {
  const name = button.dataset.open;
  button.textContent = TEXTS[name];
  button.title = TEXTS[`${name}Help`];
  button.addEventListener('click', () => document.dispatchEvent(new CustomEvent(`defect-lens-${name}-open`)));
}
