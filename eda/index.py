"""An index of a dataset folder: one row of facts per image, measured once and kept in a cache.

The cache is one SQLite file per dataset folder, outside it. A row stays valid while the paths,
sizes and times of its image and masks stay the same; only what has changed is measured again.
Every row ends with its checksum: a file in which one does not fit is measured anew.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eda.facts import (
    ImageFacts,
    decode_jpeg,
    facts_from_row,
    facts_to_row,
    measure_sample,
)
from eda.index_files import cache_path, remove_former
from inspection.datasets.dataset import Dataset
from inspection.embedding import EMBED_BATCH, Embed
from inspection.preprocess import Progress
from inspection.processors import count_processors
from inspection.products.reading import measure_reading, reading_from_json, reading_to_json
from inspection.types import DEFAULT_READING, Reading, Sample

BATCH = 200  # images between two commits
MAX_NAMES = 500  # old versions of SQLite take no more than 999 in one question
SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (
    id TEXT PRIMARY KEY, stamp TEXT, width INTEGER, height INTEGER, mode TEXT, file_size INTEGER,
    truth TEXT, defects TEXT, mask_problems TEXT, problem TEXT,
    notes TEXT, quality TEXT, checksum INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures (
    id TEXT PRIMARY KEY, coverage BLOB, thumbnail BLOB, checksum INTEGER
);
CREATE TABLE IF NOT EXISTS vectors (
    id TEXT, source TEXT, stamp TEXT, vector BLOB, checksum INTEGER, PRIMARY KEY (id, source)
);
CREATE TABLE IF NOT EXISTS readings (
    category TEXT PRIMARY KEY, stamp TEXT, reading TEXT, checksum INTEGER
);
"""
TABLES = ("facts", "pictures", "vectors", "readings")

IsStopped = Callable[[], bool]


