"""One split per dataset and category, written once and read by every detector.

Normal training parts are divided into training, validation and calibration; labelled defects leave
the test part for good when a U-Net is to learn from them. Parts (groups of images, or single
images) are ordered by a seeded hash of their name, so the order does not depend on the file system,
and a larger labelled fraction contains a smaller one.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspection.calibration import read_json, write_json
from inspection.errors import CheckpointError, DatasetError, SettingsError
from inspection.types import Sample, Split

FORMAT = 1
SPLIT = "split.json"
CALIBRATION_SHARE = 0.2
MIN_CALIBRATION_PARTS = 20
VALIDATION_SHARE = 0.1
LABELLED_VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Which image serves what; an id without a role is not used at all.

    Attributes:
        labelled_fraction: share of the labelled defects that has left the test part.
        is_grouped: near-duplicates count as one part (`group_samples`).
    """

    seed: int
    labelled_fraction: float
    roles: Mapping[str, Split]
    is_grouped: bool = False


def make_split(samples: Sequence[Sample], *, seed: int = 0) -> SplitPlan:
    """Divide the samples of one category, whose `split` is the layout's own train or test.

    Raises:
        DatasetError: there are fewer than two normal training parts.
    """
    training = [sample for sample in samples if sample.split is Split.TRAIN]
    parts = _ordered({sample.unit for sample in training if not sample.is_anomalous}, seed)
    if len(parts) < 2:
        raise DatasetError(
            f"The training part has {len(parts)} normal parts; at least 2 are needed, "
            "one to learn from and one to calibrate with.",
            "Put more normal images into train/good.",
        )
    num_calibration = min(
        max(MIN_CALIBRATION_PARTS, round(CALIBRATION_SHARE * len(parts))), len(parts) // 2
    )
    calibration = set(parts[:num_calibration])
    rest = parts[num_calibration:]
    num_validation = max(1, round(VALIDATION_SHARE * len(rest))) if len(rest) > 1 else 0
    validation = set(rest[:num_validation])
    roles: dict[str, Split] = {}
    for sample in samples:
        if sample.split is Split.TEST:
            roles[sample.id] = Split.TEST
        elif not sample.is_anomalous:
            roles[sample.id] = (
                Split.CALIBRATION
                if sample.unit in calibration
                else Split.VALIDATION
                if sample.unit in validation
                else Split.TRAIN
            )
    return SplitPlan(seed, 0.0, roles)


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


def with_labelled(plan: SplitPlan, samples: Sequence[Sample], fraction: float) -> SplitPlan:
    """Move this share of the labelled defects out of the test part, by type, parts kept whole.

    A smaller fraction than the plan has changes nothing: what was seen is never tested again.

    Raises:
        SettingsError: the fraction is not between 0 and 1.
        DatasetError: there is no labelled defect to learn from.
    """
    if fraction <= plan.labelled_fraction:
        return plan
    roles = dict(plan.roles)
    chosen = labelled_parts(plan, samples, fraction)
    for sample in samples:
        if sample.unit not in chosen:
            continue
        if sample.is_anomalous:
            roles[sample.id] = chosen[sample.unit]
        elif sample.split is Split.TEST:
            roles.pop(sample.id, None)  # a normal view of a part whose defect is learned
    return replace(plan, labelled_fraction=fraction, roles=roles)


def labelled_parts(plan: SplitPlan, samples: Sequence[Sample], fraction: float) -> dict[str, Split]:
    """Return the parts whose labelled defects a network may learn from, with their split.

    Parts that the layout itself puts into training come first; of every defect type one part
    stays for testing.

    Raises:
        SettingsError: the fraction is not between 0 and 1.
        DatasetError: there is no labelled defect to learn from.
    """
    if not 0 < fraction < 1:
        raise SettingsError(
            f"A labelled share of {fraction:g} is not possible.",
            "Give a share between 0 and 1, such as --labelled-defects 0.5.",
        )
    held_out = _units_with(plan, samples, Split.CALIBRATION)
    in_validation = _units_with(plan, samples, Split.VALIDATION)
    by_type: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        has_label = sample.defect_type is not None and (sample.mask_paths or sample.boxes)
        if has_label and sample.unit not in held_out:
            by_type[str(sample.defect_type)][sample.unit].append(sample)
    chosen: dict[str, Split] = {}
    for units in by_type.values():
        taken = _take(units, fraction, plan.seed)
        num_validation = round(LABELLED_VALIDATION_SHARE * len(taken))
        for position, unit in enumerate(taken):
            is_validation = unit in in_validation or position < num_validation
            chosen.setdefault(unit, Split.VALIDATION if is_validation else Split.TRAIN)
    if not chosen:
        raise DatasetError(
            "There is no labelled defect to learn from: a type needs two parts with masks.",
            "Leave --labelled-defects out to train on synthetic defects.",
        )
    return chosen


