"""A calibration comes back from its file, or is refused with the remedy."""

from pathlib import Path

import numpy as np
import pytest

from inspection.calibration import no_calibration
from inspection.errors import CheckpointError
from inspection.files import write_json
from inspection.products.checkpoint_folders import (
    load_calibration,
    read_calibration,
    save_calibration,
)
from inspection.types import AT_THRESHOLD, Calibration, Outline
from tests.doubles.detectors import make_calibration


def test_a_calibration_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    scores = np.sort(np.random.default_rng(1).exponential(size=30).astype(np.float32))
    units = tuple(f"Teil {i} ä" for i in range(30))
    calibration = Calibration(scores, units, 2 * scores, Outline(0.25, 0.5))
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, calibration, {"x.png": "00ff"})
    stored = load_calibration(tmp_path)
    assert stored.calibration.normal_scores.tobytes() == scores.tobytes()
    assert stored.calibration.units == calibration.units
    assert stored.calibration.drawn_scores.tobytes() == (2 * scores).tobytes()
    assert stored.calibration.outline == Outline(0.25, 0.5)
    assert stored.seen == {"x.png": "00ff"}


def test_a_calibration_made_for_other_weights_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "detector.json"
    write_json(card, {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, make_calibration(1, 2, 3), {})
    write_json(card, {"format": 1, "weights_sha256": "cd"})
    with pytest.raises(CheckpointError, match=r"not made for the weights beside it.*cli\.py train"):
        load_calibration(tmp_path)
    card.unlink()
    with pytest.raises(CheckpointError, match=r"detector\.json is missing"):
        load_calibration(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": 99}',
        '{"format": 1}',
        '{"format": 1, "normal_scores": {"a": 2, "b": 1}, "seen": {}}',
        '{"format": 1, "normal_scores": {"a": NaN}, "seen": {}}',
        '{"format": 1, "normal_scores": [1, 2], "seen": {}}',
        '{"format": 1, "normal_scores": {"a": 1}, "drawn_scores": [1, 2], "seen": {}}',
        '{"format": 1, "normal_scores": {"a": 1}, "outline": {"edge": 1}, "seen": {}}',
    ],
)
def test_a_damaged_calibration_is_refused_with_its_file_and_the_remedy(
    tmp_path: Path, text: str
) -> None:
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    text = text.replace('"format": 1, ', '"format": 1, "weights_sha256": "ab", ')
    (tmp_path / "calibration.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"calibration\.json .*cli\.py train"):
        load_calibration(tmp_path)


def test_a_detector_without_good_parts_keeps_what_it_saw_but_gives_no_verdict(
    tmp_path: Path,
) -> None:
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    save_calibration(tmp_path, no_calibration(Outline(12.0)), {"x.png": "00ff"})
    stored = read_calibration(tmp_path)
    assert (stored.seen, stored.calibration.outline.level) == ({"x.png": "00ff"}, 12.0)
    with pytest.raises(CheckpointError, match=r"gives no verdict\. Add good images"):
        load_calibration(tmp_path)


def test_a_calibration_from_before_outlines_ends_at_the_threshold(tmp_path: Path) -> None:
    write_json(tmp_path / "detector.json", {"format": 1, "weights_sha256": "ab"})
    older = {"format": 1, "weights_sha256": "ab", "min_threshold": 0.0}
    write_json(tmp_path / "calibration.json", {**older, "normal_scores": {"a": 1.0}, "seen": {}})
    calibration = load_calibration(tmp_path).calibration
    assert calibration.outline == AT_THRESHOLD
    assert len(calibration.drawn_scores) == 0


def test_a_missing_calibration_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is missing"):
        load_calibration(tmp_path)
