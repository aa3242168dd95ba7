"""Studies: many defects of known size and contrast, drawn on good images, and who sees them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator

from inspection.detector import Channel
from inspection.errors import CheckpointError, SensitivityError, SettingsError
from inspection.progress import SILENT, Monitor
from inspection.sensitivity.answering import BATCH, answer_images
from inspection.sensitivity.places import find_part, find_places
from inspection.sensitivity.placing import KINDS, check_trial, place_defect
from inspection.sensitivity.records import Trial
from inspection.types import Mask, RGBImage, Size

CONTRASTS = (10.0, 20.0, 40.0, 80.0)
"""Grey levels of 255, from what is hardly seen to what nobody misses."""

NUM_SIZES = 7
LARGEST = 0.3  # of the shorter side of a part
FEWEST = 3  # trials of each size and contrast, before the rest go where the curve is steep
ON_PART = 0.8  # of a defect
TRIES = 8  # at a place for one defect
MOST_TRIALS = 20_000

Cell = tuple[float, float]
"""A size and a contrast."""


@dataclass(frozen=True, slots=True)
class StudyOptions:
    """What is drawn in a study.

    Attributes:
        kinds: of defects, of `KINDS`.
        sizes: pixels of the image.
        contrasts: grey levels of 255.
        num_trials: of each kind.
        seed: of everything that is random.
        is_everywhere: whether defects lie on the background, too, and where good parts vary.
    """

    kinds: tuple[str, ...]
    sizes: tuple[float, ...]
    contrasts: tuple[float, ...] = CONTRASTS
    num_trials: int = 240
    seed: int = 0
    is_everywhere: bool = False

    @property
    def total(self) -> int:
        return self.num_trials * len(self.kinds)

    @property
    def cells(self) -> list[Cell]:
        return [(size, contrast) for size in self.sizes for contrast in self.contrasts]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Who is asked in a study.

    Attributes:
        channels: detectors by name.
        rate: false-alarm rate behind all verdicts.
        state: called before each batch; a study ends when what it returns changes, as it does when
            a checkpoint is replaced.
    """

    channels: Mapping[str, Channel]
    rate: float
    state: Callable[[], object] = field(default=lambda: None)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """An image that defects are drawn on.

    Attributes:
        part: what of it shows the part, (H, W).
        places: where a defect may be centred, (H, W).
    """

    source: str
    image: RGBImage = field(repr=False)
    part: Mask = field(repr=False)
    places: Mask = field(repr=False)


def make_ground(
    source: str, image: RGBImage, normals: Sequence[RGBImage] = (), *, is_everywhere: bool = False
) -> Ground:
    """Return an image with the places for defects on it; see `find_places`."""
    everywhere = np.ones(image.shape[:2], np.bool_)
    part = everywhere if is_everywhere else find_part(image)
    places = find_places(image, normals, is_everywhere=is_everywhere)
    return Ground(source, image, part, places)


def choose_sizes(ground: Ground, channels: Mapping[str, Channel]) -> tuple[float, ...]:
    """Return sizes in equal steps of their logarithm, from what one pixel of a detector sees on."""
    least = max(2.0, np.ceil(min(_pixel_sizes(ground.image, channels).values())))
    rows, columns = np.nonzero(ground.part)
    most = LARGEST * min(np.ptp(rows) + 1, np.ptp(columns) + 1)
    sizes = np.rint(np.geomspace(least, max(most, 2 * least), NUM_SIZES))
    return tuple(float(size) for size in np.unique(sizes))


def find_flagged(subject: Subject, images: Sequence[RGBImage]) -> Iterator[tuple[str, ...]]:
    """Yield of each image the detectors that flag it as it is.

    Raises:
        CalibrationError: the rate is below what a calibration supports.
    """
    empty = [np.zeros(image.shape[:2], np.bool_) for image in images]
    found = answer_images(subject.channels, images, empty, false_alarm_rate=subject.rate)
    for answers in found:
        yield tuple(n for n, one in answers.items() if one.is_flagged and n in subject.channels)


