"""Convolutional autoencoder of features: what it cannot rebuild is not normal."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor, nn

from detectors.backbones.choice import backbone_state, choose_backbone, reopen_backbone
from detectors.backbones.extractors import Backbone, resample
from detectors.cae.networks import MARGIN, FeatureCAE
from detectors.cae.painting import TIME_SHARE, learn_to_paint
from detectors.cae.patches import choose_windows
from detectors.cae.settings import CAESettings
from detectors.checkpoints import load_weights, not_fitted
from detectors.devices import choose_device, memory_layout
from detectors.learning.budget import LEAST_SECONDS, Budget
from detectors.learning.features import PatchFeatures, compute_features
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.networks import (
    round_weights,
    smooth_map,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.preprocess import LoadedSamples, check_input_size
from inspection.types import AnomalyMap, Prediction, RGBImage, Sample, TrainingRecord

MULTIPLE = 16  # stride of the coarsest features
MOST_HELD = 1000  # validation patches that decide which epoch is the best
SHRINKAGE = 0.3  # share of their mean that is added to the variances of errors
TINY = 1e-7


class CAE:
    """Autoencoder of the features of a frozen backbone (after DFR, Yang et al. 2020).

    It learns from few normal patches, those that cover all others best, to rebuild them from a few
    numbers. Its map is the error of what it rebuilds as a Mahalanobis distance: what is rebuilt
    badly on held-out normal training images, too, counts little. Its square is smoothed and divided
    by what its maximum is on half of those: a typical normal image scores about 1. Beside it a
    small network paints what was rebuilt, so that people can see it.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows bars on stderr, or what to call after every epoch.
        settings: as in `CAESettings`.
    """

    name: ClassVar[str] = "cae"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(CAESettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=MULTIPLE)
        self.outline = None
        self._device = choose_device(device)
        self._progress = progress
        self._forget()

    def _forget(self) -> None:
        self._network: FeatureCAE | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    def fit(self, samples: Sequence[Sample]) -> Self:
        from detectors.learning.loop import seeded

        start, budget = time.perf_counter(), Budget(self.settings.max_seconds, samples)
        self._forget()
        normal = [sample for sample in learnable(samples) if not sample.is_anomalous]
        learned, held = read_training_data(normal, self.settings, has_bar=self._progress is True)
        backbone = choose_backbone(self.settings, layers=self.settings.layers)
        with seeded(self.settings.seed):
            network = self._build(backbone)
            seconds = budget.learning_seconds(
                len(normal),
                lambda: self._inspect(network, learned.images[0]),
                num_checked=2 * len(held.images),
            )
            limited = replace(self.settings, max_seconds=seconds)
            windows, history = self._learn(network, learned, held, limited)
            learn_to_paint(network, learned, held, limited)
        round_weights(network, left=network.backbone_tensors())
        self._measure_usual(network, held)
        self._network = network
        self.state = {**backbone_state(backbone.ref), **history, "map": "distance"}
        self.training = record_training(
            learned,
            held,
            seed=self.settings.seed,
            start=start,
            device=self._device,
            summary=f"rebuilds {len(windows):,} patches of {len(normal)} normal images; "
            f"backbone {backbone.ref.name} ({backbone.ref.origin})",
        )
        return self

    # long: the windows, how they are drawn, and the training itself
    def _learn(
        self,
        network: FeatureCAE,
        learned: LoadedSamples,
        held: LoadedSamples,
        chosen: CAESettings,
    ) -> tuple[Tensor, dict[str, Any]]:
        """Train the autoencoder; return the windows that it learned from, and how it went."""
        from detectors.learning.loop import TrainingSet, train_network

        start = time.perf_counter()
        generator = torch.Generator().manual_seed(chosen.seed)
        has_bar = self._progress is True
        windows, tested = (
            choose_windows(
                network.features, part.images, count, generator=generator, has_bar=has_bar
            )
            for part, count in ((learned, chosen.num_patches), (held, MOST_HELD))
        )
        scale = float(windows.float().std())
        network.autoencoder.scale.fill_(scale)

        def draw(index: int) -> tuple[Tensor, Tensor]:
            window = windows[index].float() / scale
            return window + chosen.noise * torch.randn_like(window), _centre(window)

        clean = tested.float() / scale
        history = train_network(
            network.autoencoder,
            TrainingSet(
                draw,
                len(windows),
                (clean, _centre(clean)),
                _squared_error,
                max_validation=len(clean),
            ),
            replace(chosen, max_seconds=_seconds_left(chosen, start)),
            device=self._device,
            name=self.name,
            progress=self._progress,
        )
        return windows, history.to_state()

    @torch.inference_mode()
    def _measure_usual(self, network: FeatureCAE, held: LoadedSamples) -> None:
        """Learn from held-out normal images what errors are usual there."""
        covariance, count = torch.zeros(network.whitening.shape, dtype=torch.float64), 0
        for batch in compute_features(network.features, held.images):
            scaled, rebuilt = network.autoencoder.rebuild(batch)
            errors = (rebuilt - scaled).transpose(0, 1).flatten(1)  # (c, b * h * w)
            errors = errors.cpu().double()
            covariance += errors @ errors.T
            count += errors.shape[1]
        variances, axes = torch.linalg.eigh(covariance / count)
        variances += SHRINKAGE * variances.mean() + TINY
        network.whitening.copy_((axes / variances.sqrt()).float())
        highest = [float(self._inspect(network, image)[0].max()) for image in held.images]
        network.typical.fill_(max(TINY, float(np.median(highest))))

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network = self._fitted()
        predictions = []
        for image in images:  # one by one: a batch of another size rounds differently
            errors, mean, picture = self._inspect(network, image)
            measures = {"mean_squared_error": mean}
            predictions.append(Prediction(errors, measures, reconstruction=picture))
        return predictions

    @torch.inference_mode()
    def _inspect(self, network: FeatureCAE, image: RGBImage) -> tuple[AnomalyMap, float, RGBImage]:
        """Return the map (h, w), the mean squared error, and a picture of what is rebuilt."""
        errors, rebuilt = network(to_tensor(image)[None].to(self._device))
        weighed = resample(network.weigh(errors)[:, None], self.input_size)[0, 0]
        smooth = smooth_map(weighed.cpu().numpy(), self.settings.smoothing)
        picture = network.paint(rebuilt, self.input_size)[0].mul(255).round().byte()
        return (
            np.sqrt(smooth / np.float32(network.typical.item())),
            float(errors.square().mean()),
            picture.permute(1, 2, 0).cpu().numpy(),
        )

    def weights(self) -> WeightArrays:
        network = self._fitted()
        return to_weights(network, left=network.backbone_tensors())

    def restore(self, stored: StoredDetector) -> None:
        _ = stored.state["map"]  # older maps were squared, and their thresholds are of no use now
        backbone = reopen_backbone(self.settings, stored, layers=self.settings.layers)
        network = self._build(backbone)
        tensors = to_tensors(stored.weights) | network.backbone_tensors()
        self._network = load_weights(network, tensors, stored.folder)

    def _fitted(self) -> FeatureCAE:
        if self._network is None:
            raise not_fitted(self.name)
        return self._network

    def _build(self, backbone: Backbone) -> FeatureCAE:
        chosen = self.settings
        network = FeatureCAE(
            PatchFeatures(backbone), width=chosen.width, bottleneck=chosen.bottleneck
        )
        network = network.to(memory_format=memory_layout(self._device))
        return network.to(self._device).eval()


def _seconds_left(chosen: CAESettings, start: float) -> float | None:
    """Return what the autoencoder may take of the seconds that began to count at `start`."""
    if chosen.max_seconds is None:
        return None
    passed = time.perf_counter() - start
    return max(LEAST_SECONDS, (1 - TIME_SHARE) * chosen.max_seconds - passed)


def _centre(windows: Tensor) -> Tensor:
    """Return the patch in the middle of windows (..., c, 3, 3) as (..., c, 1, 1)."""
    inner = slice(MARGIN, -MARGIN)
    return windows[..., inner, inner]


def _squared_error(autoencoder: nn.Module, windows: Tensor, patches: Tensor) -> Tensor:
    error: Tensor = (autoencoder(windows).float() - patches).square().mean()
    return error
