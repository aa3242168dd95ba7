"""Kept evaluations of the detectors of a dataset, as verdicts on its images."""

from collections.abc import Sequence

from eda.verdicts import Verdicts
from inspection.joint import JOINT
from inspection.products.catalog import Catalog
from ui.results.data import Results


class KeptVerdicts:
    """What detectors made of test images; read again only where an evaluation is another."""

    def __init__(self, catalog: Catalog) -> None:
        self._results = Results(catalog)

    def list(self, dataset: str, categories: Sequence[str]) -> dict[str, Verdicts]:
        """Return detector -> its verdicts on the images of some categories of a dataset."""
        titles: dict[str, str] = {}
        flagged: dict[str, dict[str, bool]] = {}
        scores: dict[str, dict[str, float]] = {}
        stamps: dict[str, list[str]] = {}
        for category in categories:
            key = f"{dataset}/{category}"
            for one in self._results.shown(key) if key in self._results.products else ():
                name = one.info.name
                titles[name] = one.title
                flags = {image.id: one.report.is_flagged(image) for image in one.report.images}
                flagged.setdefault(name, {}).update(flags)
                found = {image.id: image.image_score for image in one.report.images}
                scores.setdefault(name, {}).update(found)
                stamps.setdefault(name, []).append(one.report.origin.digest)
        return {
            name: Verdicts(title, flagged[name], scores[name], " ".join(stamps[name]))
            for name, title in titles.items()
        }

    def judges(self, dataset: str, categories: Sequence[str]) -> tuple[Verdicts, ...]:
        """Return the detectors that judge by themselves, without their joint verdict."""
        kept = self.list(dataset, categories)
        return tuple(one for name, one in kept.items() if name != JOINT)
