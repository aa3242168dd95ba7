"""Classifier: names the class of a part, and shows by Grad-CAM what the answer rests on."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from detectors.backbones.choice import backbone_state
from detectors.backbones.extractors import build_untrained, load_deepest
from detectors.backbones.record import IMAGENET, BackboneRecord, stored_record
from detectors.checkpoints import (
    load_weights,
    not_fitted,
)
from detectors.classifier.gradcam import explain
from detectors.classifier.networks import (
    SMALL_WIDTHS,
    Classifier,
    Head,
    PretrainedFeatures,
    make_small_features,
    to_probabilities,
)
from detectors.classifier.settings import SMALL_CNN, ClassifierSettings
from detectors.devices import choose_device, memory_layout
from detectors.learning.budget import Budget
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.networks import (
    EVEN,
    round_weights,
    spread_levels,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from inspection.datasets.classes import NORMAL, Labelling, class_of, list_classes
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.measures import to_measures
from inspection.preprocess import LoadedSamples, check_input_size
from inspection.types import AnomalyMap, Outline, Prediction, RGBImage, Sample, TrainingRecord

if TYPE_CHECKING:
    from detectors.classifier.training import LabelledImages, Task
    from detectors.learning.augmentation import Augmentation

STRIDE = 32
FEATURES = "features.network.network."  # of the backbone's tensors in a checkpoint


class CNNClassifier:
    """Transfer learning on a pretrained backbone, or a small network trained from scratch.

    Its map is L x CAM / max(CAM), where L is the level of P(defective) (`spread_levels`) and CAM is
    the Grad-CAM of the most probable defect class, so that the image score is L; a CAM without any
    positive value gives L everywhere.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows bars on stderr, or what to call after every epoch.
        settings: as in `ClassifierSettings`.
    """

    name: ClassVar[str] = "classifier"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(ClassifierSettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=STRIDE)
        self._device = choose_device(device)
        self._progress = progress
        # Captum hooks into the layer that every classification passes through
        self._hooked = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self._network: Classifier | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    @property
    def outline(self) -> Outline | None:
        found = self.state.get("outline")
        return None if found is None else Outline(**found)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that it distinguishes, the normal one first; empty before `fit`."""
        return tuple(self.state.get("classes", ()))

    def fit(self, samples: Sequence[Sample]) -> Self:
        start, budget = time.perf_counter(), Budget(self.settings.max_seconds, samples)
        from detectors.learning.loop import seeded  # takes its time, too

        self._forget()
        used = learnable(samples)
        # refused before thousands of images are decoded
        classes = list_classes(used, Labelling(self.settings.classes)) if used else ()
        learned, held = read_training_data(used, self.settings, has_bar=self._progress is True)
        with seeded(self.settings.seed):
            network, self.state = self._learn(learned, held, classes, budget)
        round_weights(network)
        self._network = network
        self.training = record_training(
            learned,
            held,
            seed=self.settings.seed,
            start=start,
            device=self._device,
            summary=self._summarise(used),
        )
        return self

    def _learn(
        self,
        learned: LoadedSamples,
        held: LoadedSamples,
        classes: tuple[str, ...],
        budget: Budget,
    ) -> tuple[Classifier, dict[str, Any]]:
        from detectors.classifier.training import ClassifierTrainer, read_features
        from detectors.learning.augmentation import plan_augmentation

        chosen = self.settings
        plan = plan_augmentation(learned, chosen)
        network, state = self._build_pretrained(len(classes))
        first = to_tensor(learned.images[0])[None]
        seconds = budget.learning_seconds(
            len(learned.samples) + len(held.samples),
            lambda: read_features(network.to(self._device).eval(), first, self._device),
        )
        trainer = ClassifierTrainer(
            self._make_task(learned, held, classes, plan),
            replace(chosen, max_seconds=seconds),
            device=self._device,
            progress=self._progress,
        )
        if chosen.backbone == SMALL_CNN:
            history = trainer.train_from_scratch(network)
        else:
            history = trainer.train_in_stages(network, num_stages=chosen.stages)
        network.requires_grad_(False).eval()
        return network, state | {
            "classes": list(classes),
            "outline": asdict(Outline(EVEN)),
            "augmentation": asdict(plan),
            "left_out": trainer.left_out,
            **history.to_state(),
        }

    def _make_task(
        self,
        learned: LoadedSamples,
        held: LoadedSamples,
        classes: tuple[str, ...],
        plan: "Augmentation",
    ) -> "Task":
        from detectors.classifier.augmentation import build_augment
        from detectors.classifier.training import Task

        chosen = self.settings
        return Task(
            classes,
            self._label(learned, classes),
            self._label(held, classes),
            build_augment(plan, chosen.input_size),
            chosen.balance,
            chosen.views,
            chosen.smoothing,
        )

    def _build_pretrained(self, num_classes: int) -> tuple[Classifier, dict[str, Any]]:
        """Return a network whose head knows nothing yet, and what its features are."""
        chosen = self.settings
        if chosen.backbone == SMALL_CNN:
            return self._assemble(make_small_features(), SMALL_WIDTHS[-1], num_classes), {}
        weights = chosen.backbone_weights
        found = load_deepest(chosen.backbone, weights=None if weights is None else Path(weights))
        state = {
            "layer": found.layer,
            "channels": found.channels,
            **backbone_state(found.ref),
        }
        features = PretrainedFeatures(found.network, found.layer)
        network = self._assemble(features, found.channels, num_classes, found.ref.record)
        return network, state

    def _assemble(
        self,
        features: nn.Module,
        channels: int,
        num_classes: int,
        record: BackboneRecord = IMAGENET,
    ) -> Classifier:
        chosen = self.settings
        # of every channel its mean and its maximum
        head = Head(2 * channels, num_classes, hidden=chosen.hidden, dropout=chosen.dropout)
        network = Classifier(features, head, record=record)
        return network.to(memory_format=memory_layout(self._device))

    def _label(self, loaded: LoadedSamples, classes: tuple[str, ...]) -> "LabelledImages":
        from detectors.classifier.training import LabelledImages

        labelling = Labelling(self.settings.classes)
        labels = [classes.index(class_of(sample, labelling)) for sample in loaded.samples]
        return LabelledImages(loaded.images, np.array(labels, np.int64))

    def _summarise(self, used: Sequence[Sample]) -> str:
        num_defective = sum(sample.is_anomalous for sample in used)
        backbone, left_out = self.settings.backbone, self.state["left_out"]
        if backbone != SMALL_CNN:
            backbone += f" ({self.state['backbone_origin']})"
        return (
            f"distinguishes {len(self.classes)} classes, from {len(used) - num_defective} normal "
            f"and {num_defective} defective images; backbone {backbone}"
            + (f"; there was no time for {left_out}" if left_out else "")
        )

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network = self._fitted()
        # one by one: a batch of another size rounds differently
        return [self._predict_one(network, image) for image in images]

    def _predict_one(self, network: Classifier, image: RGBImage) -> Prediction:
        with torch.inference_mode():
            batch = to_tensor(image)[None].to(self._device)
            maps = network.extract(batch.contiguous(memory_format=memory_layout(self._device)))
        first_defect = int(self.classes[0] == NORMAL)
        with self._hooked:
            with torch.inference_mode():
                logits = network.classify(maps)
            probabilities = to_probabilities(logits.cpu().double())[0].numpy()
            likeliest = first_defect + int(probabilities[first_defect:].argmax())
            # one logit stands for the second of two classes
            target = 0 if logits.shape[1] == 1 else likeliest
            cam = explain(network, maps, target, self.input_size).cpu().numpy()
        # of defects alone it can only say which; what matters most is then the end of the scale
        level = 2 * EVEN
        if first_defect:
            normal, defective = probabilities[0], probabilities[1:].sum()
            level = float(spread_levels(defective, normal))
        return Prediction(scale_cam(cam, level), to_measures(self.classes, probabilities.tolist()))

    def weights(self) -> WeightArrays:
        return to_weights(self._fitted())

    def restore(self, stored: StoredDetector) -> None:
        _ = stored.state["outline"]  # a checkpoint without has maps of another unit
        tensors = to_tensors(stored.weights)
        network = load_weights(self._rebuild(tensors), tensors, stored.folder)
        self._network = network.to(self._device).requires_grad_(False).eval()

    def _fitted(self) -> Classifier:
        if self._network is None:
            raise not_fitted(self.name)
        return self._network

    def _rebuild(self, tensors: Mapping[str, Tensor]) -> Classifier:
        """Return the network that was stored, its features untrained."""
        num_classes = len(self.classes)
        name = self.settings.backbone
        if name == SMALL_CNN:
            return self._assemble(make_small_features(), SMALL_WIDTHS[-1], num_classes)
        own = {key.removeprefix(FEATURES): value for key, value in tensors.items()}
        layer, channels = self.state["layer"], self.state["channels"]
        features = PretrainedFeatures(build_untrained(name, layer, tensors=own), layer)
        return self._assemble(features, channels, num_classes, stored_record(self.state))


def scale_cam(cam: NDArray[np.float32], level: float) -> AnomalyMap:
    """Return level x CAM / max(CAM), or the level everywhere if the CAM (h, w) is all 0."""
    highest = float(cam.max())
    share = cam / highest if highest > 0 else np.ones_like(cam)
    return np.asarray(share * np.float32(level), np.float32)
