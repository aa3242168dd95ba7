"""Which test images are shown for review, on verdicts whose answer is known."""

import numpy as np
import pytest

from eda.results.review import GOOD, Case, Order, Show, choose_cases, list_cases
from eda.results.shown import Judged, Shown
from inspection.evaluation.verdicts import Verdicts
from tests.doubles.detectors import make_infos
from tests.eda.test_results_plots import make_report

CAE, UNET, PATCHCORE = make_infos("cae", "unet", "patchcore").values()
PAIR = ("cae", "unet")
SCORES = {
    "cae": {"g0": 0.2, "g1": 0.4, "g2": 3.0, "b0": 5.0, "b1": 0.9, "b2": 0.1},
    "unet": {"g0": 0.4, "g1": 0.6, "g2": 0.2, "b0": 8.0, "b1": 1.2, "b2": 0.9},
    "patchcore": {"g0": 0.3, "g1": 1.1, "g2": 0.3, "b0": 0.8, "b1": 0.7, "b2": 0.6},
}


@pytest.fixture
def cases() -> list[Case]:
    """The CAE misses b1 and b2 and flags g2; the U-Net misses b2; PatchCore finds nothing."""
    judged = []
    for place, info in enumerate((CAE, UNET, PATCHCORE)):
        report = make_report(SCORES[info.name], detector=info.name)
        scores = np.array([image.image_score for image in report.images])
        verdicts = Verdicts(info.name, 0.1, report.images, scores > 1, scores, scores)
        judged.append(Judged(Shown(info, place, report), verdicts))
    return list_cases(judged)


@pytest.mark.parametrize(
    ("show", "ids"),
    [
        (Show.DISAGREE, ["g2", "b1"]),
        (Show.ONLY_FIRST, ["g2"]),
        (Show.ONLY_SECOND, ["b1"]),
        (Show.MISSED, ["b2", "b1"]),
        (Show.MISSED_BY_BOTH, ["b2"]),
        (Show.MISSED_BY_ALL, ["b2"]),
        (Show.FALSE_ALARMS, ["g2"]),
    ],
)
def test_a_filter_shows_what_it_says_the_widest_apart_first(
    cases: list[Case], show: Show, ids: list[str]
) -> None:
    """3 against 0.2 is wider apart than 0.1 against 0.9, and that than 0.9 against 1.2."""
    assert [case.image.id for case in choose_cases(cases, PAIR, show)] == ids


def test_types_orders_and_what_was_picked(cases: list[Case]) -> None:
    def ids(**choices: object) -> list[str]:
        found = choose_cases(cases, PAIR, Show.ALL, **choices)  # type: ignore[arg-type]
        return [case.image.id for case in found]

    assert ids(kind="scratch") == ["b2"]
    assert ids(kind=GOOD, order=Order.NAME) == ["g0", "g1", "g2"]
    assert ids(order=Order.LEAST)[0] == "g0"
    assert ids(order=Order.MOST)[:2] == ["b0", "g2"]
    assert ids(picked=["b0", "nowhere"]) == ["b0"]
    picked = choose_cases(cases, PAIR, Show.MISSED, picked=["g0"])
    assert [case.image.id for case in picked] == ["g0"], "whatever the filter says"


def test_of_one_detector_its_own_errors_are_shown(cases: list[Case]) -> None:
    alone = ("patchcore", "patchcore")
    missed = choose_cases(cases, alone, Show.MISSED, order=Order.NAME)
    assert [case.image.id for case in missed] == ["b0", "b1", "b2"]
    assert [case.image.id for case in choose_cases(cases, alone, Show.FALSE_ALARMS)] == ["g1"]


def test_an_image_that_one_was_not_tested_on_is_not_compared() -> None:
    judged = []
    for info, scores in ((CAE, {"b0": 2.0}), (UNET, {"b0": 0.5, "b1": 0.5})):
        report = make_report(scores, detector=info.name)
        values = np.array(list(scores.values()))
        verdicts = Verdicts(info.name, 0.1, report.images, values > 1, values, values)
        judged.append(Judged(Shown(info, 0, report), verdicts))
    found = list_cases(judged)
    assert [case.image.id for case in found] == ["b0", "b1"]
    assert [case.image.id for case in choose_cases(found, PAIR, Show.ALL)] == ["b0"]
