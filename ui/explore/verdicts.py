"""Kept evaluations of the detectors of a dataset, as verdicts on its images."""

from collections.abc import Sequence

from eda.verdicts import Verdicts
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
        for category in categories:
            key = f"{dataset}/{category}"
            for one in self._results.shown(key) if key in self._results.products else ():
                name = one.info.name
                titles[name] = one.title
                flags = {image.id: one.report.is_flagged(image) for image in one.report.images}
                flagged.setdefault(name, {}).update(flags)
        return {name: Verdicts(titles[name], flags) for name, flags in flagged.items()}
