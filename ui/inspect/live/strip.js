// The flagged parts: thumbnails that open in the viewer, and a download of all.

async function toBlob(canvas, type) {
  return new Promise((done) => canvas.toBlob(done, type, 0.92));
}

function showStrip(counter) {
  part('strip-empty').textContent = counter.kept.length > 0 ? '' : fillText(TEXTS.stripEmpty, { n: MOST_FLAGGED });
  part('parts').replaceChildren(...counter.kept.map(createFlagged));
  part('download').disabled = counter.rows.length === 0;
}

function createFlagged(kept) {
  const item = document.createElement('li');
  const button = document.createElement('button');
  const time = kept.time.toLocaleTimeString();
  const label = fillText(TEXTS.stripPart, { n: kept.part, x: formatRelative(kept.relative ?? 0), time });
  Object.assign(button, { type: 'button', title: label, ariaLabel: label });
  button.append(kept.picture, String(kept.part));
  button.addEventListener('click', () => openPicture(kept.picture, `part_${kept.part}.png`));
  item.append(button);
  return item;
}

// Into the normal viewer, as any photograph is.
async function openPicture(canvas, name) {
  const file = new File([await toBlob(canvas, 'image/png')], name, { type: 'image/png' });
  closeView();
  document.dispatchEvent(new CustomEvent('defect-lens-give', { detail: { tab: 'inspect', files: [file] } }));
}

async function download(counter) {
  const csv = counter.toCsv(DETECTORS.map(({ name }) => name));
  const files = [{ name: 'parts.csv', bytes: new TextEncoder().encode(csv) }];
  for (const { part: number, picture } of counter.kept) {
    const blob = await toBlob(picture, 'image/jpeg');
    files.push({ name: `part_${number}.jpg`, bytes: new Uint8Array(await blob.arrayBuffer()) });
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(makeZip(files), { type: 'application/zip' }));
  link.download = 'parts.zip';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
