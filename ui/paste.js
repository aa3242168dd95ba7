// Ctrl+V anywhere on the open tab gives an image to the input. Gradio's own button needs a right to read the clipboard,
// which browsers do not grant on a plain http address of another machine.

const PATIENCE = 60; // frames
const input = () => document.querySelector('#input');

async function findFileInput() {
  const find = () => input().querySelector('input[type="file"]');
  if (!find()) input().querySelector('[data-testid="source-select"] button')?.click(); // webcam and clipboard have none
  for (let frame = 0; !find() && frame < PATIENCE; frame += 1) await new Promise(requestAnimationFrame);
  return find();
}

document.addEventListener('paste', async ({ clipboardData }) => {
  const image = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
  if (!image || !input()?.offsetParent) return; // another tab is open
  const files = await findFileInput();
  if (!files) return;
  const given = new DataTransfer();
  given.items.add(image);
  files.files = given.files;
  files.dispatchEvent(new Event('change', { bubbles: true }));
});
