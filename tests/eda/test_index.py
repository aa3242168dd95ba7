"""The index of a dataset: what is measured, and when it is measured again."""

import os
import sqlite3
import time
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from eda import index as module
from eda.facts import decode_coverage, measure_defects, measure_sample
from eda.index import Index, embed_index, open_index
from eda.index_files import FORGOTTEN, VERSION, cache_folder, cache_path, why_anew
from inspection.datasets.dataset import Dataset, read_dataset
from inspection.issues import IssueKind
from inspection.regions import find_regions
from inspection.types import Box, Sample, Split
from tests.doubles.disk import make_link
from tests.doubles.parts import write_dataset

NO_DATABASE = b"this is no database, whatever its name says" * 50


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return read_dataset(write_dataset(tmp_path / "parts"))


def open_in(dataset: Dataset, tmp_path: Path) -> Index:
    return open_index(dataset, cache=tmp_path / "cache")


def test_facts_say_what_is_in_the_image(dataset: Dataset, tmp_path: Path) -> None:
    index = open_in(dataset, tmp_path)
    row = next(i for i, sample in enumerate(index.samples) if sample.is_anomalous)
    facts = index.facts[row]
    assert (facts.width, facts.height, facts.mode, facts.truth) == (64, 64, "RGB", "mask")
    (defect,) = facts.defects
    assert defect.area == 256
    assert defect.thickness == pytest.approx(16, abs=1)
    assert defect.border_distance == 18
    assert defect.contrast == pytest.approx(90, abs=8)
    assert defect.elongation == pytest.approx(1)


def test_a_line_one_pixel_wide_has_thickness_one_and_is_elongated() -> None:
    mask = np.zeros((40, 80), np.bool_)
    mask[20, 10:50] = True
    (line,) = measure_defects(np.zeros((40, 80, 3), np.uint8), mask)
    assert line.thickness == 1
    assert line.length == 40
    assert line.elongation == pytest.approx(40)


def test_a_defect_is_as_elongated_in_the_index_as_in_a_report() -> None:
    mask = np.zeros((40, 80), np.bool_)
    mask[5:30, 10:16] = mask[25:30, 10:60] = True  # an L
    (defect,) = measure_defects(np.zeros((40, 80, 3), np.uint8), mask)
    (region,) = find_regions(mask.astype(np.float32), mask)
    assert defect.elongation == region.elongation
    assert defect.elongation > 50 / 25  # longer than its rectangle, in which an L has no width


def test_boxes_count_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (60, 60)).save(path)
    boxes = (Box(5, 5, 25, 15), Box(20, 10, 40, 30))
    sample = Sample("a.png", path, "c", Split.TEST, "bad", boxes=boxes)
    facts = measure_sample(sample)
    assert facts.truth == "boxes"
    assert [defect.area for defect in facts.defects] == [200, 400]


def test_nothing_is_written_into_the_dataset_folder(dataset: Dataset, tmp_path: Path) -> None:
    before = sorted(dataset.root.rglob("*"))
    open_in(dataset, tmp_path)
    assert sorted(dataset.root.rglob("*")) == before


