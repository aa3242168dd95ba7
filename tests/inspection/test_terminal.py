"""What is written to a console that knows few letters arrives, and ends nothing."""

import io

import pytest

from inspection.terminal import accept_all_characters, report_error, say


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437"])
def test_letters_that_a_console_lacks_become_question_marks(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, complained = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
    monkeypatch.setattr("sys.stderr", io.TextIOWrapper(complained, encoding=encoding))
    accept_all_characters()
    say("part 裂纹 1: 5.24 x defect")
    report_error("There is no folder Анна.")
    assert written.getvalue().decode(encoding).split() == [
        "part",
        "??",
        "1:",
        "5.24",
        "x",
        "defect",
    ]


def test_without_that_a_letter_would_end_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    with pytest.raises(UnicodeEncodeError):
        say("裂纹")
