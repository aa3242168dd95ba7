"""Turn an index into tables: one row per image, one row per defect, one row per odd file."""

import math
import re
from dataclasses import astuple, fields
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd

from eda.facts import DefectFacts, ImageFacts, Truth
from eda.index import Index
from eda.quality import Quality
from inspection.issues import DatasetIssue, IssueKind

GOOD = "good"
MEASURES = tuple(one.name for one in fields(Quality))
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
    *MEASURES,
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
PROBLEM_COLUMNS = ("kind", "file", "files", "category", "problem", "remedy")
LEFT_OUT = "It is left out of every plot. Copy or export it again."
MISSING_MASK = (
    "The image is defective, but where is not known.",
    "Add its mask; until then it counts in image scores but not in pixel scores.",
)


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
            *astuple(facts.quality),
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
    """Return one row per connected defect (or box), `DEFECT_COLUMNS`; `area_share` in percent.

    A box has no thickness. That of others as a share is one of the side of a square with as many
    pixels as the image.
    """
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
            *_thickness(facts, defect),
            *defect.centre,
        )
        for sample, facts in zip(index.samples, index.facts, strict=True)
        for defect in facts.defects
    ]
    return pd.DataFrame(rows, columns=list(DEFECT_COLUMNS))


def list_issues(index: Index) -> list[DatasetIssue]:
    """Return all that is broken, missing or odd, and how masks were read where not plainly."""
    found = list(index.dataset.issues)
    # where no image has a mask, none is missing
    has_truth = {sample.category for sample in index.samples if sample.is_marked}
    for sample, facts in zip(index.samples, index.facts, strict=True):
        notes = (*facts.notes, *facts.mask_problems)
        problems = [(one.kind, one.problem, one.fix) for one in notes]
        if facts.problem:
            problems.append((IssueKind.UNREADABLE_IMAGE, facts.problem, LEFT_OUT))
        if sample.is_anomalous and not facts.truth and sample.category in has_truth:
            problems.append((IssueKind.NO_MASK, *MISSING_MASK))
        found += [
            DatasetIssue(kind, sample.image_path, problem, fix, sample.category)
            for kind, problem, fix in problems
        ]
    return found


def _thickness(facts: ImageFacts, defect: DefectFacts) -> tuple[float, float]:
    """Return thickness in pixels and as a share of the side; a box does not show it."""
    if facts.truth is Truth.BOXES:
        return np.nan, np.nan
    return defect.thickness, defect.thickness / math.sqrt(facts.width * facts.height)


def make_problem_frame(index: Index) -> pd.DataFrame:
    """Return one row per odd file, `PROBLEM_COLUMNS`; what is harmless has one row per category.

    `files` is 1, or how many files a row stands for; `file` is the first of them.
    """
    rows: dict[Any, list[Any]] = {}
    for issue in list_issues(index):
        row = _issue_row(index, issue)
        is_alike = issue.kind.is_harmless
        key = (issue.kind, issue.category) if is_alike else row
        if is_alike and key in rows:
            rows[key][2] += 1
        else:
            rows[key] = list(row)
    return pd.DataFrame(list(rows.values()), columns=list(PROBLEM_COLUMNS))


def count_kinds(problems: pd.DataFrame) -> str:
    """Return in a sentence how many files are odd in which way, "" for none."""
    counts = problems.groupby("kind")["files"].sum().sort_values(ascending=False, kind="stable")
    return "; ".join(f"{kind}: {count:,}" for kind, count in counts.items())


def count_odd(problems: pd.DataFrame) -> int:
    """Return how many files are to be mended; a mask that is only drawn otherwise is not."""
    is_odd = [not kind.is_harmless for kind in problems["kind"]]
    return int(problems.loc[is_odd, "files"].sum())


def select(
    frame: pd.DataFrame, *, category: str | None = None, defect_type: str | None = None
) -> pd.DataFrame:
    """Return the rows of one category and one defect type; None takes every one."""
    if category is not None:
        frame = frame[frame["category"] == category]
    if defect_type is not None and "defect_type" in frame:
        frame = frame[frame["defect_type"] == defect_type]
    return frame


def select_with_normal(
    frame: pd.DataFrame, *, category: str | None = None, defect_type: str | None = None
) -> pd.DataFrame:
    """Return the same with the normal images of the category, which defects are compared with."""
    frame = select(frame, category=category)
    if defect_type is None:
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
    root = index.dataset.root
    path = issue.path
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    problem = leave_out(root, issue.problem)
    return issue.kind, name, 1, issue.category or "", problem, issue.fix