def test_the_second_opening_measures_nothing(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_in(dataset, tmp_path)
    monkeypatch.setattr(module, "measure_sample", lambda sample: pytest.fail(sample.id))
    second = open_in(dataset, tmp_path)
    assert [facts.quality for facts in second.facts] == [facts.quality for facts in first.facts]
    assert [facts.defects for facts in second.facts] == [facts.defects for facts in first.facts]


def test_only_what_has_changed_is_measured_again(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(dataset, tmp_path)
    changed = dataset.samples[0]
    Image.new("L", (32, 48)).save(changed.image_path)
    os.utime(changed.image_path, ns=(1, 1))
    measured: list[str] = []

    def measure(sample: Sample) -> object:
        measured.append(sample.id)
        return measure_sample(sample)

    monkeypatch.setattr(module, "measure_sample", measure)
    index = open_in(dataset, tmp_path)
    assert measured == [changed.id]
    assert (index.facts[0].width, index.facts[0].mode) == (32, "L")


def test_broken_images_are_noted_and_the_rest_is_measured(dataset: Dataset, tmp_path: Path) -> None:
    dataset.samples[0].image_path.write_bytes(b"")
    dataset.samples[1].image_path.write_bytes(b"no image at all")
    data = dataset.samples[2].image_path.read_bytes()
    dataset.samples[2].image_path.write_bytes(data[: len(data) // 2])
    index = open_in(dataset, tmp_path)
    assert [bool(facts.problem) for facts in index.facts[:4]] == [True, True, True, False]
    assert "empty" in index.facts[0].problem


def test_odd_masks_are_noted(dataset: Dataset, tmp_path: Path) -> None:
    marked = [sample for sample in dataset.samples if sample.mask_paths]
    Image.new("L", (20, 30)).save(marked[0].mask_paths[0])
    Image.new("L", (64, 64)).save(marked[1].mask_paths[0])
    grey = np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1))
    Image.fromarray(grey).save(marked[2].mask_paths[0])
    index = open_in(dataset, tmp_path)
    facts = {s.id: f for s, f in zip(index.samples, index.facts, strict=True)}
    problems = [facts[sample.id].mask_problems[0] for sample in marked[:3]]
    assert [problem.kind for problem in problems] == [
        IssueKind.MASK_SIZE,
        IssueKind.EMPTY_MASK,
        IssueKind.UNCLEAR_MASK,
    ]
    assert "20 x 30" in problems[0].problem
    assert "64 grey levels" in problems[2].problem
    again = open_in(dataset, tmp_path)  # from the cache
    assert [one.mask_problems for one in again.facts] == [one.mask_problems for one in index.facts]


def test_stopping_keeps_what_was_measured(dataset: Dataset, tmp_path: Path) -> None:
    calls = iter([False, True])
    partial = open_index(
        dataset, cache=tmp_path / "cache", is_stopped=lambda: next(calls, True), workers=1
    )
    assert 0 < len(partial.samples) < len(dataset.samples)
    assert not partial.is_complete
    assert open_in(dataset, tmp_path).is_complete


def test_a_damaged_cache_is_made_anew(dataset: Dataset, tmp_path: Path) -> None:
    path = cache_path(dataset.root, tmp_path / "cache")
    path.parent.mkdir()
    path.write_bytes(NO_DATABASE)
    assert open_in(dataset, tmp_path).is_complete


def damage(path: Path) -> None:
    """Overwrite the middle of a cache: its head is as it was, and so it opens."""
    data = path.read_bytes()
    head, tail = data[:4096], data[len(data) // 2 :]
    path.write_bytes(head + b"\xff" * (len(data) - len(head) - len(tail)) + tail)


def test_a_cache_damaged_behind_its_head_is_made_anew(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(dataset, tmp_path).store.close()
    damage(cache_path(dataset.root, tmp_path / "cache"))
    index = open_in(dataset, tmp_path)
    ids = [sample.id for sample in dataset.samples]
    assert index.is_complete
    assert list(index.thumbnails(ids)) == ids
    monkeypatch.setattr(module, "measure_sample", lambda sample: pytest.fail(sample.id))
    assert open_in(dataset, tmp_path).is_complete  # the new one is kept


def test_a_row_that_makes_no_sense_is_measured_again(dataset: Dataset, tmp_path: Path) -> None:
    first = open_in(dataset, tmp_path)
    for column, text in (("defects", "[[1"), ("stamp", b"\xff"), ("mask_problems", "{")):
        query = f"UPDATE facts SET {column} = CAST(? AS TEXT) WHERE id = ?"
        with sqlite3.connect(cache_path(dataset.root, tmp_path / "cache")) as other:
            other.execute(query, (text, dataset.samples[0].id))
        other.close()
        again = open_in(dataset, tmp_path)
        assert again.stamps == first.stamps
        assert list(map(astuple, again.facts)) == list(map(astuple, first.facts))


def test_a_damaged_cache_is_closed_before_it_is_removed(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cache_path(dataset.root, tmp_path / "cache")
    path.parent.mkdir()
    path.write_bytes(NO_DATABASE)
    num_open = 0

    class Counted(sqlite3.Connection):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            nonlocal num_open
            super().__init__(*arguments, **named)
            num_open += 1

        def close(self) -> None:
            nonlocal num_open
            super().close()
            num_open -= 1

    connect, unlink = sqlite3.connect, Path.unlink

    def unlink_as_windows(path: Path, **named: Any) -> None:
        if num_open:
            raise PermissionError(path)
        unlink(path, **named)

    monkeypatch.setattr(
        sqlite3, "connect", lambda *a, **named: connect(*a, factory=Counted, **named)
    )
    monkeypatch.setattr(Path, "unlink", unlink_as_windows)
    open_in(dataset, tmp_path).store.close()
    monkeypatch.setattr(module, "measure_sample", lambda sample: pytest.fail(sample.id))
    assert open_in(dataset, tmp_path).is_complete


def test_a_damaged_cache_that_cannot_be_removed_is_passed_by(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_in(dataset, tmp_path).store.close()
    damage(cache_path(dataset.root, tmp_path / "cache"))

    def refuse(path: Path, **_: Any) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(Path, "unlink", refuse)
    index = open_in(dataset, tmp_path)
    assert index.is_complete
    assert index.thumbnails([index.samples[0].id])


def test_without_a_writable_cache_it_works_in_memory(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = open_index(dataset, cache=tmp_path / "file")
    assert index.is_complete
    assert index.thumbnails([index.samples[0].id])


def test_the_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEFECT_LENS_CACHE", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/defect-lens")
    monkeypatch.setenv("DEFECT_LENS_CACHE", "/given")
    assert cache_folder() == Path("/given")


def test_the_coverage_lies_where_the_mask_is(dataset: Dataset, tmp_path: Path) -> None:
    index = open_in(dataset, tmp_path)
    marked = next(sample.id for sample in index.samples if sample.is_anomalous)
    cells = decode_coverage(index.coverages([marked])[marked])
    assert cells[28, 38] == 1
    assert cells.sum() == 256


class Means:
    """Embeds an image as its mean colour."""

    source = "means"
    calls = 0

    def __call__(self, images: object) -> np.ndarray:
        self.calls += 1
        return np.array([image.mean(axis=(0, 1)) for image in images], np.float32)  # type: ignore[attr-defined]


def test_embeddings_are_kept_in_the_cache(dataset: Dataset, tmp_path: Path) -> None:
    dataset.samples[0].image_path.write_bytes(b"")
    embed = Means()
    first = embed_index(open_in(dataset, tmp_path), embed)
    assert first is not None
    assert first.shape == (len(dataset.samples), 3)
    assert not first[0].any()
    calls = embed.calls
    second = embed_index(open_in(dataset, tmp_path), embed)
    np.testing.assert_array_equal(first, second)
    assert embed.calls == calls


def test_an_index_of_an_older_version_is_made_anew_with_its_reason_and_then_removed(
    dataset: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    assert why_anew(dataset.root, folder) == ""
    open_index(dataset, cache=folder).store.close()
    new = cache_path(dataset.root, folder)
    assert [path.name for path in folder.iterdir()] == [new.name]
    old = cache_path(dataset.root, folder, version=VERSION - 1)
    new.rename(old)
    assert why_anew(dataset.root, folder) == (
        "The index is made anew: this version also measures the checksums of its own rows."
    )
    open_index(dataset, cache=folder, is_stopped=lambda: True).store.close()
    assert old.exists()  # until all is measured
    open_index(dataset, cache=folder).store.close()
    assert not old.exists()
    assert new.exists()
    assert why_anew(dataset.root, folder) == ""


def test_of_other_files_only_forgotten_indexes_of_older_versions_are_removed(
    dataset: Dataset, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    content = b"SQLite format 3\0 and more"
    long_ago = cache_path(tmp_path / "gone", folder, version=4)
    stays = {
        cache_path(tmp_path / "lately", folder, version=4): content,
        cache_path(tmp_path / "later", folder, version=VERSION + 1): content,
        cache_path(tmp_path / "text", folder, version=4): b"notes of somebody",
        folder / "index-4-my-own-notes.sqlite": content,
        folder / "features.sqlite": content,
    }
    for path, data in {long_ago: content, **stays}.items():
        path.write_bytes(data)
        if "lately" not in path.name:
            os.utime(path, (0, time.time() - FORGOTTEN - 60))
    link = cache_path(tmp_path / "link", folder, version=4)
    make_link(link, tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(content)
    open_index(dataset, cache=folder).store.close()
    assert not long_ago.exists()
    assert all(path.exists() for path in (*stays, link, tmp_path / "elsewhere"))


def test_an_account_without_a_home_keeps_its_index_in_memory(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("DEFECT_LENS_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    index = open_index(dataset)
    assert index.is_complete
    assert why_anew(dataset.root) == ""
    assert index.thumbnails([index.samples[0].id])
