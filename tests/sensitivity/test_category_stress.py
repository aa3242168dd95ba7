"""The detectors of a product under stress: measured, kept, stopped, gone on with, refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inspection.datasets.dataset import Dataset, read_dataset
from inspection.errors import CheckpointError, EvaluationError, SettingsError
from inspection.files import read_json, write_json
from inspection.images import read_sample
from inspection.joint import JOINT
from inspection.preprocess import Progress
from inspection.products.catalog import Catalog
from inspection.progress import Monitor, StoppedError
from inspection.sensitivity.category_stress import PARTIAL, StressOptions, stress_product
from inspection.sensitivity.robustness import ROBUSTNESS, load_robustness, name_detectors
from inspection.sensitivity.stress import STRESSES
from inspection.types import RGBImage, Sample
from tests.doubles.detectors import DETECTORS
from tests.doubles.products import make_catalog

KEY = "drawn/part"
TWO = StressOptions(stresses=("brightness", "shift"), num_levels=3)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path)


@pytest.fixture
def source(tmp_path: Path, catalog: Catalog) -> Dataset:
    return read_dataset(tmp_path / "data" / "drawn")


def count_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    read: list[str] = []

    def note(sample: Sample) -> RGBImage:
        read.append(sample.id)
        return read_sample(sample)

    monkeypatch.setattr("inspection.sensitivity.category_stress.read_sample", note)
    return read


def test_fakes_that_see_brightness_raise_alarms_in_more_light_and_miss_defects_in_less(
    catalog: Catalog, source: Dataset
) -> None:
    product = catalog.product(KEY)
    measured = stress_product(catalog, product, source, TWO)
    found = measured.robustness
    assert (found.num_good, found.num_defective, found.false_alarm_rate) == (4, 6, 0.02)
    assert name_detectors(found) == (*DETECTORS, JOINT)
    assert len(measured.answers) == 4 * 10 * (3 + 3)
    light, shift = found.stresses
    for one in light.detectors:
        dark, neutral, bright = one.levels
        assert [level.level for level in one.levels] == [-60, 0, 60]
        assert (neutral.false_alarms.num_flagged, neutral.num_found) == (0, 6)
        assert (bright.false_alarms.num_flagged, dark.num_found) == (4, 3)
        assert one.kept_range(0) == (-60, 0)
        assert one.found_range(0) == (-60, 60)  # three of three lost may be chance: 1/8
    for one in shift.detectors:  # the defect is followed to its new place
        assert [level.num_found for level in one.levels] == [6, 6, 6]
    assert load_robustness(product) == found


def test_a_measurement_that_is_stopped_goes_on_and_gives_the_same(
    catalog: Catalog, source: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = catalog.product(KEY)
    read = count_reads(monkeypatch)

    def is_stopped() -> bool:
        return len(read) == 15

    with pytest.raises(StoppedError):
        stress_product(catalog, product, source, TWO, monitor=Monitor(is_stopped=is_stopped))
    assert not (product.folder / ROBUSTNESS).exists()
    read.clear()
    resumed = stress_product(catalog, product, source, TWO)
    assert len(read) == 3 * 10 - 10  # the pass without stress was kept
    read.clear()
    fresh = stress_product(catalog, product, source, TWO)
    assert len(read) == 30
    assert fresh.answers == resumed.answers
    assert not (product.folder / PARTIAL).exists()


def test_further_stresses_are_added_and_those_of_another_seed_are_not(
    catalog: Catalog, source: Dataset
) -> None:
    product = catalog.product(KEY)

    def measure(name: str, *, seed: int) -> list[str]:
        options = StressOptions(stresses=(name,), num_levels=2, seed=seed)
        stress_product(catalog, product, source, options)
        return [one.stress for one in load_robustness(product).stresses]

    assert measure("noise", seed=0) == ["noise"]
    assert measure("uneven", seed=0) == ["uneven", "noise"]
    assert measure("dust", seed=1) == ["dust"]


def test_a_limit_counts_good_and_defective_images_each(catalog: Catalog, source: Dataset) -> None:
    options = StressOptions(stresses=("jpeg",), num_levels=2, limit=2)
    found = stress_product(catalog, catalog.product(KEY), source, options).robustness
    assert (found.num_good, found.num_defective) == (2, 2)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (StressOptions(stresses=("rain",)), "no stress rain"),
        (StressOptions(num_levels=1), "1 levels"),
        (StressOptions(limit=0), "--limit 0"),
        (StressOptions(seed=-1), "seed -1"),
    ],
)
def test_impossible_options_are_refused(
    catalog: Catalog, source: Dataset, options: StressOptions, said: str
) -> None:
    with pytest.raises(SettingsError, match=said):
        stress_product(catalog, catalog.product(KEY), source, options)


def test_a_detector_that_is_replaced_meanwhile_is_refused(
    catalog: Catalog, source: Dataset
) -> None:
    product = catalog.product(KEY)

    @contextmanager
    def replace(title: str, _: str) -> Iterator[Progress]:
        if title == STRESSES["shift"].label:
            card = product.folder / "unet" / "detector.json"
            write_json(card, {**read_json(card), "weights_sha256": "11"})
        yield lambda done, total: None

    with pytest.raises(CheckpointError, match="replaced while"):
        stress_product(catalog, product, source, TWO, monitor=Monitor(track=replace))
    assert not (product.folder / ROBUSTNESS).exists()


def test_what_was_measured_of_other_weights_is_refused(catalog: Catalog, source: Dataset) -> None:
    product = catalog.product(KEY)
    with pytest.raises(EvaluationError, match=r"cli\.py stress"):
        load_robustness(product)
    stress_product(
        catalog, product, source, StressOptions(stresses=("jpeg",), num_levels=2, limit=1)
    )
    card = product.folder / "unet" / "detector.json"
    write_json(card, {**read_json(card), "weights_sha256": "11"})
    with pytest.raises(EvaluationError, match="another unet"):
        load_robustness(product)
