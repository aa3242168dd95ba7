"""Which labelled defects a detector may learn from; they leave the test part for good."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inspection.errors import DatasetError, SettingsError
from inspection.products.split_plan import SplitKind, SplitPlan, order_units
from inspection.types import Sample, Split

VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Labels:
    """What a detector wants of the labelled defects.

    Attributes:
        fraction: share of each type, those that the layout puts into training first; None for
            exactly those.
        needs_masks: whether a label that marks no place is of no use.
    """

    fraction: float | None
    needs_masks: bool = True


def with_labels(plan: SplitPlan, samples: Sequence[Sample], labels: Labels) -> SplitPlan:
    """Move the wanted labelled defects out of the test part, by type, parts kept whole.

    What has left it before stays out: what was seen is never tested again.

    Raises:
        SettingsError: the fraction is not between 0 and 1, or the split divides defects already.
        DatasetError: there is no labelled defect to learn from.
    """
    if plan.kind is SplitKind.RANDOM:
        if labels.fraction is not None:
            raise SettingsError(
                "A random split divides the labelled defects already.",
                "Leave --labelled-defects out. For a U-Net that learns from them, "
                "add `--set labelled=true`.",
            )
        return plan
    fraction = labels.fraction or 0.0
    if labels.needs_masks and fraction <= plan.labelled_fraction:
        return plan
    roles = _without_test(plan.roles, samples, labelled_parts(plan, samples, labels))
    widest = max(fraction, plan.labelled_fraction)
    if roles == plan.roles and widest == plan.labelled_fraction:
        return plan
    return replace(plan, labelled_fraction=widest, roles=roles)


def _without_test(
    roles: Mapping[str, Split], samples: Sequence[Sample], chosen: Mapping[str, Split]
) -> dict[str, Split]:
    """Return the roles when the chosen parts have left the test part."""
    left = dict(roles)
    for sample in samples:
        if sample.unit not in chosen:
            continue
        if not sample.is_anomalous:
            if sample.split is Split.TEST:
                left.pop(sample.id, None)  # a normal view of a part whose defect is learned
        elif left.get(sample.id, Split.TEST) is Split.TEST:
            left[sample.id] = chosen[sample.unit]
    return left


def labelled_parts(plan: SplitPlan, samples: Sequence[Sample], labels: Labels) -> dict[str, Split]:
    """Return the parts whose labelled defects a network may learn from, with their split.

    Parts that the layout itself puts into training come first. Of every defect type one part stays
    for testing where a fraction is wanted.

    Raises:
        SettingsError: the fraction is not between 0 and 1.
        DatasetError: there is no labelled defect to learn from.
    """
    if labels.fraction is not None and not 0 < labels.fraction < 1:
        raise SettingsError(
            f"A labelled share of {labels.fraction:g} is not possible.",
            "Give a share between 0 and 1, such as --labelled-defects 0.5.",
        )
    in_validation = _units_with(plan, samples, Split.VALIDATION)
    chosen: dict[str, Split] = {}
    for units in _by_type(plan, samples, needs_masks=labels.needs_masks).values():
        taken = _take(units, labels.fraction, plan.seed)
        num_validation = round(VALIDATION_SHARE * len(taken))
        for position, unit in enumerate(taken):
            is_validation = unit in in_validation or position < num_validation
            chosen.setdefault(unit, Split.VALIDATION if is_validation else Split.TRAIN)
    if not chosen:
        raise _nothing_labelled(labels)
    return chosen


def _by_type(
    plan: SplitPlan, samples: Sequence[Sample], *, needs_masks: bool
) -> Mapping[str, Mapping[str, list[Sample]]]:
    """Return defect type -> part -> labelled samples, without parts that calibrate thresholds."""
    held_out = _units_with(plan, samples, Split.CALIBRATION)
    found: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for sample in samples:
        is_usable = sample.is_marked or not needs_masks
        if sample.is_anomalous and sample.unit not in held_out and is_usable:
            found[str(sample.defect_type)][sample.unit].append(sample)
    return found


def _take(units: Mapping[str, list[Sample]], fraction: float | None, seed: int) -> list[str]:
    """Return whole parts until they hold the fraction of the images; one part always stays."""

    def in_training(unit: str) -> bool:
        return all(sample.split is Split.TRAIN for sample in units[unit])

    order = sorted(order_units(units, seed), key=lambda unit: not in_training(unit))
    if fraction is None:
        return [unit for unit in order if in_training(unit)]
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


def _nothing_labelled(labels: Labels) -> DatasetError:
    problem = "There is no labelled defect to learn from"
    if labels.fraction is None:
        return DatasetError(
            f"{problem} in the training part.",
            "Take a share of those in the test part: `--labelled-defects 0.5`.",
        )
    if labels.needs_masks:
        return DatasetError(
            f"{problem}: a type needs two parts with masks.",
            "Leave --labelled-defects out to train on synthetic defects.",
        )
    return DatasetError(f"{problem}: a type needs two parts.", "Add images of defective parts.")
