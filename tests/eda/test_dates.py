"""When images were taken: by EXIF, else by the times of the files, else by their names."""

import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eda.choice import CATEGORIES, DATASETS, DATES, LATE_FROM, OTHER_DATASET, SETS, Choice
from eda.dates import MOST_STEPS, find_dates
from eda.index import open_index
from eda.opened import Opened, open_tables
from eda.views.drift import NO_DATES, build, offer
from inspection.datasets.dataset import read_dataset
from inspection.types import Sample, Split
from tests.doubles.parts import write_dataset

DAY = 86_400


def make_samples(folder: Path, names: list[str], *, taken: list[str] | None = None) -> list[Sample]:
    """Write small images, all at one time; `taken` are the times by EXIF, "" for none."""
    samples = []
    for place, name in enumerate(names):
        path = folder / name
        exif = Image.Exif()
        if taken is not None and taken[place]:
            exif[0x8769] = {0x9003: taken[place]}
        Image.new("RGB", (8, 8)).save(path, exif=exif)
        os.utime(path, (DAY, DAY))
        samples.append(Sample(name, path, "c", Split.TRAIN, None))
    return samples


def test_dates_by_exif_come_first_and_damaged_ones_are_unknown(tmp_path: Path) -> None:
    taken = [f"2024:05:0{day} 12:30:00" for day in (1, 1, 2, 3, 3, 3, 4)]
    names = [f"{number}.jpg" for number in range(9)]
    samples = make_samples(tmp_path, names, taken=[*taken, "nonsense", ""])
    samples.append(Sample("gone.jpg", tmp_path / "gone.jpg", "c", Split.TRAIN, None))
    assert find_dates(samples[:8]) is not None
    found = find_dates(samples[:9])
    assert found is not None
    assert "EXIF" not in found.source, "7 of 9 images are too few"
    found = find_dates(samples[:8])
    assert found is not None
    assert found.source == "by the dates in the files (EXIF)"
    assert list(found.steps) == ["2024-05-02", "2024-05-03", "2024-05-04"]
    assert found.middle == "2024-05-03"
    assert found.values[0] == datetime(2024, 5, 1, 12, 30, tzinfo=UTC).timestamp()
    assert np.isnan(found.values[7])


def test_file_times_count_where_they_differ_by_a_day_and_else_numbers_in_names(
    tmp_path: Path,
) -> None:
    samples = make_samples(tmp_path, [f"cam2_{number}.png" for number in (7, 8, 30, 100)])
    found = find_dates(samples)
    assert found is not None
    assert found.source == "by the numbers in the file names"
    assert found.values.tolist() == [7, 8, 30, 100]
    assert list(found.steps) == ["8", "30", "100"]
    assert found.middle == "30"
    os.utime(samples[0].image_path, (3 * DAY, 3 * DAY))
    found = find_dates(samples)
    assert found is not None
    assert found.source == "by the times at which the files were written (UTC)"
    assert list(found.steps) == ["1970-01-04"]


def test_within_a_day_minutes_are_offered_and_of_very_many_some(tmp_path: Path) -> None:
    taken = [f"2024:05:01 12:{minute:02d}:00" for minute in range(5)]
    samples = make_samples(tmp_path, [f"{n}.jpg" for n in range(5)], taken=taken)
    found = find_dates(samples)
    assert found is not None
    assert next(iter(found.steps)) == "2024-05-01 12:01"
    many = [Sample(f"{n}.png", tmp_path / f"{n}.png", "c", Split.TRAIN, None) for n in range(900)]
    found = find_dates(many)
    assert found is not None
    assert len(found.steps) == MOST_STEPS


def test_without_any_order_there_is_none(tmp_path: Path) -> None:
    assert find_dates(make_samples(tmp_path, ["a.png", "b.png", "c.png"])) is None


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    write_dataset(tmp_path / "parts", num_train=20, num_test=12)
    write_dataset(tmp_path / "parts", category="plate", num_train=20, num_test=12)
    for number, path in enumerate(
        sorted((tmp_path / "parts" / "disc").glob("t*/good/*.png"), key=lambda one: one.name)
    ):
        if number >= 9:  # the lamp was changed
            image = np.asarray(Image.open(path)).astype(int) + 40
            Image.fromarray(image.clip(0, 255).astype(np.uint8)).save(path)
        os.utime(path, (number * DAY, number * DAY))
    return open_tables(open_index(read_dataset(tmp_path / "parts"), cache=tmp_path / "cache"))


def test_early_and_late_images_are_split_where_a_person_wants(opened: Opened) -> None:
    filters = {SETS.name: DATES}
    choice = Choice(category="disc", filters=filters)
    values, first = offer(opened, choice, ())[LATE_FROM.name]
    assert first in values
    parts = build(opened, Choice(category="disc", filters=filters | {LATE_FROM.name: "1970-01-10"}))
    table = parts["drift-measures"]
    assert table.frame["measure"][0] == "brightness"
    assert table.frame["difference"][0] == pytest.approx(40, abs=6)
    assert "from the images before 1970-01-10 to those from 1970-01-10 on" in table.title
    assert table.note.startswith(
        "Early and late by the times at which the files were written (UTC)"
    )
    assert set(parts["drift-images"].frame["category"]) == {"disc"}
    mixed = build(opened, Choice(filters=filters))["drift-measures"]
    assert "choose one above" in mixed.note


def test_categories_and_other_datasets_are_offered_and_compared(opened: Opened) -> None:
    choice = Choice(category="plate", filters={SETS.name: CATEGORIES})
    offered = offer(opened, choice, ("parts", "new"))
    assert offered["first-category"] == (("disc", "plate"), "plate")
    assert offered["second-category"] == (("disc", "plate"), "disc")
    assert offered["other-dataset"][0] == ()
    chosen = {"first-category": "disc", "second-category": "plate"}
    parts = build(opened, Choice(filters={SETS.name: CATEGORIES} | chosen))
    assert "from images of disc to images of plate: brightness by" in parts["drift-measures"].title
    assert set(parts["drift-images"].frame["category"]) == {"plate"}
    filters = {SETS.name: DATASETS}
    offered = offer(opened, Choice(filters=filters), ("parts", "new", "old"))
    assert offered[OTHER_DATASET.name] == (["new", "old"], "new")
    moved = opened.images.assign(brightness=opened.images["brightness"] - 30)
    parts = build(opened, Choice(filters=filters, against=moved, against_name="new"))
    assert "to the images of new: brightness by -" in parts["drift-measures"].title
    assert parts["drift-images"].dataset == "new"
    assert set(parts["drift-images"].frame["defect_type"]) == {"good"}


def test_what_cannot_be_compared_is_told_in_words(opened: Opened, tmp_path: Path) -> None:
    write_dataset(tmp_path / "one" / "x", num_train=3, num_test=2)
    alone = open_tables(open_index(read_dataset(tmp_path / "one" / "x"), cache=tmp_path / "cache"))
    for kind, words in (
        (CATEGORIES, "The dataset has one category."),
        (DATASETS, "The page shows one dataset."),
        (DATES, "at least 8 of each are needed"),
    ):
        plot = build(alone, Choice(filters={SETS.name: kind}))["drift"]
        assert words in plot.layout.annotations[0].text.replace("<br>", " ")
    same = {"first-category": "disc", "second-category": "disc"}
    plot = build(opened, Choice(filters={SETS.name: CATEGORIES} | same))["drift"]
    assert "two different categories" in plot.layout.annotations[0].text.replace("<br>", " ")
    assert "EXIF" in NO_DATES
