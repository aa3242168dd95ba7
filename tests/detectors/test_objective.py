"""Settings are tried on images of the training part, and on nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detectors.search.objective import divide_training, measure_objective, read_validation
from inspection.datasets.dataset import read_dataset
from inspection.errors import DatasetError
from inspection.products.split_labels import Labels, with_labels
from inspection.products.splits import apply_split, make_split
from inspection.types import Sample, Split
from tests.doubles.detectors import FakeDetector
from tests.doubles.parts import write_dataset


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    found = read_dataset(write_dataset(tmp_path / "parts", num_train=40, num_test=8)).samples
    plan = with_labels(make_split(found), found, Labels(0.5))
    return apply_split(found, plan, labels=Labels(0.5))


@pytest.mark.parametrize("keeps_labels", [False, True])
@pytest.mark.parametrize("with_labelled", [False, True])
def test_only_training_images_are_used_and_none_twice(
    samples: list[Sample], with_labelled: bool, keeps_labels: bool
) -> None:
    made = divide_training(samples, seed=0, with_labelled=with_labelled, keeps_labels=keeps_labels)
    used = [*made.learned, *made.normal, *made.defective]
    assert {sample.split for sample in used} <= {Split.TRAIN, Split.VALIDATION}
    assert len({sample.id for sample in used}) == len(used)
    assert made.normal
    assert not any(sample.is_anomalous for sample in made.normal)
    assert bool(made.defective) == with_labelled
    learned_labels = [sample for sample in made.learned if sample.is_anomalous]
    assert bool(learned_labels) == keeps_labels


def test_views_of_one_part_are_set_aside_together(samples: list[Sample]) -> None:
    views = [replace(s, group=f"part{n // 3}") for n, s in enumerate(samples)]
    made = divide_training(views, seed=0)
    assert {s.unit for s in made.normal}.isdisjoint(s.unit for s in made.learned)


def test_the_same_seed_asks_the_same(samples: list[Sample]) -> None:
    made = divide_training(samples, seed=3)
    assert made == divide_training(samples, seed=3)
    assert made != divide_training(samples, seed=4)
    first, second = (read_validation(made, seed=3) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    other_seed = read_validation(made, seed=5)
    assert any((a.image != b.image).any() for a, b in zip(first, other_seed, strict=True))


def test_a_good_detector_gets_more_than_a_blind_one(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = divide_training(samples, seed=0, with_labelled=True)
    images = read_validation(made, seed=0)
    calls: list[tuple[int, int]] = []
    good = measure_objective(FakeDetector(), images, progress=lambda *step: calls.append(step))
    assert good["image_auroc"] == 1
    assert good["objective"] == pytest.approx((good["image_auroc"] + good["aupro_30"]) / 2)
    assert calls[-1] == (len(images), len(images))
    blind = [replace(q, image=np.full_like(q.image, 9)) for q in images]
    assert measure_objective(FakeDetector(), blind, progress=lambda *_: None)["image_auroc"] == 0.5
    bare = [replace(q, mask=None) if q.is_anomalous else q for q in images]
    assert measure_objective(FakeDetector(), bare, progress=lambda *_: None)["objective"] == 1


def test_too_few_parts_or_labels_are_refused(samples: list[Sample]) -> None:
    with pytest.raises(DatasetError, match="4 or more"):
        divide_training(samples[:0], seed=0)
    normal = [sample for sample in samples if not sample.is_anomalous]
    with pytest.raises(DatasetError, match="synthetic"):
        divide_training(normal, seed=0, with_labelled=True)
