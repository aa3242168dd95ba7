"""The study of a product: many unseen good images, all its detectors, kept beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from inspection.datasets.dataset import Dataset
from inspection.errors import CheckpointError, EvaluationError, SensitivityError, SettingsError
from inspection.evaluation.evaluate import SeenImages
from inspection.evaluation.files import read_identity
from inspection.evaluation.partial import digest_samples
from inspection.evaluation.records import Checkpoint
from inspection.evaluation.service import open_test_samples
from inspection.images import open_image, pixel_hash, read_sample
from inspection.names import join_names
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import read_seen
from inspection.products.inspecting import load_judging
from inspection.products.product import Product
from inspection.products.reading import load_reading
from inspection.progress import SILENT, Monitor
from inspection.sensitivity.kept import Study, load_study, save_study
from inspection.sensitivity.placing import KINDS
from inspection.sensitivity.records import RealDefect, Trial
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
from inspection.types import RGBImage, Sample

VERSION = 2  # of how defects are drawn and places chosen
MOST_IMAGES = 40
BETWEEN_SAVINGS = 16  # trials


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What somebody wants to know of the detectors of a product.

    Attributes:
        kinds: of defects; all by default.
        sizes: pixels of the image; by default from what a detector can see to a third of the part.
        contrasts: grey levels of 255.
        num_trials: of each kind.
        limit: of the images that are drawn on.
        image: the only one to draw on; by default the unseen good images of the product.
        detectors: to ask; by default all that give verdicts.
        false_alarm_rate: of the verdicts; by default the product's own.
        seed: of all that is random.
        is_everywhere: whether defects lie on the background, too.
        is_fresh: whether a study that is kept already is made anew.
        command: that asks so, for whoever reads the page.
        defects: real ones, by id of their test image; they are kept beside the trials.
    """

    kinds: tuple[str, ...] = ()
    sizes: tuple[float, ...] = ()
    contrasts: tuple[float, ...] = CONTRASTS
    num_trials: int = 240
    limit: int = MOST_IMAGES
    image: Path | None = None
    detectors: tuple[str, ...] = ()
    false_alarm_rate: float | None = None
    seed: int = 0
    is_everywhere: bool = False
    is_fresh: bool = False
    command: str = ""
    defects: Mapping[str, RealDefect] = field(default_factory=dict, repr=False)


def study_product(
    catalog: Catalog,
    product: Product,
    source: Dataset,
    request: StudyRequest,
    *,
    monitor: Monitor = SILENT,
) -> Study:
    """Study the detectors of a product and keep the trials; what is kept already is not repeated.

    A study of one image alone is not kept.

    Raises:
        InspectionError: an option, a detector, an image or the dataset cannot be used.
        StoppedError: the monitor has stopped it; the next study goes on from there.
    """
    names = request.detectors or catalog.checkpoints.trained(product)
    before = {name: read_identity(product.folder / name) for name in names}
    judging = load_judging(catalog, product, request.detectors, monitor)
    rate = judging.rate if request.false_alarm_rate is None else request.false_alarm_rate
    subject = Subject(judging.channels, rate, lambda: catalog.checkpoints.state(product))
    checkpoints = tuple(before[name] for name in judging.channels)
    samples, images = _read_unseen(catalog, product, source, request, monitor)
    left_out: tuple[str, ...] = ()
    if request.image is None:
        grounds, left_out = _make_grounds(subject, samples, images, request)
    else:
        shown = open_image(request.image, reading=load_reading(product.folder)).pixels
        grounds = _check_one(catalog, subject, request, shown, samples, images)
    options = _complete(request, grounds, subject)
    titled = {catalog.detectors[name].title: one for name, one in subject.channels.items()}
    study = Study(
        dataset=product.dataset,
        category=product.category,
        checkpoints=checkpoints,
        false_alarm_rate=rate,
        options=options,
        images=tuple(one.source for one in grounds),
        left_out=left_out,
        size=(grounds[0].image.shape[0], grounds[0].image.shape[1]),
        digest=_digest(checkpoints, rate, options, samples, request.image),
        command=request.command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        notes=check_study(options, grounds, titled),
        defects=request.defects,
    )
    done = () if request.is_fresh or request.image else _find_done(product, study)
    return _run(product, replace(study, trials=done), subject, grounds, request, monitor)


