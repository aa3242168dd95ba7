"""How the detectors of a product were trained, as text for the terminal."""

from collections.abc import Iterable, Iterator

import numpy as np

from inspection.products.history import TABLE, History
from inspection.progress import describe_duration

MAX_ROWS = 8  # spread over all epochs, the one kept among them
WIDTH = 21
TITLES = {
    "validation_loss": "validation loss",
    "accuracy": "validation accuracy",
    "f1": "validation F1",
}


def describe_trainings(trainings: Iterable[tuple[str, History]]) -> Iterator[str]:
    """Yield a table for each detector that was trained in epochs: of many epochs only some.

    Args:
        trainings: titles of detectors, with @@the history of their trainings.
    """
    for title, history in trainings:
        if history.epochs:
            yield from _describe(title, history)


def _describe(title: str, history: History) -> Iterator[str]:
    count = len(history.epochs)
    epochs = "1 epoch" if count == 1 else f"{count} epochs"
    yield (
        f"  training of {title}: {epochs} in {describe_duration(history.seconds)}, * the "
        f"one kept; every epoch is in {TABLE}"
    )
    heads = [TITLES.get(key, key) for key in history.metrics]
    yield _line("epoch ", ["stage"] if history.stages else [], heads)
    for row in _choose_rows(history):
        mark = "*" if history.epochs[row] == history.kept else ""
        stage = [str(history.stages[row])] if history.stages else []
        cells = [_number(values[row]) for values in history.metrics.values()]
        yield _line(f"{history.epochs[row]}{mark:<1}", stage, cells)


def _choose_rows(history: History) -> list[int]:
    """Return at most so many rows, evenly spaced from the first to the last, and the one kept."""
    last = len(history.epochs) - 1
    rows = set(np.linspace(0, last, min(MAX_ROWS, last + 1)).round().astype(int).tolist())
    return sorted(rows | {row for row, epoch in enumerate(history.epochs) if epoch == history.kept})


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _line(epoch: str, stage: list[str], cells: list[str]) -> str:
    return (
        f"    {epoch:>6}"
        + "".join(f"{text:>8}" for text in stage)
        + "".join(f"{text:>{WIDTH}}" for text in cells)
    )
