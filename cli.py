"""Defect Lens on the command line: draw demo products, train, calibrate, evaluate and inspect."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from inspection.calibration import default_rate, load_calibration, save_product_rate
from inspection.catalog import Catalog, Product, read_seen
from inspection.dataset import Dataset, check_trainable, read_dataset
from inspection.errors import InspectionError, SettingsError
from inspection.images import read_image
from inspection.pipeline import inspect_image
from inspection.progress import progress_bar
from inspection.reports import write_csv, write_overlays
from inspection.splits import apply_split, load_split, make_split, open_split
from inspection.types import Channel, Sample, Split

HERE = Path(__file__).resolve().parent
CHECKPOINTS = HERE / "checkpoints"
DEMO_DATA = HERE / "data" / "demo"
DETECTORS = ("cae", "unet", "patchcore")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Inspect products with three detectors side by side. Start the page with `python app.py`.",
)

Data = Annotated[
    Path, typer.Option("--data", help="Dataset folder; its layout is found by looking.")
]
Category = Annotated[
    str | None,
    typer.Option("--category", help="Category of the dataset; needed where there are several."),
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detector", help="cae, unet or patchcore; may be repeated. Default: all three."),
]
Checkpoints = Annotated[
    Path, typer.Option("--checkpoints", help="Where checkpoints lie: DATASET/CATEGORY/DETECTOR.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="auto, cpu, cuda or mps. Default: the best present.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of everything that is random.")]
Rate = Annotated[
    float | None,
    typer.Option(
        "--false-alarm-rate",
        help="Share of good parts that may be flagged, such as 0.02. Default: the product's own.",
    ),
]
DatasetName = Annotated[
    str | None, typer.Option("--dataset", help="Name of the dataset. Default: that of the folder.")
]


@app.command("demo-data")
def demo_data(
    out: Annotated[Path, typer.Option("--out", help="Folder to draw into.")] = DEMO_DATA,
    seed: Seed = 0,
    workers: Annotated[int | None, typer.Option(help="Processes. Default: one per core.")] = None,
) -> None:
    """Draw the demo products in the MVTec AD layout; run again, it draws only what is missing."""
    from inspection.demo import write_demo_data

    with progress_bar("drawing") as progress:
        root = write_demo_data(out, seed=seed, workers=workers, progress=progress)
    typer.echo(f"The demo products are in {root}.")


@app.command()
def train(
    data: Data,
    category: Category = None,
    detector: Detectors = None,
    labelled_defects: Annotated[
        float | None,
        typer.Option(
            help="U-Net: learn from this share of the labelled defects (such as 0.5), which then "
            "never count as test images again. Default: learn from synthetic defects."
        ),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option(help="Side of the square that images are stretched to, in pixels.")
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="PatchCore: student, resnet18, wide_resnet50_2, ...")
    ] = None,
    backbone_weights: Annotated[
        Path | None, typer.Option(help="PatchCore: file with the weights of the backbone.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="CAE and U-Net: most epochs.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help="CAE and U-Net: stop each training after this time.")
    ] = None,
    flips: Annotated[
        bool | None,
        typer.Option("--flips/--no-flips", help="Mirror images while training. Default: a guess."),
    ] = None,
    rotation: Annotated[
        bool | None,
        typer.Option("--rotation/--no-rotation", help="Turn images. Default: a guess."),
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Every category; detectors that are trained already are left."),
    ] = False,
    seed: Seed = 0,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
    dataset: DatasetName = None,
) -> None:
    """Train detectors on the normal images of one category and calibrate their thresholds.

    20 % of the normal images (at least 20, at most half) are held out for the thresholds. An
    interrupted training leaves an older checkpoint as it was.
    """
    names = check_names(detector)
    source = read_dataset(data, name=dataset)
    options = {
        "input_size": None if input_size is None else (input_size, input_size),
        "backbone": backbone,
        "backbone_weights": None if backbone_weights is None else str(backbone_weights),
        "max_epochs": epochs,
        "max_seconds": None if minutes is None else 60 * minutes,
        "flips": flips,
        "rotation": rotation,
        "labelled": True if labelled_defects is not None else None,
        "seed": seed,
        "device": device,
    }
    for part in source.categories if every else one_category(source, category).categories:
        samples = source.of(part).samples
        report_issues(check_trainable(samples, issues=source.issues))
        folder = checkpoints / source.name / part
        for position, name in enumerate(names, 1):
            title = f"[{position}/{len(names)}] {name}: {source.name}/{part}"
            if every and (folder / name).is_dir():
                typer.echo(f"{title} is trained already")
                continue
            typer.echo(title)
            train_one(name, samples, folder, options=options, labelled=labelled_defects)


def train_one(
    name: str,
    samples: Sequence[Sample],
    folder: Path,
    *,
    options: dict[str, Any],
    labelled: float | None,
) -> None:
    """Train, calibrate and keep one detector, and say what came of it."""
    from detectors import create_detector, setting_names
    from detectors.workflow import train_detector

    known = setting_names(name) | {"device"}
    settings = {k: v for k, v in options.items() if v is not None and k in known}
    fraction = labelled if "labelled" in known else None
    plan = open_split(folder, samples, seed=options["seed"], labelled_fraction=fraction)
    used = apply_split(samples, plan, labelled_fraction=fraction)
    counts = {split: sum(s.split is split and not s.is_anomalous for s in used) for split in Split}
    typer.echo(
        f"  learns from {counts[Split.TRAIN] + counts[Split.VALIDATION]} normal images, "
        f"thresholds from {counts[Split.CALIBRATION]} others"
    )
    start = time.perf_counter()
    made = create_detector(name, **settings)
    with progress_bar("  calibrating") as progress:
        stored = train_detector(made, used, folder, progress=progress)
    calibration = stored.calibration
    rate = default_rate([calibration])
    summary = made.training.summary if made.training is not None else ""
    typer.echo(
        f"  {summary}\n"
        f"  threshold {calibration.threshold(rate):.4g} at {100 * rate:.3g} false alarms per 100 "
        f"good parts ({calibration.num_normal} held-out parts)\n"
        f"  {time.perf_counter() - start:.0f} s; checkpoint in {folder / name}"
    )


@app.command()
def calibrate(
    category: Annotated[str, typer.Option("--category", help="CATEGORY or DATASET/CATEGORY.")],
    false_alarm_rate: Annotated[
        float, typer.Option(help="Share of good parts that may be flagged, such as 0.02.")
    ],
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Store a product's own false-alarm rate, which the page and every command then use."""
    catalog = open_catalog(checkpoints)
    product = catalog.find(category)
    for name in catalog.trained(product.key):
        calibration = load_calibration(product.folder / name).calibration
        threshold = calibration.threshold(false_alarm_rate)
        typer.echo(f"{name}: threshold {threshold:.4g} from {calibration.num_normal} normal parts")
    save_product_rate(product.folder, false_alarm_rate)
    typer.echo(
        f"{product.key} now allows {100 * false_alarm_rate:g} false alarms per 100 good parts."
    )


