"""PatchCore (Roth et al. 2022): how far every patch is from its nearest normal neighbour."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from detectors.backbones.choice import backbone_state, choose_backbone, reopen_backbone
from detectors.backbones.extractors import Backbone
from detectors.backbones.library_imports import import_patchcore_model
from detectors.backbones.record import COSINE
from detectors.checkpoints import not_fitted
from detectors.devices import choose_device, synchronize
from detectors.learning.budget import Budget
from detectors.learning.coreset import PROJECTED, estimate_seconds, select_coreset
from detectors.learning.features import choose_batch
from detectors.learning.fitting import learnable, read_images, record_training
from detectors.learning.networks import smooth_map
from detectors.patchcore.settings import PatchCoreSettings
from detectors.patchcore.turning import ANGLES, find_usual_angles, turn_images
from detectors.settings import make_settings
from inspection.detector import EpochCallback, StoredDetector, WeightArrays
from inspection.errors import CheckpointError
from inspection.memory import check_memory
from inspection.paths import train_again
from inspection.preprocess import LoadedSamples, Progress, check_input_size
from inspection.progress import Pace, announce_duration
from inspection.types import AnomalyMap, Prediction, RGBImage, Sample, TrainingRecord

MEMORY_BANK = "memory_bank"
READING, PASSING, CHOOSING, NUM_PARTS = range(4)  # of a fit
SKIPPED, TIMED = 1, 3  # batches behind the time that is announced
FEW = 256
"""Normal images up to which turned copies are worth their time, where turned parts are normal."""


class PatchCore:
    """Memory bank of normal patches behind anomalib's `PatchcoreModel`; nothing is trained.

    Args:
        device: auto, cpu, cuda or mps.
        progress: whether `fit` shows bars on stderr, or what to call with the share that is done.
        settings: as in `PatchCoreSettings`.
    """

    name: ClassVar[str] = "patchcore"

    def __init__(
        self, *, device: str | None = None, progress: bool | EpochCallback = True, **settings: Any
    ) -> None:
        self.settings = make_settings(PatchCoreSettings, self.name, settings)
        self.input_size = check_input_size(self.settings.input_size, multiple=16)
        self.outline = None
        self._batch = choose_batch(self.input_size)
        self._device = choose_device(device)
        self._has_bars = progress is True
        self._tell = progress if callable(progress) else None
        self._forget()

    def _forget(self) -> None:
        self._model: Any = None
        self.training: TrainingRecord | None = None
        self.state: dict[str, Any] = {}

    def fit(self, samples: Sequence[Sample]) -> Self:
        start, budget = time.perf_counter(), Budget(self.settings.max_seconds, samples)
        self._forget()
        chosen = self.settings
        normal = [sample for sample in learnable(samples) if not sample.is_anomalous]
        loaded = read_images(
            normal, self.input_size, has_bar=self._has_bars, progress=self._part(READING)
        )
        backbone = choose_backbone(chosen, layers=chosen.layers)
        model = self._build(backbone)
        generator = torch.Generator().manual_seed(chosen.seed)
        angles = self._choose_angles(model, loaded, budget)
        candidates, num_patches = self._collect(model, loaded.images, angles, generator)
        wanted = self._num_rows(num_patches)
        num_read = len(normal) * len(angles)
        seconds = budget.learning_seconds(num_read, lambda: self._embed_one(model, loaded))
        kept = select_coreset(
            candidates,
            wanted,
            generator=generator,
            progress=self._has_bars,
            goes_on=self._watch(wanted, seconds),
        )
        # rounded to what the checkpoint stores, so that a saved detector predicts the same
        model.memory_bank = candidates[kept].half().float()
        self._model = model.eval()
        self.state = {
            **backbone_state(backbone.ref),
            "num_patches": num_patches,
            "angles": list(angles),
        }
        self.training = record_training(
            loaded,
            seed=chosen.seed,
            start=start,
            device=self._device,
            summary=_summarise(len(kept), wanted, len(normal), len(angles), backbone),
        )
        return self

    def _part(self, part: int) -> Progress:
        """Return what tells how far one of the three parts of a fit is, if anybody listens."""

        def progress(done: int, total: int) -> None:
            if self._tell is not None:
                self._tell({"share": round((part + done / total) / NUM_PARTS, 4)})

        return progress

    def _watch(self, wanted: int, seconds: float | None) -> Callable[[int], bool]:
        """Return what tells how many patches are chosen, and ends it after so many seconds."""
        start, progress = time.perf_counter(), self._part(CHOOSING)

        def goes_on(num_chosen: int) -> bool:
            progress(num_chosen, wanted)
            return seconds is None or time.perf_counter() - start < seconds

        return goes_on

    @torch.inference_mode()
    def predict(self, images: Sequence[RGBImage]) -> list[Prediction]:
        if self._model is None:
            raise not_fitted(self.name)
        # one by one: a matrix product of another shape rounds differently
        return [Prediction(self._compare(image)) for image in images]

    def _compare(self, image: RGBImage) -> AnomalyMap:
        """Return the smoothed distances (h, w); anomalib's own filter has 49 x 49 weights."""
        distances = self._model(self._to_tensor(image[None])).anomaly_map[0, 0]
        return smooth_map(distances.cpu().numpy(), self.settings.smoothing)

    def weights(self) -> WeightArrays:
        if self._model is None:
            raise not_fitted(self.name)
        return {MEMORY_BANK: self._model.memory_bank.half().cpu().numpy()}

    def restore(self, stored: StoredDetector) -> None:
        backbone = reopen_backbone(self.settings, stored, layers=self.settings.layers)
        model = self._build(backbone)
        bank = torch.from_numpy(stored.weights[MEMORY_BANK]).float()
        if bank.ndim != 2 or bank.shape[1] != sum(backbone.channels.values()):
            raise CheckpointError(
                f"The memory bank in {stored.folder} does not fit its backbone.",
                train_again(stored.folder),
            )
        model.memory_bank = bank.to(self._device)
        self._model = model.eval()

    def _build(self, backbone: Backbone) -> Any:
        model = import_patchcore_model()(
            layers=list(backbone.layers),
            backbone="resnet18",  # the smallest to build: its place is taken by ours
            pre_trained=False,
            num_neighbors=1,  # the score is the map's maximum: nothing to reweigh
        )
        model.feature_extractor = backbone
        model.anomaly_map_generator.blur = nn.Identity()  # `_compare` filters rows, then columns
        if backbone.ref.record.distance == COSINE:
            model.generate_embedding = _UnitLength(model.generate_embedding)
        return model.to(self._device)

    def _num_rows(self, num_patches: int) -> int:
        """Return how many of this many patches are remembered."""
        wanted = max(1, round(self.settings.coreset_ratio * num_patches))
        return min(self.settings.max_memory, wanted)

    def _announce(self, passes: float, num_patches: int) -> None:
        """Say how long the fit will take: its forward passes, and the selection after them."""
        num_candidates = min(self.settings.max_candidates, num_patches)
        selection = estimate_seconds(
            num_candidates, self._num_rows(num_patches), device=self._device
        )
        limit = self.settings.max_seconds
        seconds = passes + selection
        announce_duration(
            f"training {self.name}", seconds if limit is None else min(limit, seconds)
        )

    def _choose_angles(self, model: Any, loaded: LoadedSamples, budget: Budget) -> tuple[int, ...]:
        """Return the angles at which every image is remembered; at 0 each is as it is."""
        wanted = self.settings.turned_copies
        if wanted is not None or len(loaded.samples) > FEW:
            return ANGLES if wanted else ANGLES[:1]

        def embed(images: NDArray[np.uint8]) -> Tensor:
            return torch.cat(list(self._embed(model, images)))

        usual = find_usual_angles(embed, loaded, seed=self.settings.seed)
        start = time.perf_counter()
        self._embed_one(model, loaded)
        pace = time.perf_counter() - start
        copies = len(loaded.samples) * (len(usual) - 1)
        return usual if budget.allows(copies * pace) else ANGLES[:1]

    def _collect(
        self,
        model: Any,
        images: NDArray[np.uint8],
        angles: Sequence[int],
        generator: torch.Generator,
    ) -> tuple[Tensor, int]:
        """Return up to `max_candidates` embeddings (m, d), evenly from all images + total."""
        num_images = len(images) * len(angles)
        per_image = -(-self.settings.max_candidates // num_images)
        candidates, num_kept = torch.empty(0), 0
        num_patches, num_batches = 0, -(-len(images) // self._batch) * len(angles)
        start, pace = time.perf_counter(), Pace(skipped=SKIPPED, timed=TIMED)
        progress = self._part(PASSING)
        for position, batch in enumerate(self._embed(model, images, angles), 1):  # (b, patches, d)
            if position == 1:  # once for all: thousands of small pieces tear the memory apart
                most = min(self.settings.max_candidates, num_images * batch.shape[1])
                candidates = _make_room(batch, most)
            for embeddings in batch:
                num_patches += len(embeddings)
                order = torch.randperm(len(embeddings), generator=generator)[:per_image]
                part = embeddings[order.to(embeddings.device)][: len(candidates) - num_kept]
                candidates[num_kept : num_kept + len(part)] = part
                num_kept += len(part)
            progress(position, num_batches)
            seconds = pace.step() or 0.0
            if self._has_bars and position == min(SKIPPED + TIMED, num_batches):
                passed = time.perf_counter() - start
                left = seconds * (num_batches - position)
                self._announce(passed + left, batch.shape[1] * num_images)
        return candidates[:num_kept], num_patches

    @torch.inference_mode()
    def _embed(
        self, model: Any, images: NDArray[np.uint8], angles: Sequence[int] = ANGLES[:1]
    ) -> Iterator[Tensor]:
        model.train()  # anomalib: a model in training returns the embeddings
        views = [(a, start) for a in angles for start in range(0, len(images), self._batch)]
        for angle, start in tqdm(views, "reading patches", disable=not self._has_bars, leave=False):
            batch = self._to_tensor(turn_images(images[start : start + self._batch], angle))
            embeddings = model(batch)  # (batch * patches, d)
            model.embedding_store.clear()
            synchronize(self._device)
            yield embeddings.reshape(len(batch), -1, embeddings.shape[-1])

    @torch.inference_mode()
    def _embed_one(self, model: Any, loaded: LoadedSamples) -> None:
        """Do the largest part of a prediction."""
        model(self._to_tensor(loaded.images[:1]))
        model.embedding_store.clear()

    def _to_tensor(self, images: NDArray[np.uint8]) -> Tensor:
        """Turn (B, h, w, 3) uint8 into (B, 3, h, w) in 0..1 on the device."""
        copied = np.array(images)  # torch wants to own what it shares
        tensor = torch.from_numpy(copied).to(self._device)
        return tensor.permute(0, 3, 1, 2).float().div_(255)


def _make_room(batch: Tensor, num_rows: int) -> Tensor:
    """Return an empty tensor of as many rows as are wanted, beside those of a batch (b, p, d).

    Raises:
        BreakdownError: there is not so much memory.
    """
    width = batch.shape[-1]
    if batch.device.type == "cpu":
        check_memory(
            # the chosen ones are copied, all are compared by their projection
            num_rows * (width + 2 * PROJECTED) * batch.element_size(),
            f"The {num_rows:,} patches that PatchCore chooses among",
            fix="Train with a smaller --input-size, fewer --set max_candidates=N or another "
            "backbone, or close what else uses memory.",
        )
    return batch.new_empty(num_rows, width)


def _summarise(
    num_kept: int, wanted: int, num_normal: int, num_angles: int, backbone: Backbone
) -> str:
    patches = f"{num_kept:,} patches"
    if num_kept < wanted:
        patches += f" (of {wanted:,} wanted, for want of time)"
    turned = "" if num_angles == 1 else f", each at {num_angles} angles"
    return (
        f"remembers {patches} of {num_normal} normal images{turned}; "
        f"backbone {backbone.ref.name} ({backbone.ref.origin})"
    )


class _UnitLength:
    """Joins feature maps as anomalib does, then makes every patch a vector of length 1.

    The distance of two of them is sqrt(2 - 2 cos): it puts patches in the order of 1 - cos.
    """

    def __init__(self, join: Callable[[dict[str, Tensor]], Tensor]) -> None:
        self._join = join

    def __call__(self, features: dict[str, Tensor]) -> Tensor:
        return nn.functional.normalize(self._join(features), dim=1)  # (B, d, h, w)