def with_new(plan: SplitPlan, samples: Sequence[Sample]) -> SplitPlan:
    """Give normal training images that came later a use; every image keeps the one it has.

    A new view of a known part shares that part's use. Of the new parts a fifth is held out.
    """
    known: dict[str, Split] = {}
    for sample in samples:
        if sample.split is Split.TRAIN and (role := plan.roles.get(sample.id)) is not None:
            known.setdefault(sample.unit, role)
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
    parts = _ordered({sample.unit for sample in late} - known.keys(), plan.seed)
    held_out = set(parts[: round(CALIBRATION_SHARE * len(parts))])
    roles = dict(plan.roles)
    for sample in late:
        new = Split.CALIBRATION if sample.unit in held_out else Split.TRAIN
        roles[sample.id] = known.get(sample.unit, new)
    return replace(plan, roles=roles)


def apply_split(
    samples: Iterable[Sample], plan: SplitPlan, *, labelled_fraction: float | None = None
) -> list[Sample]:
    """Return the samples that have a use, with their planned split; new test images are tested.

    With a labelled fraction, only the defects of that (smaller) fraction are for training.
    """
    samples = list(samples)
    known_units = {sample.unit for sample in samples if sample.id in plan.roles}
    allowed = None
    if labelled_fraction is not None:
        allowed = set(labelled_parts(plan, samples, labelled_fraction))
    used = []
    for sample in samples:
        role = plan.roles.get(sample.id)
        if role is None and sample.split is Split.TEST and sample.unit not in known_units:
            role = Split.TEST
        if role is None:
            continue
        is_labelled = sample.is_anomalous and role is not Split.TEST
        if is_labelled and (allowed is None or sample.unit not in allowed):
            continue
        used.append(replace(sample, split=role))
    return used


def save_split(folder: Path, plan: SplitPlan) -> None:
    """Write `split.json` into the folder that holds a product's detectors."""
    ids: dict[str, list[str]] = {split.value: [] for split in Split}
    for sample_id, role in plan.roles.items():
        ids[role.value].append(sample_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(
        folder / SPLIT,
        {
            "format": FORMAT,
            "seed": plan.seed,
            "labelled_fraction": plan.labelled_fraction,
            "grouped": plan.is_grouped,
            "roles": ids,
        },
    )


def load_split(folder: Path) -> SplitPlan | None:
    """Return the split of a product, or None if none was made yet.

    Raises:
        CheckpointError: the file is damaged.
    """
    path = folder / SPLIT
    if not path.is_file():
        return None
    content = read_json(path)
    try:
        roles = {
            sample_id: Split(role) for role, ids in content["roles"].items() for sample_id in ids
        }
        return SplitPlan(
            int(content["seed"]),
            float(content["labelled_fraction"]),
            roles,
            bool(content.get("grouped", False)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{path} is damaged ({error}).",
            "Bring it back, or delete it and train every detector of the product again.",
        ) from error


def open_split(
    folder: Path,
    samples: Sequence[Sample],
    *,
    seed: int = 0,
    labelled_fraction: float | None = None,
    is_grouped: bool = False,
) -> SplitPlan:
    """Return the split of a product, made and written if there is none, widened if it must be.

    Raises:
        CheckpointError: the stored split is damaged, or not grouped though it should be.
        DatasetError: the samples are too few.
    """
    stored = load_split(folder)
    if stored is None:
        plan = replace(make_split(samples, seed=seed), is_grouped=is_grouped)
    elif is_grouped and not stored.is_grouped:
        raise CheckpointError(
            f"{folder / SPLIT} is a split that tears near-duplicates apart.",
            "Train into another folder with --checkpoints, or delete it with the detectors beside.",
        )
    else:
        plan = with_new(stored, samples)
    if labelled_fraction is not None:
        plan = with_labelled(plan, samples, labelled_fraction)
    if plan is not stored:
        save_split(folder, plan)
    return plan


def fingerprint(seen: Mapping[str, str]) -> str:
    """Return 16 hex digits that name a set of images, by id and pixels."""
    text = json.dumps(sorted(seen.items()), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _side(members: Sequence[Sample]) -> Split | None:
    """Return where a torn group belongs; None for one that is not torn."""
    tested = [sample for sample in members if sample.split is Split.TEST]
    if len(tested) in (0, len(members)):
        return None
    is_defective = any(sample.is_anomalous for sample in members)
    return Split.TEST if is_defective or 2 * len(tested) >= len(members) else Split.TRAIN


def _take(units: Mapping[str, list[Sample]], fraction: float, seed: int) -> list[str]:
    """Return whole parts until they hold the fraction of the images; one part always stays."""

    def in_training(unit: str) -> bool:
        return all(sample.split is Split.TRAIN for sample in units[unit])

    order = sorted(_ordered(units, seed), key=lambda unit: not in_training(unit))
    target = fraction * sum(len(images) for images in units.values())
    taken: list[str] = []
    held = 0
    for unit in order[: len(order) - 1]:
        if held >= target - 0.5:
            break
        taken.append(unit)
        held += len(units[unit])
    return taken


def _units_with(plan: SplitPlan, samples: Iterable[Sample], role: Split) -> set[str]:
    return {sample.unit for sample in samples if plan.roles.get(sample.id) is role}


def _ordered(units: Iterable[str], seed: int) -> list[str]:
    return sorted(units, key=lambda unit: hashlib.sha256(f"{seed}/{unit}".encode()).digest())
