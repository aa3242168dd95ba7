// What was not evaluated, each with the command that mends it.

const list = element.querySelector('.troubles');

function showTroubles() {
  const { title = '', items = [] } = props.value || {};
  const heading = document.createElement('h2');
  heading.textContent = title;
  list.replaceChildren(heading, ...items.map(createItem));
  list.hidden = items.length === 0;
}

function createItem({ text, command }) {
  const item = document.createElement('div');
  const words = document.createElement('p');
  const code = document.createElement('code');
  words.textContent = text;
  code.textContent = command;
  code.tabIndex = 0;
  item.append(words, ...(command ? [code] : []));
  return item;
}

watch('value', showTroubles);
showTroubles();
