"""What was counted and measured by the probes, printed below them for `docs/security.md`.

A probe tells a figure by pytest's own `record_property(name, value)`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attack.page import Page, running

FOLDER = "tests/attack/"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print every figure below the test that told it."""
    lines = list(_read_figures(terminalreporter))
    if lines:
        terminalreporter.section("figures for docs/security.md")
        for line in lines:
            terminalreporter.write_line(line)


def _read_figures(reporter: Any) -> Iterator[str]:
    reports = [report for found in reporter.stats.values() for report in found]
    for report in reports:
        if not isinstance(report, pytest.TestReport) or report.when != "call":
            continue
        if report.nodeid.startswith(FOLDER) and report.user_properties:
            file, _, test = report.nodeid.removeprefix(FOLDER).partition("::")
            yield f"{file}: {test} ({report.outcome}, {report.duration:.0f} s)"
            yield from (f"    {name}: {value}" for name, value in report.user_properties)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The real page, for whoever has none of their own."""
    with running(tmp_path) as started:
        yield started
