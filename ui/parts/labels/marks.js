// What a person thinks of the label of an image: kept in this browser, by dataset, and told to every part of the page.

const MARKED = 'defect-lens-labelled';
const SIGNS = { wrong: '✗', fine: '✓', unsure: '?' };

// Storage is closed to some pages, such as one inside a notebook of another address.
function useStorage(use) {
  try {
    return use(window.localStorage);
  } catch {
    return null;
  }
}

// Image id -> { label, mark, category }, of one dataset.
function readMarks({ place }) {
  const held = window.defectLensLabels?.[place];
  if (held) return held; // what could not be kept
  try {
    const kept = JSON.parse(useStorage((storage) => storage.getItem(`${MARKED} ${place}`)));
    return Object.fromEntries(Object.entries(kept ?? {}).filter(([, one]) => one?.mark in SIGNS));
  } catch {
    return {};
  }
}

function writeMarks({ place }, marks) {
  window.defectLensLabels ??= {};
  const held = window.defectLensLabels;
  delete held[place];
  const isKept = useStorage((storage) => {
    storage.setItem(`${MARKED} ${place}`, JSON.stringify(marks));
    return true;
  });
  if (!isKept) held[place] = marks;
  document.dispatchEvent(new CustomEvent(MARKED));
}

function areMarksLost({ place }) {
  return Boolean(window.defectLensLabels?.[place]);
}

// A second press on the same mark takes it back.
function toggleMark(marking, { id, label, category }, mark) {
  const { [id]: before, ...others } = readMarks(marking);
  writeMarks(marking, before?.mark === mark ? others : { ...others, [id]: { label, mark, category } });
}

function createMarks(marking, image) {
  const { texts } = marking;
  const group = document.createElement('span');
  group.className = 'label-marks';
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', texts.ask.replace('{label}', image.label).replace('{name}', image.id));
  for (const [mark, sign] of Object.entries(SIGNS)) {
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.mark = mark;
    button.textContent = sign;
    button.title = texts[mark];
    button.setAttribute('aria-label', texts[mark]);
    button.addEventListener('click', () => toggleMark(marking, image, mark));
    group.append(button);
  }
  group.showMark = (marks) => {
    const own = marks[image.id];
    for (const button of group.children) {
      button.setAttribute('aria-pressed', String(own?.mark === button.dataset.mark && own.label === image.label));
    }
  };
  group.showMark(readMarks(marking));
  return group;
}

// A picture with the buttons below it, where images can be marked.
function createMarked(picture, marking, image) {
  if (!marking) return picture;
  const tile = document.createElement('div');
  tile.className = 'tile';
  tile.append(picture, createMarks(marking, image));
  return tile;
}

// Has a part show marks that were made elsewhere, also in another window.
function followMarks(getMarking) {
  const follow = () => {
    const marking = getMarking();
    if (!marking) return;
    const marks = readMarks(marking);
    for (const group of element.querySelectorAll('.label-marks')) group.showMark(marks);
  };
  document.addEventListener(MARKED, follow);
  window.addEventListener('storage', follow);
}
