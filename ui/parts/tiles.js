// Numbers that stand alone: value and label, written as text.

function showTiles() {
  const list = element.querySelector('.tiles');
  const tiles = (props.value || []).map(({ value, label }) => {
    const tile = document.createElement('div');
    const number = document.createElement('dd');
    const words = document.createElement('dt');
    number.textContent = value;
    words.textContent = label;
    tile.append(words, number);
    return tile;
  });
  list.replaceChildren(...tiles);
}

watch('value', showTiles);
showTiles();
