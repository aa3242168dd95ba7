"""Which detectors and which data an answer rests on: hashes that anybody can compute again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inspection.detector import Channel, DetectorInfo
from inspection.errors import CheckpointError
from inspection.products.checkpoint_folders import read_seen
from inspection.products.familiarity import FILE as FAMILIARITY
from inspection.products.manifest import FILES, hash_file
from inspection.products.product import Product
from inspection.products.split_plan import SPLIT


@dataclass(frozen=True, slots=True)
class DetectorIdentity:
    """A detector with its checkpoint.

    Attributes:
        summary: what it learned from, such as "trained on 400 normal images".
        created: when the training ended, ISO 8601; empty where that is unknown.
        num_calibration: held-out normal parts behind the thresholds.
        files: name -> SHA-256 of the files of the checkpoint.
        num_seen: images seen in training and calibration.
        seen_hash: SHA-256 over id and pixel hash of all of them: the data it has seen.
    """

    name: str
    title: str
    summary: str
    created: str
    num_calibration: int
    files: Mapping[str, str]
    num_seen: int
    seen_hash: str


@dataclass(frozen=True, slots=True)
class Identity:
    """A product with its detectors; a hash is empty where there is no such file."""

    dataset: str
    category: str
    split_hash: str
    detectors: tuple[DetectorIdentity, ...]
    familiarity_hash: str = ""

    @property
    def titles(self) -> Mapping[str, str]:
        """Title of each detector, by name."""
        return {one.name: one.title for one in self.detectors}


def identify(
    product: Product, channels: Mapping[str, Channel], detectors: Mapping[str, DetectorInfo]
) -> Identity:
    """Return what the answers of these detectors rest on.

    Args:
        product: of the detectors.
        channels: that answered, by name.
        detectors: what people see of them, by name.

    Raises:
        CheckpointError: a checkpoint is missing or damaged.
    """
    split = product.folder / SPLIT
    identities = tuple(
        _identify_detector(product.folder / name, channel, detectors[name].title)
        for name, channel in channels.items()
    )
    familiarity = product.folder / FAMILIARITY
    return Identity(
        product.dataset,
        product.category,
        split_hash=_hash_file(split) if split.is_file() else "",
        detectors=identities,
        familiarity_hash=_hash_file(familiarity) if familiarity.is_file() else "",
    )


def _identify_detector(folder: Path, channel: Channel, title: str) -> DetectorIdentity:
    seen = read_seen(folder)
    lines = "".join(f"{name}\t{seen[name]}\n" for name in sorted(seen))
    training = channel.detector.training
    return DetectorIdentity(
        name=folder.name,
        title=title,
        summary=channel.summary,
        created="" if training is None else training.created,
        num_calibration=channel.calibration.num_normal,
        files={name: _hash_file(folder / name) for name in FILES if (folder / name).is_file()},
        num_seen=len(seen),
        seen_hash=hashlib.sha256(lines.encode()).hexdigest(),
    )


def _hash_file(path: Path) -> str:
    try:
        return hash_file(path)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error.strerror}).", "Train again, or inspect once more."
        ) from error
