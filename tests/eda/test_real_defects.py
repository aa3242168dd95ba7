"""Real defects as trials: measured in the index, judged in the evaluation."""

from dataclasses import replace
from pathlib import Path

from eda.index import open_index
from eda.sensitivity.exhibits import show_real
from eda.sensitivity.real_defects import list_longest
from inspection.datasets.dataset import read_dataset
from inspection.evaluation.ranking import Confusion
from inspection.sensitivity.fitting import fit_trials
from inspection.sensitivity.kept import describe_real
from inspection.sensitivity.real_defects import REAL, make_real_trials
from inspection.sensitivity.records import RealDefect
from tests.doubles.detectors import make_infos
from tests.doubles.parts import write_dataset
from tests.eda.test_results_plots import make_report

DEFECTS = {
    "b0": RealDefect(4.0, 30.0, 1.0, 1.0),
    "b1": RealDefect(9.0, -30.0, 1.0, 1.0),
    "b2": RealDefect(20.0, 30.0, 1.0, 1.0),
}


def test_the_longest_defect_of_each_masked_image_is_measured(tmp_path: Path) -> None:
    dataset = read_dataset(write_dataset(tmp_path / "data"))
    index = open_index(dataset, cache=tmp_path / "cache")
    found = list_longest(index)
    assert set(found) == {sample.id for sample in dataset.samples if sample.mask_paths}
    assert {defect.size for defect in found.values()} == {16.0}
    assert all(0 < defect.row < 64 and abs(defect.contrast) > 50 for defect in found.values())


def test_a_hit_is_a_flag_that_touches_the_mask_where_the_pixels_are_known() -> None:
    scores = {"g0": 0.2, "b0": 0.5, "b1": 3.0, "b2": 5.0}
    first = make_report(scores)
    beside = Confusion(true_positives=0, false_positives=9, true_negatives=50, false_negatives=5)
    second = make_report(scores, detector="unet")
    images = tuple(
        replace(image, pixels=beside if image.id == "b1" else None) for image in second.images
    )
    trials = make_real_trials(DEFECTS, [first, replace(second, images=images)])
    assert [trial.source for trial in trials] == ["b0", "b1", "b2"]
    assert [trial.kind for trial in trials] == ["dent", "dent", "scratch"]
    assert [trial.answers["cae"].is_hit for trial in trials] == [False, True, True]
    assert [trial.answers["unet"].is_hit for trial in trials] == [False, False, True]
    assert trials[1].answers["unet"].is_flagged
    assert fit_trials(trials)["cae"].num_hits == 2


def test_only_images_that_every_detector_saw_count() -> None:
    first, second = make_report({"b0": 2.0, "b1": 2.0}), make_report({"b1": 2.0}, detector="unet")
    assert [trial.source for trial in make_real_trials(DEFECTS, [first, second])] == ["b1"]
    assert make_real_trials(DEFECTS, []) == []


def test_real_defects_are_drawn_and_said_with_the_number_of_them() -> None:
    scores = {"b0": 0.5, "b1": 3.0, "b2": 5.0}
    trials = make_real_trials(DEFECTS, [make_report(scores)]) * 4
    infos = make_infos("cae")
    (sentence,) = describe_real(trials, {"cae": "CAE"})
    assert sentence.startswith("Smallest of 12 real test defects")
    assert list(describe_real([], {})) == []
    by_size, by_contrast = (show_real(trials, name, infos) for name in REAL)
    assert [one.table["trials"][0] for one in (by_size, by_contrast)] == [12, 12]
    assert by_size.table["a50"][0].endswith(" px")
    assert by_contrast.table["a50"][0] == "cannot be told"  # all have one contrast
    assert "12 test images with a mask" in by_size.note
    assert "Real defects by contrast" in by_contrast.draw().to_json()
