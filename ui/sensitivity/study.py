"""The third view: how small and how faint a kind of defect may be on this image, by many trials."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from eda.sensitivity.curves import (
    MODELS,
    draw_detection_map,
    draw_pod,
    fit_infos,
    tabulate_limits,
)
from eda.sensitivity.exhibits import join_tables, report_study
from eda.tables import Table
from inspection.detector import Channel
from inspection.errors import InspectionError, SensitivityError
from inspection.evaluation.files import EVALUATION
from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from inspection.names import join_names
from inspection.products.checkpoint_folders import stamp_file
from inspection.products.product import Product
from inspection.products.stamped import StampedCache
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import Varied, fit_scores, fit_trials, map_detection
from inspection.sensitivity.kept import STUDY, load_study
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.real_defects import REAL, read_real_trials
from inspection.sensitivity.records import Trial
from inspection.sensitivity.study import (
    CONTRASTS,
    Ground,
    StudyOptions,
    Subject,
    check_study,
    choose_sizes,
    find_flagged,
    make_ground,
    run_study,
)
from ui.parts.components import busy_value, status_value
from ui.parts.updates import Updates
from ui.sensitivity import messages
from ui.sensitivity.scenes import Kept, Scene, Scenes

NUM_NORMALS = 8  # that tell where good parts vary
NUMBERS = (60, 120, 240, 400)
MOST_SHARED = 120
SHOWN_EVERY = 1.0  # seconds
MOST_SCALE = 1e6  # millimetres of one pixel
FILTERS = ("kind", "trials", "places", "curve", "scale")
PLACES = ("part", "everywhere")
CURVES = tuple((messages.BY_SIZE.format(fixed=f"{one:g}"), f"size@{one:g}") for one in CONTRASTS)
"""To choose from before the sizes are known."""
DEFAULT_CURVE = CURVES[-1][1]
Sent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a visitor has chosen.

    Attributes:
        curve: what was varied, and what stayed, as in "size@40".
        scale: millimetres of one pixel; None where nobody knows.
    """

    kind: str
    num_trials: int
    is_everywhere: bool
    curve: str
    scale: float | None

    @property
    def by(self) -> Varied:
        return Varied(self.curve.partition("@")[0])

    @property
    def fixed(self) -> float:
        return float(self.curve.partition("@")[2])


@dataclass(slots=True, eq=False)
class Begun:
    """A study that somebody has begun; whoever asks for the same one goes on with it.

    Attributes:
        notes: sentences that its reader has to know.
    """

    ground: Ground = field(repr=False)
    options: StudyOptions
    notes: tuple[str, ...]
    trials: tuple[Trial, ...] = field(default=(), repr=False)


