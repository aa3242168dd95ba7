"""What each detector, and all together, were worth on the test images of a product."""

from dataclasses import asdict

from inspection.errors import CheckpointError
from inspection.evaluation.worth import Worth, measure_worth
from inspection.joint import JOINT
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_calibration
from inspection.products.product import Product
from inspection.products.stamped import StampedCache
from ui.parts.updates import Payload
from ui.results.data import Results


class Worths:
    """From evaluations to what the viewer says of them; made once, and anew with an evaluation."""

    def __init__(self, catalog: Catalog) -> None:
        self._results = Results(catalog)
        self._made: StampedCache[str, Payload] = StampedCache()

    def of(self, product: Product) -> Payload:
        """Return what the browser needs, by detector; nothing of one that is not evaluated."""
        shown = self._results.shown(product.key)
        stamp = [(one.report.checkpoint, one.report.origin) for one in shown]

        def make() -> Payload:
            found: dict[str, Worth | None] = {}
            for one in shown:
                name = one.info.name
                try:
                    calibration = None if name == JOINT else read_calibration(product.folder / name)
                except CheckpointError:  # said in the panel of the detector
                    continue
                used = None if calibration is None else calibration.calibration
                found[name] = measure_worth(one.report, used)
            return {name: _shorten(worth) for name, worth in found.items() if worth is not None}

        return self._made.get(product.key, stamp, make)


def _shorten(worth: Worth) -> Payload:
    """Return a record for JSON; rates have more digits than any slider can tell apart."""
    return {
        "isChance": worth.is_chance,
        **{
            name: [round(rate, 6) for rate in rates]
            for name, rates in asdict(worth).items()
            if name != "is_chance"
        },
    }
