// A ZIP of files that are compressed already: stored as they are (PKWARE's APPNOTE, method 0).

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function checksumOf(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// Numbers as [value, bytes], little-endian.
function packNumbers(numbers) {
  const bytes = [];
  for (const [value, size] of numbers) for (let i = 0; i < size; i += 1) bytes.push((value >>> (8 * i)) & 255);
  return Uint8Array.from(bytes);
}

// `files` is [{ name, bytes }], with names in ASCII; returns the parts of a Blob.
function makeZip(files) {
  const parts = [];
  const entries = [];
  let place = 0;
  const add = (...added) => {
    parts.push(...added);
    for (const one of added) place += one.length;
  };
  for (const { name, bytes } of files) {
    const text = new TextEncoder().encode(name);
    // version, flags, method, time, date (1 January 1980), checksum, sizes, lengths of the name and of nothing
    const about = [[20, 2], [0, 2], [0, 2], [0, 2], [33, 2], [checksumOf(bytes), 4], [bytes.length, 4],
      [bytes.length, 4], [text.length, 2], [0, 2]];
    entries.push({ about, text, place });
    add(packNumbers([[0x04034b50, 4], ...about]), text, bytes);
  }
  const start = place;
  for (const { about, text, place: begun } of entries) {
    const tail = [[0, 2], [0, 2], [0, 2], [0, 4], [begun, 4]];
    add(packNumbers([[0x02014b50, 4], [20, 2], ...about, ...tail]), text);
  }
  const count = [[0, 4], [entries.length, 2], [entries.length, 2]];
  add(packNumbers([[0x06054b50, 4], ...count, [place - start, 4], [start, 4], [0, 2]]));
  return parts;
}
