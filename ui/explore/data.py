"""Datasets opened for exploring: measured in the background, once for all visitors."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eda.index import embed_index, open_index
from eda.index_files import why_anew
from eda.opened import Opened, open_tables
from inspection.datasets.dataset import Dataset
from inspection.demo.folder import DemoFolder
from inspection.embedding import Embed
from inspection.errors import DatasetError, InspectionError
from inspection.products.catalog import Catalog
from inspection.products.panels import attempt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_OPEN = 4
POLL = 0.25  # seconds between two looks at the progress
FIRST_LOOK = 0.02


@dataclass(slots=True, eq=False)
class Job:
    """A dataset being opened; any number of visitors may watch.

    Who shows something holds on to one job: the explorer may have put another in its place.

    Attributes:
        dataset: as it was read, also what was not measured.
        reason: why it is measured anew, a sentence or "".
    """

    name: str
    done: int = 0
    total: int = 0
    result: Opened | None = None
    error: InspectionError | None = None
    vectors: "NDArray[np.float32] | None" = None
    embedding: "Job | None" = None
    dataset: Dataset | None = None
    reason: str = ""
    is_over: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        self.done, self.total = done, total

    def watch(self) -> Iterator[tuple[int, int]]:
        """Yield (done, total) until it is over."""
        if self.is_over.wait(FIRST_LOOK):
            return
        while not self.is_over.wait(POLL):
            yield self.done, self.total

    @property
    def is_embedding(self) -> bool:
        return self.embedding is not None and not self.embedding.is_over.is_set()


class Explorer:
    """The datasets of a catalogue, chosen by name and never by path."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    @property
    def names(self) -> tuple[str, ...]:
        return self._catalog.datasets.names

    def open(self, name: object) -> Job:
        """Return what opens a dataset, begun if need be.

        Raises:
            DatasetError: there is no dataset of that name.
        """
        if not isinstance(name, str) or name not in self.names:
            raise DatasetError(
                "There is no dataset of that name.",
                f"Choose one of: {', '.join(self.names) or 'none yet; start with --data DIR'}.",
            )
        with self._lock:
            job = self._jobs.get(name)
            if job is None or self.is_outdated(job):
                self._jobs.pop(name, None)
                while len(self._jobs) >= MAX_OPEN:
                    self._jobs.pop(next(iter(self._jobs)))
                job = self._jobs[name] = Job(name)
                threading.Thread(target=self._run, args=(name, job), daemon=True).start()
        return job

    def get(self, name: object) -> Opened:
        """Return a dataset, waiting until it is measured.

        Raises:
            InspectionError: there is none of that name, or its folder cannot be read.
        """
        return self.wait_for(self.open(name))

    def wait_for(self, job: Job) -> Opened:
        """Return the dataset that a job opens.

        Raises:
            InspectionError: its folder cannot be read.
        """
        job.is_over.wait()
        if job.result is not None:
            return job.result
        with self._lock:
            if self._jobs.get(job.name) is job:  # the next visit tries again
                del self._jobs[job.name]
        raise job.error or DatasetError("The dataset could not be opened.", "Try again.")

    def watch_vectors(self, job: Job) -> Iterator[tuple[int, int]]:
        """Make `job.vectors` of an opened dataset, yielding (done, total) meanwhile.

        Raises:
            InspectionError: the backbone cannot be used.
        """
        embed = self._catalog.embed
        if embed is None or job.result is None or job.vectors is not None:
            return
        with self._lock:
            part = job.embedding
            if part is None or part.is_over.is_set():
                part = job.embedding = Job(job.name)
                threading.Thread(
                    target=self._run_embedding, args=(job, part, embed), daemon=True
                ).start()
        while not part.is_over.wait(POLL):
            yield part.done, part.total
        if part.error is not None:
            raise part.error

    def stop(self, name: object) -> None:
        """Stop measuring; what was measured is kept and shown."""
        with self._lock:
            job = self._jobs.get(str(name))
        if job is not None:
            job.stop.set()
            if job.embedding is not None:
                job.embedding.stop.set()

    def forget(self, name: object) -> None:
        """Look at the folder anew at the next visit, unless others wait for its embeddings."""
        with self._lock:
            job = self._jobs.get(str(name))
            if job is not None and job.is_over.is_set() and not job.is_embedding:
                del self._jobs[str(name)]

    def shown(self, name: object) -> Job | None:
        """Return what has opened a dataset, if anything has."""
        return self._jobs.get(str(name))

    def demo_of(self, job: Job) -> DemoFolder | None:
        """Return the demo if a job has opened it before all of it was drawn; else None."""
        demo = self._catalog.datasets.demo
        if demo is None or job.dataset is None or job.dataset.root != demo.root:
            return None
        return demo if len(job.dataset.samples) < len(demo.samples) else None

    def is_outdated(self, job: Job) -> bool:
        """Return whether the folder has changed since; a demo being drawn, whether it doubled."""
        if job.dataset is None or not job.is_over.is_set() or job.is_embedding:
            return False
        demo = self.demo_of(job)
        if demo is not None and demo.is_at_work:
            return demo.num_drawn >= 2 * len(job.dataset.samples)
        return not self._catalog.datasets.is_current(job.dataset)

    def _run(self, name: str, job: Job) -> None:
        def measure() -> None:
            job.dataset = self._catalog.datasets.read(name)
            job.reason = why_anew(job.dataset.root)
            index = open_index(job.dataset, progress=job.progress, is_stopped=job.stop.is_set)
            job.result = open_tables(index)

        _finish(job, measure, subject="Measuring the dataset")

    def _run_embedding(self, job: Job, part: Job, embed: Embed) -> None:
        def compare() -> None:
            if job.result is not None:
                job.vectors = embed_index(
                    job.result.index, embed, progress=part.progress, is_stopped=part.stop.is_set
                )

        _finish(part, compare, subject="Comparing the images")


def _finish(job: Job, work: Callable[[], None], *, subject: str) -> None:
    """Do the work of a job; what stops it is its error."""
    try:
        job.error = attempt(work, subject=subject, fix="Choose the dataset again.")
    finally:
        job.is_over.set()
