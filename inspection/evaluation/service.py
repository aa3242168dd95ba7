"""Evaluation of products: every detector predicts the same images, which none has seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from inspection.datasets.dataset import Dataset
from inspection.errors import (
    BREAKDOWNS,
    CheckpointError,
    InspectionError,
    explain,
)
from inspection.evaluation.box_evaluation import BoxEvaluation, evaluate_boxes
from inspection.evaluation.class_evaluation import (
    Baseline,
    ClassEvaluation,
    add_baseline,
    evaluate_classes,
    find_namers,
)
from inspection.evaluation.classification import find_classification
from inspection.evaluation.evaluate import EvaluationJob, evaluate
from inspection.evaluation.files import (
    read_identity,
    save_evaluation,
    save_table,
)
from inspection.evaluation.joint import read_joint
from inspection.evaluation.kept import read_kept, read_reports
from inspection.evaluation.leaderboard import list_values
from inspection.evaluation.partial import PartialEvaluation
from inspection.evaluation.records import EvaluationReport
from inspection.files import remove_litter, write_csv
from inspection.ground_truth import check_masks
from inspection.issues import DatasetIssue
from inspection.joint import JOINT
from inspection.paths import quote, quote_path
from inspection.products.catalog import Catalog
from inspection.products.checkpoint_folders import no_verdict, read_seen
from inspection.products.dataset_identity import check_dataset
from inspection.products.history import History, read_history, write_history
from inspection.products.product import Product
from inspection.products.reading import load_reading, look_through, read_by
from inspection.products.split_plan import SplitPlan, load_split
from inspection.products.splits import count_excluded_tests, find_test_samples
from inspection.progress import SILENT, Monitor
from inspection.types import Sample

LEADERBOARD = "leaderboard.csv"


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """How products are evaluated.

    Attributes:
        detectors: to evaluate; by default all that give verdicts.
        false_alarm_rate: of the verdicts; by default each product's own.
        seed: of the bootstrap.
        is_fresh: whether what is evaluated already is evaluated anew.
        baseline: other classifiers to compare with.
        command: that evaluates so, for whoever reads the report.
        device: on which the detectors run, beside the times.
    """

    detectors: tuple[str, ...] = ()
    false_alarm_rate: float | None = None
    seed: int = 0
    is_fresh: bool = False
    baseline: Baseline | None = None
    command: str = ""
    device: str = ""


DEFAULTS = EvaluationOptions()


@dataclass(frozen=True, slots=True, eq=False)
class ProductEvaluation:
    """How good the detectors of a product are on its test images.

    Attributes:
        reports: one for each detector that gives verdicts, and one of the joint verdict of all.
        classes: of the detectors that name classes.
        boxes: of the detectors that give boxes.
        split: that is stored.
        histories: title of a detector -> the epochs of its training.
        issues: what is odd about the masks behind the pixel metrics.
        num_excluded: test images that an exclusion list keeps out of the product.
    """

    product: Product
    reports: tuple[EvaluationReport, ...]
    classes: tuple[ClassEvaluation, ...]
    boxes: tuple[BoxEvaluation, ...]
    split: SplitPlan | None
    histories: Mapping[str, History]
    issues: tuple[DatasetIssue, ...] = ()
    num_excluded: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class DatasetEvaluation:
    """The products of a dataset that were evaluated, and why others could not be, by their keys."""

    products: tuple[ProductEvaluation, ...]
    failed: Mapping[str, InspectionError]

    @property
    def reports(self) -> tuple[EvaluationReport, ...]:
        return tuple(report for product in self.products for report in product.reports)


def find_products(
    catalog: Catalog,
    source: Dataset,
    *,
    categories: Sequence[str] = (),
    detectors: Sequence[str] = (),
) -> list[Product]:
    """Return the trained products of a dataset; without categories, all that have the detectors.

    Raises:
        CheckpointError: one that was named is not trained, or none is.
        DatasetError: there is no category of that name.
    """
    if categories:
        for name in categories:
            source.of(name)
        return [catalog.find(f"{source.name}/{name}") for name in dict.fromkeys(categories)]
    keys = [f"{source.name}/{name}" for name in source.categories]
    found = [
        catalog.product(key)
        for key in keys
        if key in catalog.products
        and set(catalog.checkpoints.trained(catalog.product(key))) >= set(detectors)
    ]
    if not found:
        also = f" with {' and '.join(detectors)}" if detectors else ""
        own = f" --dataset {quote(source.name)}" if source.name != source.root.name else ""
        raise CheckpointError(
            f"No category of {source.name} is trained{also}.",
            f"Train them: `python cli.py train-all --data {quote_path(source.root)}{own}`.",
        )
    return found


def evaluate_products(
    catalog: Catalog,
    products: Sequence[Product],
    source: Dataset,
    options: EvaluationOptions,
    *,
    monitor: Monitor = SILENT,
    on_evaluation: Callable[[ProductEvaluation], None],
) -> DatasetEvaluation:
    """Evaluate products of a dataset and keep a table of them; one that cannot be stops no other.

    Args:
        catalog: of the products.
        products: to evaluate.
        source: the dataset.
        options: how.
        monitor: receives what happens.
        on_evaluation: called with each evaluation; what it raises counts as the product's.
    """
    done: list[ProductEvaluation] = []
    failed: dict[str, InspectionError] = {}
    for product in products:
        try:
            evaluation = evaluate_product(catalog, product, source, options, monitor=monitor)
            on_evaluation(evaluation)
        except (InspectionError, *BREAKDOWNS) as error:
            failed[product.key] = explain(error)
        else:
            for folder in (product.folder, *product.folder.iterdir()):
                remove_litter(folder)
            done.append(evaluation)
            for one in evaluation.classes:
                if one.problem is not None:
                    failed[product.key] = one.problem
    if any(one.reports for one in done):
        with monitor.tolerate_locked_files():
            rows = list_values(read_reports(catalog, source.name))
            write_csv(products[0].folder.parent / LEADERBOARD, rows)
    return DatasetEvaluation(tuple(done), failed)


def evaluate_product(
    catalog: Catalog,
    product: Product,
    source: Dataset,
    options: EvaluationOptions = DEFAULTS,
    *,
    monitor: Monitor = SILENT,
) -> ProductEvaluation:
    """Evaluate detectors of a product and keep the reports; one that is still true is only read.

    Raises:
        InspectionError: a detector, a mask or the dataset cannot be used.
        StoppedError: the monitor has stopped it; the next evaluation goes on from there.
    """
    test = open_test_samples(product, source, monitor)
    split = load_split(product.folder)
    num_excluded = count_excluded_tests(split, source.of(product.category).samples)
    if namers := find_namers(catalog, product):
        named = [name for name in options.detectors or namers if name in namers]
        found = _evaluate_namers(catalog, product, named, test, options, monitor)
    else:
        jobs = [
            replace(job, num_excluded=num_excluded)
            for job in _make_jobs(catalog, product, test, options, monitor)
        ]
        found = _evaluate_judging(catalog, product, jobs, options, monitor)
    return replace(found, split=split, num_excluded=num_excluded)


def _evaluate_namers(
    catalog: Catalog,
    product: Product,
    named: Sequence[str],
    test: Sequence[Sample],
    options: EvaluationOptions,
    monitor: Monitor,
) -> ProductEvaluation:
    """Evaluate detectors that only name classes."""
    found = [_evaluate_names(catalog, product, name, test, options, monitor) for name in named]
    boxes = evaluate_boxes(catalog, product, named, test, seed=options.seed, monitor=monitor)
    histories = _keep_histories(catalog, product, named, monitor)
    return ProductEvaluation(product, (), tuple(found), boxes, None, histories)


def _evaluate_judging(
    catalog: Catalog,
    product: Product,
    jobs: Sequence[EvaluationJob],
    options: EvaluationOptions,
    monitor: Monitor,
) -> ProductEvaluation:
    """Evaluate detectors that give verdicts, and the joint verdict of all."""
    test = jobs[0].samples
    issues = check_masks(test)
    reports = [
        _evaluate_detector(catalog, product, job, is_fresh=options.is_fresh, monitor=monitor)
        for job in jobs
    ]
    folders = {product.folder / one.detector: one for one in reports}
    classes = [
        add_baseline(own, folder, test, _baseline_of(catalog, folder.name, options), monitor)
        for folder, report in folders.items()
        if (own := find_classification(folder, report)) is not None
    ]
    judging = [one.name for one in folders]
    boxes = evaluate_boxes(catalog, product, judging, test, seed=options.seed, monitor=monitor)
    histories = _keep_histories(catalog, product, judging, monitor)
    together = catalog.checkpoints.matching(product)
    if (joint := read_joint(product.folder, reports, together)) is not None:
        reports.append(joint)
        with monitor.tolerate_locked_files():
            save_table(product.folder / JOINT, joint)
    return ProductEvaluation(
        product, tuple(reports), tuple(classes), boxes, None, histories, tuple(issues)
    )


def _evaluate_names(
    catalog: Catalog,
    product: Product,
    name: str,
    test: Sequence[Sample],
    options: EvaluationOptions,
    monitor: Monitor,
) -> ClassEvaluation:
    detector = catalog.channels.answering(product, name).detector
    baseline = _baseline_of(catalog, name, options)
    return evaluate_classes(detector, product.folder / name, test, baseline, monitor=monitor)


def _baseline_of(catalog: Catalog, name: str, options: EvaluationOptions) -> Baseline | None:
    """Return what a detector is compared with: what draws boxes is no classifier."""
    return None if catalog.detectors[name].gives_boxes else options.baseline


def open_test_samples(product: Product, source: Dataset, monitor: Monitor) -> list[Sample]:
    """Return the test samples of a product as it reads them; report what is odd about their files.

    Raises:
        CheckpointError: what is stored of its reading or its split is damaged.
        DatasetError: its detectors were trained on another dataset.
    """
    part = source.of(product.category)
    for sentence in look_through(part.samples):
        monitor.warn(sentence)
    samples = tuple(read_by(part.samples, load_reading(product.folder)))
    check_dataset(product.folder, replace(part, samples=samples))
    return find_test_samples(product.folder, samples)


def _make_jobs(
    catalog: Catalog,
    product: Product,
    test: Sequence[Sample],
    options: EvaluationOptions,
    monitor: Monitor,
) -> list[EvaluationJob]:
    """Return a job for each detector of a product: all the same images, by the same rate."""
    chosen = options.detectors or _find_judging(catalog, product, monitor)
    calibrations = [catalog.channels.judging(product, name).calibration for name in chosen]
    rate = options.false_alarm_rate
    used_rate = catalog.settings(product).rate(calibrations) if rate is None else rate
    # what one has seen counts for none, so that all are scored on the same images
    seen = {
        name: read_seen(product.folder / name) for name in catalog.checkpoints.matching(product)
    }
    return [
        EvaluationJob(
            samples=test,
            false_alarm_rate=used_rate,
            checkpoint=read_identity(product.folder / name),
            seen=seen,
            command=options.command,
            seed=options.seed,
            device=options.device,
        )
        for name in chosen
    ]


def _find_judging(catalog: Catalog, product: Product, monitor: Monitor) -> tuple[str, ...]:
    """Return the detectors of a product that give verdicts, and report why others do not.

    Raises:
        CheckpointError: none does.
    """
    judging: list[str] = []
    for name in catalog.checkpoints.trained(product):
        panel = catalog.channels.load(product, name)
        if panel.channel is None:
            monitor.warn(f"{product.key} {name}: {panel.problem} {panel.fix}")
        elif not panel.channel.calibration.gives_verdicts:
            monitor.warn(f"{product.key} {name}: {no_verdict(name)}")
        else:
            judging.append(name)
            if panel.channel.note:
                monitor.warn(f"{product.key} {name} {panel.channel.note}")
    if not judging:
        raise CheckpointError(
            f"No detector of {product.key} can give verdicts.", "The reasons are above."
        )
    return tuple(judging)


def _evaluate_detector(
    catalog: Catalog, product: Product, job: EvaluationJob, *, is_fresh: bool, monitor: Monitor
) -> EvaluationReport:
    """Evaluate one detector and keep the report; one that is still true is only read."""
    name = job.checkpoint.detector
    folder = product.folder / name
    partial = PartialEvaluation(folder, job.key)
    if is_fresh:
        partial.clear()
    elif (kept := read_kept(folder, job)) is not None:
        with monitor.tolerate_locked_files():
            if kept.num_excluded == job.num_excluded:
                save_table(folder, kept)
            else:  # the list has changed, though not the images that are tested
                kept = replace(kept, num_excluded=job.num_excluded)
                save_evaluation(folder, kept)
        return kept
    channel = catalog.channels.judging(product, name)
    with monitor.step(f"{product.key} {name}") as progress:
        report = evaluate(channel, job, partial=partial, progress=progress)
    with monitor.tolerate_locked_files():
        save_evaluation(folder, report)
    partial.clear()
    return report


def _keep_histories(
    catalog: Catalog, product: Product, detectors: Sequence[str], monitor: Monitor
) -> dict[str, History]:
    """Return how detectors were trained, and keep every epoch beside their weights."""
    histories = {name: read_history(product.folder / name) for name in detectors}
    for name, history in histories.items():
        with monitor.tolerate_locked_files():
            write_history(product.folder / name, history)
    return {catalog.detectors[name].title: history for name, history in histories.items()}
