// Groups of pictures under a title.

const find = (name) => element.querySelector(name);

function show() {
  const { dataset = '', title = '', note = '', groups = [], marking = null } = props.value || {};
  find('section').hidden = !props.value;
  find('h2').textContent = title;
  find('p').textContent = note;
  find('.groups').replaceChildren(...groups.map((group) => createGroup(group, dataset, marking)));
}

followMarks(() => props.value?.marking);
watch('value', show);
show();
