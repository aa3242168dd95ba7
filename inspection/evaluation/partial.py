"""An evaluation that was interrupted: what was scored so far, kept chunk by chunk."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from inspection.evaluation.files import decode, encode
from inspection.evaluation.pixels import SparseTally
from inspection.evaluation.records import LeftOut, ScoredImage
from inspection.files import replace_file
from inspection.types import Sample

FOLDER = "evaluation.partial"


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Some images as they were scored.

    Attributes:
        fine: pixels of all of them together.
        coarse: pixels of each image that could be compared.
    """

    images: tuple[ScoredImage, ...]
    left_out: tuple[LeftOut, ...]
    fine: SparseTally
    coarse: tuple[SparseTally, ...]


class PartialEvaluation:
    """Chunks of one evaluation, in a folder beside the weights; a retraining removes them with it.

    A chunk is found again only for the same files (by id, size and time) and the same key.
    """

    def __init__(self, checkpoint: Path, key: Sequence[object]) -> None:
        """Open the folder.

        Args:
            checkpoint: folder of the detector.
            key: what the scores depend on beside the images: weights, threshold, what was seen.
        """
        self._folder = checkpoint / FOLDER
        self._key = tuple(key)

    def load(self, samples: Sequence[Sample]) -> Chunk | None:
        """Return the chunk of these samples; None if it was not scored yet or is damaged."""
        path = self._path(samples)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                rows = json.loads(str(arrays["rows"]))
                parts = np.split(arrays["coarse_bins"], arrays["starts"])
                weights = np.split(arrays["coarse_weights"], arrays["starts"], axis=1)
                return Chunk(
                    tuple(decode(ScoredImage, row) for row in rows["images"]),
                    tuple(decode(LeftOut, row) for row in rows["left_out"]),
                    SparseTally(arrays["bins"], arrays["weights"]),
                    tuple(map(SparseTally, parts, weights))[: rows["num_coarse"]],
                )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    def save(self, samples: Sequence[Sample], chunk: Chunk) -> None:
        """Keep a chunk; whenever it is interrupted, the file is there as a whole or not at all."""
        self._folder.mkdir(exist_ok=True)
        rows = {
            "images": [encode(image) for image in chunk.images],
            "left_out": [encode(image) for image in chunk.left_out],
            "num_coarse": len(chunk.coarse),
        }
        with replace_file(self._path(samples)) as file:
            np.savez_compressed(
                file,
                rows=np.array(json.dumps(rows)),
                bins=chunk.fine.bins,
                weights=chunk.fine.weights,
                starts=np.cumsum([tally.bins.size for tally in chunk.coarse])[:-1].astype(int),
                coarse_bins=_joined([tally.bins for tally in chunk.coarse], np.zeros(0, np.int32)),
                coarse_weights=_joined([tally.weights for tally in chunk.coarse], np.zeros((3, 0))),
            )

    def clear(self) -> None:
        """Remove all chunks, once the report is written."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, samples: Sequence[Sample]) -> Path:
        return self._folder / f"{digest_samples(self._key, samples)[:32]}.npz"


def digest_samples(key: Sequence[object], samples: Sequence[Sample]) -> str:
    """Name these samples, their files as they are now (size and time), and the key."""
    digest = hashlib.sha256(repr(tuple(key)).encode())
    for sample in samples:
        some = filter(None, (sample.dataset, sample.kinds))
        facts = (sample.id, sample.defect_type, sample.unit, sample.boxes, sample.shapes, *some)
        digest.update(f"{facts}\n".encode())
        for path in (sample.image_path, *sample.mask_paths):
            found = path.stat()
            digest.update(f"{found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _joined(parts: Sequence[NDArray[Any]], empty: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate(parts, axis=-1) if parts else empty
