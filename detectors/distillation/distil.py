"""Teach the project's small backbone to reproduce the features of a large pretrained network."""

import copy
import json
import math
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from detectors.backbones.extractors import Backbone, BackboneRef, load_backbone
from detectors.backbones.files import is_bound
from detectors.backbones.record import IMAGENET, Prepare
from detectors.backbones.student import WIDTHS, Student
from detectors.devices import choose_device, has_fast_bfloat16, memory_layout
from detectors.distillation.crops import CropSampler, collect_pictures
from inspection.errors import SettingsError
from inspection.files import replace_bytes, replace_file

LAYERS = ("layer2", "layer3")
WARM_UP = 300  # steps until the learning rate is at its height
EMA_DECAY = 0.999
NUM_STATISTICS_BATCHES = 48
SAVE_SECONDS = 60.0
REPORT_STEPS = 20
LIBRARIES = ("torch", "timm", "numpy", "scikit-image", "scikit-learn", "opencv-python-headless")


@dataclass(frozen=True, slots=True)
class DistillSettings:
    """Every number behind a student; the defaults are those of the one that the project carries.

    Attributes:
        minutes: wall-clock budget that ends the run before `steps`; None for none.
        crop_size: height and width of a training crop in pixels.
        num_drawn: drawn textures to crop from.
        num_products: drawn images of each demo product to crop from.
        teacher_name: architecture of the teacher's weights, as timm calls it.
    """

    steps: int = 22_676
    minutes: float | None = None
    seed: int = 0
    batch_size: int = 32
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    crop_size: int = 112
    num_drawn: int = 8_000
    num_products: int = 90
    widths: tuple[int, int, int] = WIDTHS
    teacher_name: str = "resnet18"


@dataclass(frozen=True, slots=True)
class DistillProgress:
    """How far a run is; `loss` sums both layers, 2 for a student that knows nothing."""

    step: int
    share: float  # of the run, 0-1
    loss: float
    seconds: float
    is_saved: bool


Report = Callable[[DistillProgress], None]


def distill(
    teacher_weights: Path,
    out: Path,
    *,
    settings: DistillSettings | None = None,
    device: str | None = None,
    num_workers: int = 1,
    report: Report | None = None,
) -> BackboneRef:
    """Train a student from random weights and put it at `out`, with its identity card beside it.

    `out` is replaced at the very end, all or nothing. Until then the running student lies beside
    it in `<stem>.tmp-partial.safetensors`, saved every minute and on KeyboardInterrupt; a later
    call with the same settings and teacher goes on from there.

    Args:
        teacher_weights: the teacher's state dict, as `load_backbone` reads it.
        out: such as `checkpoints/backbones/student.safetensors`; the card is the `.json` beside it.
        settings: every number of the run.
        device: "cpu", "cuda" or "mps"; the best one present when left out.
        num_workers: processes that draw the pictures, then threads that prepare the crops ahead.
        report: called every few steps and after every save.

    Raises:
        BackboneError: the teacher's weights are missing, damaged or of another architecture.
        SettingsError: a setting is out of its range, the device is absent, or it diverged.
    """
    settings = settings or DistillSettings()
    _check(settings, out)
    if is_bound(settings.teacher_name):
        raise SettingsError(
            f"The licence of {settings.teacher_name} binds what is distilled from it, too.",
            "Take another teacher, such as resnet18.",
        )
    place = choose_device(device)
    teacher = load_backbone(settings.teacher_name, layers=LAYERS, weights=teacher_weights)
    pictures = collect_pictures(
        seed=settings.seed,
        num_drawn=settings.num_drawn,
        num_products=settings.num_products,
        num_workers=num_workers,
    )
    crops = CropSampler(pictures, size=settings.crop_size, seed=settings.seed)
    batches = _Batches(crops, settings.batch_size)
    run = _Run(teacher, settings, place)
    run.measure_teacher(batches)
    run.resume(out)
    try:
        _train(run, batches, out, num_workers=num_workers, report=report)
    except KeyboardInterrupt:
        run.save(out)
        raise
    run.save(out)
    return _finish(run, out, pictures.counts)


def partial_path(out: Path) -> Path:
    """Return where the running student lies until it is done; ignored by git."""
    return out.with_name(f"{out.stem}.tmp-partial{out.suffix}")


def _state_path(out: Path) -> Path:
    return out.with_name(f"{out.stem}.tmp-state.pt")


