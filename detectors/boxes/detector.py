"""Boxes: finds defects of the kinds that were marked, each with a box, its kind and a score."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detectors.backbones.choice import backbone_state, choose_backbone, reopen_backbone
from detectors.backbones.extractors import Backbone
from detectors.boxes.network import LAYERS, STRIDES, BoxNetwork
from detectors.boxes.settings import BoxesSettings
from detectors.checkpoints import load_weights, not_fitted
from detectors.devices import choose_device, memory_layout
from detectors.learning.budget import Budget
from detectors.learning.fitting import learnable, read_training_data, record_training
from detectors.learning.networks import (
    EVEN,
    round_weights,
    spread_levels,
    to_batch,
    to_tensor,
    to_tensors,
    to_weights,
)
from detectors.settings import make_settings
from inspection.boxes import Edges, KindBox
from inspection.datasets.classes import NORMAL, sort_classes
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.errors import DatasetError
from inspection.masks.shapes import make_box
from inspection.measures import to_measures
from inspection.preprocess import LoadedSamples, check_input_size
from inspection.types import (
    AT_THRESHOLD,
    AnomalyMap,
    Outline,
    Prediction,
    RGBImage,
    Sample,
    Size,
    TrainingRecord,
)

if TYPE_CHECKING:
    from detectors.learning.loop import TrainingHistory, TrainingSet

BACKBONE_SHARE = 0.2  # of the learning rate
LEAST_SCORE = 1e-6  # and as little below 1: log-odds have no end
MAX_VALIDATION = 144  # images: what an epoch is judged by


class BoxDetector:
    """FCOS on a pretrained backbone, whose last layers learn along.

    Scores are shifted so that one half, on the validation images, separates right boxes from wrong
    ones best. The map is the level of the surest box at each pixel (`spread_levels`): boxes that
    nobody would believe count, too, so that good parts differ in it.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows bars on stderr, or what to call after every epoch.
        settings: as in `BoxesSettings`.
    """

    name: ClassVar[str] = "boxes"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(BoxesSettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=STRIDES[-1])
        self._device = choose_device(device)
        self._progress = progress
        self._forget()

    def _forget(self) -> None:
        self._network: BoxNetwork | None = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    @property
    def outline(self) -> Outline:
        return AT_THRESHOLD if self.state.get("knows_good_parts") else Outline(EVEN)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of defects that it knows; empty before `fit`."""
        return tuple(self.state.get("kinds", ()))

    def fit(self, samples: Sequence[Sample]) -> Self:
        start, budget = time.perf_counter(), Budget(self.settings.max_seconds, samples)
        from detectors.learning.loop import seeded  # takes its time, too

        self._forget()
        used = learnable(samples)
        marked = [sample for sample in used if sample.is_marked or not sample.is_anomalous]
        if used and not any(sample.is_anomalous for sample in marked):
            raise DatasetError(
                "No defect to learn from is marked by a box, an outline or a mask.",
                "Mark some, or give marked ones of the test part with `--labelled-defects 0.5`.",
            )
        learned, held = read_training_data(marked, self.settings, has_bar=self._progress is True)
        with seeded(self.settings.seed):
            self._network, self.state = self._learn(learned, held, budget)
        self.training = record_training(
            learned,
            held,
            seed=self.settings.seed,
            start=start,
            device=self._device,
            summary=self._summarise(marked, num_left=len(used) - len(marked)),
        )
        return self

    def _learn(
        self, learned: LoadedSamples, held: LoadedSamples, budget: Budget
    ) -> tuple[BoxNetwork, dict[str, Any]]:
        from detectors.boxes.targets import BoxDrawer, read_boxes, to_table
        from detectors.learning.augmentation import plan_augmentation
        from detectors.learning.loop import TrainingSet

        chosen = self.settings
        boxes = [read_boxes(part.samples, chosen.input_size) for part in (learned, held)]
        kinds = sort_classes({box.kind for part in boxes for found in part for box in found})
        plan = plan_augmentation(learned, chosen)
        draw = BoxDrawer.of(learned, to_table(boxes[0], kinds), plan)
        # evenly from first to last: they stand kind by kind
        step = -(-len(held.images) // MAX_VALIDATION)
        images, marked = to_batch(held.images[::step]), boxes[1][::step]
        backbone = choose_backbone(chosen, layers=LAYERS)
        network = self._assemble(backbone, len(kinds))
        training_set = TrainingSet(
            draw,
            len(draw.rows),
            (images, torch.from_numpy(to_table(marked, kinds))),
            lambda _, images, boxes: network.loss(images, boxes),
            max_validation=MAX_VALIDATION,
            parts=network.learning(share=BACKBONE_SHARE),
        )
        num_read = len(learned.images) + len(held.images)
        history = self._train(network, training_set, budget, num_read=num_read)
        is_good = [not sample.is_anomalous for sample in (*learned.samples, *held.samples)]
        state = {
            **backbone_state(backbone.ref),
            "kinds": list(kinds),
            "even_score": self._find_even(network, images, marked, kinds),
            "knows_good_parts": any(is_good),
            "augmentation": asdict(plan),
            **history.to_state(),
        }
        return network, state

    def _train(
        self, network: BoxNetwork, training_set: "TrainingSet", budget: Budget, *, num_read: int
    ) -> "TrainingHistory":
        from detectors.learning.loop import train_network

        images, _ = training_set.validation
        seconds = budget.learning_seconds(
            num_read,
            lambda: list_found(network.to(self._device).eval(), images[:1].to(self._device)),
            num_checked=2 * len(images),  # after the last epoch, and to find the even score
        )

        history = train_network(
            network,
            training_set,
            replace(self.settings, max_seconds=seconds),
            device=self._device,
            name=self.name,
            progress=self._progress,
        )
        round_weights(network, left=network.frozen_tensors())
        return history

    @torch.inference_mode()
    def _find_even(
        self,
        network: BoxNetwork,
        images: Tensor,
        marked: Sequence[tuple[KindBox, ...]],
        kinds: Sequence[str],
    ) -> float:
        """Return the score that parts right boxes of images (n, 3, h, w) from wrong ones best."""
        from inspection.evaluation.boxes import BoxedImage, find_best_score

        compared = []
        for image, boxes in zip(images, marked, strict=True):
            found = list_found(network, image[None].to(self._device))
            guesses = (KindBox(edges, kinds[label], score) for edges, label, score in found)
            compared.append(BoxedImage(tuple(guesses), boxes))
        return find_best_score(compared)

    def _assemble(self, backbone: Backbone, num_kinds: int) -> BoxNetwork:
        chosen = self.settings
        network = BoxNetwork(
            backbone, num_kinds=num_kinds, channels=chosen.channels, frozen=chosen.frozen
        )
        return network.to(memory_format=memory_layout(self._device))

    def _summarise(self, marked: Sequence[Sample], *, num_left: int) -> str:
        num_defective = sum(sample.is_anomalous for sample in marked)
        text = (
            f"finds {len(self.kinds)} kinds, from {num_defective} marked images and "
            f"{len(marked) - num_defective} good ones; backbone {self.settings.backbone} "
            f"({self.state['backbone_origin']})"
        )
        return text + (f"; {num_left} defective ones without marks left out" if num_left else "")

    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        network = self._fitted()
        # one by one: a batch of another size rounds differently
        return [self._predict_one(network, image) for image in images]

    @torch.inference_mode()
    def _predict_one(self, network: BoxNetwork, image: RGBImage) -> Prediction:
        batch = to_tensor(image)[None].to(self._device)
        batch = batch.contiguous(memory_format=memory_layout(self._device))
        found = list_found(network, batch)
        sure = shift_scores(np.array([one.score for one in found]), self.state["even_score"])
        levels = spread_levels(sure, 1 - sure)
        boxes = tuple(
            KindBox(one.edges, self.kinds[one.label], score, level)
            for one, score, level in zip(found, sure.tolist(), levels.tolist(), strict=True)
        )
        return Prediction(paint(boxes, self.input_size), self._name_kinds(boxes), boxes)

    def _name_kinds(self, boxes: Sequence[KindBox]) -> dict[str, float]:
        """Return how probable each kind is, and that the part is good where it has seen such.

        The surest box says how probable a defect is; the kinds share that as their surest do.
        """
        surest = [
            max((box.score for box in boxes if box.kind == kind), default=0.0)
            for kind in self.kinds
        ]
        whole = sum(surest)
        shares = [one / whole if whole else 1 / len(surest) for one in surest]
        if not self.state["knows_good_parts"]:
            return to_measures(self.kinds, shares)
        defective = max(surest)
        probabilities = [1 - defective, *(defective * share for share in shares)]
        return to_measures((NORMAL, *self.kinds), probabilities)

    def weights(self) -> WeightArrays:
        network = self._fitted()
        return to_weights(network, left=network.frozen_tensors())

    def restore(self, stored: StoredDetector) -> None:
        backbone = reopen_backbone(self.settings, stored, layers=LAYERS)
        network = self._assemble(backbone, len(stored.state["kinds"]))
        tensors = to_tensors(stored.weights) | network.frozen_tensors()
        load_weights(network, tensors, stored.folder)
        self._network = network.to(self._device).requires_grad_(False).eval()

    def _fitted(self) -> BoxNetwork:
        if self._network is None:
            raise not_fitted(self.name)
        return self._network


class Found(NamedTuple):
    """A box as the network gives it, with the number of its kind."""

    edges: Edges
    label: int
    score: float


def list_found(network: BoxNetwork, image: Tensor) -> list[Found]:
    """Return the boxes in one image (1, 3, h, w), the surest first; none outside of it."""
    (found,) = network.detect(image)
    names = ("boxes", "labels", "scores")
    rows = zip(*(found[name].cpu().tolist() for name in names), strict=True)
    return [
        Found((left, top, right, bottom), label, score)
        for (left, top, right, bottom), label, score in rows
        if right > left and bottom > top
    ]


def shift_scores(scores: NDArray[np.float64], even: float) -> NDArray[np.float64]:
    """Return scores (n,) so that this one becomes one half: log-odds less those of it."""
    kept = np.clip(np.append(scores, even), LEAST_SCORE, 1 - LEAST_SCORE)
    odds = kept / (1 - kept)
    return np.asarray(odds[:-1] / (odds[:-1] + odds[-1]))


def paint(boxes: Sequence[KindBox], size: Size) -> AnomalyMap:
    """Return the level of the surest box at each pixel of (height, width), 0 where none is."""
    height, width = size
    painted = np.zeros(size, np.float32)
    for box in boxes:
        area = make_box(*box.edges)
        top, left = min(area.top, height - 1), min(area.left, width - 1)
        window = painted[top : max(area.bottom, top + 1), left : max(area.right, left + 1)]
        np.maximum(window, np.float32(box.level), out=window)
    return painted
