// From what a person gives to images, each opened when its turn comes: { name, open } or { name, sample }.

const NUM_NAMED = 3; // of the files that are left out
const VIDEOS = ['.mp4', '.mov', '.mkv', '.webm', '.avi'];
const baseOf = (name) => name.slice(name.lastIndexOf('/') + 1);

function isNoImage(name) {
  const lower = name.toLowerCase();
  return [...OTHERS, ...VIDEOS].some((ending) => lower.endsWith(ending));
}

// Returns { images, count, notes }: at most `MOST` images, how many there were, and what is to be said of the rest.
async function gather(given) {
  const found = [];
  const notes = [];
  let files = [];
  try {
    files = await given;
  } catch (error) {
    return { images: [], count: 0, notes: [fillText(TEXTS.noFolder, { reason: error.name })] };
  }
  for (const file of files) {
    const name = file.fullName || file.webkitRelativePath || file.name;
    if (/\.zip$/i.test(name)) {
      try {
        for (const entry of await listArchive(file)) found.push(entry);
      } catch (error) {
        notes.push(error.message || fillText(TEXTS.zipBroken, { name }));
      }
    } else {
      found.push({ name, open: async () => file });
    }
  }
  const aside = found.filter(({ name }) => isNoImage(name));
  const images = found.filter(({ name }) => !isNoImage(name));
  if (aside.length > 0) notes.push(describeAside(aside));
  if (images.length === 0) notes.push(`${TEXTS.nothing} ${TEXTS.nothingFix}`);
  return { images: images.slice(0, MOST), count: images.length, notes };
}

function describeAside(aside) {
  const names = aside.slice(0, NUM_NAMED).map(({ name }) => name);
  const n = (aside.length - names.length).toLocaleString('en');
  const [verb, was] = aside.length === 1 ? [TEXTS.oneIs, TEXTS.oneWas] : [TEXTS.manyAre, TEXTS.manyWere];
  const words = n === '0' ? joinNames(names) : fillText(TEXTS.andMore, { names: names.join(', '), n });
  return fillText(TEXTS.noImages, { names: words, verb, was });
}

const describeTooMany = (count) => fillText(TEXTS.tooMany, { n: count.toLocaleString('en'), most: MOST });

// A file of the person's own, at the server; an error with words is about this file alone.
async function bring(image) {
  const file = await image.open();
  if (file.size > mostBytes()) throw tooLarge(image.name);
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch (error) {
    throw new Error(fillText(TEXTS.gone, { name: image.name, reason: error.name }));
  }
  return upload(file, () => {}, baseOf(image.name));
}
