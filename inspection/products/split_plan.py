"""The split of a product: what each image serves, as stored in `split.json`."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from inspection.files import checked_content, read_sealed, write_sealed
from inspection.products.manifest import has_vouched
from inspection.types import Split

SPLIT = "split.json"
DAMAGED_FIX = "Bring it back, or delete the folder of the product and train every detector again."


class SplitKind(StrEnum):
    """How train and test are divided."""

    OWN = "own"  # as the layout says
    GROUPED = "grouped"  # near-duplicates count as one part
    RANDOM = "random"  # image by image, every class in the same proportion


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Which image serves what; an id without a role is not used at all.

    Attributes:
        labelled_fraction: share of the labelled defects that has left the test part.
        groups: id -> part of near-duplicates that were found for a grouped split.
        known: id -> pixel hash of a few images, by which the dataset is known again.
        excluded: ids of images that take part in nothing, whatever folder they lie in.
    """

    seed: int
    labelled_fraction: float
    roles: Mapping[str, Split]
    kind: SplitKind = SplitKind.OWN
    groups: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()


def save_split(folder: Path, plan: SplitPlan) -> None:
    """Write `split.json` into the folder that holds a product's detectors."""
    ids: dict[str, list[str]] = {split.value: [] for split in Split}
    for sample_id, role in plan.roles.items():
        ids[role.value].append(sample_id)
    folder.mkdir(parents=True, exist_ok=True)
    write_sealed(
        folder / SPLIT,
        {
            "seed": plan.seed,
            "labelled_fraction": plan.labelled_fraction,
            "kind": plan.kind.value,
            "roles": ids,
            **({"groups": dict(plan.groups)} if plan.groups else {}),
            **({"known": dict(plan.known)} if plan.known else {}),
            **({"excluded": sorted(plan.excluded)} if plan.excluded else {}),
        },
    )


def load_split(folder: Path) -> SplitPlan | None:
    """Return the split of a product, or None if none was made yet.

    Raises:
        CheckpointError: the file is damaged, or missing beside detectors that were trained by it.
    """
    path = folder / SPLIT
    if not path.is_file() and not has_vouched(folder):
        return None
    content = read_sealed(path, fix=DAMAGED_FIX)
    with checked_content(path, fix=DAMAGED_FIX):
        roles = {
            sample_id: Split(role) for role, ids in content["roles"].items() for sample_id in ids
        }
        groups, known = (
            {str(key): str(value) for key, value in content.get(name, {}).items()}
            for name in ("groups", "known")
        )
        return SplitPlan(
            int(content["seed"]),
            float(content["labelled_fraction"]),
            roles,
            SplitKind(content.get("kind", SplitKind.OWN)),
            groups,
            known,
            frozenset(map(str, content.get("excluded", ()))),
        )


def order_units(units: Iterable[str], seed: int) -> list[str]:
    """Return names in an order that depends on nothing but the names and the seed."""
    return sorted(units, key=lambda unit: hashlib.sha256(f"{seed}/{unit}".encode()).digest())
