// Files that were dropped or chosen, those in folders, too; what systems add by themselves is left out.

const isHidden = ({ name }) => name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name);
const longName = (file) => file.fullName || file.webkitRelativePath || file.name;
const byName = (one, other) => longName(one).localeCompare(longName(other), undefined, { numeric: true });
const arrange = (files) => files.filter((file) => !isHidden(file)).sort(byName);
const entriesOf = ({ items }) => [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);

async function listEntry(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => { entry.file(done, fail); });
    file.fullName = entry.fullPath.replace(/^\//, '');
    return [file];
  }
  const reader = entry.createReader();
  const inner = [];
  for (;;) { // a reader gives a hundred at a time
    const some = await new Promise((done, fail) => { reader.readEntries(done, fail); });
    if (!some.length) break;
    inner.push(...some);
  }
  const lists = [];
  for (const one of inner) lists.push(await listEntry(one));
  return lists.flat();
}

async function listDropped(transfer) {
  const entries = entriesOf(transfer); // with the event they are gone
  const plain = [...transfer.files];
  const lists = [];
  for (const entry of entries) lists.push(await listEntry(entry));
  return arrange(entries.length ? lists.flat() : plain);
}