def _run(
    product: Product,
    study: Study,
    subject: Subject,
    grounds: Sequence[Ground],
    request: StudyRequest,
    monitor: Monitor,
) -> Study:
    """Make the trials that are missing; whatever ends it, those that are there are kept."""
    trials = list(study.trials)
    num_kept = len(trials)
    batches = run_study(subject, grounds, study.options, done=trials, monitor=monitor)
    try:
        for batch in batches:
            trials += batch
            if request.image is None and len(trials) - num_kept >= BETWEEN_SAVINGS:
                save_study(product, replace(study, trials=tuple(trials)))
                num_kept = len(trials)
    finally:
        found = replace(study, trials=tuple(trials))
        if request.image is None and trials:
            save_study(product, found)
    return found


def _read_unseen(
    catalog: Catalog, product: Product, source: Dataset, request: StudyRequest, monitor: Monitor
) -> tuple[list[Sample], list[RGBImage]]:
    """Return good test images which no detector has seen under any name, drawn by the seed.

    Raises:
        SettingsError: the limit or the seed is no possible one.
    """
    if request.limit < 1 or request.seed < 0:
        raise SettingsError(
            f"{request.limit} images with seed {request.seed} are not possible.",
            "Give 1 image or more, and a seed of 0 or more.",
        )
    names = catalog.checkpoints.matching(product)
    seen = SeenImages({name: read_seen(product.folder / name) for name in names})
    good = [one for one in open_test_samples(product, source, monitor) if not one.is_anomalous]
    samples: list[Sample] = []
    images: list[RGBImage] = []
    for row in np.random.default_rng(request.seed).permutation(len(good)):
        image = read_sample(good[row])
        if seen.find(good[row].id, pixel_hash(image)) is None:
            samples.append(good[row])
            images.append(image)
        if len(samples) == request.limit:
            break
    return samples, images


def _make_grounds(
    subject: Subject,
    samples: Sequence[Sample],
    images: Sequence[RGBImage],
    request: StudyRequest,
) -> tuple[list[Ground], tuple[str, ...]]:
    """Return the images to draw on, and the ids of those that are flagged as they are."""
    flagged = list(find_flagged(subject, images))
    grounds = [
        make_ground(sample.id, image, images, is_everywhere=request.is_everywhere)
        for sample, image, names in zip(samples, images, flagged, strict=True)
        if not names
    ]
    left_out = tuple(one.id for one, names in zip(samples, flagged, strict=True) if names)
    if samples and not grounds:
        raise SensitivityError(
            f"Each of the {len(samples)} good images is flagged before anything is drawn.",
            "Allow a higher --false-alarm-rate, or train with more good images.",
        )
    if not grounds:
        raise SensitivityError(
            "There is no good test image that no detector has seen.",
            "Put some into test/good of the dataset folder, or give one with --image.",
        )
    return grounds, left_out


def _check_one(
    catalog: Catalog,
    subject: Subject,
    request: StudyRequest,
    image: RGBImage,
    samples: Sequence[Sample],
    normals: Sequence[RGBImage],
) -> list[Ground]:
    """Return a single image to draw on.

    Raises:
        SensitivityError: it is flagged as it is; a good sample is offered.
    """
    (names,) = find_flagged(subject, [image])
    name = "" if request.image is None else str(request.image)
    if names:
        unflagged = (
            sample.id
            for sample, flagging in zip(samples, find_flagged(subject, normals), strict=True)
            if not flagging
        )
        offered = next(unflagged, None)
        raise SensitivityError(
            f"{join_names(catalog.titles(names))} flagged {name} before anything is drawn: a limit "
            "on it is of no use.",
            "Take a good image." if offered is None else f"Take a good image, such as {offered}.",
        )
    return [make_ground(name, image, normals, is_everywhere=request.is_everywhere)]


def _complete(request: StudyRequest, grounds: Sequence[Ground], subject: Subject) -> StudyOptions:
    return StudyOptions(
        kinds=tuple(dict.fromkeys(request.kinds or KINDS)),
        sizes=tuple(sorted(set(request.sizes))) or choose_sizes(grounds[0], subject.channels),
        contrasts=tuple(sorted(set(request.contrasts))),
        num_trials=request.num_trials,
        seed=request.seed,
        is_everywhere=request.is_everywhere,
    )


def _digest(
    checkpoints: Sequence[Checkpoint],
    rate: float,
    options: StudyOptions,
    samples: Sequence[Sample],
    image: Path | None,
) -> str:
    """Name what all trials depend on; more of them continue the same study."""
    key = (VERSION, *checkpoints, rate, replace(options, num_trials=0), str(image))
    return digest_samples(key, samples)


def _find_done(product: Product, study: Study) -> tuple[Trial, ...]:
    """Return the trials of the same study that are kept."""
    try:
        kept = load_study(product)
    except (EvaluationError, CheckpointError):
        return ()
    return kept.trials if kept.digest == study.digest else ()
