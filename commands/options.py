"""Options that several commands share, and what they mean."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from detectors import find_entry, list_defaults, list_detectors
from inspection.datasets.dataset import Dataset, read_dataset, split_name
from inspection.datasets.exclusion import exclude_images, read_exclusions
from inspection.errors import SettingsError
from inspection.progress import Monitor, progress_bar
from inspection.terminal import say

NAMES = ", ".join(list_detectors())
DEFAULTS = ", ".join(list_defaults())


def _say(sentence: str) -> None:
    say(f"  {sentence}")


def _warn(sentence: str) -> None:
    say(f"  {sentence}", err=True)


TERMINAL = Monitor(begin=typer.echo, say=_say, warn=_warn, track=progress_bar, epoch=None)
"""Headings and indented sentences, remarks on stderr, bars."""

Data = Annotated[Path, typer.Option("--data", help="Dataset folder; its layout is detected.")]
Images = Annotated[
    list[Path], typer.Argument(help="Image files, or folders of them.", metavar="IMAGE...")
]
ProductName = Annotated[str, typer.Option("--category", help="CATEGORY or DATASET/CATEGORY.")]
Folders = Annotated[
    list[str],
    typer.Option(
        "--data",
        help="Dataset folder, or NAME=DIR; its layout is detected. May be repeated.",
    ),
]
Anyway = Annotated[
    bool,
    typer.Option(
        "--anyway", help="Inspect also what does not look like the product; a note says so."
    ),
]
Pool = Annotated[
    str | None,
    typer.Option(
        "--pool",
        help="One product of this name from all categories of all --data folders, for a classifier "
        "of all their defects.",
    ),
]
Category = Annotated[
    str | None,
    typer.Option("--category", help="Category of the dataset; needed where there are several."),
]
Detectors = Annotated[
    list[str] | None,
    typer.Option("--detector", help=f"{NAMES}; may be repeated. Default: {DEFAULTS}."),
]
Compared = Annotated[
    list[str] | None,
    typer.Option("--detector", help=f"{NAMES}; may be repeated. Default: all that are trained."),
]
Checkpoints = Annotated[
    Path, typer.Option("--checkpoints", help="Where checkpoints lie: DATASET/CATEGORY/DETECTOR.")
]
Device = Annotated[
    str | None, typer.Option("--device", help="auto, cpu, cuda or mps. Default: the best present.")
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything that is random.")]
Rate = Annotated[
    float | None,
    typer.Option(
        "--false-alarm-rate",
        help="Share of good parts that may be flagged, such as 0.02. Default: the product's own.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="KEY=VALUE: any setting of the detector; may be repeated. See detector.json."
    ),
]
Exclude = Annotated[
    Path | None,
    typer.Option(
        "--exclude",
        help="List of images to leave out, one id a line, as Explore data saves it: they are "
        "neither trained on, calibrated with nor evaluated, also by later commands. An empty "
        "list takes all in again. Default: what was left out of the product before.",
    ),
]
AllGood = Annotated[
    bool,
    typer.Option(
        "--all-good",
        help="Read every image of a folder without labels as a good one.",
    ),
]
DatasetName = Annotated[
    str | None, typer.Option("--dataset", help="Name of the dataset. Default: that of the folder.")
]


def check_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the detectors named, by default those that need no labelled defects."""
    for name in names or ():
        find_entry(name)
    return tuple(dict.fromkeys(names or list_defaults()))


def read_folders(given: Sequence[str], *, name: str | None) -> list[Dataset]:
    """Read dataset folders given as DIR or NAME=DIR; `name` counts for a single one.

    Raises:
        SettingsError: one name for several folders.
        DatasetError: a folder cannot be read.
    """
    if name is not None and len(given) > 1:
        raise SettingsError(
            "--dataset names one dataset, but there are several.", "Give them as --data NAME=DIR."
        )
    named = [split_name(one) for one in given]
    return [read_dataset(folder, name=name or own) for own, folder in named]


def check_flat(sources: Sequence[Dataset], *, all_good: bool) -> None:
    """Refuse folders without labels, unless all of their images are said to be good.

    Raises:
        SettingsError: it is not known what the images show, or the option does not apply.
    """
    flat = [source for source in sources if not source.is_labelled]
    if flat and not all_good:
        raise SettingsError(
            f"It is not known which of the {len(flat[0].samples)} images in {flat[0].root} are "
            "good.",
            "If all of them are, add --all-good; else put the good ones into a folder good and "
            "each defect type into a folder of its own.",
        )
    if all_good and not flat:
        raise SettingsError(
            f"The option --all-good does not apply to {sources[0].root}: its folders say which "
            "images are good.",
            "Leave it out.",
        )


def exclude_listed(source: Dataset, path: Path | None) -> Dataset:
    """Return a dataset without the images on an exclusion list, if one is given.

    Raises:
        DatasetError: the list cannot be read, or names an image that the dataset does not have.
    """
    if path is None:
        return source
    return exclude_images(source, read_exclusions(path), by=path.name)


def one_source(sources: Sequence[Dataset]) -> Dataset:
    """Return the only dataset.

    Raises:
        SettingsError: there are several, which need to be pooled.
    """
    if len(sources) > 1:
        raise SettingsError(
            "Several --data folders make one product only if they are pooled.",
            "Add --pool NAME, or take one at a time.",
        )
    return sources[0]


def read_pairs(pairs: Sequence[str] | None) -> dict[str, str]:
    """Return KEY=VALUE texts as a mapping.

    Raises:
        SettingsError: a text without an equals sign.
    """
    found = {}
    for pair in pairs or ():
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise SettingsError(
                f"--set {pair} gives no setting its value.", "Write it as --set smoothing=3."
            )
        found[key.strip()] = value.strip()
    return found


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
