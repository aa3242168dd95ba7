"""Evaluations on disk: `evaluation.json` and `evaluation.csv` beside a detector's weights.

The JSON holds the whole `EvaluationReport`, undefined metrics as null with their reason; the CSV
has one row per image, for people. A report belongs to one set of weights and thresholds, and is
refused beside others.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, Protocol, TypeVar, get_args, get_origin, get_type_hints

from inspection.errors import CheckpointError, EvaluationError, first_line
from inspection.evaluation.records import OMITTED_IF, STORED_AS, Checkpoint, EvaluationReport
from inspection.files import unsealed, write_csv, write_sealed
from inspection.paths import name_checkpoint, train_again
from inspection.products.checkpoint_folders import read_card
from inspection.products.manifest import CALIBRATION, read_vouched

FORMAT = 1
"""Of the values in these files; a later one makes all of them outdated."""
EVALUATION = "evaluation.json"
TABLE = "evaluation.csv"

Record = TypeVar("Record")


class OfCheckpoint(Protocol):
    """What is said of one set of weights and thresholds."""

    @property
    def checkpoint(self) -> Checkpoint: ...


Own = TypeVar("Own", bound=OfCheckpoint)


def read_identity(folder: Path) -> Checkpoint:
    """Return which weights and thresholds a checkpoint folder DATASET/CATEGORY/DETECTOR holds.

    Raises:
        CheckpointError: the checkpoint is missing or damaged.
    """
    card = read_card(folder)
    calibration = json.dumps(read_vouched(folder, CALIBRATION), sort_keys=True)
    weights = card.get("weights_sha256")
    if not isinstance(weights, str):
        raise CheckpointError(
            f"{folder / 'detector.json'} does not name its weights.",
            train_again(folder),
        )
    return Checkpoint(
        dataset=folder.parent.parent.name,
        category=folder.parent.name,
        detector=folder.name,
        weights_sha256=weights,
        calibration_sha256=hashlib.sha256(calibration.encode()).hexdigest(),
    )


def has_evaluation(folder: Path) -> bool:
    """Return whether a checkpoint folder holds an evaluation, of whatever state."""
    return (folder / EVALUATION).is_file()


def save_evaluation(folder: Path, report: EvaluationReport) -> None:
    """Write a report into a checkpoint folder, and then its table.

    Raises:
        ReportError: the table cannot be written; the report is.
    """
    save_record(folder / EVALUATION, report)
    save_table(folder, report)


def save_table(folder: Path, report: EvaluationReport) -> None:
    """Write the table of a report, unless it says the same already.

    Raises:
        ReportError: it cannot be written.
    """
    write_csv(folder / TABLE, _table(report))


def load_evaluation(folder: Path) -> EvaluationReport:
    """Read the report beside a detector's weights.

    Raises:
        EvaluationError: missing, damaged, of another version, or of other weights or thresholds.
        CheckpointError: the checkpoint itself is missing or damaged.
    """
    return load_record(folder / EVALUATION, EvaluationReport)


def evaluate_again(folder: Path) -> str:
    """Return the remedy for an evaluation that is missing or cannot be used."""
    return f"Run `python cli.py evaluate --data DIR {name_checkpoint(folder)}`."


def save_record(path: Path, record: OfCheckpoint) -> None:
    """Write a record beside a detector's weights as a whole."""
    write_sealed(path, encode(record))


def load_record(path: Path, kind: type[Own]) -> Own:
    """Read a record that is about the weights and thresholds beside it.

    Raises:
        EvaluationError: missing, damaged, of another version, or about others.
        CheckpointError: the checkpoint itself is missing or damaged.
    """
    remedy = evaluate_again(path.parent)
    record = read_record(path, kind, remedy=remedy)
    if record.checkpoint != read_identity(path.parent):
        raise EvaluationError(
            f"{path} is about other weights or thresholds than those beside it.", remedy
        )
    return record


def read_record(path: Path, kind: type[Record], *, remedy: str) -> Record:
    """Read a record that an evaluation left beside a detector's weights.

    Raises:
        EvaluationError: missing, damaged or of another version; with the remedy.
    """
    try:
        content = json.loads(path.read_bytes(), parse_constant=_refuse)
        return decode(kind, unsealed(content))
    except FileNotFoundError as error:
        raise EvaluationError(f"{path.parent.name} was not evaluated yet.", remedy) from error
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read ({error.strerror}).", remedy) from error
    except ValueError as error:
        raise EvaluationError(f"{path} is damaged ({first_line(error)}).", remedy) from error


def encode(value: Any) -> Any:
    """Return a record as plain JSON values, which `decode` makes a record of again."""
    if is_dataclass(value):
        return {
            _key(one): encode(part)
            for one in fields(value)
            if (part := getattr(value, one.name)) != one.metadata.get(OMITTED_IF, MISSING)
        }
    if isinstance(value, Mapping):
        return {name: encode(part) for name, part in value.items()}
    return [encode(part) for part in value] if isinstance(value, tuple) else value


def decode(kind: type[Record], value: Any) -> Record:
    """Make a record from plain JSON values, as its annotations say.

    Raises:
        ValueError: a field without a default is missing, one is left over or of another type.
    """
    known = {_key(one): one for one in fields(kind)}  # type: ignore[arg-type]
    needed = {key for key, one in known.items() if _is_needed(one)}
    if not isinstance(value, dict) or not needed <= value.keys() <= known.keys():
        raise ValueError(f"no {kind.__name__}")
    hints = get_type_hints(kind)
    return kind(
        **{known[key].name: _decode(hints[known[key].name], part) for key, part in value.items()}
    )


def _is_needed(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _key(one: Field[Any]) -> str:
    return str(one.metadata.get(STORED_AS, one.name))


def _decode(kind: Any, value: Any) -> Any:
    if get_origin(kind) is not None or isinstance(kind, UnionType):
        return _decode_generic(kind, value)
    if is_dataclass(kind):
        return decode(kind, value)  # type: ignore[arg-type]
    if issubclass(kind, Enum):
        return kind(value)
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{value!r:.40} is no {kind.__name__}")
    return value


def _decode_generic(kind: Any, value: Any) -> Any:
    """Decode `X | None`, `tuple[X, ...]`, `tuple[X, Y]` and `Mapping[str, X]`."""
    parts = get_args(kind)
    if isinstance(kind, UnionType):
        return None if value is None else _decode(parts[0], value)
    if get_origin(kind) is tuple and isinstance(value, list):
        kinds = parts[:1] * len(value) if parts[-1] is Ellipsis else parts
        return tuple(_decode(one, part) for one, part in zip(kinds, value, strict=True))
    if isinstance(value, dict):
        return {str(name): _decode(parts[1], part) for name, part in value.items()}
    raise ValueError(f"{value!r:.40} is no {kind}")


def _refuse(constant: str) -> float:
    raise ValueError(f"it holds {constant}")


def _table(report: EvaluationReport) -> list[Mapping[str, object]]:
    measures = sorted({name for image in report.images for name in image.measures})
    return [
        {
            "id": image.id,
            "category": image.category,
            "split": image.split,
            "defect_type": image.defect_type or "",
            "is_anomalous": image.is_anomalous,
            "image_score": image.image_score,
            "threshold": report.threshold,
            "is_flagged": report.is_flagged(image),
            "iou": image.iou,
            "dice": image.dice,
            "seconds": round(image.seconds, 5),
            **{name: image.measures.get(name) for name in measures},
        }
        for image in report.images
    ]