@app.command()
def inspect(
    images: Annotated[list[Path], typer.Argument(help="Image files.", metavar="IMAGE...")],
    category: Annotated[str, typer.Option("--category", help="CATEGORY or DATASET/CATEGORY.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for overlays and inspection.csv.")],
    detector: Detectors = None,
    false_alarm_rate: Rate = None,
    device: Device = None,
    checkpoints: Checkpoints = CHECKPOINTS,
) -> None:
    """Inspect images: an overlay PNG per detector, and a CSV with scores, thresholds, verdicts."""
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(category)
    channels = load_channels(catalog, product, detector)
    rate = false_alarm_rate or catalog.rate(product.key, [c.calibration for c in channels.values()])
    rows: list[dict[str, object]] = []
    failed = 0
    for number, path in enumerate(images):
        try:
            image = read_image(path)
        except InspectionError as error:
            typer.echo(f"Error: {error}", err=True)
            failed += 1
            continue
        inspection = inspect_image(image, channels, false_alarm_rate=rate, source=str(path))
        rows += write_overlays(inspection, out, number=number)
        verdicts = (
            f"{f.detector} {f.relative_score:.2f}x {f.verdict.value}" for f in inspection.findings
        )
        typer.echo(f"{path.name}: {', '.join(verdicts)}")
    write_csv(out / "inspection.csv", rows)
    typer.echo(
        f"{len(images) - failed} images inspected; overlays and inspection.csv are in {out}."
    )
    if failed:
        raise typer.Exit(2)


