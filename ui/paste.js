// Ctrl+V anywhere on the open tab gives an image to the input. Gradio's own button needs a right to read the clipboard,
// which browsers do not grant on a plain http address of another machine.

const input = () => document.querySelector('#input');
const fileInput = () => input().querySelector('input[type="file"]');

async function showUpload() {
  if (fileInput()) return; // webcam and clipboard have none
  input().querySelector('[data-testid="source-select"] button').click();
  while (!fileInput()) await new Promise(requestAnimationFrame);
}

document.addEventListener('paste', async ({ clipboardData }) => {
  const image = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
  if (!image || !input()?.offsetParent) return; // another tab is open
  await showUpload();
  const given = new DataTransfer();
  given.items.add(image);
  fileInput().files = given.files;
  fileInput().dispatchEvent(new Event('change', { bubbles: true }));
});
