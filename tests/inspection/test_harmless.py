"""What reaches a terminal, and a log, of names that may hold anything."""

import json
import logging

import pytest

from inspection.terminal import HarmlessFormatter, JsonFormatter, make_harmless, report_error, say

NASTY = "a\x1b]0;title\x07\x1b[2J\r\x9b31m\u202egnp.b"


def test_no_name_of_a_file_moves_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"Not read: {NASTY}")
    say(f"Not read: {NASTY}", err=True)
    report_error(f"{NASTY} is damaged.")
    said = capsys.readouterr()
    for text in (said.out, said.err, make_harmless(NASTY)):
        assert "Not read" in text or "a" in text
        assert all(one.isprintable() or one == "\n" for one in text)
    assert make_harmless("größer\n\t日本 – ok") == "größer\n\t日本 – ok"


def test_a_log_is_a_record_a_line_whatever_is_named() -> None:
    record = logging.LogRecord("ui", logging.INFO, "", 0, "refused %s", (NASTY + "\n",), None)
    record.fields = {"status": 400, "path": NASTY}
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "\x1b" not in line
    read = json.loads(line)
    assert (read["level"], read["room"], read["status"]) == ("info", "ui", 400)
    assert read["time"].endswith("+00:00")
    assert "\x1b" not in HarmlessFormatter("%(message)s").format(record)


def test_a_log_holds_the_traceback_of_a_fault() -> None:
    try:
        raise OSError("full")
    except OSError as error:
        caught = (type(error), error, error.__traceback__)
    record = logging.LogRecord("ui", logging.ERROR, "", 0, "failed", (), caught)
    assert "OSError: full" in json.loads(JsonFormatter().format(record))["traceback"]
