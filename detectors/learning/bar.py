"""What a training shows on the terminal: how long it will take at most, then a bar."""

import math
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from tqdm import tqdm

from detectors.devices import synchronize
from inspection.progress import Pace, announce_duration

SKIPPED = 2  # first steps, in which memory is allocated and kernels are chosen
TIMED = 4
FORWARD_SHARE = 1 / 3  # of a training step: the backward pass costs about twice the forward one
REMARK = " at most; it stops earlier when nothing gets better"


class Bar(Callback):  # type: ignore[misc]
    """One line on stderr: epoch, losses, time left; before it, the time for all epochs.

    The time is that of the first real steps, so measuring it changes nothing of what is learned.
    """

    def __init__(self, name: str, *, most_seconds: float | None) -> None:
        self._name = name
        self._most_seconds = math.inf if most_seconds is None else most_seconds
        self._bar: Any = None
        self._pace = Pace(skipped=SKIPPED, timed=TIMED)

    def on_train_start(self, trainer: Trainer, _: LightningModule) -> None:
        self._bar = tqdm(
            total=_num_steps(trainer), desc=f"{self._name} epoch 1", unit="step", mininterval=0.5
        )

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        self._bar.update()
        if self._bar.n <= SKIPPED + TIMED:
            synchronize(module.device)
        if (step := self._pace.step()) is not None:
            checks = int(trainer.max_epochs or 1) * FORWARD_SHARE * _num_checks(trainer)
            whole = step * (_num_steps(trainer) + checks)
            announce_duration(
                f"training {self._name}", min(whole, self._most_seconds), remark=REMARK
            )

    def on_train_epoch_end(self, trainer: Trainer, _: LightningModule) -> None:
        metrics = trainer.callback_metrics
        shown = f"loss {float(metrics['loss']):.4f}"
        if "validation_loss" in metrics:
            shown += f", validation {float(metrics['validation_loss']):.4f}"
        self._bar.set_description(f"{self._name} epoch {trainer.current_epoch + 1}", refresh=False)
        self._bar.set_postfix_str(shown)

    def teardown(self, *_: Any, **__: Any) -> None:
        if self._bar is not None:
            self._bar.close()

    def on_exception(self, *_: Any) -> None:
        self.teardown()


def _num_steps(trainer: Trainer) -> int:
    return int(trainer.num_training_batches) * int(trainer.max_epochs or 1)


def _num_checks(trainer: Trainer) -> int:
    return int(sum(trainer.num_val_batches))
