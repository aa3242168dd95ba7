"""A file is there as a whole or as it was before."""

from pathlib import Path

import pytest

from inspection.files import replace_text


def test_a_file_is_replaced_when_all_of_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for text in ("old\n", "new\r\n"):
        with replace_text(path) as file:
            file.write(text)
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with replace_text(path) as file:
            file.write("half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