@app.command()
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
    from inspection.evaluation import evaluate as evaluate_channel

    source = read_dataset(data, name=dataset)
    samples = one_category(source, category).samples
    catalog = open_catalog(checkpoints, device=device)
    product = catalog.find(f"{source.name}/{samples[0].category}")
    channels = load_channels(catalog, product, detector)
    rate = false_alarm_rate or catalog.rate(product.key, [c.calibration for c in channels.values()])
    plan = load_split(product.folder) or make_split(samples)
    test = [sample for sample in apply_split(samples, plan) if sample.split is Split.TEST]
    num_anomalous = sum(sample.is_anomalous for sample in test)
    typer.echo(
        f"{product.key}: {len(test) - num_anomalous} normal and {num_anomalous} defective test "
        f"images, {100 * rate:.3g} false alarms per 100 good parts allowed"
    )
    for name, channel in channels.items():
        with progress_bar(name) as progress:
            report = evaluate_channel(
                channel,
                test,
                false_alarm_rate=rate,
                seen=read_seen(product.folder / name),
                progress=progress,
            )
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


@app.command("distill-backbone")
def distill_backbone(
    teacher: Annotated[
        Path, typer.Option(help="Weights of an ImageNet ResNet-18 (safetensors or .pth).")
    ],
    out: Annotated[Path, typer.Option(help="Where the student goes.")] = CHECKPOINTS
    / "backbones"
    / "student.safetensors",
    steps: Annotated[int | None, typer.Option(help="Steps of 32 crops.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after this time.")] = None,
    seed: Seed = 0,
    device: Device = None,
    workers: Annotated[int, typer.Option(help="Processes that prepare pictures.")] = 0,
) -> None:
    """Teach the project's small backbone to reproduce the features of an ImageNet ResNet-18.

    Pictures are drawn, or come with scikit-image and scikit-learn: no dataset is needed.
    Interrupted, the same command goes on where it stopped.
    """
    from detectors.distillation import DistillProgress, DistillSettings, distill

    chosen = {"steps": steps, "minutes": minutes, "seed": seed}
    settings = DistillSettings(**{k: v for k, v in chosen.items() if v is not None})  # type: ignore[arg-type]
    with tqdm(total=100, unit="%", desc="distilling", file=sys.stderr) as bar:

        def report(now: DistillProgress) -> None:
            bar.update(round(100 * now.share) - bar.n)
            bar.set_postfix(step=now.step, loss=f"{now.loss:.3f}")

        ref = distill(
            teacher, out, settings=settings, device=device, num_workers=workers, report=report
        )
    typer.echo(f"The student {ref.sha256[:12]} is in {out}.")


def check_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the detectors asked for, all by default."""
    for name in names or ():
        if name not in DETECTORS:
            raise SettingsError(
                f"There is no detector called {name}.", f"Choose from {', '.join(DETECTORS)}."
            )
    return tuple(dict.fromkeys(names or DETECTORS))


def one_category(dataset: Dataset, category: str | None) -> Dataset:
    """Return one category, which need not be named where there is only one."""
    if category is None and len(dataset.categories) == 1:
        category = dataset.categories[0]
    if category is None:
        raise SettingsError(
            f"The dataset {dataset.name} has several categories.",
            f"Choose one with --category: {', '.join(dataset.categories)}.",
        )
    return dataset.of(category)


def open_catalog(checkpoints: Path, *, device: str | None = None) -> Catalog:
    """Return the products below a checkpoints folder."""

    def load(folder: Path) -> Channel:
        from detectors.workflow import load_channel

        return load_channel(folder, device=device)

    return Catalog(checkpoints, (), loader=load, detectors=DETECTORS)


def load_channels(
    catalog: Catalog, product: Product, names: Sequence[str] | None
) -> dict[str, Channel]:
    """Read the detectors asked for, or all that are trained.

    Raises:
        CheckpointError: one of them is missing or damaged.
    """
    chosen = check_names(names) if names else catalog.trained(product.key)
    return {name: catalog.channel(product.key, name) for name in chosen}


def report_issues(issues: Sequence[Any]) -> None:
    """Print what is odd in a dataset but does not stop a training."""
    for issue in issues:
        typer.echo(f"  note: {issue}", err=True)


def main() -> None:
    """Run a command; what a person can mend ends with a sentence and exit code 2."""
    try:
        app()
    except InspectionError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was trained before is as it was.", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
