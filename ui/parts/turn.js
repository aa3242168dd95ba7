// The buttons that turn pages: each click goes on from the page that was asked for last, not from the one shown.

function createTurner({ tab, before, after, sides, getPages, ask }) {
  let wanted = null; // the page asked for, until it is shown

  function show() {
    const { page = 0, pages = 1 } = getPages();
    if (wanted === page) wanted = null;
    const at = wanted ?? page;
    before.disabled = at === 0;
    after.disabled = at >= pages - 1;
    sides.toggleAttribute('data-turning', wanted !== null);
  }

  function turn(step) {
    const { page = 0, pages = 1 } = getPages();
    wanted = Math.min(pages - 1, Math.max(0, (wanted ?? page) + step));
    ask(wanted);
    show();
  }

  // what is chosen anew has other pages
  document.addEventListener('defect-lens-request', ({ detail }) => {
    if (detail.tab === tab && detail.step !== 'turn_page') wanted = null;
  });
  before.addEventListener('click', () => turn(-1));
  after.addEventListener('click', () => turn(1));
  return show;
}
