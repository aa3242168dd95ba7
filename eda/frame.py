"""Turn an index into tables: one row per image, one row per defect, one row per odd file."""

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from inspection.dataset import DatasetIssue
from inspection.index import Index
from inspection.types import Sample

GOOD = "good"
ALL = "all"
IMAGE_COLUMNS = (
    "id",
    "category",
    "split",
    "defect_type",
    "group",
    "width",
    "height",
    "mode",
    "kilobytes",
    "brightness",
    "contrast",
    "truth",
    "num_defects",
    "defect_area",
    "largest_defect",
    "defect_contrast",
    "problem",
)
DEFECT_COLUMNS = (
    "id",
    "category",
    "defect_type",
    "truth",
    "area",
    "area_share",
    "elongation",
    "contrast",
    "border_distance",
    "thickness",
    "thickness_share",
    "row",
    "column",
)
PROBLEM_COLUMNS = ("kind", "file", "category", "problem", "remedy")


def make_frame(index: Index) -> pd.DataFrame:
    """Return one row per image, `IMAGE_COLUMNS`; areas are shares of the image in percent.

    `defect_type` is "good" for a normal image; `defect_contrast` is that of the largest defect.
    """
    rows = [
        (
            sample.id,
            sample.category,
            sample.split.value,
            sample.defect_type or GOOD,
            sample.group or "",
            facts.width,
            facts.height,
            facts.mode,
            facts.file_size / 1000,
            facts.brightness,
            facts.contrast,
            facts.truth,
            len(facts.defects),
            100 * sum(defect.area_share for defect in facts.defects) if facts.truth else np.nan,
            100 * facts.defects[0].area_share if facts.defects else np.nan,
            facts.defects[0].contrast if facts.defects else np.nan,
            facts.problem,
        )
        for sample, facts in zip(index.samples, index.facts, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(IMAGE_COLUMNS))


def make_defect_frame(index: Index) -> pd.DataFrame:
    """Return one row per connected defect (or box), `DEFECT_COLUMNS`; `area_share` in percent."""
    rows = [
        (
            sample.id,
            sample.category,
            sample.defect_type or GOOD,
            facts.truth,
            defect.area,
            100 * defect.area_share,
            defect.elongation,
            defect.contrast,
            defect.border_distance,
            defect.thickness,
            defect.thickness_share,
            *defect.centre,
        )
        for sample, facts in zip(index.samples, index.facts, strict=True)
        for defect in facts.defects
    ]
    return pd.DataFrame(rows, columns=list(DEFECT_COLUMNS))


def make_problem_frame(index: Index) -> pd.DataFrame:
    """Return one row per file that is broken, missing or odd, `PROBLEM_COLUMNS`."""
    rows = [_issue_row(index, issue) for issue in index.dataset.issues]
    # where no image has a mask, none is missing
    has_truth = {sample.category for sample in index.samples if sample.is_marked}
    for sample, facts in zip(index.samples, index.facts, strict=True):
        if facts.problem:
            remedy = "It is left out of every figure. Copy or export it again."
            rows.append(("unreadable image", sample.id, sample.category, facts.problem, remedy))
        rows.extend((n.kind, sample.id, sample.category, n.problem, n.fix) for n in facts.notes)
        rows.extend(_mask_rows(sample, facts.mask_problems))
        if sample.is_anomalous and not facts.truth and sample.category in has_truth:
            rows.append(_missing_mask(sample))
    frame = pd.DataFrame(rows, columns=list(PROBLEM_COLUMNS))
    return frame.drop_duplicates(ignore_index=True)


def count_kinds(problems: pd.DataFrame) -> str:
    """Return in a sentence how many files are odd in which way, "" for none."""
    counts = problems["kind"].value_counts()
    return "; ".join(f"{kind}: {count:,}" for kind, count in counts.items())


def select(frame: pd.DataFrame, *, category: str = ALL, defect_type: str = ALL) -> pd.DataFrame:
    """Return the rows of one category and one defect type; "all" takes every one."""
    if category != ALL:
        frame = frame[frame["category"] == category]
    if defect_type != ALL and "defect_type" in frame:
        frame = frame[frame["defect_type"] == defect_type]
    return frame


def select_with_normal(
    frame: pd.DataFrame, *, category: str = ALL, defect_type: str = ALL
) -> pd.DataFrame:
    """Return the same with the normal images of the category, which defects are compared with."""
    frame = select(frame, category=category)
    if defect_type == ALL:
        return frame
    return frame[frame["defect_type"].isin([GOOD, defect_type])]


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the images that could be read."""
    return frame[frame["problem"] == ""]


def leave_out(root: PurePath, text: str) -> str:
    """Return text with paths from a folder on: visitors need not know where it lies."""
    start = str(root / "_")[:-1]  # it ends with the separator of its platform
    for written in (start, start.replace("\\", "\\\\"), root.as_posix() + "/"):  # as in repr()
        text = re.sub(rf"(?<![\w.~-]){re.escape(written)}", "", text)
    return text


def _issue_row(index: Index, issue: DatasetIssue) -> tuple[Any, ...]:
    path = issue.path
    root = index.dataset.root
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    return issue.kind.value, name, issue.category or "", leave_out(root, issue.problem), issue.fix


def _mask_rows(sample: Sample, problems: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for problem in problems:
        kind, remedy = _classify(problem)
        yield kind, sample.id, sample.category, problem, remedy


def _classify(problem: str) -> tuple[str, str]:
    if "grey levels" in problem:
        return (
            "mask with grey values",
            "From level 128 on it counts as defective. Save masks as PNG in black and white.",
        )
    if "empty" in problem and "bytes" not in problem:
        return "empty mask", "Draw the defect, or move the image to the good ones."
    if "its image" in problem:
        return "mask of another size", "It is left out. Draw it at the size of its image."
    return "unreadable mask", "It is left out. Export it again."


def _missing_mask(sample: Sample) -> tuple[Any, ...]:
    return (
        "defective image without a mask",
        sample.id,
        sample.category,
        "The image is defective, but where is not known.",
        "Add its mask; until then it counts in image scores but not in pixel scores.",
    )
