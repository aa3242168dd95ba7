"""The seeded training loop and data loader of networks; import it only to train: Lightning is slow.

An epoch is a fixed number of drawn images whatever the size of the data set (as in nnU-Net), so
that training takes about as long on 40 images as on 4,000, and small sets are seen more often,
varied anew each time.
"""

import logging
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.plugins.environments import LightningEnvironment
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from detectors.devices import has_fast_bfloat16, memory_layout
from detectors.learning.bar import Bar
from detectors.learning.losses import Loss
from detectors.learning.networks import LearningPart
from detectors.settings import TrainingSettings
from inspection.detector import EpochCallback

Pair = tuple[Tensor, Tensor]
"""Images (B, 3, h, w) in 0..1 and targets (B, c, h, w): masks, or what to rebuild.."""


Optimise = Callable[[nn.Module], dict[str, Any]]
"""network -> what Lightning's `configure_optimizers` returns."""

Metrics = Callable[[], dict[str, float]]
"""Called at the end of every epoch."""

WARM_UP = 0.05  # share of the training in which the learning rate rises
WEIGHT_DECAY = 1e-4
ADVICE = (
    ".*does not have many workers",  # images are in memory; workers would copy them
    ".*available but not used",  # the device is chosen by `choose_device`
    ".*in eval mode at the start of training",  # frozen blocks and batch norms
    ".*LeafSpec.* is deprecated",  # Lightning's own call
)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Training images, their validation images and the loss.

    Attributes:
        draw: returns a varied training image and its target by its number.
        num_images: how many there are to draw from.
        validation: images and targets that decide which epoch is the best.
        loss: what is minimised, on training and validation images alike.
        max_validation: how many of the validation images are scored after each epoch.
        parts: what learns, and at which share of the rate; by default all at the whole.
        optimise: how fast each parameter learns; by default all alike, along a cosine.
        metrics: what else is known of an epoch when its validation images have been scored.
    """

    draw: Callable[[int], Pair]
    num_images: int
    validation: Pair
    loss: Loss
    max_validation: int = 32  # more would cost more than they show
    optimise: Optimise | None = None
    parts: Sequence[LearningPart] = ()
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class TrainingHistory:
    """How a training went: one entry per epoch, and which one's weights were kept."""

    epochs: list[dict[str, float]]
    best_epoch: int

    def to_state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it."""
        return {"history": self.epochs, "best_epoch": self.best_epoch}


class DrawnImages(Dataset[Pair]):
    """A fixed number of images per epoch, in an order that visits each before any a second time."""

    def __init__(self, training_set: TrainingSet, settings: TrainingSettings) -> None:
        self._training_set, self._length = training_set, settings.epoch_images
        self._rng = np.random.default_rng(settings.seed)
        self._waiting: list[int] = []

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Pair:
        if not self._waiting:
            self._waiting = self._rng.permutation(self._training_set.num_images).tolist()
        return self._training_set.draw(self._waiting.pop())


def train_network(
    network: nn.Module,
    training_set: TrainingSet,
    settings: TrainingSettings,
    *,
    device: torch.device,
    name: str = "network",
    progress: bool | EpochCallback = True,
) -> TrainingHistory:
    """Train in place, ending with the weights of the best epoch in evaluation mode.

    Args:
        network: already initialised; moved to the device.
        training_set: images and loss.
        settings: of the loop.
        device: where to compute.
        name: shown on the progress bar.
        progress: whether to show a bar on stderr, or what to call after every epoch.
    """
    learner = _Learner(network, training_set, settings, memory_layout(device))
    keeper = _KeepBest(training_set.metrics)
    callbacks: list[Callback] = [
        keeper,
        EarlyStopping("validation_loss", patience=settings.patience, check_finite=True),
    ]
    if callable(progress):
        callbacks.append(_CallAfterEpoch(progress, keeper))
    elif progress:
        callbacks.append(Bar(name, settings))
    batch_size = min(settings.batch_size, settings.epoch_images)
    training = DataLoader(
        DrawnImages(training_set, settings), batch_size=batch_size, drop_last=True
    )
    held = [item[: training_set.max_validation] for item in training_set.validation]
    checking = DataLoader(_Pairs(held[0], held[1]), batch_size=batch_size)
    with _quiet(), _interruptible(), TemporaryDirectory() as folder:
        _build_trainer(settings, device, callbacks, folder).fit(learner, training, checking)
    network.to(device).eval()
    keeper.restore(network)
    return TrainingHistory(keeper.history, keeper.best_epoch)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's generators and give them back as they were."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


class _Pairs(Dataset[Pair]):
    def __init__(self, images: Tensor, targets: Tensor) -> None:
        self._images, self._targets = images, targets

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Pair:
        return self._images[index], self._targets[index]


class _Learner(LightningModule):  # type: ignore[misc]
    """A network, its loss, and how fast it learns."""

    def __init__(
        self,
        network: nn.Module,
        training_set: TrainingSet,
        settings: TrainingSettings,
        layout: torch.memory_format,
    ) -> None:
        super().__init__()
        self.network = network.to(memory_format=layout)
        self._layout = layout
        self._training_set, self._settings = training_set, settings
        self._start = time.perf_counter()

    def training_step(self, batch: Pair, _index: int) -> Tensor:
        return self._score(batch, "loss")

    def validation_step(self, batch: Pair, _index: int) -> None:
        self._score(batch, "validation_loss")

    def _score(self, batch: Pair, name: str) -> Tensor:
        images, targets = batch
        value = self._training_set.loss(
            self.network, images.contiguous(memory_format=self._layout), targets
        )
        self.log(name, value.detach(), on_step=False, on_epoch=True, batch_size=len(images))
        return value

    def configure_optimizers(self) -> Any:
        if self._training_set.optimise is not None:
            return self._training_set.optimise(self.network)
        rate = self._settings.learning_rate
        parts = self._training_set.parts or [(list(self.parameters()), 1.0)]
        groups = [{"params": some, "lr": share * rate} for some, share in parts]
        optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate_share)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def _rate_share(self, step: int) -> float:
        """Return the share of the full learning rate: a short rise, then half a cosine down."""
        steps = self._settings.max_epochs * max(
            1, self._settings.epoch_images // self._settings.batch_size
        )
        done = step / steps
        if self._settings.max_seconds is not None:
            done = max(done, (time.perf_counter() - self._start) / self._settings.max_seconds)
        fall = 0.5 * (1.0 + np.cos(np.pi * min(1.0, done)))
        return float(min(1.0, (step + 1) / (WARM_UP * steps + 1)) * max(0.01, fall))


class _KeepBest(Callback):  # type: ignore[misc]
    """Remember the weights with the lowest validation loss, and every epoch's metrics."""

    def __init__(self, metrics: Metrics | None) -> None:
        self._metrics = metrics
        self.history: list[dict[str, float]] = []
        self.best_epoch = 0
        self._best = float("inf")
        self._weights: dict[str, Tensor] = {}
        self._start = time.perf_counter()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        metrics = {
            key: round(float(value), 6)
            for key, value in trainer.callback_metrics.items()
            if key in ("loss", "validation_loss")
        }
        epoch = len(self.history) + 1
        seconds = round(time.perf_counter() - self._start, 2)
        further = {} if self._metrics is None else self._metrics()
        self.history.append({"epoch": epoch, "seconds": seconds, **metrics, **further})
        if not self._weights or metrics["validation_loss"] < self._best:
            self._best, self.best_epoch = metrics["validation_loss"], epoch
            self._weights = {
                key: tensor.detach().cpu().clone()
                for key, tensor in pl_module.network.state_dict().items()
            }

    def restore(self, network: nn.Module) -> None:
        if self._weights:
            network.load_state_dict(self._weights)


