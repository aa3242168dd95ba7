"""Training of the classifier: the head on frozen features, then the last blocks at lower rates."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from detectors.classifier.augmentation import Augment
from detectors.classifier.networks import Classifier, list_blocks, pool, to_probabilities
from detectors.classifier.schedule import Schedule, Work, fit_schedule
from detectors.devices import memory_layout
from detectors.learning.loop import Optimise, TrainingHistory, TrainingSet, train_network
from detectors.learning.networks import to_batch, to_tensor
from detectors.settings import TrainingSettings
from inspection.detector import EpochCallback
from inspection.evaluation.classes import report_classes
from inspection.progress import announce_duration

BATCH = 32
WORTH_TIMING = 8  # batches
MAX_VALIDATION = 512
NUM_TUNED = (0, 1, 3)  # blocks that are trained in each stage, counted from the last one
BLOCK_RATE = 0.1  # of the head's learning rate, for the last block
FADING = 0.3  # of a block's learning rate, for the block before it
TUNED_HEAD_RATE = 0.3  # of the head's learning rate, once blocks are trained with it
PLATEAU = 3  # epochs without progress after which all rates fall
FALL = 0.3
WEIGHT_DECAY = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class LabelledImages:
    """Images and the index of the class of each."""

    images: NDArray[np.uint8]  # (n, h, w, 3)
    labels: NDArray[np.int64]  # (n,)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """The classes to learn, the images, and how these are varied.

    Attributes:
        balance: 0 draws images as often as there are, 1 draws every class as often as the others.
        num_views: varied copies of each image whose features the head learns from.
        smoothing: share of every label that is spread over all classes while learning.
    """

    classes: Sequence[str]
    learned: LabelledImages
    held: LabelledImages
    vary: Augment
    balance: float
    num_views: int
    smoothing: float


class ClassLoss:
    """Cross-entropy; keeps what the network says of validation images until the epoch ends.

    Labels are smoothed while learning only (Szegedy et al. 2016, section 7), so that validation
    losses are comparable.
    """

    def __init__(self, classes: Sequence[str], *, smoothing: float) -> None:
        self._classes = classes
        self._smoothing = smoothing
        self._truth: list[str] = []
        self._guesses: list[str] = []

    def __call__(self, network: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        logits = network(inputs).float()
        if not network.training:
            self._truth += [self._classes[index] for index in labels.tolist()]
            guesses = to_probabilities(logits).argmax(dim=1)
            self._guesses += [self._classes[index] for index in guesses.tolist()]
        smoothing = self._smoothing if network.training else 0.0
        if logits.shape[1] == 1:
            truth = labels[:, None].to(logits) * (1 - smoothing) + smoothing / 2
            return nn.functional.binary_cross_entropy_with_logits(logits, truth)
        return nn.functional.cross_entropy(logits, labels, label_smoothing=smoothing)

    def metrics(self) -> dict[str, float]:
        """Return accuracy and macro F1 of the validation images since the last call."""
        report = report_classes(self._truth, self._guesses)
        self._truth, self._guesses = [], []
        return {"accuracy": round(report.accuracy, 6), "f1": round(report.f1, 6)}


class ClassifierTrainer:
    """Trains a classifier in stages; the best epoch of all of them is kept.

    Attributes:
        left_out: what of the wanted there was no time for; empty for nothing.
    """

    def __init__(
        self,
        task: Task,
        settings: TrainingSettings,
        *,
        device: torch.device,
        progress: bool | EpochCallback,
    ) -> None:
        self._task, self._settings = task, settings
        self._device, self._progress = device, progress
        self._rows = balanced_rows(task.learned.labels, task.balance)
        held = stratified_rows(task.held.labels, MAX_VALIDATION, settings.seed)
        self._held_images = task.held.images[held]
        self._held = torch.from_numpy(task.held.labels[held])
        self._rng = np.random.default_rng(settings.seed)
        self._start = time.perf_counter()
        self._check_seconds = 0.0
        self.left_out = ""

    def train_from_scratch(self, network: Classifier) -> TrainingHistory:
        """Train every weight from the start."""
        rates = [(network, self._settings.learning_rate)]
        return _join([self._train_on_images(network, _on_plateau(rates), "small-cnn")])

    def train_in_stages(self, network: Classifier, *, num_stages: int) -> TrainingHistory:
        """Train the head on frozen features; then also the last block; then further ones."""
        schedule = self.plan(network, num_stages)
        histories = [self._train_head(network, schedule)]
        for stage in range(1, schedule.num_stages):
            num_blocks = NUM_TUNED[stage]
            before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            share = 1 / (schedule.num_stages - stage)  # of what is left
            histories.append(self._tune(network, num_blocks, share=share))
            if min(map(_lowest_loss, histories)) < _lowest_loss(histories[-1]):
                network.load_state_dict(before)
        return _join(histories)

    def plan(self, network: Classifier, num_stages: int) -> Schedule:
        """Return what there is time for, and say how long it takes and what is left out."""
        task, most_seconds = self._task, self._seconds_left()
        num_learned, num_held = (-(-len(some) // BATCH) for some in self._images)
        is_shown = self._progress is True and num_learned * task.num_views + num_held > WORTH_TIMING
        if most_seconds is None and not is_shown:
            return Schedule(task.num_views, num_stages)
        num_steps = self._settings.epoch_images // self._settings.batch_size
        work = Work(num_learned, num_held, max(1, num_steps), *self._time_batches(network))
        schedule = fit_schedule(
            work, seconds=self._seconds_left(), num_views=task.num_views, num_stages=num_stages
        )
        if is_shown:
            announce_duration("reading features", work.read_seconds(schedule.num_views))
        self._check_seconds = work.check_seconds
        self.left_out = describe_left_out(schedule, task.num_views, num_stages)
        if self.left_out and self._progress is True:
            tqdm.write(f"  There is no time for {self.left_out}", file=sys.stderr)
        return schedule

    def _train_head(self, network: Classifier, schedule: Schedule) -> TrainingHistory:
        network.to(self._device).requires_grad_(False)
        pooled, held = self._pool_all(network, schedule.num_views)  # (views, n, d), (m, d)
        network.head.set_statistics(pooled.flatten(0, 1))
        network.head.requires_grad_(True)
        labels = torch.from_numpy(self._task.learned.labels)

        def draw(index: int) -> tuple[Tensor, Tensor]:
            row = self._rows[index]
            view = int(self._rng.integers(len(pooled)))
            return pooled[view, row][:, None, None], labels[row]

        rates = [(network.head, self._settings.learning_rate)]
        loss = ClassLoss(self._task.classes, smoothing=self._task.smoothing)
        return self._train(
            network.head,
            TrainingSet(
                draw,
                len(self._rows),
                (held[:, :, None, None], self._held),
                loss,
                max_validation=MAX_VALIDATION,
                optimise=_on_plateau(rates),
                metrics=loss.metrics,
            ),
            "head",
            schedule.head_seconds,
        )

    def _tune(self, network: Classifier, num_blocks: int, *, share: float) -> TrainingHistory:
        rate = self._settings.learning_rate
        rates: list[tuple[nn.Module, float]] = [(network.head, TUNED_HEAD_RATE * rate)]
        for depth, block in enumerate(list_blocks(network.features)[::-1][:num_blocks]):
            block.requires_grad_(True)
            rates.append((block, BLOCK_RATE * FADING**depth * rate))
        name = "last block" if num_blocks == 1 else f"last {num_blocks} blocks"
        return self._train_on_images(network, _on_plateau(rates), name, share=share)

    def _train_on_images(
        self, network: Classifier, optimise: Optimise, name: str, *, share: float = 1.0
    ) -> TrainingHistory:
        task, left = self._task, self._seconds_left()

        def draw(index: int) -> tuple[Tensor, Tensor]:
            row = self._rows[index]
            image = task.vary(to_tensor(task.learned.images[row]))
            return image, torch.tensor(task.learned.labels[row])

        loss = ClassLoss(task.classes, smoothing=task.smoothing)
        return self._train(
            network,
            TrainingSet(
                draw,
                len(self._rows),
                (to_batch(self._held_images), self._held),
                loss,
                max_validation=MAX_VALIDATION,
                optimise=optimise,
                metrics=loss.metrics,
            ),
            name,
            None if left is None else share * left - self._check_seconds,
        )

    def _train(
        self, network: nn.Module, training_set: TrainingSet, name: str, seconds: float | None
    ) -> TrainingHistory:
        network.train()  # Lightning leaves what is in evaluation mode there, without dropout
        limit = None if seconds is None else max(1.0, seconds)
        settings = replace(self._settings, max_seconds=limit)  # type: ignore[type-var]
        return train_network(
            network, training_set, settings, device=self._device, name=name, progress=self._progress
        )

    def _seconds_left(self) -> float | None:
        if self._settings.max_seconds is None:
            return None
        passed = time.perf_counter() - self._start
        return max(0.0, self._settings.max_seconds - passed)

    @torch.inference_mode()
    def _pool_all(self, network: Classifier, num_views: int) -> tuple[Tensor, Tensor]:
        """Return the pooled features of the varied training images and of the validation images."""
        network.eval()
        learned, held_images = self._images
        num_batches, num_held = (-(-len(some) // BATCH) for some in self._images)
        total = num_batches * num_views + num_held
        is_hidden = self._progress is not True
        with tqdm(total=total, desc="reading features", disable=is_hidden, leave=False) as bar:
            views = [
                torch.cat(self._pool(network, learned, is_varied=number > 0, count=bar.update))
                for number in range(num_views)
            ]
            held = self._pool(network, held_images, is_varied=False, count=bar.update)
        return torch.stack(views), torch.cat(held)

    @property
    def _images(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        return self._task.learned.images, self._held_images

    @torch.inference_mode()
    def _time_batches(self, network: Classifier) -> tuple[float, float]:
        """Return the seconds to read a batch as it is, and a varied one."""
        network.to(self._device).eval()
        first = self._task.learned.images[:BATCH]
        seconds = []
        with torch.random.fork_rng(devices=[]):  # views are varied as if nobody had looked
            for is_varied in (False, False, True):  # the first one also sets things up
                start = time.perf_counter()
                self._pool(network, first, is_varied=is_varied)
                seconds.append(time.perf_counter() - start)
        return seconds[1], seconds[2]

    def _pool(
        self,
        network: Classifier,
        images: NDArray[np.uint8],
        *,
        is_varied: bool,
        count: Callable[[], object] = bool,
    ) -> list[Tensor]:
        """Return the features of images, batch by batch."""
        found: list[Tensor] = []
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH])
            if is_varied:
                batch = torch.stack([self._task.vary(image) for image in batch])
            found.append(read_features(network, batch, self._device))
            count()
        return found


@torch.inference_mode()
def read_features(network: Classifier, batch: Tensor, device: torch.device) -> Tensor:
    """Return the pooled features (B, d) of images (B, 3, h, w) in 0..1."""
    batch = batch.to(device).contiguous(memory_format=memory_layout(device))
    return pool(network.extract(batch)).flatten(1).float().cpu()


def balanced_rows(labels: NDArray[np.int64], balance: float) -> list[int]:
    """Return the rows of images, those of rare classes several times.

    Args:
        labels: (n,), the class of each image.
        balance: 0 repeats nothing, 1 repeats until every class is as frequent as the largest.
    """
    counts = np.bincount(labels)
    rows: list[int] = []
    for label in np.unique(labels):
        wanted = counts[label] * (counts.max() / counts[label]) ** balance
        rows += np.resize(np.flatnonzero(labels == label), round(wanted)).tolist()
    return rows


def stratified_rows(labels: NDArray[np.int64], most: int, seed: int) -> NDArray[np.int64]:
    """Return ascending rows, at most so many, of every class in proportion and at least one.

    Args:
        labels: (n,), the class of each image.
        most: not less than the number of classes.
        seed: of the choice.
    """
    rng = np.random.default_rng(seed)
    places = np.empty(len(labels))
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        places[rows] = np.arange(len(rows)) / len(rows)
    return np.sort(np.argsort(places, kind="stable")[:most])


def _on_plateau(rates: Sequence[tuple[nn.Module, float]]) -> Optimise:
    """Return AdamW with a rate for each module, all of which fall when nothing gets better."""

    def optimise(_: nn.Module) -> dict[str, Any]:
        groups = [{"params": list(part.parameters()), "lr": rate} for part, rate in rates]
        optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=FALL, patience=PLATEAU
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "monitor": "validation_loss"},
        }

    return optimise


def describe_left_out(schedule: Schedule, num_views: int, num_stages: int) -> str:
    """Return what a schedule leaves out of what was wanted; empty for nothing."""
    parts = []
    if schedule.num_views < num_views:
        parts.append(f"more than {schedule.num_views} of {num_views} views of each image")
    if schedule.num_stages < num_stages:
        most = max(NUM_TUNED[schedule.num_stages : num_stages])
        parts.append("training the last block" if most == 1 else f"training the last {most} blocks")
    return " and for ".join(parts)


def _lowest_loss(history: TrainingHistory) -> float:
    return history.epochs[history.best_epoch - 1]["validation_loss"]


def _join(histories: Sequence[TrainingHistory]) -> TrainingHistory:
    """Return the stages as one, with the number of the stage in each epoch's metrics."""
    epochs: list[dict[str, float]] = []
    best = 0
    lowest = float("inf")
    for stage, history in enumerate(histories, 1):
        if _lowest_loss(history) < lowest:
            lowest, best = _lowest_loss(history), len(epochs) + history.best_epoch
        for entry in history.epochs:
            epochs.append({**entry, "stage": stage, "epoch": len(epochs) + 1})
    return TrainingHistory(epochs, best)
