// Groups of pictures under a title.

const find = (name) => element.querySelector(name);

function show() {
  const { dataset = '', title = '', note = '', groups = [], marking = null } = props.value || {};
  const { ids = [], select = '' } = props.value || {};
  find('section').hidden = !props.value;
  find('h2').textContent = title;
  find('p').textContent = note;
  find('.all').hidden = !ids.length;
  find('.all').textContent = select;
  find('.groups').replaceChildren(...createGroups({ groups, dataset, marking }));
}

followMarks(() => props.value?.marking);
find('.all').addEventListener('click', () => pickImages(props.value.dataset, props.value.ids));
watch('value', show);
show();
