"""`cli.py evaluate`: figures on test images that no detector has seen."""

import typer

from commands.options import (
    Category,
    Checkpoints,
    Data,
    DatasetName,
    Detectors,
    Device,
    Rate,
    load_channels,
    one_category,
    open_catalog,
)
from inspection.catalog import CHECKPOINTS, read_seen
from inspection.dataset import read_dataset
from inspection.evaluation import evaluate as evaluate_channel
from inspection.progress import progress_bar
from inspection.splits import apply_split, load_split, make_split
from inspection.types import Split


def evaluate(
    data: Data,
    category: Category = None,
    detector: Detectors = None,
    false_alarm_rate: Rate = None,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Score the test images of a category, which no detector has seen, and print the figures."""
    source = read_dataset(data, name=dataset)
    samples = one_category(source, category).samples
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(f"{source.name}/{samples[0].category}")
    channels = load_channels(catalog, product, detector)
    rate = false_alarm_rate
    if rate is None:
        rate = catalog.rate(product.key, [c.calibration for c in channels.values()])
    plan = load_split(product.folder) or make_split(samples)
    test = [sample for sample in apply_split(samples, plan) if sample.split is Split.TEST]
    num_anomalous = sum(sample.is_anomalous for sample in test)
    typer.echo(
        f"{product.key}: {len(test) - num_anomalous} normal and {num_anomalous} defective test "
        f"images, {100 * rate:.3g} false alarms per 100 good parts allowed"
    )
    # all are scored on the same images: what one has seen counts for none
    seen = {
        sample_id: pixels
        for name in catalog.trained(product.key)
        for sample_id, pixels in read_seen(product.folder / name).items()
    }
    for name, channel in channels.items():
        with progress_bar(name) as progress:
            report = evaluate_channel(
                channel,
                test,
                false_alarm_rate=rate,
                seen=seen,
                progress=progress,
            )
        if report.seen:
            typer.echo(f"  left out, seen in training or calibration: {', '.join(report.seen)}")
        counts = report.confusion
        types = ", ".join(f"{t} {v:.3f}" for t, v in report.auroc_by_type.items())
        typer.echo(
            f"{name:>9}: image AUROC {report.image_auroc:.3f}, "
            f"pixel AUROC {report.pixel_auroc:.3f}, accuracy {counts.accuracy:.3f}, "
            f"precision {counts.precision:.3f}, recall {counts.recall:.3f}, F1 {counts.f1:.3f}, "
            f"false alarms {counts.false_alarm_rate:.3f}, "
            f"{1000 * report.seconds_per_image:.0f} ms per image\n"
            f"           image AUROC by type: {types}"
        )
