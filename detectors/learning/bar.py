"""What a training shows on the terminal: how long it will take, then a bar."""

import math
import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from tqdm import tqdm

from detectors.devices import synchronize
from detectors.settings import TrainingSettings
from inspection.progress import Pace, announce_duration, describe_duration

SKIPPED = 2  # first steps, in which memory is allocated and kernels are chosen
TIMED = 4
FORWARD_SHARE = 1 / 3  # of a training step: the backward pass costs about twice the forward one
MEASURED = 2  # the first epoch that is timed as a whole: no set-up, validation included
WRONG = 1.25  # times as long or as short as was said, or more: it is said again


class Bar(Callback):  # type: ignore[misc]
    """One line on stderr: epoch, losses, time left; before it, how long all epochs take.

    That is first the time of a few real steps, so that measuring it changes nothing of what is
    learned. A machine with other work is not always as busy as then: where a whole epoch says
    otherwise, the time is told again.
    """

    def __init__(self, name: str, settings: TrainingSettings) -> None:
        self._name, self._settings = name, settings
        self._bar: Any = None
        self._pace = Pace(skipped=SKIPPED, timed=TIMED)
        self._told = math.nan  # seconds of an epoch
        self._ended = 0.0  # when the last epoch did

    def on_train_start(self, trainer: Trainer, _: LightningModule) -> None:
        self._bar = tqdm(
            total=_num_steps(trainer), desc=f"{self._name} epoch 1", unit="step", mininterval=0.5
        )

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        self._bar.update()
        if self._bar.n <= SKIPPED + TIMED:
            synchronize(module.device)
        if (step := self._pace.step()) is not None:
            checks = FORWARD_SHARE * _num_checks(trainer)
            self._tell(step * (int(trainer.num_training_batches) + checks))

    def on_train_epoch_end(self, trainer: Trainer, _: LightningModule) -> None:
        metrics = trainer.callback_metrics
        shown = f"loss {float(metrics['loss']):.4f}"
        if "validation_loss" in metrics:
            shown += f", validation {float(metrics['validation_loss']):.4f}"
        self._bar.set_description(f"{self._name} epoch {trainer.current_epoch + 1}", refresh=False)
        self._bar.set_postfix_str(shown)
        seconds, self._ended = time.perf_counter() - self._ended, time.perf_counter()
        is_wrong = not self._told / WRONG < seconds < WRONG * self._told
        if trainer.current_epoch + 1 == MEASURED and is_wrong:
            self._tell(seconds)

    def teardown(self, *_: Any, **__: Any) -> None:
        if self._bar is not None:
            self._bar.close()

    def on_exception(self, *_: Any) -> None:
        self.teardown()

    def _tell(self, epoch: float) -> None:
        """Say how long all epochs take at most, and at least, in seconds of one epoch."""
        self._told = epoch
        limit = math.inf if self._settings.max_seconds is None else self._settings.max_seconds
        most = min(limit, epoch * self._settings.max_epochs)
        least = min(limit, epoch * (self._settings.patience + 1))
        remark = ""
        if least < most:
            remark = f" at most, {describe_duration(least)} where nothing gets better"
        announce_duration(f"training {self._name}", most, remark=remark)


def _num_steps(trainer: Trainer) -> int:
    return int(trainer.num_training_batches) * int(trainer.max_epochs or 1)


def _num_checks(trainer: Trainer) -> int:
    return int(sum(trainer.num_val_batches))
