"""The detectors of a product under stress, measured on test images that none of them has seen."""

import json
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from inspection.datasets.dataset import Dataset
from inspection.detector import Channel
from inspection.errors import CheckpointError, DatasetError, EvaluationError, SettingsError
from inspection.evaluation.evaluate import SeenImages
from inspection.evaluation.files import decode, encode, read_identity
from inspection.evaluation.partial import digest_samples
from inspection.evaluation.service import open_test_samples
from inspection.files import replace_bytes
from inspection.ground_truth import VERSION, read_mask
from inspection.images import pixel_hash, read_sample
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import fingerprint, read_seen
from inspection.products.inspecting import load_judging
from inspection.products.product import Product
from inspection.progress import SILENT, Monitor
from inspection.sensitivity.answering import answer_images
from inspection.sensitivity.robustness import (
    Robustness,
    StressedAnswer,
    count_answers,
    load_robustness,
    save_robustness,
)
from inspection.sensitivity.stress import STRESSES, Stress, find_stress
from inspection.types import Sample

PARTIAL = "stress.partial"
CHUNK = 8
"""Images between two savings."""

UNSTRESSED = Stress("none", "No stress", "", (0.0,), 0.0, lambda image, *_: image)
"""Measured once for all stresses."""


@dataclass(frozen=True, slots=True)
class StressOptions:
    """How the detectors of a product are put under stress.

    Attributes:
        stresses: by name; all by default.
        num_levels: of each; those of `STRESSES` by default.
        limit: of good and of defective test images, each; all by default.
        detectors: to measure; by default all that give verdicts.
        false_alarm_rate: of the verdicts; by default the product's own.
        seed: of all that is random.
        command: that measures so, for whoever reads the page.
    """

    stresses: tuple[str, ...] = ()
    num_levels: int | None = None
    limit: int | None = None
    detectors: tuple[str, ...] = ()
    false_alarm_rate: float | None = None
    seed: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StressedProduct:
    """What was measured, and every answer behind it."""

    robustness: Robustness
    answers: tuple[StressedAnswer, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What the answers of a product depend on.

    Attributes:
        key: names the detectors, the rate and the seed.
        folder: where answers are kept until all are there.
    """

    channels: Mapping[str, Channel]
    seen: SeenImages
    rate: float
    seed: int
    key: tuple[object, ...]
    folder: Path


def stress_product(
    catalog: Catalog,
    product: Product,
    source: Dataset,
    options: StressOptions,
    *,
    monitor: Monitor = SILENT,
) -> StressedProduct:
    """Measure false alarms and recall of a product's detectors under stress, and keep them.

    Raises:
        InspectionError: an option, a detector, a mask or the dataset cannot be used.
        StoppedError: the monitor has stopped it; the next measurement goes on from there.
    """
    stresses = [find_stress(name) for name in options.stresses or STRESSES]
    levels = {one.name: _choose_levels(one, options.num_levels) for one in stresses}
    samples = _choose(open_test_samples(product, source, monitor), options)
    job = _make_job(catalog, product, options, monitor)
    neutral = _answer_all(UNSTRESSED, (0.0,), samples, job, monitor)
    if not neutral:
        raise DatasetError(
            f"There is no test image of {product.key} that no detector has seen.",
            "Put other images into the test part of the dataset folder.",
        )
    answers: list[StressedAnswer] = []
    for stress in stresses:
        answers += (replace(a, stress=stress.name, level=stress.neutral) for a in neutral)
        answers += _answer_all(stress, levels[stress.name], samples, job, monitor)
    found = _summarise(product, job, answers, digest=digest_samples(job.key, samples))
    found = replace(found, command=options.command)
    save_robustness(product, _keep_others(product, found))
    shutil.rmtree(job.folder, ignore_errors=True)
    return StressedProduct(found, tuple(answers))


def _choose_levels(stress: Stress, count: int | None) -> list[float]:
    """Return the levels to measure beside the neutral one."""
    levels = stress.levels if count is None else stress.spread(count)
    return [level for level in levels if level != stress.neutral]


def _choose(samples: Sequence[Sample], options: StressOptions) -> list[Sample]:
    """Return at most so many good and so many defective samples, drawn by the seed.

    Raises:
        SettingsError: the limit or the seed is no possible one.
    """
    if options.seed < 0:
        raise SettingsError(f"The seed {options.seed} is below 0.", "Give --seed 0 or more.")
    if options.limit is None:
        return list(samples)
    if options.limit < 1:
        raise SettingsError(f"--limit {options.limit} leaves no image.", "Give 1 or more.")
    order = np.random.default_rng(options.seed).permutation(len(samples))
    chosen: set[int] = set()
    for kind in (False, True):
        rows = [int(row) for row in order if samples[row].is_anomalous is kind]
        chosen.update(rows[: options.limit])
    return [samples[row] for row in sorted(chosen)]


def _make_job(catalog: Catalog, product: Product, options: StressOptions, monitor: Monitor) -> _Job:
    """Load the detectors that give verdicts, and report why others do not.

    Raises:
        CheckpointError: none does, or one that is named is missing or damaged.
    """
    trained = options.detectors or catalog.checkpoints.trained(product)
    checkpoints = {name: read_identity(product.folder / name) for name in trained}
    judging = load_judging(catalog, product, options.detectors, monitor)
    rate = judging.rate if options.false_alarm_rate is None else options.false_alarm_rate
    names = catalog.checkpoints.matching(product)
    seen = {name: read_seen(product.folder / name) for name in names}
    identities = tuple(checkpoints[name] for name in judging.channels)
    prints = {name: fingerprint(known) for name, known in seen.items()}
    key = (identities, rate, options.seed, prints, VERSION)
    return _Job(
        judging.channels, SeenImages(seen), rate, options.seed, key, product.folder / PARTIAL
    )


def _answer_all(
    stress: Stress,
    levels: Sequence[float],
    samples: Sequence[Sample],
    job: _Job,
    monitor: Monitor,
) -> list[StressedAnswer]:
    """Return the answers to samples at levels of a stress; those that are kept are only read."""
    answers: list[StressedAnswer] = []
    with monitor.step(stress.label) as progress:
        for start in range(0, len(samples), CHUNK):
            chunk = samples[start : start + CHUNK]
            digest = digest_samples((*job.key, stress.name, *levels), chunk)
            path = job.folder / f"{digest[:32]}.json"
            found = _read_chunk(path)
            if found is None:
                found = []
                for place, sample in enumerate(chunk):
                    found += _answer_sample(stress, levels, sample, job)
                    progress(start + place, len(samples))
                _write_chunk(path, found)
            answers += found
            progress(start + len(chunk), len(samples))
    return answers


def _answer_sample(
    stress: Stress, levels: Sequence[float], sample: Sample, job: _Job
) -> Iterator[StressedAnswer]:
    """Yield the answers to one sample at levels of a stress; of one that was seen, none."""
    image = read_sample(sample)
    if job.seen.find(sample.id, pixel_hash(image)) is not None:
        return
    seed = job.seed << 32 | zlib.crc32(sample.id.encode())  # each image its own dust
    mask = read_mask(sample, image.shape[:2])
    masks = [stress.apply_to_mask(mask, level, seed=seed) for level in levels]
    images = [stress.apply(image, level, seed=seed) for level in levels]
    answers = answer_images(job.channels, images, masks, false_alarm_rate=job.rate)
    is_marked = bool(mask.any())
    for level, moved, by_detector in zip(levels, masks, answers, strict=True):
        for name, answer in by_detector.items():
            is_found = answer.is_hit if is_marked else answer.is_flagged
            is_shown = bool(moved.any()) or not is_marked
            yield StressedAnswer(
                stress=stress.name,
                level=level,
                id=sample.id,
                unit=sample.unit,
                defect_type=sample.defect_type,
                detector=name,
                score=answer.score,
                relative_score=answer.relative_score,
                is_flagged=answer.is_flagged,
                is_found=is_found if sample.is_anomalous and is_shown else None,
            )


def _read_chunk(path: Path) -> list[StressedAnswer] | None:
    """Return answers that were kept; None if they were not, or are damaged."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [decode(StressedAnswer, row) for row in rows]
    except (OSError, ValueError, TypeError):
        return None


def _write_chunk(path: Path, answers: Sequence[StressedAnswer]) -> None:
    path.parent.mkdir(exist_ok=True)
    replace_bytes(path, json.dumps([encode(one) for one in answers]).encode())


def _summarise(
    product: Product, job: _Job, answers: Sequence[StressedAnswer], *, digest: str
) -> Robustness:
    """Return the counts of all answers.

    Raises:
        CheckpointError: a detector was replaced while its answers were measured.
    """
    checkpoints = tuple(read_identity(product.folder / name) for name in job.channels)
    if checkpoints != job.key[0]:
        raise CheckpointError(
            f"A detector of {product.key} was replaced while it was measured.",
            "Run the same command again.",
        )
    types = {one.id: one.defect_type for one in answers}
    num_good = sum(kind is None for kind in types.values())
    return Robustness(
        dataset=product.dataset,
        category=product.category,
        checkpoints=checkpoints,
        false_alarm_rate=job.rate,
        seed=job.seed,
        num_good=num_good,
        num_defective=len(types) - num_good,
        digest=digest,
        command="",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        stresses=tuple(count_answers(answers, job.rate)),
    )


def _keep_others(product: Product, found: Robustness) -> Robustness:
    """Return what was measured, with the further stresses that are known of the same images."""
    try:
        kept = load_robustness(product)
    except (EvaluationError, CheckpointError):
        return found
    if kept.digest != found.digest:
        return found
    by_name = {one.stress: one for one in (*kept.stresses, *found.stresses)}
    return replace(found, stresses=tuple(by_name[name] for name in STRESSES if name in by_name))
