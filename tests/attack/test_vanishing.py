"""The dataset or the checkpoints go away while the page shows them: every tab says so in words."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import launched
from tests.doubles.products import make_catalog
from tests.doubles.visitor import Visitor

PRODUCT = "drawn/part"
SAMPLE = "part/test/dent/000.png"
TABS = ("explore", "results", "sensitivity")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    with launched(make_catalog(tmp_path)) as page:
        yield str(page.local_url)


@pytest.mark.parametrize("gone", ["data/drawn/part/test", "data/drawn/part", "data", "checkpoints"])
def test_what_goes_away_while_it_is_shown_is_told_in_words(
    gone: str, served: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Visitor(served)
    assert visitor.inspect_sample(PRODUCT, SAMPLE)[-1]["success"]
    shutil.rmtree(tmp_path / gone)
    for one in (visitor, Visitor(served)):
        answers = [one.inspect_sample(PRODUCT, SAMPLE)[-1]]
        for tab in TABS:
            answers += list(one.open_views(tab))
        answers.append(one.make_report(PRODUCT, SAMPLE, "csv"))
        one.client.close()
        assert all(each["success"] or "Reload" in each["refused"] for each in answers), answers
    assert "Traceback" not in caplog.text