def check_study(
    options: StudyOptions, grounds: Sequence[Ground], channels: Mapping[str, Channel]
) -> tuple[str, ...]:
    """Refuse a study that can say nothing; return sentences that its reader has to know.

    Args:
        options: what is to be drawn.
        grounds: the images to draw on.
        channels: detectors by title.

    Raises:
        SensitivityError: there is no image, or no detector.
        SettingsError: a kind, size, contrast or number of trials is not possible.
    """
    if not grounds or not channels:
        raise SensitivityError(
            "There is no good image, or no detector, to study.",
            "Train detectors, and put good images that they have not seen into test/good.",
        )
    if not 1 <= options.num_trials <= MOST_TRIALS or options.seed < 0:
        raise SettingsError(
            f"A study of {options.num_trials} trials with seed {options.seed} is not possible.",
            f"Give 1 to {MOST_TRIALS} trials, and a seed of 0 or more.",
        )
    if not (options.kinds and options.cells):
        raise SettingsError(
            "A study needs at least one kind, one size and one contrast.",
            f"The kinds are {', '.join(KINDS)}.",
        )
    if 0 in options.contrasts:
        raise SettingsError(
            "Without any contrast nothing is drawn: nobody can see it.",
            "Give contrasts above 0 grey levels.",
        )
    ground = grounds[0]
    height, width = ground.image.shape[:2]
    for kind in options.kinds:
        for size, contrast in options.cells:
            trial = Trial("", kind, size, contrast, 0.0, height / 2, width / 2, 0)
            check_trial(trial, (height, width))
    _check_largest(max(options.sizes), ground)
    return _check_smallest(min(options.sizes), ground, channels)


def run_study(
    subject: Subject,
    grounds: Sequence[Ground],
    options: StudyOptions,
    *,
    done: Sequence[Trial] = (),
    monitor: Monitor = SILENT,
) -> Iterator[tuple[Trial, ...]]:
    """Yield the trials of a study batch by batch; images are drawn while the networks work.

    The first trials cover every size and contrast, the others go where the detectors' answers vary
    most: where a curve is steep, or hardly known. They depend on the options and on the answers
    before alone, so that a study that was interrupted goes on as if it had not been.

    Args:
        subject: who is asked.
        grounds: good images, which nobody flags as they are.
        options: what is drawn; see `check_study`.
        done: the trials of the same study that are there already.
        monitor: follows the trials, and stops them between two batches.

    Raises:
        CheckpointError: a detector was replaced meanwhile.
        StoppedError: the monitor has stopped it.
    """
    before = subject.state()
    answered = list(done)
    with ThreadPoolExecutor(1) as pool, monitor.step("drawn defects", "trial") as progress:

        def prepare(planned: Sequence[Trial]) -> "Future[list[_Drawn]]":
            known = _settled(answered, len(planned))
            return pool.submit(_draw_batch, options, grounds, tuple(planned), known)

        waiting = prepare(answered)
        while len(answered) < options.total:
            batch = waiting.result()
            planned = (*answered, *(one.trial for one in batch))
            if len(planned) < options.total:
                waiting = prepare(planned)
            if subject.state() != before:
                raise CheckpointError(
                    "A detector was replaced while it was studied.", "Start the study again."
                )
            found = answer_images(
                subject.channels,
                [one.image for one in batch],
                [one.mask for one in batch],
                false_alarm_rate=subject.rate,
            )
            fresh = tuple(
                replace(one.trial, answers=answers)
                for one, answers in zip(batch, found, strict=True)
            )
            answered += fresh
            yield fresh
            progress(len(answered), options.total)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    trial: Trial
    image: RGBImage
    mask: Mask


