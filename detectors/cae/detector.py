"""Convolutional autoencoder: what it cannot rebuild through its bottleneck is not normal."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from detectors.cae.errors import GRAIN, PREFIX, Reconstruction, ReferenceErrors
from detectors.cae.settings import WIDTHS, CAESettings
from detectors.checkpoints import load_weights, not_fitted
from detectors.devices import choose_device, memory_layout
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.losses import Loss, ssim_map
from detectors.learning.networks import (
    round_weights,
    smooth_map,
    spread_out,
    to_batch,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.preprocess import LoadedSamples, check_input_size
from inspection.synthetic import draw_defects
from inspection.types import Prediction, RGBImage, Sample, TrainingRecord


class Autoencoder(nn.Module):
    """(B, 3, h, w) in 0..1 -> the same, through `bottleneck` channels at h/2^depth x w/2^depth."""

    def __init__(self, *, width: int, depth: int, bottleneck: int) -> None:
        super().__init__()
        widths = [round(width * factor) for factor in WIDTHS[:depth]]
        self.encoder = nn.Sequential(
            *(
                _stage(before, after, stride=2)
                for before, after in zip([3, *widths], widths, strict=False)
            ),
            nn.Conv2d(widths[-1], bottleneck, 1),
        )
        upward = widths[::-1]
        self.decoder = nn.Sequential(
            _stage(bottleneck, upward[0], stride=1),
            *(
                nn.Sequential(nn.Upsample(scale_factor=2), _stage(before, after, stride=1))
                for before, after in pairwise(upward)
            ),
            nn.Conv2d(upward[-1], 12, 3, padding=1),
            nn.PixelShuffle(2),
        )

    def forward(self, images: Tensor) -> Tensor:
        rebuilt: Tensor = self.decoder(self.encoder(images))
        return rebuilt


def _stage(before: int, after: int, *, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(0.1),
    )


class CAE:
    """Autoencoder with L2 and SSIM loss (Bergmann et al. 2019), trained on normal images only.

    Its map is the mean of two reconstruction errors, squared and structural, both smoothed. The
    squared one leaves grain out, which no network rebuilds, and weighs every colour by how well it
    is rebuilt on held-out normal training images (their differences are whitened). Each error is
    then divided by what it usually is at that place on those images, since edges and borders are
    never rebuilt well, and by the square root of how much worse than usual the calmest part of this
    image is, since some normal parts are rougher than others. Last, each is divided by the median
    of its maximum over those images: a typical normal image scores about 1, and neither error
    drowns the other.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows a bar on stderr, or what to call after every epoch.
        settings: as in `CAESettings`.
    """

    name: ClassVar[str] = "cae"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(CAESettings, self.name, settings)
        multiple = 2**self.settings.depth
        self.input_size = check_input_size(self.settings.input_size, multiple=multiple)
        self.outline = None
        self._device = choose_device(device)
        self._progress = progress
        self._forget()

    def _forget(self) -> None:
        self._network: Autoencoder | None = None
        self._reference: ReferenceErrors | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    def fit(self, samples: Sequence[Sample]) -> Self:
        from detectors.learning.loop import seeded

        start = time.perf_counter()
        self._forget()
        normal = [sample for sample in learnable(samples) if not sample.is_anomalous]
        learned, held = read_training_data(normal, self.settings, has_bar=self._progress is True)
        with seeded(self.settings.seed):
            network, self.state = self._learn(learned, held)
        round_weights(network)
        self._reference = ReferenceErrors.measure(
            [self._rebuild(network, image)[0] for image in held.images],
            self.settings.smoothing,
            is_grey=bool((learned.images == learned.images[..., :1]).all()),
        )
        self._network = network
        self.training = record_training(
            learned,
            held,
            seed=self.settings.seed,
            start=start,
            device=self._device,
            summary=f"trained on {len(normal)} normal images",
        )
        return self

    def _learn(
        self, learned: LoadedSamples, held: LoadedSamples
    ) -> tuple[Autoencoder, dict[str, Any]]:
        from detectors.learning.augmentation import build_augment, plan_augmentation
        from detectors.learning.loop import TrainingSet, train_network

        chosen = self.settings
        plan = plan_augmentation(learned, chosen)
        augment = build_augment(plan, multiple=2**chosen.depth)
        rng = np.random.default_rng(chosen.seed)
        nothing = torch.zeros(1, *chosen.input_size)

        def draw(index: int) -> tuple[Tensor, Tensor]:
            clean, _ = augment(to_tensor(learned.images[index]), nothing)
            return self._damage(clean, rng), clean

        network = self._build()
        clean = to_batch(held.images)
        rng_held = np.random.default_rng([chosen.seed, 1])
        damaged = torch.stack([self._damage(image, rng_held) for image in clean])
        variance = float(to_batch(spread_out(learned.images)).var(dim=(2, 3)).mean())
        loss = _build_loss(variance, ssim_weight=chosen.ssim_weight)
        history = train_network(
            network,
            TrainingSet(draw, len(learned.images), (damaged, clean), loss),
            chosen,
            device=self._device,
            name=self.name,
            progress=self._progress,
        )
        state = {
            "augmentation": asdict(plan),
            **history.to_state(),
        }
        return network, state

    def _damage(self, image: Tensor, rng: np.random.Generator) -> Tensor:
        """Draw synthetic defects on a share of the images (3, h, w), for the network to undo."""
        if rng.uniform() >= self.settings.damage_share:
            return image
        pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
        return to_tensor(draw_defects(pixels, rng)[0])

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network, reference = self._fitted()
        predictions = []
        for image in images:  # one by one: a batch of another size rounds differently
            rebuilt, mean = self._rebuild(network, image)
            anomaly_map = reference.compare(rebuilt, self.settings.smoothing)
            predictions.append(Prediction(anomaly_map, {"mean_squared_error": mean}))
        return predictions

    @torch.inference_mode()
    def _rebuild(self, network: Autoencoder, image: RGBImage) -> tuple[Reconstruction, float]:
        """Return what becomes of an image, and the mean squared error."""
        original = to_tensor(image)[None].to(self._device)
        rebuilt = network(original.contiguous(memory_format=memory_layout(self._device)))
        difference = (rebuilt - original)[0].permute(1, 2, 0)
        structural = (1.0 - ssim_map(_grey(rebuilt), _grey(original)))[0, 0].clamp(min=0.0)
        calm = smooth_map(difference.cpu().numpy(), GRAIN)
        return Reconstruction(calm, structural.cpu().numpy()), float(difference.square().mean())

    def weights(self) -> WeightArrays:
        network, reference = self._fitted()
        return to_weights(network) | reference.to_weights()

    def restore(self, stored: StoredDetector) -> None:
        self._reference = ReferenceErrors.from_weights(stored.weights)
        own = {k: v for k, v in stored.weights.items() if not k.startswith(PREFIX)}
        network = load_weights(self._build(), to_tensors(own), stored.folder)
        self._network = network.to(self._device).eval()

    def _fitted(self) -> tuple[Autoencoder, ReferenceErrors]:
        if self._network is None or self._reference is None:
            raise not_fitted(self.name)
        return self._network, self._reference

    def _build(self) -> Autoencoder:
        chosen = self.settings
        network = Autoencoder(width=chosen.width, depth=chosen.depth, bottleneck=chosen.bottleneck)
        return network.to(memory_format=memory_layout(self._device))


def _build_loss(variance: float, *, ssim_weight: float) -> Loss:
    """Return the squared error, in units of the variance of an image, plus 1 - SSIM."""

    def loss(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
        rebuilt = network(images).float()
        squared = (rebuilt - targets).square().mean() / max(variance, 1e-4)
        structural = 1.0 - ssim_map(_grey(rebuilt), _grey(targets)).mean()
        total: Tensor = squared + ssim_weight * structural
        return total

    return loss


def _grey(images: Tensor) -> Tensor:
    grey: Tensor = images.mean(dim=1, keepdim=True)
    return grey
