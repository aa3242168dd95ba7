"""One image, every detector of a product: the one way to run them, even if one fails."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspection.detector import Channel
from inspection.errors import CheckpointError, InspectionError
from inspection.findings import Familiarity, Inspection
from inspection.images import pixel_hash
from inspection.names import describe_seen, describe_silent, describe_unfamiliar
from inspection.pipeline import Answer, judge_all, predict_one
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import no_verdict
from inspection.products.panels import Panel, attempt, stopped
from inspection.products.product import Product
from inspection.progress import Monitor
from inspection.types import RGBImage


@dataclass(frozen=True, slots=True, eq=False)
class LoadedProduct:
    """A product with the detectors that answer for it.

    Attributes:
        detectors: names, in the order in which they are run; one that is not loaded yet is loaded
            when it is run first.
        silent: further ones that should answer and cannot, and why.
    """

    catalog: Catalog
    product: Product
    detectors: tuple[str, ...]
    silent: Mapping[str, InspectionError] = field(default_factory=dict)

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The detectors that are loaded by now."""
        panels = [self.catalog.channels.peek(self.product, name) for name in self.detectors]
        return {one.detector: one.channel for one in panels if one.channel is not None}

    @property
    def checkpoint_notes(self) -> Mapping[str, str]:
        """What is to be known of the checkpoints of the detectors that are loaded, if anything."""
        return {name: one.note for name, one in self.channels.items() if one.note}

    @property
    def rate(self) -> float:
        """The product's own false-alarm rate, as far as the detectors loaded by now support it.

        Raises:
            CheckpointError: what is stored of the product is damaged.
        """
        calibrations = [channel.calibration for channel in self.channels.values()]
        return self.catalog.settings(self.product).rate(calibrations)

    def check_familiarity(self, image: RGBImage) -> tuple[Familiarity | None, str]:
        """Return whether an image shows the product, and a sentence where it does not."""
        found = attempt(
            lambda: self.catalog.familiarity.check(self.product, image),
            subject=f"The comparison with images of {self.product.category}",
        )
        if isinstance(found, InspectionError):
            return None, str(found)
        return found, describe_unfamiliar(self.product.category, found)

    def describe_seen(self, image: RGBImage) -> str:
        """Say which of the detectors know an image, whatever it is called; empty if none does."""
        saw = self.catalog.checkpoints.that_saw(self.product, pixel_hash(image))
        return describe_seen(self.catalog.titles(set(saw) & set(self.detectors)))

    def predict_all(self, image: RGBImage) -> Iterator[tuple[str, Panel | Answer]]:
        """Run one detector after another; yield its panel once it is loaded, then its answer.

        The panel of one that cannot answer says why, and is the last that is yielded of it.
        """
        for name in self.detectors:
            panel = self.catalog.channels.load(self.product, name)
            yield name, panel
            if (channel := panel.channel) is not None:
                found = attempt(lambda: predict_one(channel, image))
                yield name, stopped(name, found) if isinstance(found, InspectionError) else found


def load_product(
    catalog: Catalog, product: Product, names: Sequence[str] | None = None
) -> LoadedProduct:
    """Load the detectors of a product: those named, or all that are trained and can answer.

    Raises:
        CheckpointError: one that is named is missing or damaged.
    """
    if names:
        for name in names:
            catalog.channels.answering(product, name)
        return LoadedProduct(catalog, product, tuple(names))
    panels = [catalog.channels.load(product, one) for one in catalog.checkpoints.trained(product)]
    ready = tuple(panel.detector for panel in panels if panel.channel is not None)
    silent = {panel.detector: panel.error for panel in panels if panel.channel is None}
    return LoadedProduct(catalog, product, ready, silent)


@dataclass(frozen=True, slots=True, eq=False)
class Judging:
    """The detectors of a product that give verdicts, and the product's own false-alarm rate."""

    channels: Mapping[str, Channel]
    rate: float


def load_judging(
    catalog: Catalog, product: Product, names: Sequence[str], monitor: Monitor
) -> Judging:
    """Load the detectors that give verdicts, those named or all, and report why others do not.

    Raises:
        CheckpointError: none does, or one that is named is missing or damaged.
    """
    loaded = load_product(catalog, product, names)
    for name, error in loaded.silent.items():
        monitor.warn(f"{product.key} {name}: {error}")
    for name, note in loaded.checkpoint_notes.items():
        monitor.warn(f"{product.key} {name} {note}")
    judging = {k: one for k, one in loaded.channels.items() if one.calibration.gives_verdicts}
    for name in loaded.channels.keys() - judging.keys():
        monitor.warn(f"{product.key} {name}: {no_verdict(name)}")
    if not judging:
        raise CheckpointError(
            f"No detector of {product.key} can give verdicts.", "The reasons are above."
        )
    return Judging(judging, loaded.rate)


def inspect_product(
    loaded: LoadedProduct,
    image: RGBImage,
    *,
    source: str = "",
    note: str = "",
    false_alarm_rate: float | None = None,
    is_wanted: bool = False,
) -> Inspection:
    """Return what every detector of a product finds in one image.

    Args:
        loaded: the product.
        image: of any size.
        source: where it comes from, such as its file name.
        note: what a reader has to know of it already.
        false_alarm_rate: the product's own by default.
        is_wanted: whether the detectors are run even if the image does not look like the product.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
        CheckpointError: what is stored of the product is damaged.
    """
    familiarity, unlike = loaded.check_familiarity(image)
    is_run = is_wanted or familiarity is None or familiarity.is_familiar
    answers: list[Answer] = []
    silent = dict(loaded.silent)
    for name, step in loaded.predict_all(image) if is_run else ():
        if isinstance(step, Answer):
            answers.append(step)
        elif step.channel is None:
            silent[name] = step.error
    rate = loaded.rate if false_alarm_rate is None else false_alarm_rate
    found = judge_all(answers, image, false_alarm_rate=rate, source=source)
    missed = describe_silent(loaded.catalog.titles(silent))
    notes = tuple(filter(None, (note, unlike, loaded.describe_seen(image), missed)))
    return replace(found, familiarity=familiarity, silent=silent, notes=notes)
