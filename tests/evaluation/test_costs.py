"""Costs of misses and false alarms, worked by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from eda.results.costs import describe_costs, draw_costs, tabulate_costs
from eda.results.shown import Shown
from inspection.evaluation.costs import CostCurve, Prices, is_cheaper, price
from inspection.evaluation.verdicts import Verdicts
from tests.doubles.detectors import make_infos
from tests.eda.test_results_plots import make_report
from tests.evaluation.test_answer import make_verdicts

PRICES = Prices(miss=100.0, false_alarm=5.0, defect_share=0.02)
RATES = (0.01, 0.05, 0.2)
TITLES = {"cae": "CAE", "unet": "U-Net", "joint": "Joint verdict"}
INFOS = make_infos("cae", "unet")
SHOWN = {name: Shown(info, 0, make_report({}, detector=name)) for name, info in INFOS.items()}


def flag_from(
    name: str, defects: Sequence[float], good: Sequence[float], *, num_normal: int = 0
) -> Verdicts:
    """Return verdicts on parts that are flagged from these rates on."""
    made = make_verdicts(name, [False] * len(defects), num_good=len(good))
    return replace(made, flagged_from=np.array([*defects, *good]), num_normal=num_normal)


def test_costs_are_those_worked_by_hand() -> None:
    """Of 4 defects 2, 3 and 4 are found, of 10 good parts 0, 1 and 4 flagged."""
    verdicts = flag_from("cae", [0.01, 0.01, 0.05, 0.2], [0.04] + [0.2] * 3 + [1.0] * 6)
    (curve,) = price([verdicts], RATES, PRICES)
    assert curve.found.tolist() == [0.5, 0.75, 1.0]
    assert curve.alarms.tolist() == [0.0, 0.1, 0.4]
    expected = [20 * 0.5 * 100, 20 * 0.25 * 100 + 980 * 0.1 * 5, 980 * 0.4 * 5]
    assert curve.costs.tolist() == pytest.approx(expected)
    assert curve.cheapest == 1
    assert curve.precision.tolist() == pytest.approx(
        [1.0, 0.02 * 0.75 / (0.02 * 0.75 + 0.98 * 0.1), 0.02 / (0.02 + 0.98 * 0.4)]
    )
    assert (curve.low <= curve.costs).all()
    assert (curve.costs <= curve.high).all()
    assert curve.low[0] < curve.costs[0], "no false alarm among 10 parts is no proof of none"
    assert PRICES.uninspected == 2000


def test_held_out_good_parts_count_beside_those_of_the_test() -> None:
    """Of 99 held-out parts 0, 4 and 19 lie above the thresholds."""
    verdicts = flag_from("cae", [0.01], [1.0] * 11, num_normal=99)
    (curve,) = price([verdicts], RATES, PRICES)
    assert curve.alarms.tolist() == pytest.approx([0.0, 4 / 110, 19 / 110])


def test_a_part_counts_once_and_is_flagged_with_any_of_its_images() -> None:
    made = make_verdicts("cae", [False] * 4, num_good=2, parts=2)
    verdicts = replace(made, flagged_from=np.array([0.01, 1.0, 0.05, 1.0, 1.0, 1.0]))
    (curve,) = price([verdicts], RATES, PRICES)
    assert curve.found.tolist() == [0.5, 0.5, 0.5], "images 0 and 2 show the same part"


def test_the_interval_of_a_known_detector_covers_its_true_cost() -> None:
    """It finds 80 % at a rate of 0.05 and flags 5 % of the good parts."""
    rng = np.random.default_rng(8)
    true = 20 * 0.2 * 100 + 980 * 0.05 * 5
    hits = 0
    for _ in range(200):
        defects, good = (
            np.where(rng.random(40) < 0.8, 0.05, 1),
            np.where(rng.random(90) < 0.05, 0.05, 1),
        )
        (curve,) = price([flag_from("cae", defects.tolist(), good.tolist())], (0.05,), PRICES)
        hits += curve.low[0] <= true <= curve.high[0]
    assert 0.91 <= hits / 200 <= 0.99


def make_curves(num_found: int) -> list[CostCurve]:
    """Return a detector that finds 30 of 32, and one that finds so many."""
    good = [0.05] * 2 + [1.0] * 58
    return price(
        [
            flag_from("unet", [0.01] * 30 + [1.0] * 2, good),
            flag_from("cae", [0.01] * num_found + [1.0] * (32 - num_found), good),
        ],
        RATES,
        PRICES,
    )


def test_a_difference_is_called_one_only_beyond_chance() -> None:
    clear, close = make_curves(10), make_curves(29)
    assert is_cheaper(*clear, doubt=0.05)
    assert not is_cheaper(*close, doubt=0.05)
    assert not is_cheaper(*clear[::-1], doubt=0.05)
    said = " ".join(describe_costs(clear, TITLES, PRICES))
    assert said.startswith("U-Net costs least where 1 in 100 good parts may be flagged: about 125 ")
    assert "against 2,000 without inspection" in said
    assert "That CAE costs more is not chance." in said
    assert "within chance" in " ".join(describe_costs(close, TITLES, PRICES))


def test_where_inspection_does_not_pay_that_is_said() -> None:
    cheap_misses = Prices(miss=1.0, false_alarm=500.0, defect_share=0.001)
    verdicts = [flag_from("cae", [0.05], [0.01] * 10)]
    (said,) = describe_costs(price(verdicts, RATES, cheap_misses), TITLES, cheap_misses)
    assert said.startswith("At these prices it is cheapest to inspect nothing: 1 per 1,000 parts")


def test_without_good_or_without_defective_parts_there_are_no_costs() -> None:
    assert price([flag_from("cae", [], [1.0] * 4)], RATES, PRICES) == []
    assert price([flag_from("cae", [0.1] * 4, [])], RATES, PRICES) == []


def test_plot_and_table_say_the_same() -> None:
    curves = make_curves(10)
    table = tabulate_costs(curves, SHOWN, 0.05).set_index("detector")
    assert table.index.tolist() == ["U-Net", "CAE"], "the cheapest first"
    assert table.loc["U-Net", "cheapest at, in 100"] == 1
    assert table.loc["U-Net", "cost at 5 in 100"] == round(125 + 980 * 5 * 2 / 60)
    plot = draw_costs(curves, SHOWN, PRICES, 0.05)
    marks = {one.legendgroup: one.y[0] for one in plot.data if one.mode == "markers"}
    assert marks == {"U-Net": 125.0, "CAE": 1375.0}
    symbols = {one.marker.symbol for one in plot.data if one.mode == "markers"}
    assert symbols == {"square", "circle"}