class Store:
    """The cache file of one dataset folder; safe to share between threads."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = _connect(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def read_facts(self) -> dict[str, tuple[str, ImageFacts]]:
        """Return id -> (stamp, facts), without pictures and without what cannot be understood."""
        with self._lock:
            rows = self._connection.execute("SELECT * FROM facts").fetchall()
        found = {}
        for key, stamp, *columns, _ in rows:
            with contextlib.suppress(ValueError, TypeError, IndexError):  # measured again
                found[key] = (stamp, facts_from_row(columns))
        return found

    def write_facts(self, rows: Sequence[tuple[Sample, str, ImageFacts]]) -> None:
        """Keep the facts of some images, pictures included."""
        with self._lock, self._connection:
            self._connection.executemany(
                f"INSERT OR REPLACE INTO facts VALUES ({', '.join('?' * 13)})",  # noqa: S608
                [_checked(sample.id, stamp, *facts_to_row(facts)) for sample, stamp, facts in rows],
            )
            self._connection.executemany(
                "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?, ?)",
                [_checked(one.id, facts.coverage, facts.thumbnail) for one, _, facts in rows],
            )

    def read_reading(self, category: str, stamp: str) -> Reading | None:
        """Return how the files of a category become colours, if that is known for this stamp."""
        query = "SELECT reading FROM readings WHERE category = ? AND stamp = ?"
        with self._lock:
            row = self._connection.execute(query, (category, stamp)).fetchone()
        with contextlib.suppress(ValueError, TypeError):  # measured again
            return None if row is None else reading_from_json(json.loads(row[0]))
        return None

    def write_reading(self, category: str, stamp: str, reading: Reading) -> None:
        """Keep how the files of a category become colours."""
        text = json.dumps(reading_to_json(reading))
        with self._lock, self._connection:
            self._connection.execute(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?, ?)",
                _checked(category, stamp, text),
            )

    def read_pictures(self, ids: Sequence[str], column: str) -> dict[str, bytes]:
        """Return id -> `thumbnail` or `coverage`, for those that have one."""
        if column not in ("thumbnail", "coverage"):
            raise ValueError(column)
        found: dict[str, bytes] = {}
        for start in range(0, len(ids), MAX_NAMES):
            part = ids[start : start + MAX_NAMES]
            marks = ", ".join("?" * len(part))
            query = f"SELECT id, {column} FROM pictures WHERE id IN ({marks})"  # noqa: S608
            with self._lock:
                found.update(self._connection.execute(query, list(part)).fetchall())
        return {key: value for key, value in found.items() if value}

    def read_vectors(self, source: str) -> dict[str, tuple[str, NDArray[np.float32]]]:
        """Return id -> (stamp, vector) of one source of embeddings."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, stamp, vector FROM vectors WHERE source = ?", (source,)
            ).fetchall()
        return {key: (stamp, np.frombuffer(data, np.float32)) for key, stamp, data in rows}

    def write_vectors(
        self, source: str, rows: Iterable[tuple[str, str, NDArray[np.float32]]]
    ) -> None:
        """Keep the embeddings (id, stamp, vector) of some images."""
        with self._lock, self._connection:
            self._connection.executemany(
                "INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?, ?)",
                [_checked(key, source, stamp, vector.tobytes()) for key, stamp, vector in rows],
            )


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """The facts of a dataset, row by row as its samples; pictures are read when needed.

    Attributes:
        stamps: what paths, sizes and times of an image and its masks were.
        is_complete: False where measuring was stopped before its end; what is missing is left out.
    """

    dataset: Dataset
    facts: tuple[ImageFacts, ...]
    stamps: tuple[str, ...]
    store: Store
    is_complete: bool = True

    @property
    def samples(self) -> tuple[Sample, ...]:
        return self.dataset.samples

    def thumbnails(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return id -> JPEG, for the images that could be read."""
        return self.store.read_pictures(ids, "thumbnail")

    def coverages(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return id -> coverage (see `facts.decode_coverage`), for the images with defects."""
        return self.store.read_pictures(ids, "coverage")


def open_index(
    dataset: Dataset,
    *,
    cache: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    is_stopped: IsStopped | None = None,
) -> Index:
    """Return the facts of every image, measured where the cache does not know them.

    Args:
        dataset: as read from its folder, into which nothing is written.
        cache: folder to keep indexes in; by default the user's cache folder.
        workers: threads; one per core by default.
        progress: called with (done, total) while images are measured.
        is_stopped: called between images; when it says so, what was measured is kept, and the
            index holds only the images measured until then.
    """
    store = Store(cache_path(dataset.root, cache))
    known = store.read_facts()
    stamps = {sample.id: stamp_sample(sample) for sample in dataset.samples}
    dataset = _with_readings(dataset, stamps, store)
    for sample in dataset.samples:
        if sample.reading != DEFAULT_READING:
            stamps[sample.id] += f" {sample.reading}"
    facts = {key: known[key][1] for key, stamp in stamps.items() if _is_known(known, key, stamp)}
    missing = [sample for sample in dataset.samples if sample.id not in facts]
    for batch in _measure_in_batches(missing, workers, is_stopped):
        store.write_facts([(sample, stamps[sample.id], found) for sample, found in batch])
        facts.update((sample.id, _without_pictures(found)) for sample, found in batch)
        if progress is not None:
            progress(len(facts), len(dataset.samples))
    index = _assemble(dataset, facts, stamps, store)
    if index.is_complete:
        remove_former(dataset.root, cache)
    return index


def embed_index(
    index: Index,
    embed: Embed,
    *,
    progress: Progress | None = None,
    is_stopped: IsStopped | None = None,
) -> NDArray[np.float32] | None:
    """Return one vector per image (n, d) from its thumbnail, kept in the cache; zeros where broken.

    None where it was stopped before its end; what was done is kept.
    """
    known = index.store.read_vectors(embed.source)
    stamps = {sample.id: stamp for sample, stamp in zip(index.samples, index.stamps, strict=True)}
    vectors = {key: known[key][1] for key, stamp in stamps.items() if _is_known(known, key, stamp)}
    missing = [
        sample.id
        for sample, facts in zip(index.samples, index.facts, strict=True)
        if sample.id not in vectors and not facts.problem
    ]
    for start in range(0, len(missing), EMBED_BATCH):
        if is_stopped is not None and is_stopped():
            return None
        part = missing[start : start + EMBED_BATCH]
        thumbnails = index.thumbnails(part)
        made = embed([decode_jpeg(thumbnails[key]) for key in part])
        index.store.write_vectors(
            embed.source, [(key, stamps[key], row) for key, row in zip(part, made, strict=True)]
        )
        vectors.update(zip(part, made, strict=True))
        if progress is not None:
            progress(start + len(part), len(missing))
    size = len(next(iter(vectors.values()))) if vectors else 0
    nothing = np.zeros(size, np.float32)
    return np.stack([vectors.get(key, nothing) for key in stamps]).astype(np.float32)


def stamp_sample(sample: Sample) -> str:
    """Return text that changes with the paths, sizes and times of an image and its masks."""
    parts: list[object] = [str(mark) for mark in (*sample.boxes, *sample.shapes)]
    for path in (sample.image_path, *sample.mask_paths):
        try:
            state = path.stat()
            parts.append((os.fspath(path), state.st_size, state.st_mtime_ns))
        except OSError:
            parts.append((os.fspath(path), "missing"))
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _with_readings(dataset: Dataset, stamps: Mapping[str, str], store: Store) -> Dataset:
    """Return the dataset as its own training images want it to be read, category by category."""
    readings: dict[str, Reading] = {}
    for category in dataset.categories:
        samples = [sample for sample in dataset.samples if sample.category == category]
        text = repr([(sample.id, stamps[sample.id], sample.split) for sample in samples])
        stamp = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        reading = store.read_reading(category, stamp)
        if reading is None:
            reading = measure_reading(samples, needs_background=False).reading
            store.write_reading(category, stamp, reading)
        readings[category] = reading
    return replace(
        dataset,
        samples=tuple(replace(one, reading=readings[one.category]) for one in dataset.samples),
    )


def _is_known(known: Mapping[str, tuple[str, Any]], key: str, stamp: str) -> bool:
    return key in known and known[key][0] == stamp


def _measure_in_batches(
    samples: Sequence[Sample], workers: int | None, is_stopped: IsStopped | None
) -> Iterator[list[tuple[Sample, ImageFacts]]]:
    """Yield measured images, a commit's worth at a time; decoding frees the threads."""
    if not samples:
        return
    stop = is_stopped or (lambda: False)
    with ThreadPoolExecutor(workers or count_processors()) as pool:
        size = min(BATCH, max(8, len(samples) // 20))
        for start in range(0, len(samples), size):
            if stop():
                return
            part = samples[start : start + size]
            yield list(zip(part, pool.map(measure_sample, part), strict=True))


def _assemble(
    dataset: Dataset, facts: dict[str, ImageFacts], stamps: dict[str, str], store: Store
) -> Index:
    is_complete = len(facts) == len(dataset.samples)
    if not is_complete:
        kept = tuple(sample for sample in dataset.samples if sample.id in facts)
        dataset = replace(dataset, samples=kept)
    ids = [sample.id for sample in dataset.samples]
    return Index(
        dataset,
        tuple(facts[key] for key in ids),
        tuple(stamps[key] for key in ids),
        store,
        is_complete,
    )


def _connect(path: Path | None) -> sqlite3.Connection:
    """Open the file, made anew where it is damaged; in memory where it cannot be written."""
    if path is None:
        return _open_file(None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _open_file(path)
        except sqlite3.OperationalError:  # locked, or it cannot be written
            return _open_file(None)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            path.unlink(missing_ok=True)
            return _open_file(path)
    except (OSError, sqlite3.DatabaseError):  # somebody else has it open, or no right to it
        return _open_file(None)


def _open_file(path: Path | None) -> sqlite3.Connection:
    """Open a sound file, or none.

    Raises:
        sqlite3.OperationalError: it cannot be written.
        sqlite3.DatabaseError: it is damaged.
        UnicodeDecodeError: it is so much so that SQLite cannot say where.
    """
    with contextlib.ExitStack() as undo:
        connection = sqlite3.connect(path or ":memory:", timeout=30, check_same_thread=False)
        undo.callback(connection.close)  # Windows removes no file that is open
        connection.text_factory = _decode_text
        connection.execute("PRAGMA synchronous = OFF")  # a cache: what is lost is measured again
        connection.executescript(SCHEMA)
        (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()  # of indexes, too
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        _check_rows(connection)
        undo.pop_all()
    return connection


def _check_rows(connection: sqlite3.Connection) -> None:
    """Compare every row with its checksum: SQLite knows its pages, and not what stands in them.

    Raises:
        sqlite3.DatabaseError: one does not fit, so that no picture can be trusted.
    """
    for table in TABLES:
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            if _checked(*row[:-1]) != row:
                raise sqlite3.DatabaseError(f"a row of {table} is not as it was written")


def _checked(*values: object) -> tuple[object, ...]:
    """Return a row with its checksum."""
    found = 0
    for value in values:
        data = value if isinstance(value, bytes) else f"{value!s}\n".encode("utf-8", "replace")
        found = zlib.crc32(data, found)
    return (*values, found)


def _decode_text(data: bytes) -> str:
    """Return stored text; a damaged id or stamp is like no other, so its image is measured anew."""
    return data.decode("utf-8", "replace")


def _without_pictures(facts: ImageFacts) -> ImageFacts:
    return replace(facts, coverage=b"", thumbnail=b"")
