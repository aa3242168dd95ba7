"""A study of drawn defects as a PDF: limits as tables, curves as small pictures side by side."""

import io
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eda.sensitivity.curves import Fitted, fit_infos, tabulate_limits
from eda.sensitivity.study_page import HOW_TO_READ, describe_setting
from inspection.detector import Appearance, DetectorInfo, Symbol
from inspection.reports.content import Block, Gallery, Heading, Paragraph, TableBlock
from inspection.reports.pdf import FONTS, MAIN, draw_pdf
from inspection.sensitivity.comparison import compare_detectors
from inspection.sensitivity.fitting import fit_trials, map_detection
from inspection.sensitivity.kept import Study, describe_study
from inspection.sensitivity.pod import NINETY, Outcome
from inspection.sensitivity.records import Trial

WIDTH, HEIGHT = 640, 520
LEFT, TOP, RIGHT, BOTTOM = 74, 20, 20, 120  # margins of the axes; the legend stands below them
INK, FRAME = "#16202b", "#c3cdd7"
FONT_SIZE = 20
MARK = 8  # half the side of a mark
STEP = 60  # points of a curve
COLUMNS = {"contrast": 0.5, "detector": 1.2, "trials": 0.5, "a50": 0.9, "a90": 0.9, "a90/95": 0.9}

Point = tuple[float, float]
"""x and y in pixels of a picture."""


def make_study_pdf(
    study: Study, infos: Mapping[str, DetectorInfo], *, scale: float | None = None
) -> bytes:
    """Return a study as a PDF; the same study gives the same bytes.

    Args:
        study: with its trials.
        infos: of the detectors, by name, the joint verdict among them.
        scale: millimetres of one pixel of the image.
    """
    product = f"{study.dataset}/{study.category}"
    created = datetime.fromisoformat(study.created)
    return draw_pdf("sensitivity", product, created, _lay_out(study, infos, scale))


def _lay_out(
    study: Study, infos: Mapping[str, DetectorInfo], scale: float | None
) -> Iterator[Block]:
    titles = {name: one.title for name, one in infos.items()}
    yield Heading(f"{study.dataset}/{study.category}: what is still seen", 1)
    for sentence in (*describe_study(study, titles), *study.notes, describe_setting(study)):
        yield Paragraph(sentence)
    for kind in study.options.kinds:
        name = kind.replace("-", " ").capitalize()
        yield Heading(name, 2)
        pictures, rows = [], []
        for contrast in study.options.contrasts:
            trials = study.pick(kind, contrast)
            fitted = fit_infos(fit_trials(trials), infos)
            pictures.append((f"{contrast:g} grey levels", draw_curves(fitted, trials)))
            table = tabulate_limits(fitted, scale=scale).assign(contrast=f"{contrast:g}")
            rows += [[str(one[column]) for column in COLUMNS] for _, one in table.iterrows()]
        yield Gallery(pictures)
        yield TableBlock(tuple(COLUMNS), tuple(COLUMNS.values()), rows, num_left=2)
        yield Paragraph(f"At {study.reference:g} grey levels:")
        for found in compare_detectors(study.pick(kind, study.reference), titles):
            yield Paragraph(found.sentence)
    yield Heading("How to read it", 2)
    for sentence in HOW_TO_READ:
        yield Paragraph(sentence)
    if study.command:
        yield Paragraph(f"Made by: {study.command}")


def draw_curves(fitted: Sequence[Fitted], trials: Sequence[Trial]) -> bytes:
    """Return the PNG of curves of detection against size; marks are the shares that were seen."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONTS / MAIN, FONT_SIZE)
    sizes = sorted({trial.size for trial in trials}) or [1.0]
    span = math.log(sizes[-1] / sizes[0]) or 1.0

    def place(size: float, share: float) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * math.log(size / sizes[0]) / span
        return x, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    for share in (0.0, 0.5, NINETY, 1.0):
        pen.line([place(sizes[0], share), place(sizes[-1], share)], FRAME, 2)
        pen.text((LEFT - 8, place(1, share)[1]), f"{share:.0%}", INK, font, anchor="rm")
    for size in sizes:
        pen.text((place(size, 0)[0], HEIGHT - BOTTOM + 6), f"{size:g}", INK, font, anchor="mt")
    for number, one in enumerate(fitted):
        _draw_one(pen, place, one, trials)
        corner = (LEFT + 270 * (number % 2), HEIGHT - 70 + 32 * (number // 2))
        _draw_mark(pen, (corner[0], corner[1]), one.info.appearance)
        pen.text((corner[0] + 16, corner[1]), one.info.title, INK, font, anchor="lm")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def _draw_one(
    pen: ImageDraw.ImageDraw,
    place: Callable[[float, float], Point],
    one: Fitted,
    trials: Sequence[Trial],
) -> None:
    """Draw the curve of one detector, where there is one, and the shares that it found."""
    look = one.info.appearance
    if one.fit.outcome is not Outcome.TOO_FEW and one.fit.smallest < one.fit.largest:
        values = np.geomspace(one.fit.smallest, one.fit.largest, STEP)
        shares = one.fit.probability(values)
        points = [place(float(x), float(y)) for x, y in zip(values, shares, strict=True)]
        pen.line(points, look.plot, 4, joint="curve")
    seen = map_detection(trials, one.info.name)
    hits = np.nansum(seen.shares * seen.counts, axis=1) / np.maximum(seen.counts.sum(axis=1), 1)
    for size, share in zip(seen.sizes, hits, strict=True):
        _draw_mark(pen, place(float(size), float(share)), look)


def _draw_mark(pen: ImageDraw.ImageDraw, at: Point, look: Appearance) -> None:
    """Draw the symbol of a detector: it says what the colour says."""
    x, y = at
    box = (x - MARK, y - MARK, x + MARK, y + MARK)
    if look.symbol in (Symbol.SQUARE, Symbol.OPEN_SQUARE):
        pen.rectangle(box, None if look.symbol is Symbol.OPEN_SQUARE else look.plot, look.plot, 3)
    elif look.symbol is Symbol.CIRCLE:
        pen.ellipse(box, look.plot)
    elif look.symbol is Symbol.DIAMOND:
        pen.polygon([(x, y - MARK), (x + MARK, y), (x, y + MARK), (x - MARK, y)], look.plot)
    elif look.symbol is Symbol.TRIANGLE:
        pen.polygon([(x, y - MARK), (x + MARK, y + MARK), (x - MARK, y + MARK)], look.plot)
    else:
        pen.line([(x - MARK, y - MARK), (x + MARK, y + MARK)], look.plot, 4)
        pen.line([(x - MARK, y + MARK), (x + MARK, y - MARK)], look.plot, 4)
