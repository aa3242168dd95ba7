"""How a stored detector was trained, from its card alone: no weights are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspection.files import checked_content, write_csv
from inspection.products.checkpoint_folders import read_card
from inspection.products.manifest import CARD

TABLE = "training.csv"
LOSSES = ("loss", "validation_loss")
CLOCK = ("epoch", "seconds", "stage")  # say when, not how well


@dataclass(frozen=True, slots=True)
class History:
    """The course of one training.

    Attributes:
        epochs: numbers of the epochs that were kept, ascending; none for what has no epochs.
        metrics: name -> one value per epoch, losses first; None where it was not measured.
        summary: what it learned from, such as "trained on 48 labelled defects".
        created: ISO 8601, UTC.
        seconds: how long it took.
        stages: what was trained in each epoch, such as the head alone first; empty if all alike.
        kept: the epoch whose weights were kept; None if it is unknown.
    """

    epochs: tuple[int, ...]
    metrics: Mapping[str, tuple[float | None, ...]]
    summary: str
    created: str
    seconds: float
    device: str
    stages: tuple[int, ...] = ()
    kept: int | None = None

    @property
    def best(self) -> int | None:
        """Row of the lowest validation loss, the first of equal ones; None if it is unknown."""
        known = [
            (value, row)
            for row, value in enumerate(self.metrics.get("validation_loss", ()))
            if value is not None
        ]
        return min(known)[1] if known else None


def read_history(folder: Path) -> History:
    """Read how the detector in a checkpoint folder was trained.

    Raises:
        CheckpointError: the card is missing or damaged.
    """
    card = read_card(folder)
    with checked_content(folder / CARD):
        state = card.get("state", {})
        rows, kept = state.get("history", []), state.get("best_epoch")
        has_stages = all("stage" in row for row in rows)
        training = card.get("training", {})
        return History(
            epochs=tuple(int(row["epoch"]) for row in rows),
            metrics={
                name: tuple(_number(row.get(name)) for row in rows) for name in _list_metrics(rows)
            },
            summary=str(training.get("summary", "")),
            created=str(training.get("created", "")),
            seconds=float(training.get("seconds", 0.0)),
            device=str(training.get("device", "")),
            stages=tuple(int(row["stage"]) for row in rows) if has_stages else (),
            kept=None if kept is None else int(kept),
        )


def write_history(folder: Path, history: History) -> None:
    """Write one row per epoch into a checkpoint folder; nothing for what has no epochs.

    Raises:
        ReportError: the table cannot be written.
    """
    rows = [
        {
            "epoch": epoch,
            **({"stage": history.stages[row]} if history.stages else {}),
            **{name: values[row] for name, values in history.metrics.items()},
        }
        for row, epoch in enumerate(history.epochs)
    ]
    write_csv(folder / TABLE, rows)


def _list_metrics(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the losses, then of all else that was measured of an epoch."""
    numeric = (
        name for row in rows for name, value in row.items() if isinstance(value, int | float)
    )
    return [name for name in dict.fromkeys((*LOSSES, *numeric)) if name not in CLOCK]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
