"""The buttons that turn the pages of a gallery, as plain JavaScript."""

from typing import Any

import pytest

from tests.javascript import evaluate

CLICK = """
  globalThis.document ??= new EventTarget();
  const makeButton = () => Object.assign(new EventTarget(), { disabled: false });
  const [before, after] = [makeButton(), makeButton()];
  const asked = [];
  let value = { page: 0, pages: 5 };
  const sides = { toggleAttribute: (name, isSet) => { sides.isTurning = isSet; } };
  const show = createTurner({
    tab: 'explore', before, after, sides, getPages: () => value, ask: (page) => asked.push(page),
  });
  const buttons = { before, after };
  const seen = [];
  for (const [what, given] of input) {
    if (what === 'shown') { value = { ...value, page: given }; show(); }
    else if (what === 'request') {
      const detail = { tab: 'explore', step: given };
      document.dispatchEvent(new CustomEvent('defect-lens-request', { detail }));
    } else buttons[what].dispatchEvent(new Event('click'));
    seen.push([before.disabled, after.disabled, Boolean(sides.isTurning)]);
  }
  return [asked, seen.at(-1)];
"""


@pytest.mark.parametrize(
    ("steps", "asked", "state"),
    [
        ([["after", 0], ["after", 0], ["after", 0]], [1, 2, 3], [False, False, True]),
        ([["after", 0], ["after", 0], ["shown", 1], ["after", 0]], [1, 2, 3], [False, False, True]),
        ([["after", 0], ["before", 0]], [1, 0], [True, False, False]),
        ([["after", 0]] * 6, [1, 2, 3, 4, 4, 4], [False, True, True]),
        ([["after", 0], ["after", 0], ["shown", 2]], [1, 2], [False, False, False]),
        (
            [["after", 0], ["request", "choose"], ["shown", 0], ["after", 0]],
            [1, 1],
            [False, False, True],
        ),
        ([["after", 0], ["request", "turn_page"], ["after", 0]], [1, 2], [False, False, True]),
    ],
)
def test_each_click_goes_on_from_the_page_that_was_asked_for_last(
    steps: Any, asked: Any, state: Any
) -> None:
    assert evaluate(CLICK, steps, scripts=("ui/parts/turn.js",)) == [asked, state]