def _check(settings: DistillSettings, out: Path) -> None:
    if settings.steps < 1 or settings.batch_size < 2 or settings.crop_size < 32:
        raise SettingsError(
            "These settings leave nothing to train.",
            "Use at least 1 step, batches of 2 crops and crops of 32 pixels.",
        )
    if out.suffix != ".safetensors":
        raise SettingsError(f"{out.name} is no name for a student.", "End it in .safetensors.")
    out.parent.mkdir(parents=True, exist_ok=True)


class _Batches:
    """Batch i of crops as (B, 3, size, size) in 0..1; the same whoever prepares it."""

    def __init__(self, crops: CropSampler, batch_size: int) -> None:
        self.crops = crops
        self.batch_size = batch_size

    def __getitem__(self, index: int) -> Tensor:
        first = index * self.batch_size
        crops = [self.crops[first + offset] for offset in range(self.batch_size)]
        return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)  # channels_last in memory


_TrainingBatch = tuple[Tensor, dict[str, Tensor]]
"""Normalised images, and the features that the student should give."""


class _AdaptedStudent(nn.Module):
    """The student with the 1x1 adaptors that turn its features into the teacher's."""

    def __init__(self, widths: tuple[int, int, int], teacher_channels: dict[str, int]) -> None:
        super().__init__()
        self.student = Student(widths)
        self.adaptors = nn.ModuleDict(
            {
                layer: nn.Conv2d(self.student.channels[layer], channels, 1)
                for layer, channels in teacher_channels.items()
            }
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        features = self.student(images)
        return {layer: adaptor(features[layer]) for layer, adaptor in self.adaptors.items()}


class _Run:
    """Everything that changes during a run, and how it is kept."""

    def __init__(self, teacher: Backbone, settings: DistillSettings, device: torch.device) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.device = device
        self.teacher = teacher.to(device)
        # for the student, whatever the teacher wants
        self.normalise = Prepare(IMAGENET).to(device)
        self.student = _AdaptedStudent(settings.widths, teacher.channels).to(device)
        for network in (self.teacher, self.student):
            network.to(memory_format=memory_layout(device))
        self.average = copy.deepcopy(self.student).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(
            self.student.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.half = has_fast_bfloat16(device)
        self.statistics: dict[str, tuple[Tensor, Tensor]] = {}
        self.step = 0
        self.seconds = 0.0
        self.loss = torch.tensor(2.0, device=device)

    @property
    def share(self) -> float:
        """How much of the run is done, 0-1, by steps or by the clock."""
        share = self.step / self.settings.steps
        if self.settings.minutes is not None:
            share = max(share, self.seconds / (60.0 * self.settings.minutes))
        return min(share, 1.0)

    @property
    def identity(self) -> str:
        """What two runs must share for one to go on where the other stopped."""
        return json.dumps({**asdict(self.settings), "teacher": self.teacher.ref.sha256})

    def compute_targets(self, images: Tensor) -> dict[str, Tensor]:
        """Return the teacher's features in float32."""
        with torch.no_grad(), self._autocast():
            return {layer: out.float() for layer, out in self.teacher(images).items()}

    def prepare(self, batch: Tensor) -> _TrainingBatch:
        """Bring a batch to the device and compute the features that the student should give."""
        images = batch.to(self.device).contiguous(memory_format=memory_layout(self.device))
        targets = self.compute_targets(images)
        for layer, (mean, spread) in self.statistics.items():
            targets[layer] = (targets[layer] - mean) / spread
        return self.normalise(images), targets

    def measure_teacher(self, batches: _Batches) -> None:
        """Learn mean and spread of every teacher channel over the first batches."""
        seen = [
            self.compute_targets(batches[index].to(self.device))
            for index in range(NUM_STATISTICS_BATCHES)
        ]
        for layer in self.teacher.layers:
            values = torch.cat([features[layer] for features in seen])
            spread, mean = torch.std_mean(values, (0, 2, 3), keepdim=True)
            self.statistics[layer] = (mean, spread.clamp_min(1e-3))

    def advance(self, batch: _TrainingBatch) -> None:
        """Take one step of gradient descent."""
        images, targets = batch
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.learning_rate * _learning_rate(self.step, self.share)
        with self._autocast():
            outputs = self.student(images)
        loss = torch.zeros((), device=self.device)
        for layer, target in targets.items():
            loss = loss + (outputs[layer].float() - target).square().mean()
        self.optimizer.zero_grad()
        torch.autograd.backward(loss)
        self.optimizer.step()
        self.step += 1
        self._average_weights()
        self.loss = self.loss + (loss.detach() - self.loss) * max(0.01, 1.0 / self.step)

    def save(self, out: Path) -> None:
        """Keep the running student, and what it takes to go on from here."""
        tensors = {
            # fp16 is exact enough for weights; running statistics stay as they are
            name: (tensor.half() if name.endswith("conv.weight") else tensor).cpu().contiguous()
            for name, tensor in self.average.student.state_dict().items()
        }
        replace_bytes(partial_path(out), save(tensors))
        state = {
            "identity": self.identity,
            "pupil": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "loss": self.loss,
        }
        with replace_file(_state_path(out)) as file:
            torch.save(state, file)

    def resume(self, out: Path) -> None:
        """Go on from an interrupted run with the same settings; start anew when there is none."""
        path = _state_path(out)
        if not path.is_file():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except (pickle.UnpicklingError, EOFError, RuntimeError):
            return
        if state.get("identity") != self.identity:
            return
        self.student.load_state_dict(state["pupil"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds, self.loss = state["step"], state["seconds"], state["loss"]

    def progress(self, *, is_saved: bool) -> DistillProgress:
        return DistillProgress(self.step, self.share, float(self.loss), self.seconds, is_saved)

    def _average_weights(self) -> None:
        decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            ours, new = self.average.state_dict(), self.student.state_dict()
            floats = [name for name, tensor in new.items() if tensor.is_floating_point()]
            torch._foreach_lerp_(
                [ours[name] for name in floats], [new[name] for name in floats], 1.0 - decay
            )

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)


def _train(
    run: _Run, batches: _Batches, out: Path, *, num_workers: int, report: Report | None
) -> None:
    clock = saved = time.monotonic()
    for batch in _prefetch(run, batches, num_workers):
        run.advance(batch)
        now = time.monotonic()
        run.seconds, clock = run.seconds + now - clock, now
        is_due = now - saved > SAVE_SECONDS
        if is_due:
            run.save(out)
            saved = now
        if is_due or run.step % REPORT_STEPS == 0:
            _report(run, report, is_saved=is_due)
        if run.share >= 1.0:
            return


def _prefetch(run: _Run, batches: _Batches, num_workers: int) -> Iterator[_TrainingBatch]:
    """Yield the batches in their order, while threads prepare the next ones."""

    def prepare(step: int) -> _TrainingBatch:
        return run.prepare(batches[step])

    steps = range(run.step, run.settings.steps)
    if num_workers < 1:
        yield from map(prepare, steps)
        return
    pool = ThreadPoolExecutor(num_workers)
    waiting: deque[Future[_TrainingBatch]] = deque()
    try:
        for step in steps:
            waiting.append(pool.submit(prepare, step))
            if len(waiting) > 2 * num_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _report(run: _Run, report: Report | None, *, is_saved: bool) -> None:
    progress = run.progress(is_saved=is_saved)
    if not math.isfinite(progress.loss):
        raise SettingsError(
            "The training of the student diverged.", "Lower the learning rate and start again."
        )
    if report is not None:
        report(progress)


def _learning_rate(step: int, share: float) -> float:
    """Rise over the first steps, then fall along a cosine to nothing."""
    return min(1.0, (step + 1) / WARM_UP) * 0.5 * (1.0 + math.cos(math.pi * share))


def _finish(run: _Run, out: Path, counts: dict[str, int]) -> BackboneRef:
    """Put the finished student in its place, and write its identity card."""
    partial_path(out).replace(out)
    _state_path(out).unlink(missing_ok=True)
    ref = load_backbone(layers=("layer1", *LAYERS), weights=out).ref
    settings = asdict(run.settings)
    card = {
        "name": ref.name,
        "sha256": ref.sha256,
        "made_by": "python cli.py distill-backbone --teacher PATH "
        f"--steps {run.step} --seed {run.settings.seed} --out PATH",
        "teacher": asdict(run.teacher.ref),
        "settings": settings,
        "pictures": counts,
        "steps": run.step,
        "loss": round(float(run.loss), 4),
        "seconds": round(run.seconds),
        "precision": "bfloat16" if run.half else "float32",
        "device": run.device.type,
        "versions": {library: version(library) for library in LIBRARIES},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(card, indent=1) + "\n"
    replace_bytes(out.with_suffix(".json"), text.encode())
    return ref
