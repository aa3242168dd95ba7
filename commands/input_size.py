"""The option --input-size: a size as text, or one that is found out."""

from collections.abc import Callable

from commands.options import TERMINAL
from detectors.settings import parse_size
from detectors.sizes import find_side_by_time, make_feature_reader
from eda.input_size import SIDES, find_side_by_labels
from inspection.datasets.dataset import Dataset
from inspection.errors import SettingsError
from inspection.products.input_size import SideChoice
from inspection.types import Size, Split

AUTO = "auto"
MINUTES = 5.0  # for reading features, where nothing else is said


def read_size(text: str) -> Size:
    """Return the size that an option gives.

    Raises:
        SettingsError: it is no size.
    """
    try:
        return parse_size(text)
    except ValueError as error:
        raise SettingsError(
            f"--input-size {text} is no size.",
            f"Give height x width such as 640x256, one number for both, or {AUTO}.",
        ) from error


def side_chooser(
    *, minutes: float | None, device: str | None
) -> Callable[[Dataset, Size], SideChoice]:
    """Return what finds out how many pixels the images of a product need, or may have.

    Args:
        minutes: for reading the features of all images, where no label says how small defects are.
        device: auto, cpu, cuda or mps.
    """

    def choose_side(source: Dataset, shape: Size) -> SideChoice:
        by_labels = find_side_by_labels(source, monitor=TERMINAL)
        if by_labels is not None:
            return by_labels
        good = [one for one in source.samples if not one.is_anomalous]
        return find_side_by_time(
            SIDES,
            shape,
            num_images=sum(one.split is not Split.TEST for one in good),
            seconds=60 * (minutes or MINUTES),
            read_features=make_feature_reader(device),
        )

    return choose_side
