"""A detector's own measures: class probabilities are those called `p_CLASS`."""

from collections.abc import Mapping, Sequence

CLASS_PREFIX = "p_"


def to_measures(classes: Sequence[str], probabilities: Sequence[float]) -> dict[str, float]:
    """Return class probabilities as the measures of a prediction."""
    return {
        f"{CLASS_PREFIX}{name}": float(value)
        for name, value in zip(classes, probabilities, strict=True)
    }


def class_probabilities(measures: Mapping[str, float]) -> dict[str, float]:
    """Return class -> probability, the most probable first; empty for a detector without.

    Classes keep their names as the dataset writes them: `a_b` and `a b` are two.
    """
    classes = {
        name.removeprefix(CLASS_PREFIX): value
        for name, value in measures.items()
        if name.startswith(CLASS_PREFIX)
    }
    return dict(sorted(classes.items(), key=lambda item: (-item[1], item[0])))


def other_measures(measures: Mapping[str, float]) -> dict[str, float]:
    """Return what is no class probability, in the detector's order."""
    return {name: v for name, v in measures.items() if not name.startswith(CLASS_PREFIX)}


def name_class(name: str) -> str:
    """Return the name of a class as people write it."""
    return name.replace("_", " ")


def name_measure(name: str) -> str:
    """Return the name of a measure as people write it."""
    return name.replace("_", " ").capitalize()
