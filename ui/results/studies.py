"""What `cli.py sensitivity` has found of products, and what was worked out from it: each once."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from eda.results.shown import Judged, Shown
from inspection.errors import CheckpointError, EvaluationError
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import stamp_file
from inspection.products.manifest import CALIBRATION, CARD
from inspection.products.stamped import StampedCache
from inspection.sensitivity.kept import STUDY, Study, load_study
from ui.parts.updates import Updates

if TYPE_CHECKING:
    from eda.results.found import FoundBy


class Studies:
    """Studies by product, and fits of who finds what; safe to share between threads.

    A study that is written anew, or evaluations that are others, have all worked out anew.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._held: StampedCache[str, Study | None] = StampedCache()
        self._found: StampedCache[tuple[str, float], list[FoundBy]] = StampedCache()
        self._views: StampedCache[tuple[str, str], Updates] = StampedCache()
        self._lock = threading.Lock()

    def find(self, key: str) -> Study | None:
        """Return the study of a product; None where there is none that is still true."""
        product = self._catalog.product(key)
        files = [
            product.folder / name / file
            for name in self._catalog.detectors
            for file in (CARD, CALIBRATION)
        ]
        stamp = tuple(stamp_file(path) for path in (product.folder / STUDY, *files))

        def load() -> Study | None:
            try:
                study = load_study(product)
            except (EvaluationError, CheckpointError):
                return None
            return study if study.trials else None

        with self._lock:
            return self._held.get(key, stamp, load)

    def found(self, key: str, judged: Sequence[Judged]) -> "list[FoundBy]":
        """Return who finds how small and how faint test defects, at the rate of the verdicts.

        Nothing where no defects were measured.
        """
        from eda.results.found import fit_found

        study = self.find(key)
        if study is None or not judged:
            return []
        stamp = (study, _name_reports([one.shown for one in judged]))
        with self._lock:
            return self._found.get(
                (key, judged[0].verdicts.rate), stamp, lambda: fit_found(study.defects, judged)
            )

    def view(
        self, key: str, name: str, study: Study, shown: Sequence[Shown], draw: Callable[[], Updates]
    ) -> Updates:
        """Return what a view shows of a study by one name, drawn once."""
        with self._lock:
            return self._views.get((key, name), (study, _name_reports(shown)), draw)


def _name_reports(shown: Sequence[Shown]) -> list[object]:
    return [(one.report.checkpoint, one.report.origin) for one in shown]
