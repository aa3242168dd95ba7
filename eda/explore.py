"""Exploration of a dataset: measured, compared, written into one HTML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eda.index import Index, embed_index, open_index
from eda.index_files import why_anew
from inspection.datasets.dataset import Dataset
from inspection.detector import DetectorInfo
from inspection.embedding import Embed
from inspection.issues import DatasetIssue
from inspection.progress import SILENT, Monitor


@dataclass(frozen=True, slots=True)
class ExplorationJob:
    """How a dataset is explored.

    Attributes:
        out: HTML file to write.
        detectors: that may learn from the dataset.
        embed: compares images; without it their thumbnails are compared.
        pictures: whether images of the dataset are shown, or plots only.
        against: another dataset, with which the good training images are compared.
        cache: folder to keep the index in; by default the user's cache folder.
    """

    out: Path
    detectors: Mapping[str, DetectorInfo]
    embed: Embed | None = None
    pictures: bool = True
    cache: Path | None = None
    against: Dataset | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """What was found in a dataset.

    Attributes:
        num_broken: images that cannot be read.
        num_odd: files with something odd about them.
        issues: what will go wrong in training.
    """

    index: Index
    num_broken: int
    num_odd: int
    issues: tuple[DatasetIssue, ...]


def explore_dataset(
    source: Dataset, job: ExplorationJob, *, monitor: Monitor = SILENT
) -> Exploration:
    """Measure and compare the images of a dataset, and write the report.

    Raises:
        ReportError: the file cannot be written.
        InspectionError: the small backbone is missing.
        StoppedError: the monitor has stopped it; what was measured is kept.
    """
    from eda.frame import count_odd, list_issues, make_problem_frame  # slow to import
    from eda.report import write_report

    index = _measure(source, job, monitor)
    vectors = None
    if job.embed is not None:
        with monitor.step("comparing") as progress:
            vectors = embed_index(index, job.embed, progress=progress)
    against = None
    if job.against is not None:
        against = _measure(job.against, job, monitor)
    write_report(
        job.out,
        index,
        detectors=job.detectors,
        vectors=vectors,
        pictures=job.pictures,
        against=against,
    )
    return Exploration(
        index=index,
        num_broken=sum(bool(facts.problem) for facts in index.facts),
        num_odd=count_odd(make_problem_frame(index)),
        issues=tuple(list_issues(index)),
    )


def _measure(source: Dataset, job: ExplorationJob, monitor: Monitor) -> Index:
    if reason := why_anew(source.root, job.cache):
        monitor.say(reason)
    with monitor.step("measuring") as progress:
        return open_index(source, cache=job.cache, progress=progress)
