"""What a product needs before and after its detectors are trained."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from inspection.datasets.dataset import Dataset, check_trainable
from inspection.datasets.exclusion import exclude_images
from inspection.embedding import Embed
from inspection.errors import InspectionError
from inspection.issues import summarise_issues
from inspection.products.checkpoint_folders import check_writable
from inspection.products.dataset_identity import check_dataset
from inspection.products.familiarity import fit_familiarity, has_familiarity, save_familiarity
from inspection.products.reading import read_by, settle_reading
from inspection.products.split_labels import Labels
from inspection.products.split_plan import SPLIT, SplitKind, SplitPlan, load_split
from inspection.products.splits import apply_split, open_split
from inspection.progress import Monitor
from inspection.types import Sample, Split


def prepare_dataset(
    source: Dataset,
    folder: Path,
    *,
    group: Callable[[Dataset], Dataset] | None,
    needs_normal: bool,
    monitor: Monitor,
) -> Dataset:
    """Return a dataset as its product reads it, once it is sure that detectors can learn from it.

    Args:
        source: of one category.
        folder: of the product.
        group: finds near-duplicates, if they are to stay together.
        needs_normal: whether some detector learns from normal images.
        monitor: receives what happens.

    Raises:
        DatasetError: another dataset of that name is trained already, or nothing can be learned.
        InspectionError: an image or the folder cannot be used.
        StoppedError: the monitor has stopped it.
    """
    check_dataset(folder, source)  # before the images are compared, which takes time
    source = leave_out(source, folder)
    if group is not None:
        source = group(source)
    monitor.begin(source.account)
    issues = check_trainable(source.samples, issues=source.issues, needs_normal=needs_normal)
    for sentence in summarise_issues(issues):
        monitor.warn(f"note: {sentence}")
    check_writable(folder)
    with monitor.step("looking for white") as progress:
        reading, sentences = settle_reading(folder, source.samples, progress=progress)
    for sentence in sentences:
        report = monitor.warn if sentence.startswith("note:") else monitor.say
        report(sentence)
    return replace(source, samples=tuple(read_by(source.samples, reading)))


def open_plan(
    folder: Path, source: Dataset, *, seed: int, labels: Labels | None, kind: SplitKind
) -> SplitPlan:
    """Return the split to train by; another training may have come first since it was read last.

    Raises:
        DatasetError: it was of another dataset, or the split does not fit.
    """
    check_dataset(folder, source)
    excluded = None if source.excluded is None else [sample.id for sample in source.excluded]
    return open_split(
        folder, source.samples, seed=seed, labels=labels, kind=kind, excluded=excluded
    )


def leave_out(source: Dataset, folder: Path) -> Dataset:
    """Return a dataset without what an earlier training of the product was told to leave out."""
    plan = load_split(folder)
    if source.excluded is not None or plan is None or not plan.excluded:
        return source
    there = [sample.id for sample in source.samples if sample.id in plan.excluded]
    return replace(exclude_images(source, there, by=f"the {SPLIT} of the product"), excluded=None)


def keep_familiarity(
    samples: Sequence[Sample], folder: Path, embed: Embed, *, has_trained: bool, monitor: Monitor
) -> None:
    """Fit and keep the familiarity model of a product; what prevents that is only a warning.

    Args:
        samples: of one category.
        folder: of the product, with its split.
        embed: compares images.
        has_trained: whether a detector was trained just now; else a stored model is good enough.
        monitor: receives what happens.
    """
    plan = load_split(folder)
    if plan is None or (not has_trained and has_familiarity(folder, embed)):
        return
    used = apply_split(samples, plan)
    if not any(one.split is Split.CALIBRATION and not one.is_anomalous for one in used):
        return  # of defects alone: there is no good part to compare with
    try:
        with monitor.step("comparing") as progress:
            model = fit_familiarity(used, embed, progress=progress)
        save_familiarity(folder, model)
    except InspectionError as error:
        monitor.warn(f"note: {error}")
        return
    monitor.say(
        f"{len(model.vectors)} reference images show what {folder.name} looks like; at most "
        f"{100 * model.rate:.3g} of 100 good parts may be taken for something else"
    )
