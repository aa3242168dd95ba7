"""The files of a checkpoint vouch for each other, and older ones say that theirs do not."""

import hashlib
import json
from pathlib import Path

import pytest

from inspection.errors import CheckpointError
from inspection.files import write_json
from inspection.products.checkpoint_folders import fingerprint, read_card, read_learned
from inspection.products.manifest import CARD, FILES, MANIFEST, read_manifest, write_manifest
from inspection.products.reading import load_reading
from inspection.products.renaming import rename_ids
from inspection.products.split_plan import SplitPlan, load_split, save_split
from inspection.types import Split


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint with a manifest; its weights are none."""
    folder = tmp_path / "part" / "cae"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text(json.dumps({"format": 1, "name": name}), encoding="utf-8")
    write_manifest(folder)
    return folder


def test_the_manifest_is_what_sha256sum_writes(folder: Path) -> None:
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    expected = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}" for n in FILES]
    assert lines == expected
    (folder / MANIFEST).write_text("\r\n".join(line.replace("  ", " *") for line in lines))
    assert read_card(folder)["name"] == "detector.json"


def test_a_changed_file_is_refused_and_one_from_before_is_read(folder: Path) -> None:
    card = folder / "detector.json"
    card.write_text(card.read_text(encoding="utf-8").replace('"format"', ' "format"'))
    with pytest.raises(CheckpointError, match=r"is not as it was written.*cli\.py train"):
        read_card(folder)
    (folder / MANIFEST).unlink()
    assert read_manifest(folder) is None
    assert read_card(folder)["name"] == "detector.json"


@pytest.mark.parametrize("text", ["", "x", f"{'0' * 64}  other.txt\n" * 3, "\xff"])
def test_a_damaged_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / MANIFEST).write_text(text, encoding="latin-1")
    with pytest.raises(CheckpointError, match=r"SHA256SUMS (does not name|cannot be read)"):
        read_card(folder)


def test_a_product_with_vouched_detectors_has_its_split_and_its_reading(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"split\.json is missing\. Bring it back"):
        load_split(folder.parent)
    with pytest.raises(CheckpointError, match=r"reading\.json is missing\. Bring it back"):
        load_reading(folder.parent)
    (folder / MANIFEST).unlink()
    assert load_split(folder.parent) is None


def test_the_list_of_images_seen_is_the_one_of_its_fingerprint(folder: Path) -> None:
    card = {"data_fingerprint": "0" * 16, "training": {"seen": {"a.png": "00"}}}
    with pytest.raises(CheckpointError, match="the list of images seen is not the one"):
        read_learned(folder, card)
    del card["data_fingerprint"]
    assert read_learned(folder, card) == {"a.png": "00"}


def test_a_product_that_was_renamed_vouches_for_its_files_again(folder: Path) -> None:
    seen = {"part/train/good/0.png": "00"}
    card = {"format": 1, "data_fingerprint": fingerprint(seen), "training": {"seen": seen}}
    write_json(folder / CARD, card)
    write_manifest(folder)
    save_split(folder.parent, SplitPlan(0, 0.0, {"part/train/good/0.png": Split.TRAIN}))
    rename_ids(folder.parent, "part", "angle")
    assert read_learned(folder, read_card(folder)) == {"angle/train/good/0.png": "00"}
    plan = load_split(folder.parent)
    assert plan is not None
    assert list(plan.roles) == ["angle/train/good/0.png"]