class StudyView:
    """Runs studies and shows them as they grow; what was answered is kept for everybody."""

    def __init__(self, scenes: Scenes, next_run: Callable[[], int]) -> None:
        self._catalog = scenes.catalog
        self._scenes = scenes
        self._infos = {**self._catalog.detectors, JOINT: JOINT_INFO}
        self._next_run = next_run
        self._begun: Kept[Begun] = Kept()
        self._kept: StampedCache[Product, tuple[str, Updates]] = StampedCache()

    @property
    def most(self) -> int:
        """How many trials a visitor may ask for."""
        return MOST_SHARED if self._catalog.places.is_shared else NUMBERS[-1]

    def show(self, scene: Scene, *, study: object, choice: object, sent: Sent) -> Iterator[Updates]:
        """Run what was started, or show what there is, once it was stopped or chosen anew.

        Args:
            scene: the image.
            study: "run" or "stop"; None for a new image.
            choice: a value for each of `FILTERS`.
            sent: what the visitor's page holds.
        """
        wanted = self._read_choice(choice)
        if sent.get("key") != scene.key:
            yield {"feed": ("header", {"run": self._next_run(), "sample": scene.sample})}
            sent["key"] = scene.key
        if study is None:
            yield from self._idle(scene)
            return
        key = (scene.key, wanted.kind, wanted.num_trials, wanted.is_everywhere)
        try:
            if study == "run":
                yield {"study-status": busy_value(messages.STUDY_BEGINS, 0, 0)}
            begun = self._begun.get(key, lambda: self._begin(scene, wanted))
            curves, curve = self._curves(begun, wanted)
            wanted = replace(wanted, curve=curve)
            yield {"curve": (curves, curve)}
            if study == "run":
                yield from self._run(scene, begun, wanted)
        except InspectionError as error:
            hidden = self._catalog.places.hide(str(error))
            yield {"study-status": status_value(hidden, is_problem=True)}
            return
        yield {**self._draw(scene, begun, wanted, is_over=True), **self._close(begun, wanted)}

    def _begin(self, scene: Scene, wanted: Wanted) -> Begun:
        """Choose places and sizes.

        Raises:
            SensitivityError: a detector flags the image as it is.
        """
        subject = self._subject(scene)
        (flagging,) = find_flagged(subject, [scene.image])
        if flagging:
            names = join_names(self._catalog.titles(flagging))
            problem = messages.FLAGGED_BEFORE.format(
                names=names, flags="flags" if len(flagging) == 1 else "flag"
            )
            raise SensitivityError(problem, messages.FLAGGED_BEFORE_FIX)
        normals = [] if wanted.is_everywhere else self._scenes.read_normals(scene, NUM_NORMALS)
        ground = make_ground(scene.sample, scene.image, normals, is_everywhere=wanted.is_everywhere)
        options = StudyOptions(
            (wanted.kind,),
            choose_sizes(ground, scene.channels),
            num_trials=wanted.num_trials,
            is_everywhere=wanted.is_everywhere,
        )
        return Begun(ground, options, check_study(options, [ground], self._title(scene.channels)))

    def _title(self, channels: Mapping[str, Channel]) -> dict[str, Channel]:
        return {self._catalog.detectors[name].title: one for name, one in channels.items()}

    def _subject(self, scene: Scene) -> Subject:
        state = self._catalog.checkpoints.state
        return Subject(scene.channels, scene.rate, state=lambda: state(scene.product))

    def _run(self, scene: Scene, begun: Begun, wanted: Wanted) -> Iterator[Updates]:
        total = begun.options.total
        start = shown = time.monotonic()
        before = begun.trials
        answered = list(before)
        batches = run_study(self._subject(scene), [begun.ground], begun.options, done=before)
        for batch in batches:
            answered += batch
            # two visitors may run the same study: their trials are alike, and the longer row counts
            begun.trials = max(begun.trials, tuple(answered), key=len)
            now, done = time.monotonic(), len(answered)
            left = (now - start) / (done - len(before)) * (total - done)
            text = messages.STUDY_RUNS.format(done=done, total=total, seconds=round(left))
            yield {"study-status": busy_value(text, done, total)}
            if now - shown >= SHOWN_EVERY:
                shown = now
                yield self._draw(scene, begun, wanted)

    def _draw(
        self, scene: Scene, begun: Begun, wanted: Wanted, *, is_over: bool = False
    ) -> Updates:
        """Return plots and table of the trials so far."""
        trials = _choose_trials(begun.trials, wanted)
        # which model holds is said at the end: while trials come, curves are to be quick
        signals = fit_scores(trials, by=wanted.by) if is_over else None
        fitted = fit_infos(fit_trials(trials, by=wanted.by), self._infos, signals)
        title = messages.CURVE_TITLES[wanted.by].format(
            kind=wanted.kind.replace("-", " "), fixed=f"{wanted.fixed:g}"
        )
        frame = tabulate_limits(fitted, wanted.by, scale=wanted.scale) if trials else pd.DataFrame()
        note = f"{messages.LIMITS_NOTE} {MODELS if is_over else ''}".strip()
        table = Table(frame, messages.LIMITS, "detection-limits", note)
        maps = {
            f"study-map-{name}": draw_detection_map(map_detection(begun.trials, name), info)
            for name, info in self._catalog.detectors.items()
            if begun.trials and name in scene.channels
        }
        return {
            "study-plot": draw_pod(fitted, wanted.by, title=title, scale=wanted.scale),
            "study-table": table.value(),
            **maps,
            **dict.fromkeys(f"study-{name}" for name in REAL),
        }

    def _close(self, begun: Begun, wanted: Wanted) -> Updates:
        """Say how far it came, which detector is better, and what has to be known."""
        done, total = len(begun.trials), begun.options.total
        form = messages.STUDY_DONE if done == total else messages.STUDY_STOPPED
        titles = {name: one.title for name, one in self._catalog.detectors.items()}
        compared = compare_detectors(_choose_trials(begun.trials, wanted), titles, by=wanted.by)
        sentences = [form.format(done=done, total=total), *(one.sentence for one in compared)]
        return {"study-status": status_value(" ".join([*sentences, *begun.notes]))}

    def _idle(self, scene: Scene) -> Iterator[Updates]:
        """Say what to do, and what a study of the whole category has found, if there was one."""
        bounded = messages.STUDY_BOUNDED.format(most=self.most)
        text = messages.STUDY_IDLE + (f" {bounded}" if self._catalog.places.is_shared else "")
        note = f"{text} {scene.note}".strip()
        maps = [f"study-map-{name}" for name in self._catalog.detectors]
        real = [f"study-{name}" for name in REAL]
        cleared = dict.fromkeys(["study-plot", "study-table", *maps, *real])
        yield {**cleared, "study-status": status_value(note)}
        said, shown = self._read_kept(scene.product)  # the first time it takes seconds
        if said:
            yield {"study-status": status_value(f"{note} {said}"), **shown}

    def _read_kept(self, product: Product) -> tuple[str, Updates]:
        """Return what is kept of the category, in words and shown; nothing where it is not."""
        folders = [product.folder / name for name in self._catalog.detectors]
        written = (
            stamp_file(product.folder / STUDY),
            *(stamp_file(one / EVALUATION) for one in folders),
        )
        return self._kept.get(product, written, lambda: self._describe_kept(product))

    def _describe_kept(self, product: Product) -> tuple[str, Updates]:
        try:
            study = load_study(product)
        except InspectionError:  # there is none, or it is about other detectors
            return "", {}
        real: list[Trial] = []
        with contextlib.suppress(InspectionError):  # not evaluated, or as other weights
            real = read_real_trials(product, study)
        report = report_study(study, self._infos, real=real)
        title = messages.KEPT_LIMITS.format(num=len(study.trials), images=len(study.images))
        frame = join_tables(report.exhibits)
        note = f"{messages.LIMITS_NOTE} {MODELS}"
        if not report.exhibits:
            return "", {}
        return " ".join([messages.KEPT, *report.words]), {
            "study-plot": report.exhibits[0].draw(),
            "study-table": Table(frame, title, "category-limits", note).value(),
            **{f"study-{one.name}": one.draw() for one in report.exhibits if one.name in REAL},
        }

    def _curves(self, begun: Begun, wanted: Wanted) -> tuple[list[tuple[str, str]], str]:
        """Return what can be varied and what stays, and which of it is chosen."""
        choices = [*CURVES] + [
            (messages.BY_CONTRAST.format(fixed=f"{one:g}"), f"contrast@{one:g}")
            for one in begun.options.sizes
        ]
        known = [value for _, value in choices]
        return choices, wanted.curve if wanted.curve in known else DEFAULT_CURVE

    def _read_choice(self, choice: object) -> Wanted:
        """Return what was chosen; whatever a request by hand asks for becomes what can be had."""
        values = dict(zip(FILTERS, choice, strict=False)) if isinstance(choice, Sequence) else {}
        kind, places, curve = values.get("kind"), values.get("places"), values.get("curve")
        number, scale = values.get("trials"), values.get("scale")
        allowed = [one for one in NUMBERS if one <= self.most]
        return Wanted(
            kind=kind if isinstance(kind, str) and kind in KINDS else next(iter(KINDS)),
            num_trials=number if number in allowed else allowed[min(1, len(allowed) - 1)],
            is_everywhere=places == PLACES[1],
            curve=_read_curve(curve),
            scale=scale if isinstance(scale, int | float) and 0 < scale < MOST_SCALE else None,
        )


def _read_curve(curve: object) -> str:
    """Return what was asked for if it names what was varied, and a number."""
    by, _, fixed = str(curve).partition("@")
    try:
        is_known = by in list(Varied) and 0 < float(fixed) < math.inf
    except ValueError:
        is_known = False
    return str(curve) if is_known else DEFAULT_CURVE


def _choose_trials(trials: Sequence[Trial], wanted: Wanted) -> list[Trial]:
    """Return the trials at one contrast, or at one size: where the other was varied."""
    if wanted.by is Varied.SIZE:
        return [one for one in trials if abs(one.contrast - wanted.fixed) < 1e-6]
    return [one for one in trials if abs(one.size - wanted.fixed) < 1e-6]