def _settled(answered: Sequence[Trial], start: int) -> tuple[Trial, ...]:
    """Return the answers that decide on the batch from a trial on: all but those of the one before.

    Those are still awaited while the batch is drawn.
    """
    return tuple(answered[: max(0, start // BATCH - 1) * BATCH])


def _draw_batch(
    options: StudyOptions,
    grounds: Sequence[Ground],
    planned: Sequence[Trial],
    known: Sequence[Trial],
) -> list[_Drawn]:
    """Draw the trials that follow those planned, up to the end of a batch."""
    start = len(planned)
    drawn: list[_Drawn] = []
    for number in range(start, min(options.total, (start // BATCH + 1) * BATCH)):
        rng = np.random.default_rng([options.seed, number])
        kind = options.kinds[number % len(options.kinds)]
        so_far = [*planned, *(one.trial for one in drawn)]
        cell = choose_cell(
            options.cells,
            [one for one in so_far if one.kind == kind],
            [one for one in known if one.kind == kind],
            rng,
        )
        ground = grounds[int(rng.integers(len(grounds)))]
        drawn.append(_draw_trial(ground, kind, cell, rng))
    return drawn


def choose_cell(
    cells: Sequence[Cell], planned: Sequence[Trial], known: Sequence[Trial], rng: Generator
) -> Cell:
    """Return the size and contrast of the next trial of one kind.

    Each has a few trials first. Then the one is chosen at which a further trial makes the shares
    detected surer than at any other, all detectors together (after Neyman 1934).
    """
    counts = Counter((one.size, one.contrast) for one in planned)
    fewest = min(counts[cell] for cell in cells)
    if fewest < FEWEST:
        open_cells = [cell for cell in cells if counts[cell] == fewest]
        return open_cells[int(rng.integers(len(open_cells)))]
    gains = np.array([_gain(cell, counts[cell], known) for cell in cells])
    best = np.flatnonzero(gains >= gains.max() - 1e-12)
    return cells[int(rng.choice(best))]


def _gain(cell: Cell, count: int, known: Sequence[Trial]) -> float:
    """Return by how much one more trial lowers the variance of the shares detected, together."""
    here = [one.answers for one in known if (one.size, one.contrast) == cell]
    names = {name for answers in here for name in answers}
    hits = np.array([sum(answers[name].is_hit for answers in here) for name in names])
    shares = (hits + 0.5) / (len(here) + 1)
    variance = float((shares * (1 - shares)).sum()) if names else 0.25
    return variance / (count * (count + 1))


def _draw_trial(ground: Ground, kind: str, cell: Cell, rng: Generator) -> _Drawn:
    """Draw one trial at a place where nearly all of the defect lies on the part."""
    size, contrast = cell
    seed, angle = int(rng.integers(2**31)), float(rng.uniform(0, 360))
    allowed = _away_from_edges(ground.places, size)
    rows, columns = np.nonzero(allowed if allowed.any() else ground.places)
    tried: list[tuple[float, _Drawn]] = []
    while len(tried) < TRIES and not (tried and tried[-1][0] >= ON_PART):
        place = int(rng.integers(len(rows)))
        row, column = float(rows[place]), float(columns[place])
        trial = Trial(ground.source, kind, size, contrast, angle, row, column, seed)
        image, mask = place_defect(ground.image, trial)
        share = float(ground.part[mask].mean()) if mask.any() else 0.0
        tried.append((share, _Drawn(trial, image, mask)))
    return max(tried, key=lambda one: one[0])[1]


def _away_from_edges(places: Mask, size: float) -> Mask:
    """Return the places from which a defect of a size does not reach over the edge."""
    margin = int(np.ceil(size / 2))
    height, width = places.shape
    kept = np.zeros_like(places)
    inner = slice(margin, max(margin, height - margin)), slice(margin, max(margin, width - margin))
    kept[inner] = places[inner]
    return kept


def _pixel_sizes(image: RGBImage, channels: Mapping[str, Channel]) -> dict[str, float]:
    """Return how many pixels of the image one pixel of each detector's grid spans."""
    height, width = image.shape[:2]
    grids: dict[str, Size] = {name: one.detector.input_size for name, one in channels.items()}
    return {name: max(height / grid[0], width / grid[1]) for name, grid in grids.items()}


def _check_largest(size: float, ground: Ground) -> None:
    rows, columns = np.nonzero(ground.part)
    part = int(max(np.ptp(rows), np.ptp(columns))) + 1
    if size > part:
        raise SettingsError(
            f"A defect of {size:g} pixels is larger than the part, which spans {part}.",
            f"Give sizes up to {part} pixels, or places everywhere.",
        )


def _check_smallest(
    size: float, ground: Ground, channels: Mapping[str, Channel]
) -> tuple[str, ...]:
    spans = _pixel_sizes(ground.image, channels)
    if size < min(spans.values()):
        name = min(spans, key=lambda one: spans[one])
        height, width = channels[name].detector.input_size
        raise SettingsError(
            f"A defect of {size:g} pixels is smaller than a pixel of the detectors: they see the "
            f"image at {width} x {height}, where a pixel spans {spans[name]:.3g} of it.",
            f"Give sizes from {np.ceil(spans[name]):g} pixels, or train with a larger "
            "--input-size.",
        )
    return tuple(
        f"{name} sees {span:.3g} pixels of the image as one: what is smaller, it can hardly see."
        for name, span in spans.items()
        if size < span
    )
