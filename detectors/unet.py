"""U-Net: learns to outline defects, drawn ones or labelled ones."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import segmentation_models_pytorch as smp
import torch
from torch import Tensor, nn

from detectors.checkpoints import load_weights, not_fitted, read_detector, retrain, write_detector
from detectors.devices import choose_device
from detectors.networks import (
    round_weights,
    smooth_map,
    spread_out,
    to_batch,
    to_tensor,
    weights_to_store,
)
from detectors.settings import Range, Watch, make_settings, settings_to_json
from inspection.errors import CheckpointError, DatasetError, SettingsError
from inspection.preprocess import LoadedSamples, check_input_size, load_samples
from inspection.synthetic import draw_defects
from inspection.types import (
    AnomalyMap,
    Mask,
    Prediction,
    RGBImage,
    Sample,
    Size,
    Split,
    TrainingRecord,
)

STRIDE = 32  # of the encoder's coarsest features
ENCODER = "tu-resnet10t"
ENCODER_CHANNELS = (32, 64, 128, 256)  # a narrow ResNet-10: plain convolutions learn fast
ENCODER_STEM = 16
DECODER_CHANNELS = (128, 64, 32, 16, 8)
LEVELS = np.linspace(0.02, 0.98, 97)  # thresholds tried on the validation masks
MAX_VALIDATION = 64

RANGES = {"synthetic_share": Range(0.0, 1.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class UNetSettings:
    """Settings of the U-Net.

    Attributes:
        input_size: (height, width), multiples of 32.
        labelled: learn from the defective samples and their masks; else from drawn defects alone.
        synthetic_share: share of the drawn normal images that get synthetic defects; by default one
            half, or a quarter beside labelled ones.
        smoothing: standard deviation of the map's Gaussian filter, in pixels of the input.
        flips: vary by mirroring; None to find out whether that is normal.
        rotation: vary by quarter turns; None to find out whether that is normal.
        crop: learn from random windows.
        light: vary brightness and contrast.
        max_epochs: of `epoch_images` each.
        epoch_images: images drawn per epoch, whatever the size of the data set.
        max_seconds: ends the training earlier.
        patience: epochs without progress after which the training ends.
        batch_size: images per step.
        learning_rate: its highest value.
        seed: of everything random.
    """

    input_size: Size = (256, 256)
    labelled: bool = False
    synthetic_share: float | None = None
    smoothing: float = 2.0
    flips: bool | None = None
    rotation: bool | None = None
    crop: bool = True
    light: bool = True
    max_epochs: int = 36
    epoch_images: int = 256
    max_seconds: float | None = None
    patience: int = 12
    batch_size: int = 16
    learning_rate: float = 2e-3
    seed: int = 0


class Segmenter(nn.Module):
    """(B, 3, h, w) in 0..1 -> defect logits (B, 1, h, w); knows its images' statistics."""

    mean: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.full((1, 3, 1, 1), 0.5))
        self.register_buffer("spread", torch.full((1, 3, 1, 1), 0.25))
        self.unet = smp.Unet(
            ENCODER,
            encoder_weights=None,
            decoder_channels=DECODER_CHANNELS,
            classes=1,
            channels=ENCODER_CHANNELS,
            stem_width=ENCODER_STEM,
        )

    def set_statistics(self, images: Tensor) -> None:
        """Take mean and spread of each channel from (n, 3, h, w)."""
        spread, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
        self.mean.copy_(mean)
        self.spread.copy_(spread.clamp(min=0.02))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.unet((images - self.mean) / self.spread)
        return logits


