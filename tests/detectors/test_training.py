import logging
import os
import random
import re
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from detectors.learning.fitting import split_validation
from detectors.learning.loop import TrainingSet, seeded, train_network
from detectors.learning.networks import round_weights, to_weights
from inspection.progress import describe_duration
from inspection.types import Sample, Size, Split

CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Loop:
    """Settings of the training loop alone."""

    input_size: Size = (32, 32)
    max_epochs: int = 3
    epoch_images: int = 16
    max_seconds: float | None = None
    patience: int = 20
    batch_size: int = 8
    learning_rate: float = 2e-3
    seed: int = 0


QUICK = Loop()


def make_network() -> nn.Module:
    with seeded(0):
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 1))


def make_training_set() -> TrainingSet:
    pictures = torch.rand(6, 3, 32, 32, generator=torch.Generator().manual_seed(0))

    def loss(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        return nn.functional.mse_loss(network(images), targets)

    return TrainingSet(
        draw=lambda index: (pictures[index], pictures[index]),
        num_images=4,
        validation=(pictures[4:], pictures[4:]),
        loss=loss,
    )


def make_sample(index: int, *, split: Split = Split.TRAIN, group: str | None = None) -> Sample:
    return Sample(f"{index}.png", Path(f"{index}.png"), "part", split, group=group)


def weights_of(network: nn.Module) -> Tensor:
    return torch.cat([parameter.flatten() for parameter in network.parameters()])


@pytest.mark.parametrize("is_fast", [True, False])
def test_training_computes_in_half_precision_where_that_is_fast(
    monkeypatch: pytest.MonkeyPatch, is_fast: bool
) -> None:
    monkeypatch.setattr("detectors.learning.loop.has_fast_bfloat16", lambda _: is_fast)
    training_set = make_training_set()
    seen: set[torch.dtype] = set()

    def loss(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        made = network(images)
        seen.add(made.dtype)
        return nn.functional.mse_loss(made.float(), targets)

    network = make_network()
    training_set = replace(training_set, loss=loss)
    train_network(network, training_set, QUICK, device=CPU, progress=False)
    assert seen == {torch.bfloat16 if is_fast else torch.float32}
    assert weights_of(network).dtype == torch.float32


def test_the_same_seed_learns_the_same_weights_and_another_seed_others() -> None:
    learned = []
    for seed in (0, 0, 1):
        network = make_network()
        train_network(
            network, make_training_set(), replace(QUICK, seed=seed), device=CPU, progress=False
        )
        learned.append(weights_of(network))
    assert torch.equal(learned[0], learned[1])
    assert not torch.equal(learned[0], learned[2])


def test_training_leaves_no_file_no_advice_and_no_seed_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    states = random.getstate(), torch.get_rng_state(), str(np.random.get_state())  # noqa: NPY002
    level = logging.getLogger("lightning.pytorch").level
    with seeded(7):
        train_network(make_network(), make_training_set(), QUICK, device=CPU, progress=False)
    assert random.getstate() == states[0]
    assert torch.equal(torch.get_rng_state(), states[1])
    assert str(np.random.get_state()) == states[2]  # noqa: NPY002
    assert logging.getLogger("lightning.pytorch").level == level
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_bar_shows_epoch_and_loss_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    train_network(make_network(), make_training_set(), QUICK, device=CPU, name="cae")
    out, err = capfd.readouterr()
    assert out == ""
    assert "cae epoch 3" in err
    assert "validation" in err


def test_the_time_that_a_training_may_take_is_reported_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    settings = replace(QUICK, max_epochs=100_000, patience=100_000, max_seconds=1.0)
    train_network(make_network(), make_training_set(), settings, device=CPU, name="cae")
    err = capfd.readouterr().err
    assert re.findall(r"training cae takes (.*)\n", err)[0] == "about 1 second"


def test_timing_the_first_steps_changes_nothing_of_what_is_learned() -> None:
    shown, hidden = make_network(), make_network()
    for network, has_bar in ((shown, True), (hidden, False)):
        train_network(network, make_training_set(), QUICK, device=CPU, progress=has_bar)
    assert torch.equal(weights_of(shown), weights_of(hidden))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "about 1 second"),
        (100, "about 100 seconds"),
        (350, "about 6 minutes"),
        (7300, "about 2 hours"),
    ],
)
def test_durations_are_reported_in_the_unit_a_person_would_use(seconds: float, text: str) -> None:
    assert describe_duration(seconds) == text


