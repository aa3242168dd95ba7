"""A file or folder is there as a whole or as it was before."""

import errno
import os
import time
from pathlib import Path

import pytest

from inspection.errors import ReportError, first_line
from inspection.files import (
    LITTER_SECONDS,
    recover_folder,
    replace_bytes,
    replace_file,
    replace_folder,
    write_whole,
)


def test_a_file_is_replaced_when_all_of_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for text in ("old\n", "new\r\n"):
        replace_bytes(path, text.encode())
        assert path.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail() -> None:
        with replace_file(path) as file:
            file.write(b"half of")
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


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "a" / "cae"
    for text in ("first", "second"):
        with replace_folder(target) as fresh:
            (fresh / "file").write_text(text)
        assert (target / "file").read_text() == text
    assert [path.name for path in target.parent.iterdir()] == ["cae"]


def test_a_failed_replacement_changes_nothing_and_leaves_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "cae"
    with replace_folder(target) as fresh:
        (fresh / "file").write_text("old")

    def fail() -> None:
        with replace_folder(target) as fresh:
            (fresh / "file").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert (target / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["cae"]


def test_an_interruption_between_two_renames_is_mended(tmp_path: Path) -> None:
    target = tmp_path / "cae"
    with replace_folder(target) as fresh:
        (fresh / "file").write_text("old")
    target.rename(tmp_path / "cae.tmp-old")
    recover_folder(target)
    assert (target / "file").read_text() == "old"


def test_what_killed_programs_left_is_removed_a_day_later(tmp_path: Path) -> None:
    long_ago = time.time() - 2 * LITTER_SECONDS
    old = ("cae.tmp-killed", "unet.tmp-killed", "stress.partial", "unet.tmp-old", "unet")
    for name in (*old, "cae.tmp-running", "evaluation.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").touch()
        if name in old:
            os.utime(tmp_path / name / "part", (long_ago, long_ago))
    for name in (".split.json.tmp-killed", ".split.json.tmp-running"):
        (tmp_path / name).touch()
    for name in (*old, ".split.json.tmp-killed", "evaluation.partial"):
        os.utime(tmp_path / name, (long_ago, long_ago))  # a chunk of the last is younger
    ahead = tmp_path / ".reading.json.tmp-ahead"  # of a clock that was set back meanwhile
    ahead.touch()
    os.utime(ahead, (time.time() + 1e6, time.time() + 1e6))
    with replace_folder(tmp_path / "cae"):
        pass
    left = {path.name for path in tmp_path.iterdir()}
    running = {".split.json.tmp-running", "cae.tmp-running", "evaluation.partial", ahead.name}
    assert left == {"cae", "unet", "unet.tmp-old", *running}


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EACCES])
def test_errors_name_the_file_that_was_to_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(kind, os.strerror(kind))

    path = tmp_path / "split.json"
    monkeypatch.setattr("inspection.files.tempfile.mkstemp", refuse)
    with pytest.raises(OSError, match=os.strerror(kind)) as caught:
        replace_bytes(path, b"text")
    assert caught.value.filename == str(path)
    assert first_line(caught.value) == os.strerror(kind)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="it is Linux that has a full disk at hand"
)
def test_a_full_disk_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_full(**_: object) -> tuple[int, str]:
        return os.open("/dev/full", os.O_WRONLY), str(tmp_path / "fresh")

    monkeypatch.setattr("inspection.files.tempfile.mkstemp", open_full)
    with pytest.raises(OSError, match="No space left") as caught:
        replace_bytes(tmp_path / "split.json", b"x" * 100_000)
    assert caught.value.filename == str(tmp_path / "split.json")
