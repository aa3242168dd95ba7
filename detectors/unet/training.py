"""How a U-Net learns: remember normal patches, keep compared images, train the decoder.

Import it only to train: Lightning and torchvision are slow.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import torch
from segmentation_models_pytorch.losses import DiceLoss
from torch import Tensor, nn

from detectors.backbones.choice import backbone_state, choose_backbone
from detectors.backbones.extractors import Backbone
from detectors.learning.augmentation import Augment, Augmentation, build_augment, plan_augmentation
from detectors.learning.budget import Budget
from detectors.learning.loop import TrainingSet, train_network
from detectors.learning.losses import Loss, dice_per_image
from detectors.learning.networks import round_weights, spread_out, to_batch, to_tensor
from detectors.unet.decoder import backbone_tensors, rescale
from detectors.unet.drawing import MarkedImage, draw_training, draw_validation, normal_images
from detectors.unet.feature_segmenter import FeatureSegmenter
from detectors.unet.kept import KeptImages, keep_images, unpack
from detectors.unet.memory import NormalPatches, PatchCollector
from detectors.unet.platt import fit_platt
from detectors.unet.segmenter import LAYERS, STRIDE, Segmenter, describe
from detectors.unet.settings import UNetSettings, count_wanted
from inspection.detector import EpochCallback
from inspection.preprocess import LoadedSamples
from inspection.progress import progress_bar

Network = Segmenter | FeatureSegmenter
TOLD_EVERY = 16  # images


@dataclass(frozen=True, slots=True, eq=False)
class TrainedSegmenter:
    """A network that has learned, what a checkpoint keeps of it, and its validation images."""

    network: Network
    state: dict[str, Any]
    validation: Sequence[MarkedImage]


# long: the steps of a training, one after the other
def train_segmenter(
    learned: LoadedSamples,
    held: LoadedSamples,
    settings: UNetSettings,
    *,
    device: torch.device,
    progress: bool | EpochCallback,
    budget: Budget,
) -> TrainedSegmenter:
    """Train a network on the device.

    Args:
        learned: images to remember, to draw on and to learn from.
        held: images that decide which epoch is the best.
        settings: of everything.
        device: where to compute.
        progress: whether to show bars on stderr, or what to call after every epoch.
        budget: of time, since before the images were read.
    """
    plan = plan_augmentation(learned, settings)
    backbone = choose_backbone(settings, layers=LAYERS).to(device)
    first = to_tensor(learned.images[0])[None].to(device)
    seconds = budget.learning_seconds(
        len(learned.samples) + len(held.samples), lambda: describe(backbone, first)
    )
    images = draw_validation(held, seed=settings.seed)
    watch = Watch(progress, seconds)
    network: Network
    if settings.labelled:
        network, training_set = _prepare_features(backbone, learned, images, settings, plan)
    else:
        network, training_set = _prepare_distances(backbone, learned, images, settings, plan, watch)
    history = train_network(
        network,
        training_set,
        replace(settings, max_seconds=watch.seconds_left()),
        device=device,
        name="unet",
        progress=progress,
    )
    _scale_probability(network, *training_set.validation, device=device)
    round_weights(network, left=backbone_tensors(network))
    state = {
        **backbone_state(backbone.ref),
        "augmentation": asdict(plan),
        "num_drawn": training_set.num_images,
        **history.to_state(),
    }
    return TrainedSegmenter(network, state, images)


def _prepare_features(
    backbone: Backbone,
    learned: LoadedSamples,
    images: Sequence[MarkedImage],
    settings: UNetSettings,
    plan: Augmentation,
) -> tuple[FeatureSegmenter, TrainingSet]:
    """Return a network for labelled defects, and what it learns from: images, drawn anew."""
    network = FeatureSegmenter(backbone)
    network.set_statistics(to_batch(spread_out(learned.images)))
    drawn = draw_training(learned, settings.synthetic_share, seed=settings.seed)
    augment = build_augment(plan, multiple=STRIDE)

    def draw(_: int) -> tuple[Tensor, Tensor]:
        return augment(*_to_pair(next(drawn)))

    pairs = [_to_pair(one) for one in images]
    validation = torch.stack([one for one, _ in pairs]), torch.stack([mask for _, mask in pairs])
    num_images = len(learned.samples)
    return network, TrainingSet(draw, num_images, validation, _build_loss(is_per_image=True))


def _prepare_distances(
    backbone: Backbone,
    learned: LoadedSamples,
    images: Sequence[MarkedImage],
    settings: UNetSettings,
    plan: Augmentation,
    watch: "Watch",
) -> tuple[Segmenter, TrainingSet]:
    """Return a network for drawn defects, and what it learns from: distances that are kept."""
    device = backbone.prepare.mean.device
    memory = _remember(backbone, normal_images(learned), settings, device, watch)
    network = Segmenter(backbone, [level.rows for level in memory]).to(device)
    reader = _Reader(network, memory, device)
    kept = _keep(learned, settings, plan, reader, watch)
    validation = keep_images(map(reader.read, images), most=len(images)).whole()

    def draw(row: int) -> tuple[Tensor, Tensor]:
        return kept.draw(row, window=plan.crop, multiple=STRIDE)

    num_images = len(kept.masks)
    return network, TrainingSet(draw, num_images, validation, _build_loss(is_per_image=False))


def _to_pair(one: MarkedImage) -> tuple[Tensor, Tensor]:
    return to_tensor(one.image), torch.from_numpy(one.mask[None].astype(np.float32))


def _remember(
    backbone: Backbone,
    images: Sequence[MarkedImage],
    settings: UNetSettings,
    device: torch.device,
    watch: "Watch",
) -> list[NormalPatches]:
    generator = torch.Generator().manual_seed(settings.seed)
    collectors = [PatchCollector(len(images), generator) for _ in LAYERS]
    for one in watch.show("reading patches", images, len(images), least=len(images)):
        levels = describe(backbone, to_tensor(one.image)[None].to(device))
        for collector, level in zip(collectors, levels, strict=True):
            collector.add(level, one.mask, one.unit)
    return [collector.choose(settings.memory_rows) for collector in collectors]


def _keep(
    learned: LoadedSamples,
    settings: UNetSettings,
    plan: Augmentation,
    reader: "_Reader",
    watch: "Watch",
) -> KeptImages:
    # windows are cut from what is kept, anew every time
    augment = build_augment(replace(plan, crop=False), multiple=STRIDE)
    drawn = draw_training(learned, settings.synthetic_share, seed=settings.seed)
    most = count_wanted(settings)
    watched = watch.show("drawing defects", islice(drawn, most), most, least=settings.batch_size)
    return keep_images((reader.read(one, augment) for one in watched), most=most)


class _Reader:
    """Reads how far images are from the normal patches of other parts than their own."""

    def __init__(
        self, network: Segmenter, memory: Sequence[NormalPatches], device: torch.device
    ) -> None:
        self._network, self._memory, self._device = network, memory, device

    def read(self, one: MarkedImage, augment: Augment | None = None) -> tuple[list[Tensor], Tensor]:
        """Return the levels (1, c, h, w) and the mask (1, h, w), varied if wanted."""
        image, mask = _to_pair(one)
        if augment is not None:
            image, mask = augment(image, mask)
        excluded = [level.excluded(one.unit) for level in self._memory]
        return self._network.compare(image[None].to(self._device), excluded), mask


class Watch:
    """Shows how far the images are, lets the caller stop, and ends drawing in time.

    Args:
        progress: whether to show bars on stderr, or what to call now and then.
        seconds: for all of the learning, from now on; None without a limit.
        clock: in seconds.
    """

    def __init__(
        self,
        progress: bool | EpochCallback,
        seconds: float | None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._has_bar = progress is True
        self._tell = progress if callable(progress) else None
        self._seconds, self._clock, self._start = seconds, clock, clock()

    def show(
        self, title: str, images: Iterable[MarkedImage], total: int, *, least: int
    ) -> Iterator[MarkedImage]:
        """Pass images on, at least so many; later ones as long as half of the time is left."""
        with progress_bar(title) if self._has_bar else nullcontext(self._tell_share) as shown:
            for position, one in enumerate(images, 1):
                if position > least and self._is_late():
                    return
                yield one
                shown(position, total)

    def seconds_left(self) -> float | None:
        """Return the time for the epochs; None without a limit."""
        if self._seconds is None:
            return None
        return max(1.0, self._seconds - (self._clock() - self._start))

    def _is_late(self) -> bool:
        return self._seconds is not None and self._clock() - self._start > self._seconds / 2

    def _tell_share(self, position: int, total: int) -> None:
        if self._tell is not None and position % TOLD_EVERY == 0:
            self._tell({"share": round(position / total, 4)})


@torch.inference_mode()
def _scale_probability(
    network: Network, inputs: Tensor, masks: Tensor, *, device: torch.device
) -> None:
    """Make the output a probability on the validation masks; no pixel changes its rank.

    A short training ranks pixels well long before its probabilities mean anything.
    """
    logits = [_answer(network, one[None].to(device), masks).cpu() for one in inputs]
    rescale(network.unet, *fit_platt(torch.cat(logits), masks))


def _build_loss(*, is_per_image: bool) -> Loss:
    """Return Dice plus cross-entropy.

    Labelled defects of one product differ in area by a factor of a hundred: with Dice over the
    whole batch only the largest would count. Drawn ones are alike, and there the batch is calmer.
    """
    dice = dice_per_image if is_per_image else DiceLoss("binary", smooth=1.0)
    cross_entropy = nn.BCEWithLogitsLoss()

    def loss(network: nn.Module, inputs: Tensor, masks: Tensor) -> Tensor:
        logits = _answer(network, inputs, masks).float()
        total: Tensor = dice(logits, masks) + cross_entropy(logits, masks)
        return total

    return loss


def _answer(network: nn.Module, inputs: Tensor, masks: Tensor) -> Tensor:
    """Return the logits (B, 1, h, w) of images, or of packed distances, with these masks."""
    if isinstance(network, Segmenter):
        return network.decode(unpack(inputs, network.shapes(masks.shape[-2:])))
    logits: Tensor = network(inputs)
    return logits
