"""Marks on labels: kept in the browser, for one folder, whatever the storage holds."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.javascript import evaluate
from ui.parts.labels.marking import bar_value, marking_value

in_node = pytest.mark.skipif(shutil.which("node") is None, reason="a browser has a real storage")
MARKS = "ui/parts/labels/marks.js"
PAGE = """
const kept = input.kept;
const told = [];
globalThis.CustomEvent = class { constructor(name) { this.type = name; } };
globalThis.document = { dispatchEvent: ({ type }) => told.push(type), addEventListener() {} };
globalThis.window = { localStorage: {
  getItem: (key) => kept[key] ?? null,
  setItem: (key, text) => { if (input.isClosed) throw new Error('closed'); kept[key] = text; },
} };
const marking = { place: 'parts 00' };
for (const [id, mark] of input.presses) {
  toggleMark(marking, { id, label: 'dent', category: 'disc' }, mark);
}
return { marks: readMarks(marking), kept, told, areLost: areMarksLost(marking) };
"""


def press(*presses: tuple[str, str], kept: str | None = None, is_closed: bool = False) -> Any:
    held = {} if kept is None else {"defect-lens-labelled parts 00": kept}
    given = {"presses": presses, "kept": held, "isClosed": is_closed}
    return evaluate(PAGE, given, scripts=(MARKS,))


@in_node
def test_a_second_press_takes_a_mark_back_and_another_one_replaces_it() -> None:
    found = press(("a", "wrong"), ("b", "fine"), ("b", "unsure"), ("a", "wrong"))
    assert found["marks"] == {"b": {"label": "dent", "mark": "unsure", "category": "disc"}}
    assert len(found["told"]) == 4, "every part of the page hears of it"
    assert not found["areLost"]


@in_node
def test_what_was_kept_before_is_read_and_nonsense_is_not() -> None:
    kept = '{"c": {"label": "good", "mark": "wrong"}, "d": {"mark": "odd"}, "e": null}'
    assert list(press(("a", "fine"), kept=kept)["marks"]) == ["c", "a"]
    for nonsense in ("{", "3", "null", '"x"'):
        assert list(press(("a", "fine"), kept=nonsense)["marks"]) == ["a"]


@in_node
def test_where_the_browser_keeps_nothing_marks_live_until_the_page_is_left() -> None:
    found = press(("a", "wrong"), ("b", "fine"), is_closed=True)
    assert list(found["marks"]) == ["a", "b"]
    assert found["areLost"]
    assert found["kept"] == {}


def test_marks_count_for_a_folder_and_not_for_its_name(tmp_path: Path) -> None:
    one, other = (marking_value("parts", tmp_path / name) for name in ("a", "b"))
    assert one is not None
    assert other is not None
    assert one["place"] != other["place"]
    assert marking_value("parts", tmp_path / "b" / ".." / "a") == one
    assert str(tmp_path) not in str(one)
    assert marking_value("parts", None) is None
    assert bar_value(one, "results", "disc")["category"] == "disc"
