"""U-Net: learns to outline defects, drawn ones or labelled ones."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from detectors.backbones.choice import backbone_state, choose_backbone, reopen_backbone
from detectors.checkpoints import load_weights, not_fitted
from detectors.devices import choose_device, memory_layout
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.losses import Loss, dice_per_image
from detectors.learning.networks import (
    round_weights,
    smooth_map,
    spread_levels,
    spread_out,
    to_batch,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from detectors.unet.platt import fit_platt
from detectors.unet.segmenter import LAYERS, STRIDE, Segmenter
from detectors.unet.settings import UNetSettings
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.errors import DatasetError
from inspection.outlines import fit_outline
from inspection.preprocess import LoadedSamples, check_input_size
from inspection.synthetic import draw_defects
from inspection.types import (
    AnomalyMap,
    Mask,
    Outline,
    Prediction,
    RGBImage,
    Sample,
    TrainingRecord,
)

MAX_VALIDATION = 64


class UNet:
    """`segmentation_models_pytorch.Unet` with Dice and cross-entropy; its map is log-odds.

    It learns from synthetic defects drawn on normal images, or, with `labelled`, from the defective
    samples it is given and their masks.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows a bar on stderr, or what to call after every epoch.
        settings: as in `UNetSettings`.
    """

    name: ClassVar[str] = "unet"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(UNetSettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=STRIDE)
        self._device = choose_device(device)
        self._progress = progress
        self._forget()

    def _forget(self) -> None:
        self._network: Segmenter | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    @property
    def outline(self) -> Outline | None:
        found = self.state.get("outline")
        return None if found is None else Outline(**found)

    def fit(self, samples: Sequence[Sample]) -> Self:
        from detectors.learning.loop import seeded

        start = time.perf_counter()
        self._forget()
        used = self._choose(samples)
        learned, held = read_training_data(used, self.settings, has_bar=self._progress is True)
        with seeded(self.settings.seed):
            self._network, self.state = self._learn(learned, held)
        self.training = record_training(
            learned,
            held,
            seed=self.settings.seed,
            start=start,
            device=self._device,
            summary=self._summarise(sum(sample.is_anomalous for sample in used)),
        )
        return self

    def _choose(self, samples: Sequence[Sample]) -> list[Sample]:
        """Return the samples to learn from; defective ones only where labels are wanted."""
        used = learnable(samples)
        normal = [sample for sample in used if not sample.is_anomalous]
        if not self.settings.labelled:
            return normal
        marked = [sample for sample in used if sample.is_anomalous and sample.is_marked]
        if not marked:
            raise DatasetError(
                "There is no labelled defect to train on.",
                "Give some with `--labelled-defects 0.5`, or train on synthetic defects.",
            )
        return normal + marked

    def _summarise(self, num_labelled: int) -> str:
        if not self.settings.labelled:
            return "trained on synthetic defects"
        text = f"trained on {num_labelled} labelled defect{'s' if num_labelled > 1 else ''}"
        return text + (" and on synthetic ones" if self.settings.synthetic_share > 0 else "")

    def _learn(
        self, learned: LoadedSamples, held: LoadedSamples
    ) -> tuple[Segmenter, dict[str, Any]]:
        from detectors.learning.augmentation import build_augment, plan_augmentation
        from detectors.learning.loop import TrainingSet, train_network

        chosen = self.settings
        plan = plan_augmentation(learned, chosen)
        augment = build_augment(plan, multiple=STRIDE)
        draw_image = _Drawer(learned, chosen.synthetic_share, seed=chosen.seed)

        def draw(index: int) -> tuple[Tensor, Tensor]:
            image, mask = draw_image(index)
            return augment(to_tensor(image), torch.from_numpy(mask[None].astype(np.float32)))

        backbone = choose_backbone(chosen, layers=LAYERS)
        network = Segmenter(backbone)
        network.set_statistics(to_batch(spread_out(learned.images)))
        validation = _validation_pairs(held, seed=chosen.seed)
        history = train_network(
            network,
            TrainingSet(
                draw, draw_image.num_images, validation, _build_loss(is_per_image=chosen.labelled)
            ),
            chosen,
            device=self._device,
            name=self.name,
            progress=self._progress,
        )
        self._scale_probability(network, validation)
        round_weights(network, left=network.backbone_tensors())
        state = {
            **backbone_state(backbone.ref),
            "outline": self._find_outline(network, validation) if held.masks.any() else None,
            "augmentation": asdict(plan),
            **history.to_state(),
        }
        return network, state

    @torch.inference_mode()
    def _scale_probability(self, network: Segmenter, validation: tuple[Tensor, Tensor]) -> None:
        """Make the output a probability on the validation masks; no pixel changes its rank.

        A short training ranks pixels well long before its probabilities mean anything.
        """
        logits = [network(image[None].to(self._device)).cpu() for image in validation[0]]
        network.rescale(*fit_platt(torch.cat(logits), validation[1]))

    def _find_outline(
        self, network: Segmenter, validation: tuple[Tensor, Tensor]
    ) -> dict[str, float | None]:
        """Return the outline that overlaps best with the labelled validation masks."""
        marked = [
            (self._levels(network, image)[0], mask[0].numpy() > 0.5)
            for image, mask in zip(*validation, strict=True)
        ]
        return asdict(fit_outline(marked))

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network = self._fitted()
        predictions = []
        for image in images:  # one by one: a batch of another size rounds differently
            anomaly_map, mean = self._levels(network, to_tensor(image))
            predictions.append(Prediction(anomaly_map, {"mean_mask_probability": mean}))
        return predictions

    @torch.inference_mode()
    def _levels(self, network: Segmenter, image: Tensor) -> tuple[AnomalyMap, float]:
        """Return the levels of the smoothed probability (h, w), and the mean probability."""
        batch = image[None].to(self._device)
        batch = batch.contiguous(memory_format=memory_layout(self._device))
        logits = network(batch)[0, 0]
        above, below = (
            smooth_map(probability.cpu().numpy(), self.settings.smoothing)
            for probability in (logits.sigmoid(), (-logits).sigmoid())
        )
        return spread_levels(above, below), float(logits.sigmoid().mean())

    def weights(self) -> WeightArrays:
        network = self._fitted()
        return to_weights(network, left=network.backbone_tensors())

    def restore(self, stored: StoredDetector) -> None:
        network = Segmenter(reopen_backbone(self.settings, stored, layers=LAYERS))
        tensors = to_tensors(stored.weights) | network.backbone_tensors()
        load_weights(network, tensors, stored.folder)
        network = network.to(memory_format=memory_layout(self._device))
        self._network = network.to(self._device).eval()

    def _fitted(self) -> Segmenter:
        if self._network is None:
            raise not_fitted(self.name)
        return self._network


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


def _build_loss(*, is_per_image: bool) -> Loss:
    """Return Dice plus cross-entropy.

    Labelled defects of one product differ in area by a factor of a hundred: with Dice over the
    whole batch only the largest would count. Drawn ones are alike, and there the batch is calmer.
    """
    dice = dice_per_image if is_per_image else _dice_over_batch()
    cross_entropy = nn.BCEWithLogitsLoss()

    def loss(network: nn.Module, images: Tensor, masks: Tensor) -> Tensor:
        logits = network(images).float()
        total: Tensor = dice(logits, masks) + cross_entropy(logits, masks)
        return total

    return loss


def _dice_over_batch() -> Any:
    from segmentation_models_pytorch.losses import DiceLoss  # brings the whole library

    return DiceLoss("binary", smooth=1.0)
