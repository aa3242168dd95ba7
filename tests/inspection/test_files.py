"""A file is there as a whole or as it was before."""

from pathlib import Path

import pytest

from inspection.errors import ReportError
from inspection.files import replace_text, write_whole


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


def test_a_file_that_says_the_same_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_whole(path, "größer\r\n", encoding="utf-8-sig")
    assert path.read_bytes() == b"\xef\xbb\xbfgr\xc3\xb6\xc3\x9fer\r\n"
    first = path.stat()
    write_whole(path, "größer\r\n", encoding="utf-8-sig")
    assert path.stat().st_ino == first.st_ino
    write_whole(path, "kleiner\r\n", encoding="utf-8-sig")
    assert path.read_text(encoding="utf-8-sig") == "kleiner\n"


def test_a_file_that_cannot_be_replaced_is_named_and_leaves_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.mkdir()
    with pytest.raises(ReportError, match=r"a\.csv cannot be written \(.+\)\. Close it"):
        write_whole(path, "text")
    assert list(tmp_path.iterdir()) == [path]
