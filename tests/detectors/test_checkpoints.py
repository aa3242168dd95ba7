"""Folders are replaced all or nothing, and PatchCore insists on its own backbone."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from detectors.backbones.student import Student
from detectors.checkpoints import open_detector, save_detector
from detectors.learning.coreset import estimate_seconds, select_coreset
from detectors.patchcore.detector import PatchCore
from inspection.errors import CheckpointError, SettingsError
from tests.doubles.parts import draw_part, make_samples


def test_the_coreset_leaves_no_row_far_from_all_chosen_ones() -> None:
    rng = np.random.default_rng(0)
    clusters = torch.from_numpy(
        np.concatenate([rng.normal(10 * k, 0.1, (50, 3)) for k in range(6)])
    ).float()
    chosen = select_coreset(clusters, 6, generator=torch.Generator().manual_seed(0))
    assert sorted(int(index) // 50 for index in chosen) == list(range(6))


def test_the_coreset_is_distinct_seeded_and_never_larger_than_asked() -> None:
    rows = torch.randn(300, 100, generator=torch.Generator().manual_seed(1))

    def choose(seed: int) -> list[int]:
        return select_coreset(rows, 40, generator=torch.Generator().manual_seed(seed)).tolist()

    assert choose(0) == choose(0)
    assert choose(0) != choose(1)
    assert len(set(choose(0))) == 40
    everything = select_coreset(rows, 999, generator=torch.Generator())
    assert everything.tolist() == list(range(300))


def test_equal_rows_are_not_chosen_twice() -> None:
    chosen = select_coreset(torch.ones(10, 4), 5, generator=torch.Generator())
    assert len(set(chosen.tolist())) == 5


def test_the_time_of_a_selection_is_that_of_its_steps() -> None:
    cpu = torch.device("cpu")
    assert estimate_seconds(100, 100, device=cpu) == 0
    one, many = (estimate_seconds(20_000, count, device=cpu) for count in (1, 10_000))
    assert 0 < one < many
    ticks = itertools.count()  # each look at the clock takes a second more than the one before
    slower = estimate_seconds(100, 1, device=cpu, clock=lambda: next(ticks) ** 2)
    assert slower == 9, "as long as the last try of its one step"


def test_patchcore_says_how_long_it_takes_and_what_it_reads(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "student.safetensors"
    save_file(Student((8, 12, 16)).state_dict(), weights)
    settings: dict[str, Any] = {
        "input_size": (64, 64),
        "backbone_weights": str(weights),
        "max_memory": 50,
    }
    samples = make_samples(tmp_path / "parts", num_defective=0)
    loud = PatchCore(device="cpu", **settings).fit(samples)
    err = capfd.readouterr().err
    assert "training patchcore takes about" in err
    assert "reading images" in err
    quiet = PatchCore(device="cpu", progress=False, **settings).fit(samples)
    assert capfd.readouterr().err == ""
    image = [draw_part(1)[0]]
    assert np.array_equal(loud.predict(image)[0].anomaly_map, quiet.predict(image)[0].anomaly_map)


def test_patchcore_refuses_another_backbone_than_the_one_that_filled_its_memory(
    tmp_path: Path,
) -> None:
    weights = tmp_path / "student.safetensors"
    torch.manual_seed(0)
    save_file(Student((8, 12, 16)).state_dict(), weights)
    detector = PatchCore(
        input_size=(64, 64), backbone_weights=str(weights), max_memory=50, device="cpu"
    ).fit(make_samples(tmp_path / "parts", num_defective=0))
    folder = tmp_path / "patchcore"
    folder.mkdir()
    save_detector(detector, folder)
    assert open_detector(PatchCore, folder, device="cpu").predict([draw_part(1)[0]])
    save_file(Student((8, 12, 16)).state_dict(), weights)
    with pytest.raises(CheckpointError, match="other weights of the backbone"):
        open_detector(PatchCore, folder, device="cpu")
    save_file(Student((8, 12, 20)).state_dict(), weights)
    with pytest.raises(CheckpointError):
        open_detector(PatchCore, folder, device="cpu")


def test_patchcore_refuses_impossible_settings() -> None:
    with pytest.raises(SettingsError, match="coreset_ratio"):
        PatchCore(coreset_ratio=0)
