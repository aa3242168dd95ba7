"""One split per dataset and category, written once and read by every detector.

Normal training parts are divided into training, validation and calibration; labelled defects leave
the test part for good when a detector is to learn from them. Parts (groups of images, or single
images) are ordered by a seeded hash of their name, so the order does not depend on the file system,
and a larger labelled fraction contains a smaller one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from inspection.errors import CheckpointError, DatasetError
from inspection.products.dataset_identity import pick_known
from inspection.products.split_labels import Labels, labelled_parts, with_labels
from inspection.products.split_plan import (
    SPLIT,
    SplitKind,
    SplitPlan,
    load_split,
    order_units,
    save_split,
)
from inspection.types import Sample, Split

CALIBRATION_SHARE = 0.2
MIN_CALIBRATION_PARTS = 20
VALIDATION_SHARE = 0.1
RANDOM_TEST_SHARE = 0.2


def make_split(samples: Sequence[Sample], *, seed: int = 0, needs_normal: bool = True) -> SplitPlan:
    """Divide the samples of one category, whose `split` is the layout's own train or test.

    Args:
        samples: of one category.
        seed: of the order of the parts.
        needs_normal: False for a detector that also learns from a dataset of defects alone.

    Raises:
        DatasetError: there are fewer than two normal training parts.
    """
    training = [sample for sample in samples if sample.split is Split.TRAIN]
    uses = _divide_normal(
        {sample.unit for sample in training if not sample.is_anomalous},
        seed,
        needs_normal=needs_normal or any(not sample.is_anomalous for sample in samples),
    )
    roles: dict[str, Split] = {}
    for sample in samples:
        if sample.split is Split.TEST:
            roles[sample.id] = Split.TEST
        elif not sample.is_anomalous:
            roles[sample.id] = uses[sample.unit]
    return SplitPlan(seed, 0.0, roles)


def make_random_split(
    samples: Sequence[Sample], *, seed: int = 0, needs_normal: bool = True
) -> SplitPlan:
    """Divide the samples of one category image by image, every class in the same proportion.

    Neither the layout's own test part nor groups count, so that near-duplicates of training images
    are tested: metrics on such a split flatter, and are for comparison with others' alone.

    Raises:
        DatasetError: there are fewer than two normal images for training.
    """
    by_class: dict[str | None, list[str]] = defaultdict(list)
    for sample in samples:
        by_class[sample.defect_type].append(sample.id)
    roles: dict[str, Split] = {}
    for defect_type, ids in by_class.items():
        order = order_units(ids, seed)
        num_test = max(round(RANDOM_TEST_SHARE * len(order)), int(len(order) > 1))
        roles |= dict.fromkeys(order[:num_test], Split.TEST)
        rest = order[num_test:]
        if defect_type is None:
            roles |= _divide_normal(rest, seed, needs_normal=needs_normal)
        else:
            num_validation = round(VALIDATION_SHARE * len(rest))
            roles |= dict.fromkeys(rest[:num_validation], Split.VALIDATION)
            roles |= dict.fromkeys(rest[num_validation:], Split.TRAIN)
    return SplitPlan(seed, 0.0, roles, SplitKind.RANDOM)


def _divide_normal(units: Iterable[str], seed: int, *, needs_normal: bool) -> dict[str, Split]:
    """Return what each normal training part serves: calibration, validation or training."""
    parts = order_units(units, seed)
    if len(parts) < 2 and needs_normal:
        raise DatasetError(
            f"The training part has {len(parts)} normal parts; at least 2 are needed, "
            "one to train on and one to calibrate with.",
            "Put more normal images into train/good.",
        )
    num_calibration = count_calibration(len(parts))
    rest = parts[num_calibration:]
    num_validation = max(1, round(VALIDATION_SHARE * len(rest))) if len(rest) > 1 else 0
    return {
        **dict.fromkeys(parts[:num_calibration], Split.CALIBRATION),
        **dict.fromkeys(rest[:num_validation], Split.VALIDATION),
        **dict.fromkeys(rest[num_validation:], Split.TRAIN),
    }


def count_calibration(num_parts: int) -> int:
    """Return how many of so many normal training parts are held out for calibration."""
    return min(max(MIN_CALIBRATION_PARTS, round(CALIBRATION_SHARE * num_parts)), num_parts // 2)


def group_samples(samples: Sequence[Sample], groups: Sequence[str]) -> list[Sample]:
    """Return the samples with these groups, none of which lies on both sides of train and test.

    A group that the dataset's own split tears apart goes to the test part if it holds a defective
    image, and else to the side where most of its images are: test where it is even.

    Args:
        samples: of one category.
        groups: one per sample.
    """
    members: dict[str, list[Sample]] = defaultdict(list)
    for sample, group in zip(samples, groups, strict=True):
        members[group].append(sample)
    sides = {group: _side(found) for group, found in members.items()}
    return [
        replace(sample, group=group, split=sides[group] or sample.split)
        for sample, group in zip(samples, groups, strict=True)
    ]


def regroup(samples: Iterable[Sample], plan: SplitPlan) -> list[Sample]:
    """Return the samples with the groups that were found for the plan, if any were.

    A new view of a part that is known joins the group of that part.
    """
    samples = list(samples)
    if not plan.groups:
        return samples
    of_unit = {
        sample.unit: plan.groups[sample.id] for sample in samples if sample.id in plan.groups
    }
    return group_samples(
        samples,
        [plan.groups.get(sample.id, of_unit.get(sample.unit, sample.unit)) for sample in samples],
    )


def with_new(plan: SplitPlan, samples: Sequence[Sample]) -> SplitPlan:
    """Give normal training images that came later a use; every image keeps the one it has.

    A new view of a known part shares that part's use. Of the new parts a fifth is held out, and
    more where too few of the known ones are left, as after every file was renamed.
    """
    known: dict[str, Split] = {}
    normal: dict[str, Split] = {}
    for sample in samples:
        if sample.split is Split.TRAIN and (role := plan.roles.get(sample.id)) is not None:
            known.setdefault(sample.unit, role)
            if not sample.is_anomalous and role is not Split.TEST:
                normal.setdefault(sample.unit, role)
    late = [
        sample
        for sample in samples
        if sample.split is Split.TRAIN
        and not sample.is_anomalous
        and sample.id not in plan.roles
        and known.get(sample.unit) is not Split.TEST
    ]
    if not late:
        return plan
    parts = order_units({sample.unit for sample in late} - known.keys(), plan.seed)
    uses = _divide_late(parts, tuple(normal.values())) | known
    return replace(plan, roles={**plan.roles, **{one.id: uses[one.unit] for one in late}})


def _divide_late(parts: Sequence[str], known: Sequence[Split]) -> dict[str, Split]:
    """Return what each new normal part serves, beside the uses of those that are known."""
    needed = min(MIN_CALIBRATION_PARTS, (len(parts) + len(known)) // 2)
    lacking = needed - known.count(Split.CALIBRATION)
    num_calibration = max(round(CALIBRATION_SHARE * len(parts)), min(lacking, len(parts)))
    rest = parts[num_calibration:]
    has_validation = Split.VALIDATION in known or len(rest) < 2
    num_validation = 0 if has_validation else max(1, round(VALIDATION_SHARE * len(rest)))
    return {
        **dict.fromkeys(parts[:num_calibration], Split.CALIBRATION),
        **dict.fromkeys(rest[:num_validation], Split.VALIDATION),
        **dict.fromkeys(rest[num_validation:], Split.TRAIN),
    }


def apply_split(
    samples: Iterable[Sample], plan: SplitPlan, *, labels: Labels | None = None
) -> list[Sample]:
    """Return the samples that have a use, with their planned split; new test images are tested.

    The near-duplicates of a grouped plan are one part again, whoever asks.
    Only the defects that the labels ask for are for training: none, if there are no labels.
    """
    samples = regroup(samples, plan)
    known_units = {sample.unit for sample in samples if sample.id in plan.roles}
    allowed: set[str] = set()
    if labels is not None and plan.kind is SplitKind.RANDOM:
        allowed = {sample.unit for sample in samples}
    elif labels is not None:
        allowed = set(labelled_parts(plan, samples, labels))
    used = []
    for sample in samples:
        if sample.id in plan.excluded:
            continue
        role = plan.roles.get(sample.id)
        if role is None and sample.split is Split.TEST and sample.unit not in known_units:
            role = Split.TEST
        if role is None:
            continue
        is_labelled = sample.is_anomalous and role is not Split.TEST
        if is_labelled and sample.unit not in allowed:
            continue
        used.append(replace(sample, split=role))
    return used


def find_split(
    folder: Path | None,
    samples: Sequence[Sample],
    *,
    seed: int = 0,
    excluded: Collection[str] | None = None,
) -> SplitPlan:
    """Return the split of a product, or the one that would be made; nothing is written.

    Args:
        folder: of the product; None for samples that no detector was trained on.
        samples: of one category; test images alone need no split.
        seed: of a split that would be made.
        excluded: ids that take part in nothing; None for those of the stored split.

    Raises:
        CheckpointError: the stored split is damaged.
        DatasetError: there is none, and the samples are too few to make one.
    """
    stored = None if folder is None else load_split(folder)
    if stored is not None:
        return stored if excluded is None else _without(stored, samples, frozenset(excluded))
    if not any(sample.split is Split.TRAIN for sample in samples):
        return SplitPlan(seed, 0.0, {})
    return make_split(samples, seed=seed, needs_normal=False)


def find_test_samples(folder: Path | None, samples: Sequence[Sample]) -> list[Sample]:
    """Return the test samples of a product, by its `find_split`.

    Raises:
        CheckpointError: the stored split is damaged.
        DatasetError: there is none, and the samples are too few to make one.
    """
    used = apply_split(samples, find_split(folder, samples))
    return [sample for sample in used if sample.split is Split.TEST]


def count_excluded_tests(plan: SplitPlan | None, samples: Sequence[Sample]) -> int:
    """Return how many images would be tested if no exclusion list kept them out."""
    if plan is None or not plan.excluded:
        return 0
    there = [sample for sample in samples if sample.id in plan.excluded]
    return sum(plan.roles.get(sample.id, sample.split) is Split.TEST for sample in there)


def open_split(
    folder: Path,
    samples: Sequence[Sample],
    *,
    seed: int = 0,
    labels: Labels | None = None,
    kind: SplitKind = SplitKind.OWN,
    excluded: Collection[str] | None = None,
) -> SplitPlan:
    """Return the split of a product, made and written if there is none, widened if it must be.

    Ids that are excluded take part in nothing from now on; without them, those of before.
    What the labels take from the test part is not written: that is for whoever learned from them.

    Raises:
        CheckpointError: the stored split is damaged, of another kind than is asked for, or grouped
            by an earlier version that did not keep the groups.
        DatasetError: the samples are too few.
    """
    stored = load_split(folder)
    needs_normal = labels is None or labels.needs_masks
    kept = frozenset() if stored is None else stored.excluded
    out = kept if excluded is None else frozenset(excluded)
    samples = [sample for sample in samples if sample.id not in out]
    if stored is None:
        make = make_random_split if kind is SplitKind.RANDOM else make_split
        plan = replace(make(samples, seed=seed, needs_normal=needs_normal), kind=kind)
    elif kind not in (SplitKind.OWN, stored.kind):
        raise CheckpointError(
            f"{folder / SPLIT} is a split of the kind {stored.kind.value}, not {kind.value}.",
            "Train into another folder with --checkpoints, or delete it with the detectors beside.",
        )
    else:
        samples = _with_stored_groups(samples, stored, kind, folder)
        plan = with_new(stored, samples)
    if plan.excluded != out:
        plan = replace(plan, excluded=out)
    if kind is SplitKind.GROUPED:
        plan = _with_groups(plan, samples)
    if not plan.known and (known := pick_known(samples)):
        plan = replace(plan, known=known)
    if plan is not stored:
        save_split(folder, plan)
    return plan if labels is None else with_labels(plan, samples, labels)


def _without(stored: SplitPlan, samples: Sequence[Sample], out: frozenset[str]) -> SplitPlan:
    """Return a stored split with another exclusion list; what is taken in again gets a use."""
    there = [sample for sample in regroup(samples, stored) if sample.id not in out]
    return replace(with_new(stored, there), excluded=out)


def _with_stored_groups(
    samples: Sequence[Sample], stored: SplitPlan, kind: SplitKind, folder: Path
) -> Sequence[Sample]:
    """Return the samples in the parts of the stored split; fresh groups count more."""
    if kind is SplitKind.GROUPED:
        return samples
    if stored.kind is SplitKind.GROUPED and not stored.groups:
        raise CheckpointError(
            f"{folder / SPLIT} is a grouped split that does not say which images are alike.",
            "Train once more with --split grouped, which writes it down.",
        )
    return regroup(samples, stored)


def _with_groups(plan: SplitPlan, samples: Sequence[Sample]) -> SplitPlan:
    groups = {sample.id: sample.unit for sample in samples}
    return plan if groups == plan.groups else replace(plan, groups=groups)


def _side(members: Sequence[Sample]) -> Split | None:
    """Return where a torn group belongs; None for one that is not torn."""
    tested = [sample for sample in members if sample.split is Split.TEST]
    if len(tested) in (0, len(members)):
        return None
    is_defective = any(sample.is_anomalous for sample in members)
    return Split.TEST if is_defective or 2 * len(tested) >= len(members) else Split.TRAIN
