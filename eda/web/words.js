// Sentences for people, in which `backticks` stand around what is typed.

function writeWords(place, text) {
  place.replaceChildren(...text.split('`').map((part, index) => {
    if (index % 2 === 0) return part;
    const code = document.createElement('code');
    code.textContent = part;
    return code;
  }));
}