class _CallAfterEpoch(Callback):  # type: ignore[misc]
    def __init__(self, callback: EpochCallback, keeper: _KeepBest) -> None:
        self._callback, self._keeper = callback, keeper

    def on_train_epoch_end(self, *_: Any) -> None:
        self._callback(self._keeper.history[-1])


def _build_trainer(
    settings: TrainingSettings, device: torch.device, callbacks: list[Callback], folder: str
) -> Trainer:
    limit = None if settings.max_seconds is None else timedelta(seconds=settings.max_seconds)
    return Trainer(
        accelerator={"cuda": "gpu"}.get(device.type, device.type),
        devices=[device.index or 0] if device.type == "cuda" else 1,
        precision="bf16-mixed" if has_fast_bfloat16(device) else "32-true",
        max_epochs=settings.max_epochs,
        max_time=limit,
        gradient_clip_val=1.0,
        num_sanity_val_steps=0,
        log_every_n_steps=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=callbacks,
        plugins=[LightningEnvironment()],  # one process, also inside a cluster job
        default_root_dir=folder,
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl+C raise KeyboardInterrupt, and SIGTERM exit with its code; Lightning does neither.

    Its own exit after SIGTERM has no code, which says that all went well.
    """
    try:
        yield
    except SystemExit as leaving:
        if isinstance(leaving.__context__, KeyboardInterrupt):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt from leaving
        if leaving.code is None:
            raise SystemExit(128 + signal.SIGTERM) from leaving
        raise


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice off the terminal; what goes wrong is still raised."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for advice in ADVICE:
                warnings.filterwarnings("ignore", message=advice)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
