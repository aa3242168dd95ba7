"""How well a detector finds the marked defects of test images, kept beside its weights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspection.boxes import SURE
from inspection.detector import Detector
from inspection.errors import CheckpointError, DatasetError, EvaluationError
from inspection.evaluation.boxes import BoxedImage, list_kinds, rank_boxes
from inspection.evaluation.evaluate import SeenImages
from inspection.evaluation.files import FORMAT, load_record, read_identity, save_record
from inspection.evaluation.intervals import draw_resamples, percentile_interval
from inspection.evaluation.partial import digest_samples
from inspection.evaluation.records import Checkpoint, Estimate, LeftOut
from inspection.files import write_csv
from inspection.ground_truth import VERSION, has_ground_truth, read_kind_boxes
from inspection.images import pixel_hash
from inspection.pipeline import predict_samples, scale_boxes
from inspection.preprocess import Progress
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import fingerprint, read_seen
from inspection.products.product import Product
from inspection.progress import Monitor
from inspection.types import Sample

BOXES = "boxes.json"
TABLE = "boxes.csv"
NUM_RESAMPLES = 200
NO_MARK = "No test image has a marked defect of this kind."
NO_MARKS = "No test image has a marked defect."
MEAN = "mean"


@dataclass(frozen=True, slots=True)
class KindPrecision:
    """How well one kind of defect is found.

    Attributes:
        num_marked: marked boxes in the test images.
        num_right: found boxes surer than one half that overlap a marked one by half of their union.
        num_wrong: the others that are surer than one half.
        ap_50: average precision where half is enough.
        ap: its mean over overlaps of 0.50, 0.55 and so on up to 0.95.
    """

    kind: str
    num_marked: int
    num_right: int
    num_wrong: int
    ap_50: Estimate
    ap: Estimate


@dataclass(frozen=True, slots=True)
class BoxEvaluation:
    """How well the boxes of one detector are those of people.

    Attributes:
        digest: names the image files and all else that the numbers depend on.
        num_unmarked: defective images left out because nothing says where their defects are.
        mean: of the kinds: the sums of the counts, and the means of the others (mAP).
    """

    checkpoint: Checkpoint
    digest: str
    num_images: int
    num_unmarked: int
    left_out: tuple[LeftOut, ...]
    kinds: tuple[KindPrecision, ...]
    mean: KindPrecision


def evaluate_boxes(
    catalog: Catalog,
    product: Product,
    names: Sequence[str],
    samples: Sequence[Sample],
    *,
    seed: int,
    monitor: Monitor,
) -> tuple[BoxEvaluation, ...]:
    """Compare found boxes with marked ones for each detector that gives some, and keep the result.

    What is true still is only read. What any detector of the product has seen counts for none.

    Args:
        catalog: of the product.
        product: whose detectors.
        names: of the detectors to evaluate; those that give no boxes are passed over.
        samples: for testing.
        seed: of the bootstrap.
        monitor: receives what happens.

    Raises:
        DatasetError: no sample with marked defects is left.
    """
    drawing = [name for name in names if catalog.detectors[name].gives_boxes]
    matching = catalog.checkpoints.matching(product) if drawing else ()
    seen = {name: read_seen(product.folder / name) for name in matching}
    found = []
    for name in drawing:
        detector = catalog.channels.answering(product, name).detector
        with monitor.step(f"{product.key} {name}: boxes") as progress:
            folder = product.folder / name
            found.append(_evaluate(detector, folder, samples, seen, seed=seed, progress=progress))
    return tuple(found)


def _evaluate(
    detector: Detector,
    folder: Path,
    samples: Sequence[Sample],
    seen: Mapping[str, Mapping[str, str]],
    *,
    seed: int,
    progress: Progress,
) -> BoxEvaluation:
    checkpoint = read_identity(folder)
    known = {name: fingerprint(ids) for name, ids in seen.items()}
    key = [asdict(checkpoint), known, seed, NUM_RESAMPLES, FORMAT, VERSION]
    digest = digest_samples(key, samples)
    kept = load_boxes(folder)
    if kept is not None and kept.digest == digest:
        return kept
    usable = [sample for sample in samples if has_ground_truth(sample)]
    images, left_out = _compare(detector, usable, SeenImages(seen), progress)
    if not any(image.marked for image in images):
        raise DatasetError(
            "There is no test image with marked defects that no detector has seen.",
            "Put others into the test part of the dataset folder.",
        )
    kinds, mean = measure_boxes(images, seed=seed)
    found = BoxEvaluation(
        checkpoint=checkpoint,
        digest=digest,
        num_images=len(images),
        num_unmarked=len(samples) - len(usable),
        left_out=tuple(left_out),
        kinds=kinds,
        mean=mean,
    )
    save_record(folder / BOXES, found)
    write_csv(folder / TABLE, tabulate_boxes(found))
    return found


def load_boxes(folder: Path) -> BoxEvaluation | None:
    """Read what an evaluation has kept; None if there is none that is true of the weights."""
    try:
        return load_record(folder / BOXES, BoxEvaluation)
    except (EvaluationError, CheckpointError):
        return None


def _compare(
    detector: Detector, samples: Sequence[Sample], seen: SeenImages, progress: Progress
) -> tuple[list[BoxedImage], list[LeftOut]]:
    images: list[BoxedImage] = []
    left_out: list[LeftOut] = []
    for sample, image, prediction in predict_samples(detector, samples):
        known = seen.find(sample.id, pixel_hash(image))
        if known is None:
            size = (image.shape[0], image.shape[1])
            marked = read_kind_boxes(sample, size)
            images.append(BoxedImage(scale_boxes(prediction, size), marked, sample.unit))
        else:
            left_out.append(known)
        progress(len(images) + len(left_out), len(samples))
    return images, left_out


def measure_boxes(
    images: Sequence[BoxedImage], *, seed: int
) -> tuple[tuple[KindPrecision, ...], KindPrecision]:
    """Return how well each kind is found, and the mean of the kinds that are marked anywhere."""
    is_marked = [bool(image.marked) for image in images]
    drawn = draw_resamples(
        [image.unit for image in images], is_marked, seed=seed, count=NUM_RESAMPLES
    )
    weights = np.concatenate([np.ones((1, len(images))), drawn])  # all images first
    kinds: list[KindPrecision] = []
    precisions = [np.full((len(weights), 2), np.nan)]
    for kind in list_kinds(images):
        ranked = rank_boxes(images, kind)
        precision = ranked.average_precision(weights)
        both = np.stack([precision[:, 0], precision.mean(axis=1)], axis=1)
        precisions.append(both)
        kinds.append(
            KindPrecision(
                kind, int(ranked.num_marked.sum()), *ranked.count_sure(), *_estimate(both, NO_MARK)
            )
        )
    counts = [(one.num_marked, one.num_right, one.num_wrong) for one in kinds]
    sums = np.array([(0, 0, 0), *counts]).sum(axis=0).tolist()
    mean = _mean_of_known(np.stack(precisions))
    return tuple(kinds), KindPrecision(MEAN, *sums, *_estimate(mean, NO_MARKS))


def _mean_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean along the first axis without what is undefined; NaN where all is."""
    is_known = np.isfinite(values)
    sums = np.where(is_known, values, 0.0).sum(axis=0)
    return np.where(is_known.any(axis=0), sums / np.maximum(is_known.sum(axis=0), 1), np.nan)


def _estimate(precisions: NDArray[np.float64], reason: str) -> Iterable[Estimate]:
    """Yield the first row of each column with the interval of the others."""
    for value, *resampled in precisions.T.tolist():
        if not np.isfinite(value):
            yield Estimate(None, reason=reason)
        else:
            interval = percentile_interval(np.array(resampled), around=value)
            yield Estimate(value, *(interval or (None, None)))


def tabulate_boxes(found: BoxEvaluation) -> list[Mapping[str, object]]:
    """Return one row per kind, and one of their mean, for tables and the CSV."""
    return [
        {
            "kind": one.kind,
            "marked": one.num_marked,
            f"right above {SURE:g}": one.num_right,
            f"wrong above {SURE:g}": one.num_wrong,
            "AP 50": one.ap_50.value,
            "AP 50 low": one.ap_50.low,
            "AP 50 high": one.ap_50.high,
            "AP 50-95": one.ap.value,
            "AP 50-95 low": one.ap.low,
            "AP 50-95 high": one.ap.high,
        }
        for one in (*found.kinds, found.mean)
    ]
