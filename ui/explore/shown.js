// Groups of pictures under a title.

const find = (name) => element.querySelector(name);

function show() {
  const { dataset = '', title = '', note = '', groups = [] } = props.value || {};
  find('section').hidden = !props.value;
  find('h2').textContent = title;
  find('p').textContent = note;
  find('.groups').replaceChildren(...groups.map((group) => createGroup(group, dataset)));
}

watch('value', show);
show();