def test_the_best_epoch_is_kept() -> None:
    training_set = make_training_set()
    network = make_network()
    history = train_network(
        network,
        training_set,
        replace(QUICK, learning_rate=0.5, max_epochs=6),
        device=CPU,
        progress=False,
    )
    losses = [entry["validation_loss"] for entry in history.epochs]
    assert history.best_epoch == int(np.argmin(losses)) + 1
    assert not network.training
    with torch.inference_mode():
        again = float(training_set.loss(network, *training_set.validation))
    assert again == pytest.approx(min(losses), rel=0.005)  # one of them in mixed precision


def test_training_stops_when_nothing_gets_better() -> None:
    history = train_network(
        make_network(),
        make_training_set(),
        replace(QUICK, learning_rate=1e-6, max_epochs=50, patience=1, epoch_images=1),
        device=CPU,
        progress=False,
    )
    assert len(history.epochs) < 50


def test_training_stops_when_its_time_is_over() -> None:
    history = train_network(
        make_network(),
        make_training_set(),
        replace(QUICK, max_epochs=100_000, patience=100_000, max_seconds=1.0),
        device=CPU,
        progress=False,
    )
    assert 1 <= len(history.epochs) < 5000


def test_every_epoch_is_reported_and_the_listener_can_stop_the_training() -> None:
    class StopError(Exception):
        pass

    epochs: list[float] = []

    def listen(metrics: object) -> None:
        assert isinstance(metrics, dict)
        epochs.append(metrics["epoch"])
        if len(epochs) == 2:
            raise StopError

    with pytest.raises(StopError):
        train_network(make_network(), make_training_set(), QUICK, device=CPU, progress=listen)
    assert epochs == [1, 2]


def test_an_interruption_stays_an_interruption() -> None:
    def press_ctrl_c(_: int) -> tuple[Tensor, Tensor]:
        raise KeyboardInterrupt

    training_set = replace(make_training_set(), draw=press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        train_network(make_network(), training_set, QUICK, device=CPU, progress=False)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process there")
def test_a_training_that_is_terminated_does_not_pretend_success() -> None:
    training_set = make_training_set()

    def be_told(step: int) -> tuple[Tensor, Tensor]:
        os.kill(os.getpid(), signal.SIGTERM)
        return training_set.draw(step)

    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as leaving:
            train_network(
                make_network(),
                replace(training_set, draw=be_told),
                QUICK,
                device=CPU,
                progress=False,
            )
    finally:
        signal.signal(signal.SIGTERM, before)
    assert leaving.value.code == 143


def test_given_validation_samples_are_used_and_others_left_out() -> None:
    samples = [make_sample(i, split=split) for i, split in enumerate(Split)]
    training, validation = split_validation(samples, seed=0)
    assert [sample.split for sample in training] == [Split.TRAIN]
    assert [sample.split for sample in validation] == [Split.VALIDATION]


def test_without_validation_samples_whole_groups_are_held_out() -> None:
    samples = [make_sample(i, group=f"tile {i // 5}") for i in range(100)]
    training, validation = split_validation(samples, seed=0)
    assert len(training) + len(validation) == 100
    assert len(validation) == 10
    assert not {s.group for s in training} & {s.group for s in validation}
    assert (training, validation) == split_validation(samples, seed=0)


def test_without_validation_samples_every_defect_type_is_held_out() -> None:
    samples = [replace(make_sample(i), defect_type=("dent", None)[i > 5]) for i in range(40)]
    samples.append(replace(make_sample(40), defect_type="lonely"))
    training, validation = split_validation(samples, seed=0)
    assert sorted(str(s.defect_type) for s in validation) == ["None"] * 3 + ["dent"]
    assert samples[-1] in training


def test_a_lone_part_serves_for_learning_and_for_checking() -> None:
    samples = [make_sample(0)]
    assert split_validation(samples, seed=0) == (samples, samples)


def test_rounded_weights_are_stored_without_loss() -> None:
    network = make_network()
    with torch.no_grad():
        next(network.parameters()).mul_(1e6)
    round_weights(network)
    stored = to_weights(network)
    for name, tensor in network.state_dict().items():
        assert torch.isfinite(tensor).all()
        assert torch.equal(torch.from_numpy(stored[name]).to(tensor.dtype), tensor)
    assert stored["0.weight"].dtype == np.float16
    assert stored["1.running_var"].dtype == np.float32
