"""When images were taken: by EXIF, else by file times, else by the numbers in their names."""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from inspection.processors import count_processors
from inspection.types import Sample

TAG_EXIF, TAG_TAKEN, TAG_CHANGED = 0x8769, 0x9003, 0x0132
ENOUGH = 0.8  # share of the images that must have a date of one kind
FIRST_LOOK = 20  # images, by which files without EXIF are known
DAY = 86_400.0  # seconds
AT_ONCE = DAY  # files that were all written within that time were copied, not taken
MOST_STEPS = 200  # dates to choose from
UNREADABLE = (
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    struct.error,
)


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """What images are put into order by.

    Attributes:
        source: what it is, as the end of a sentence such as "by the dates in the files (EXIF)".
        values: (n,) of every image, NaN where it has none: seconds since 1970, or numbers.
        steps: words -> value; late images begin there.
        middle: words of the step that divides the images most evenly.
    """

    source: str
    values: NDArray[np.float64]
    steps: Mapping[str, float]
    middle: str


def find_dates(samples: Sequence[Sample]) -> Dates | None:
    """Return when images were taken; None where neither EXIF, file times nor names tell."""
    for source, values, is_time in _list_sources(samples):
        known = values[np.isfinite(values)]
        if len(known) >= ENOUGH * len(values) and len(known) and known.min() < known.max():
            steps = _make_steps(known, is_time=is_time)
            middle = min(steps, key=lambda words: abs(np.mean(known < steps[words]) - 0.5))
            return Dates(source, values, steps, middle)
    return None


def _list_sources(samples: Sequence[Sample]) -> Iterator[tuple[str, NDArray[np.float64], bool]]:
    paths = [sample.image_path for sample in samples]
    first = paths[:: max(1, len(paths) // FIRST_LOOK)]
    if np.isfinite(_read_all(first)).mean() >= ENOUGH / 2:
        yield "by the dates in the files (EXIF)", _read_all(paths), True
    times = np.array([_file_time(path) for path in paths])
    if np.nanmax(times, initial=-np.inf) - np.nanmin(times, initial=np.inf) >= AT_ONCE:
        yield "by the times at which the files were written (UTC)", times, True
    yield "by the numbers in the file names", np.array([_number(path) for path in paths]), False


def _read_all(paths: Sequence[Path]) -> NDArray[np.float64]:
    with ThreadPoolExecutor(count_processors()) as pool:
        return np.array(list(pool.map(_exif_time, paths)), np.float64)


def _exif_time(path: Path) -> float:
    """Return when a picture was taken, in seconds of the camera's own clock; NaN for unknown."""
    try:
        with Image.open(path) as picture:
            tags = picture.getexif()
            text = tags.get_ifd(TAG_EXIF).get(TAG_TAKEN) or tags.get(TAG_CHANGED)
        taken = datetime.strptime(str(text)[:19], "%Y:%m:%d %H:%M:%S")
        return taken.replace(tzinfo=UTC).timestamp()
    except UNREADABLE:
        return np.nan


def _file_time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return np.nan


def _number(path: Path) -> float:
    """Return the last number in the name of a file; NaN for none."""
    numbers = re.findall(r"\d{1,15}", path.stem)
    return float(numbers[-1]) if numbers else np.nan


def _make_steps(known: NDArray[np.float64], *, is_time: bool) -> dict[str, float]:
    """Return where late images may begin: days, or minutes within one day, or numbers."""
    if not is_time:
        return {f"{value:.0f}": float(value) for value in _thin(np.unique(known)[1:])}
    for seconds, form in ((DAY, "%Y-%m-%d"), (60.0, "%Y-%m-%d %H:%M"), (1.0, "%Y-%m-%d %H:%M:%S")):
        starts = _thin(np.unique(np.floor(known / seconds))[1:] * seconds)
        if len(starts):
            return {datetime.fromtimestamp(one, UTC).strftime(form): float(one) for one in starts}
    return {"the last": float(known.max())}  # within one second


def _thin(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most `MOST_STEPS` of them, evenly."""
    if len(values) <= MOST_STEPS:
        return values
    places = np.linspace(0, len(values) - 1, MOST_STEPS).round().astype(int)
    return np.asarray(values[places], np.float64)
