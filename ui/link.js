// A link to what the page shows, and its QR code where others can open it.

const find = (name) => element.querySelector(name);
const dialog = find('dialog');

function say(name) {
  find('.copy').textContent = find('.copy').dataset[name];
}

function open() {
  find('input').value = location.href;
  find('.tb-note').textContent = '';
  find('.tb-code').hidden = true;
  say('copy');
  dialog.showModal();
  trigger('select', { address: location.href });
}

function show() {
  const { address, code, note } = props.value || {};
  if (!dialog.open || !address) return;
  find('input').value = address;
  find('.tb-note').textContent = note;
  find('.tb-code').hidden = !code;
  if (code) find('.tb-code').src = code;
}

// The clipboard is closed to pages that are served over plain http from another machine.
async function copy() {
  find('input').select();
  try {
    await navigator.clipboard.writeText(find('input').value);
    say('copied');
  } catch {
    say('selected');
  }
}

find('.tb-link').addEventListener('click', open);
find('.copy').addEventListener('click', copy);
find('.close').addEventListener('click', () => dialog.close());
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
watch('value', show);
