"""Evaluating a product is a function: it returns what it found, and can be stopped and resumed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspection.datasets.dataset import read_dataset
from inspection.evaluation.files import has_evaluation
from inspection.evaluation.service import EvaluationOptions, evaluate_product, evaluate_products
from inspection.progress import Monitor, StoppedError
from tests.doubles.detectors import DETECTORS
from tests.doubles.products import make_catalog

KEY = "drawn/part"


def test_an_evaluation_returns_its_reports_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    catalog = make_catalog(tmp_path)
    source = read_dataset(tmp_path / "data" / "drawn")
    found = evaluate_product(catalog, catalog.product(KEY), source)
    assert tuple(report.detector for report in found.reports) == (*DETECTORS, "joint")
    assert found.classes == ()
    said = capfd.readouterr()
    assert said.out + said.err == ""
    assert all(has_evaluation(catalog.product(KEY).folder / name) for name in DETECTORS)


def test_an_evaluation_that_is_stopped_goes_on_with_the_next_detector(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path)
    source = read_dataset(tmp_path / "data" / "drawn")
    steps: list[str] = []

    @contextmanager
    def track(title: str, _: str) -> Iterator[Callable[[int, int], None]]:
        steps.append(title)
        yield lambda done, total: None

    def evaluate(monitor: Monitor) -> None:
        products = [catalog.product(KEY)]
        options = EvaluationOptions()
        evaluate_products(
            catalog, products, source, options, monitor=monitor, on_evaluation=lambda _: None
        )

    with pytest.raises(StoppedError):
        evaluate(Monitor(track=track, is_stopped=lambda: len(steps) == 2))
    first, second, third = (f"{KEY} {name}" for name in DETECTORS)
    assert steps == [first, second]
    steps.clear()
    evaluate(Monitor(track=track))
    assert steps == [second, third]
