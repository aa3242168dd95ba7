"""U-Net: learns to outline defects, drawn ones or labelled ones."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor, nn

from detectors.backbones.choice import reopen_backbone
from detectors.checkpoints import load_weights, not_fitted
from detectors.devices import choose_device, memory_layout
from detectors.learning.budget import Budget
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.networks import (
    smooth_map,
    spread_levels,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from detectors.unet.decoder import backbone_tensors
from detectors.unet.feature_segmenter import FeatureSegmenter
from detectors.unet.segmenter import LAYERS, ROWS, STRIDE, Segmenter
from detectors.unet.settings import UNetSettings, count_wanted
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.errors import DatasetError
from inspection.outlines import fit_outline
from inspection.preprocess import check_input_size
from inspection.types import (
    AnomalyMap,
    Outline,
    Prediction,
    RGBImage,
    Sample,
    TrainingRecord,
)

if TYPE_CHECKING:
    from detectors.unet.training import TrainedSegmenter


class UNet:
    """`segmentation_models_pytorch.Unet` with Dice and cross-entropy; its map is log-odds.

    It sees how far the features of a backbone are from those of normal parts, and learns from
    synthetic defects drawn on normal images, or, with `labelled`, from the defective samples it is
    given and their masks.

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
        self._network: Segmenter | FeatureSegmenter | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    @property
    def outline(self) -> Outline | None:
        found = self.state.get("outline")
        return None if found is None else Outline(**found)

    def fit(self, samples: Sequence[Sample]) -> Self:
        from detectors.learning.loop import seeded
        from detectors.unet.training import train_segmenter

        start, budget = time.perf_counter(), Budget(self.settings.max_seconds, samples)
        self._forget()
        used = self._choose(samples)
        learned, held = read_training_data(used, self.settings, has_bar=self._progress is True)
        with seeded(self.settings.seed):
            trained = train_segmenter(
                learned,
                held,
                self.settings,
                device=self._device,
                progress=self._progress,
                budget=budget,
            )
        self._network = trained.network
        outline = None if not held.masks.any() else self._find_outline(trained)
        self.state = {**trained.state, "outline": outline}
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
        text = "trained on synthetic defects"
        if self.settings.labelled:
            text = f"trained on {num_labelled} labelled defect{'s' if num_labelled > 1 else ''}"
            text += " and on synthetic ones" if self.settings.synthetic_share > 0 else ""
        elif (num_drawn := self.state["num_drawn"]) < (wanted := count_wanted(self.settings)):
            text += f"; {num_drawn} images (of {wanted} wanted, for want of time or memory)"
        return text

    def _find_outline(self, trained: "TrainedSegmenter") -> dict[str, float | None]:
        """Return the outline that overlaps best with the labelled validation masks."""
        marked = [
            (self._levels(trained.network, to_tensor(one.image))[0], one.mask)
            for one in trained.validation
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
    def _levels(self, network: nn.Module, image: Tensor) -> tuple[AnomalyMap, float]:
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
        return to_weights(network, left=backbone_tensors(network))

    def restore(self, stored: StoredDetector) -> None:
        backbone = reopen_backbone(self.settings, stored, layers=LAYERS)
        network: Segmenter | FeatureSegmenter
        if self.settings.labelled:
            network = FeatureSegmenter(backbone)
        else:
            network = Segmenter(backbone, [torch.from_numpy(stored.weights[one]) for one in ROWS])
        tensors = to_tensors(stored.weights) | backbone_tensors(network)
        load_weights(network, tensors, stored.folder)
        network = network.to(memory_format=memory_layout(self._device))
        self._network = network.to(self._device).eval()

    def _fitted(self) -> Segmenter | FeatureSegmenter:
        if self._network is None:
            raise not_fitted(self.name)
        return self._network