class UNet:
    """`segmentation_models_pytorch.Unet` with Dice and cross-entropy; its map is a probability.

    It learns from synthetic defects drawn on normal images, or, with `labelled`, from the defective
    samples it is given and their masks.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows a bar on stderr, or what to call after every epoch.
        settings: as in `UNetSettings`.
    """

    name: ClassVar[str] = "unet"

    def __init__(
        self, *, device: str | None = None, progress: bool | Watch = True, **settings: Any
    ) -> None:
        self.settings = make_settings(UNetSettings, self.name, settings, RANGES)
        check_input_size(self.settings.input_size, multiple=STRIDE)
        self._device = choose_device(device)
        self._progress = progress
        self._forget()

    def _forget(self) -> None:
        self._network: Segmenter | None = None
        self._training: TrainingRecord | None = None
        self._state: dict[str, Any] = {}

    @property
    def input_size(self) -> Size:
        return self.settings.input_size

    @property
    def min_threshold(self) -> float:
        return float(self._state.get("min_threshold", 0.0))

    @property
    def training(self) -> TrainingRecord | None:
        return self._training

    @property
    def history(self) -> list[dict[str, float]]:
        """Figures of every epoch of the training."""
        return list(self._state.get("history", []))

    def fit(self, samples: Sequence[Sample]) -> Self:
        from detectors.training import seeded, split_validation

        start = time.perf_counter()
        self._forget()
        used = self._choose(samples)
        training, validation = split_validation(used, seed=self.settings.seed)
        learned = load_samples(training, self.input_size)
        held = load_samples(validation, self.input_size)
        with seeded(self.settings.seed):
            network, state = self._learn(learned, held)
        self._network, self._state = network, state
        num_labelled = sum(sample.is_anomalous for sample in used)
        self._training = TrainingRecord(
            category=training[0].category,
            seen={**learned.seen, **held.seen},
            num_normal=len(used) - num_labelled,
            num_labelled=num_labelled,
            seed=self.settings.seed,
            seconds=round(time.perf_counter() - start, 2),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            device=self._device.type,
            summary=self._summarise(num_labelled),
        )
        return self

    def _choose(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return the samples to learn from; defective ones only where labels are wanted."""
        used = [sample for sample in samples if sample.split in (Split.TRAIN, Split.VALIDATION)]
        normal = [sample for sample in used if not sample.is_anomalous]
        if not self.settings.labelled:
            return normal
        marked = [
            sample for sample in used if sample.is_anomalous and (sample.mask_paths or sample.boxes)
        ]
        if not marked:
            raise DatasetError(
                "There is no labelled defect to learn from.",
                "Give some with `--labelled-defects 0.5`, or train on synthetic defects.",
            )
        return normal + marked

    def _summarise(self, num_labelled: int) -> str:
        if not self.settings.labelled:
            return "trained on synthetic defects"
        text = f"trained on {num_labelled} labelled defect{'s' if num_labelled > 1 else ''}"
        return text + (" and on synthetic ones" if self._synthetic_share > 0 else "")

    @property
    def _synthetic_share(self) -> float:
        if self.settings.synthetic_share is not None:
            return self.settings.synthetic_share
        return 0.25 if self.settings.labelled else 0.5

    def _learn(
        self, learned: LoadedSamples, held: LoadedSamples
    ) -> tuple[Segmenter, dict[str, Any]]:
        from detectors.augmentation import build_augment, plan_augmentation
        from detectors.training import Lesson, train_network

        chosen = self.settings
        plan = plan_augmentation(learned, chosen)
        augment = build_augment(plan, multiple=STRIDE)
        draw_image = _Drawer(learned, self._synthetic_share, seed=chosen.seed)

        def draw(index: int) -> tuple[Tensor, Tensor]:
            image, mask = draw_image(index)
            return augment(to_tensor(image), torch.from_numpy(mask[None].astype(np.float32)))

        network = Segmenter()
        network.set_statistics(to_batch(spread_out(learned.images)))
        validation = _validation_pairs(held, seed=chosen.seed)
        course = train_network(
            network,
            Lesson(draw, draw_image.num_images, validation, _build_loss()),
            chosen,
            device=self._device,
            name=self.name,
            progress=self._progress,
        )
        round_weights(network)
        state = {
            "min_threshold": self._find_threshold(network, validation),
            "augmentation": asdict(plan),
            "history": course.history,
            "best_epoch": course.best_epoch,
        }
        return network, state

    def _find_threshold(self, network: Segmenter, validation: tuple[Tensor, Tensor]) -> float:
        """Return the level whose outline overlaps best with the validation masks."""
        shared, flagged = np.zeros(len(LEVELS)), np.zeros(len(LEVELS))
        num_defective = 0.0
        for image, mask in zip(*validation, strict=True):
            level = self._probability(network, image)[0]
            is_defective = mask[0].numpy() > 0.5
            num_defective += float(is_defective.sum())
            above = _count_above(level)
            flagged += above
            shared += _count_above(level[is_defective])
        overlap = shared / np.maximum(1.0, flagged + num_defective - shared)
        return float(LEVELS[int(overlap.argmax())])

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network = self._network
        if network is None:
            raise not_fitted(self.name)
        predictions = []
        for image in images:  # one by one: a batch of another size rounds differently
            anomaly_map, mean = self._probability(network, to_tensor(image))
            predictions.append(Prediction(anomaly_map, {"mean_mask_probability": mean}))
        return predictions

    @torch.inference_mode()
    def _probability(self, network: Segmenter, image: Tensor) -> tuple[AnomalyMap, float]:
        """Return the smoothed probability (h, w) and the mean of the unsmoothed one."""
        batch = image[None].to(self._device).contiguous(memory_format=torch.channels_last)
        probability = network(batch).sigmoid()[0, 0]
        smooth = smooth_map(probability.cpu().numpy(), self.settings.smoothing)
        return smooth, float(probability.mean())

    def save(self, folder: Path) -> None:
        if self._network is None:
            raise not_fitted(self.name)
        write_detector(
            folder,
            self.name,
            settings=settings_to_json(self.settings),
            training=self._training,
            tensors=weights_to_store(self._network),
            state=self._state,
        )

    @classmethod
    def load(cls, folder: Path, *, device: str | None = None) -> Self:
        stored = read_detector(folder, cls.name)
        choose_device(device)  # an absent device is no fault of the checkpoint
        try:
            detector = cls(device=device, **stored.settings)
        except SettingsError as error:
            raise CheckpointError(
                f"{folder} was written by another version: {error.problem}", retrain(cls.name)
            ) from error
        network = Segmenter()
        load_weights(network, stored, folder)
        network = network.to(memory_format=torch.channels_last)
        detector._network = network.to(detector._device).eval()
        detector._training, detector._state = stored.training, stored.state
        return detector


class _Drawer:
    """Training images by number: the normal ones, then as many draws of labelled defects."""

    def __init__(self, learned: LoadedSamples, synthetic_share: float, *, seed: int) -> None:
        is_defective = np.array([sample.is_anomalous for sample in learned.samples])
        self._learned, self._synthetic_share = learned, synthetic_share
        self._normal = np.flatnonzero(~is_defective)
        self._defective = np.flatnonzero(is_defective)
        self._rng = np.random.default_rng(seed)
        # as many defective images as normal ones, however few are labelled
        num_defective = max(len(self._normal), len(self._defective)) if is_defective.any() else 0
        self.num_images = len(self._normal) + num_defective

    def __call__(self, index: int) -> tuple[RGBImage, Mask]:
        if index >= len(self._normal):
            row = int(self._defective[(index - len(self._normal)) % len(self._defective)])
            return self._learned.images[row], self._learned.masks[row]
        image = self._learned.images[int(self._normal[index])]
        if self._rng.uniform() < self._synthetic_share:
            return draw_defects(image, self._rng)
        return image, np.zeros(image.shape[:2], np.bool_)


def _validation_pairs(held: LoadedSamples, *, seed: int) -> tuple[Tensor, Tensor]:
    """Return validation images and masks; where none is marked, every second one gets defects."""
    rng = np.random.default_rng([seed, 1])
    images, masks = held.images.copy(), held.masks.copy()
    if not masks.any():
        for row in range(0, len(images), 2):
            images[row], masks[row] = draw_defects(images[row], rng)
    order = [int(row) for row in rng.permutation(len(images))]
    marked = [row for row in order if masks[row].any()]
    clean = [row for row in order if not masks[row].any()]
    # in turn, so that a cut leaves some of both
    pairs = zip_longest(marked, clean)
    rows = [row for pair in pairs for row in pair if row is not None][:MAX_VALIDATION]
    return to_batch(images[rows]), torch.from_numpy(masks[rows][:, None].astype(np.float32))


def _build_loss() -> Any:
    dice = smp.losses.DiceLoss("binary", smooth=1.0)
    cross_entropy = nn.BCEWithLogitsLoss()

    def loss(network: nn.Module, images: Tensor, masks: Tensor) -> Tensor:
        logits = network(images).float()
        total: Tensor = dice(logits, masks) + cross_entropy(logits, masks)
        return total

    return loss


def _count_above(values: AnomalyMap) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return how many values lie above each of `LEVELS`."""
    counts = np.histogram(values, np.concatenate([[-np.inf], LEVELS, [np.inf]]))[0]
    return counts[::-1].cumsum()[::-1][1:].astype(np.float64)
