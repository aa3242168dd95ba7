"""The course of the trainings behind an evaluation: on the terminal, as a table, as curves."""

from collections.abc import Sequence
from pathlib import Path

import typer

from commands.locked_files import tolerate_locked_files
from commands.training_text import describe_trainings
from detectors import list_detectors
from inspection.errors import SettingsError
from inspection.files import write_whole
from inspection.products.history import History, read_history, write_history


class Trainings:
    """Tells of trainings, and draws all that it has told of into one HTML file if one is named."""

    def __init__(self, curves: Path | None) -> None:
        self._curves = curves
        self._told: list[tuple[str, History]] = []

    def tell(self, folders: Sequence[Path]) -> None:
        """Print how the detectors in checkpoint folders were trained, and keep every epoch there.

        Raises:
            CheckpointError: a checkpoint is damaged.
        """
        found = [(folder, read_history(folder)) for folder in folders]
        for folder, history in found:
            with tolerate_locked_files():
                write_history(folder, history)
            detector = list_detectors()[folder.name].title
            title = f"{detector}, {folder.parent.parent.name}/{folder.parent.name}"
            self._told.append((title, history))
        for line in describe_trainings(
            [(list_detectors()[folder.name].title, history) for folder, history in found]
        ):
            typer.echo(line)

    def draw(self) -> None:
        """Write the curves, if there is something to tell of.

        Raises:
            ReportError: the file cannot be written.
            SettingsError: what was told has no epochs to draw.
        """
        if self._curves is None or not self._told:
            return
        from eda.results.training import make_page  # slow to import

        trained = [(title, history) for title, history in self._told if history.epochs]
        if not trained:
            raise SettingsError(
                "None of the evaluated detectors was trained in epochs, so there are no curves.",
                "Leave --curves out.",
            )
        write_whole(self._curves, make_page(trained))
        typer.echo(f"training curves in {self._curves}")
