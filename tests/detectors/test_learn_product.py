"""The process in which a product learns: what it says, and how it ends."""

import io
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from detectors import learn_product
from detectors.learn_product import Talk, learn, make_monitor
from inspection.errors import DatasetError, InspectionError
from inspection.products.learning_state import DetectorProgress, LearningState, Phase
from inspection.products.own import OwnProducts
from inspection.progress import StoppedError
from tests.products.test_own import fill


@pytest.fixture
def own(tmp_path: Path) -> OwnProducts:
    own = OwnProducts(tmp_path / "own", tmp_path / "checkpoints" / "own")
    fill(own, "bracket")
    return own


def make_job(own: OwnProducts, *detectors: str) -> dict[str, Any]:
    return {
        "root": str(own.root),
        "checkpoints": str(own.checkpoints),
        "name": "bracket",
        "detectors": list(detectors),
        "device": "cpu",
    }


def test_patchcore_learns_and_tells_what_it_finds(own: OwnProducts) -> None:
    heard: list[dict[str, Any]] = []
    learn(make_job(own, "patchcore"), Talk(lambda message: heard.append(dict(message))))
    assert [one["event"] for one in heard if one["event"] in ("begin", "kept")] == ["begin", "kept"]
    result = next(one["result"] for one in heard if one["event"] == "kept")
    assert (result["defects"], result["held_out"], result["drawn"]) == (2, 3, 3)
    assert 0 <= result["found"] <= 2
    assert result["rate"] == pytest.approx(0.25)
    assert (own.checkpoints / "bracket" / "patchcore" / "calibration.json").is_file()
    assert (own.checkpoints / "bracket" / "patchcore" / "evaluation.json").is_file()


def test_a_folder_that_is_deleted_meanwhile_is_told(own: OwnProducts) -> None:
    def say(message: Any) -> None:
        if message["event"] == "begin":
            shutil.rmtree(own.root)

    with pytest.raises(InspectionError):
        learn(make_job(own, "patchcore"), Talk(say))
    assert not (own.checkpoints / "bracket" / "patchcore").exists()


def test_a_stop_ends_before_anything_is_kept(own: OwnProducts) -> None:
    talk = Talk(lambda _: None)
    talk.hear(iter(["stop\n"]))
    with pytest.raises(StoppedError):
        learn(make_job(own, "patchcore"), talk)
    assert not (own.checkpoints / "bracket" / "patchcore").exists()


def test_the_end_of_the_page_is_a_stop_and_ends_a_pause() -> None:
    talk = Talk(lambda _: None)
    talk.hear(iter(["pause\n"]))
    assert talk.wait_or_stop()


def test_epochs_become_a_share_and_a_curve() -> None:
    state = LearningState({"cae": DetectorProgress()})
    talk = Talk(state.take, "cae")
    monitor = make_monitor(talk, {"cae": 40})
    assert monitor.epoch is not None
    monitor.epoch("cae", {"epoch": 10, "loss": 0.5, "validation_loss": 0.6, "seconds": 3.0})
    one = state.detectors["cae"]
    assert one.epochs == [[10, 0.5, 0.6]]
    assert one.share == pytest.approx(0.8 * (0.1 + 0.9 * 0.25))


def test_what_a_network_does_before_its_first_epoch_is_a_small_share() -> None:
    for name, most, share in (("unet", {"unet": 36}, 0.04), ("patchcore", {}, 0.4)):
        state = LearningState({name: DetectorProgress()})
        monitor = make_monitor(Talk(state.take, name), most)
        assert monitor.epoch is not None
        monitor.epoch(name, {"share": 0.5})
        assert state.detectors[name].share == pytest.approx(share)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device"), "cannot be kept (No space left on device)"),
        (MemoryError("out of memory"), "not enough memory"),
        (DatasetError("It is gone.", "Bring it back."), "It is gone. Bring it back."),
    ],
)
def test_what_ends_the_learning_is_a_sentence(
    own: OwnProducts,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    sentence: str,
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(learn_product, "learn", fail)
    monkeypatch.setattr(os, "nice", lambda _: 0, raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(make_job(own, "cae")) + "\n"))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    assert learn_product.main() == 2
    message = json.loads(capsys.readouterr().out)
    assert sentence in message["problem"]
    state = LearningState({"cae": DetectorProgress()})
    state.take(message)
    state.end(2)
    assert state.phase is Phase.FAILED
    assert state.problem == message["problem"]
