// The images in a ZIP, read in the browser: nothing is unpacked to a path, and no more than one file at a time
// (PKWARE's APPNOTE). What a ZIP says of itself is not believed: a file ends where it may be no longer.

const TAIL = 65_557; // bytes in which the end of a ZIP must lie
const MOST_LISTED = 64e6; // bytes of the list of its files
const END = 0x06054b50;
const LISTED = 0x02014b50;
const LOCAL = 0x04034b50;
const UNKNOWN = 0xffffffff; // a number that stands elsewhere, as ZIP64 has it
const BY_SYSTEMS = /(^|\/)(__macosx\/|\._|\.ds_store$|thumbs\.db$|desktop\.ini$)/i;

const broken = (text, name) => new Error(fillText(TEXTS[text], { name }));

async function viewOf(file, start, end) {
  return new DataView(await file.slice(Math.max(0, start), end).arrayBuffer());
}

// Returns [{ name, open }]; an error is a sentence.
async function listArchive(file) {
  const tail = await viewOf(file, file.size - TAIL, file.size);
  let at = tail.byteLength - 22;
  while (at >= 0 && tail.getUint32(at, true) !== END) at -= 1;
  if (at < 0) throw broken('zipBroken', file.name);
  const count = tail.getUint16(at + 10, true);
  const [size, start] = [tail.getUint32(at + 12, true), tail.getUint32(at + 16, true)];
  if (start === UNKNOWN || size === UNKNOWN || count === 0xffff) throw broken('zipLarge', file.name);
  if (size > MOST_LISTED || start + size > file.size) throw broken('zipBroken', file.name);
  const listed = await viewOf(file, start, start + size);
  const entries = [];
  for (let place = 0, left = count; left > 0; left -= 1) {
    if (place + 46 > size || listed.getUint32(place, true) !== LISTED) throw broken('zipBroken', file.name);
    const entry = readEntry(listed, place);
    place += entry.length;
    if (!entry.name.endsWith('/') && !BY_SYSTEMS.test(entry.name)) entries.push(entry);
  }
  if (entries.length === 0) throw broken('zipEmpty', file.name);
  return entries.map((entry) => ({ name: entry.name, open: () => unpack(file, entry) }));
}

function readEntry(listed, place) {
  const lengths = [28, 30, 32].map((offset) => listed.getUint16(place + offset, true));
  const end = Math.min(listed.byteLength, place + 46 + lengths[0]);
  return {
    name: decodeName(new Uint8Array(listed.buffer, place + 46, end - place - 46)).replaceAll('\\', '/'),
    isLocked: Boolean(listed.getUint16(place + 8, true) & 1),
    method: listed.getUint16(place + 10, true),
    crc: listed.getUint32(place + 16, true),
    packed: listed.getUint32(place + 20, true),
    size: listed.getUint32(place + 24, true),
    start: listed.getUint32(place + 42, true),
    length: 46 + lengths.reduce((sum, one) => sum + one, 0),
  };
}

// Older programs write names in the code page of their system.
function decodeName(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

const mostBytes = () => window.gradio_config.max_file_size ?? 20e6;
const tooLarge = (name) => new Error(fillText(TEXTS.tooLarge, { name, most: Math.floor(mostBytes() / 1e6) }));

async function unpack(file, { name, isLocked, method, crc, packed, size, start }) {
  if (isLocked) throw broken('zipLocked', name);
  if (method !== 0 && method !== 8) throw broken('zipMethod', name);
  if (size > mostBytes() || packed > mostBytes()) throw tooLarge(name);
  const head = await viewOf(file, start, start + 30);
  if (head.byteLength < 30 || head.getUint32(0, true) !== LOCAL) throw broken('zipBroken', name);
  const from = start + 30 + head.getUint16(26, true) + head.getUint16(28, true);
  const parts = [];
  let left = size;
  const stored = file.slice(from, from + packed).stream();
  const reader = (method === 8 ? stored.pipeThrough(new DecompressionStream('deflate-raw')) : stored).getReader();
  try {
    for (let next = await reader.read(); !next.done && left >= 0; next = await reader.read()) {
      left -= next.value.length;
      parts.push(next.value);
    }
  } catch {
    throw broken('zipBroken', name);
  }
  reader.cancel().catch(() => {});
  if (left !== 0) throw broken('zipBroken', name);
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  if (checksumOf(whole) !== crc) throw broken('zipBroken', name);
  return new File([whole], baseOf(name));
}
