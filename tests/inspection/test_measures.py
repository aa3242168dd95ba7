"""Class probabilities among a detector's measures."""

from inspection.measures import class_probabilities, name_measure, other_measures
from ui.viewer.payload import name_measures, rank_classes

MEASURES = {"p_normal": 0.2, "mean_squared_error": 1.5, "p_micro_crack": 0.7, "p_a": 0.1}


def test_classes_are_ranked_and_kept_apart_from_the_other_measures() -> None:
    assert list(class_probabilities(MEASURES).items()) == [
        ("micro_crack", 0.7),
        ("normal", 0.2),
        ("a", 0.1),
    ]
    assert other_measures(MEASURES) == {"mean_squared_error": 1.5}
    assert name_measure("mean_squared_error") == "Mean squared error"
    assert class_probabilities({}) == other_measures({}) == {}


def test_classes_that_read_alike_stay_two() -> None:
    alike = {"p_a_b": 0.6, "p_a b": 0.4}
    assert class_probabilities(alike) == {"a_b": 0.6, "a b": 0.4}
    assert rank_classes(alike) == [{"label": "a b", "value": 0.6}, {"label": "a b", "value": 0.4}]


def test_a_panel_gets_bars_and_facts() -> None:
    assert rank_classes(MEASURES)[0] == {"label": "micro crack", "value": 0.7}
    assert name_measures(MEASURES) == [{"label": "Mean squared error", "value": 1.5}]
