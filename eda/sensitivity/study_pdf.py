"""A study of sensitivity as a PDF: limits as tables, curves as small pictures side by side."""

import io
import math
from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from eda.sensitivity.curves import BY_SCORE, TICKS, Fitted
from eda.sensitivity.exhibits import Curves, StudyReport
from eda.sensitivity.study_page import HOW_TO_READ, describe_setting
from inspection.detector import Appearance, Symbol
from inspection.reports.blocks import Block, Gallery, Heading, Paragraph, TableBlock
from inspection.reports.pdf import FONTS, MAIN, draw_pdf
from inspection.sensitivity.fitting import Varied, map_detection, read_values
from inspection.sensitivity.pod import NINETY, Outcome, PODFit
from inspection.sensitivity.signal import SignalFit

WIDTH, HEIGHT = 640, 540
LEFT, TOP, RIGHT, BOTTOM = 74, 20, 20, 146  # margins of the axes; title and legend stand below them
INK, FRAME = "#16202b", "#c3cdd7"
FONT_SIZE = 20
MARK = 8  # half the side of a mark
STEP = 60  # points of a curve
MOST_TICKS = 8  # of the values that were tried; where there are more, round ones
COLUMNS = {
    "contrast": 0.5,
    "detector": 0.9,
    "trials": 0.4,
    "a50": 0.7,
    "a90": 0.7,
    "a90/95": 0.7,
    BY_SCORE: 1.1,
    "found at most": 0.5,
}

Point = tuple[float, float]
"""x and y in pixels of a picture."""


def make_study_pdf(report: StudyReport) -> bytes:
    """Return a study as a PDF; the same study gives the same bytes."""
    study = report.study
    product = f"{study.dataset}/{study.category}"
    created = datetime.fromisoformat(study.created)
    return draw_pdf("sensitivity", product, created, _lay_out(report))


def draw_all_curves(report: StudyReport) -> Iterator[tuple[str, bytes]]:
    """Yield a name and the PNG of all curves, such as "scratch-40" and "real-size"."""
    for exhibit in report.exhibits:
        for one in exhibit.curves:
            contrast = f"-{one.trials[0].contrast:g}" if len(exhibit.curves) > 1 else ""
            yield f"{exhibit.name}{contrast}", draw_curves(one)


def _lay_out(report: StudyReport) -> Iterator[Block]:
    study = report.study
    yield Heading(f"{study.dataset}/{study.category}: what is still seen", 1)
    for sentence in (*report.words, describe_setting(study)):
        yield Paragraph(sentence)
    for exhibit in report.exhibits:
        yield Heading(exhibit.title, 2)
        if exhibit.note:
            yield Paragraph(exhibit.note)
        yield Gallery([(one.caption, draw_curves(one)) for one in exhibit.curves])
        columns = [name for name in COLUMNS if name in exhibit.table]
        rows = [[str(row[name]) for name in columns] for _, row in exhibit.table.iterrows()]
        widths = [COLUMNS[name] for name in columns]
        yield TableBlock(columns, widths, rows, num_left=columns.index("trials"))
        if len(exhibit.curves) > 1:
            yield Paragraph(f"At {exhibit.shown.caption}:")
        for sentence in exhibit.compare():
            yield Paragraph(sentence)
    yield Heading("How to read it", 2)
    for sentence in HOW_TO_READ:
        yield Paragraph(sentence)
    if study.command:
        yield Paragraph(f"Made by: {study.command}")


def draw_curves(curves: Curves) -> bytes:
    """Return the PNG of curves of detection; marks are the shares that were seen."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(FONTS / MAIN, FONT_SIZE)
    values = np.unique(read_values(curves.trials, curves.by)) if curves.trials else np.ones(1)
    low, high = float(values[0]), float(values[-1])
    span = math.log(high / low) or 1.0

    def place(value: float, share: float) -> Point:
        x = LEFT + (WIDTH - LEFT - RIGHT) * math.log(value / low) / span
        return x, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share

    for share in (0.0, 0.5, NINETY, 1.0):
        pen.line([place(low, share), place(high, share)], FRAME, 2)
        pen.text((LEFT - 8, place(low, share)[1]), f"{share:.0%}", INK, font, anchor="rm")
    round_ones = [tick for tick in TICKS if low <= tick <= high]
    for value in values if len(values) <= MOST_TICKS else round_ones:
        pen.text((place(value, 0)[0], HEIGHT - BOTTOM + 6), f"{value:g}", INK, font, anchor="mt")
    pen.text((LEFT, HEIGHT - BOTTOM + 32), curves.by.axis, INK, font, anchor="lt")
    for number, one in enumerate(curves.fitted):
        _draw_one(pen, place, one, curves)
        corner = (LEFT + 270 * (number % 2), HEIGHT - 64 + 32 * (number // 2))
        _draw_mark(pen, (corner[0], corner[1]), one.info.appearance)
        pen.text((corner[0] + 16, corner[1]), one.info.title, INK, font, anchor="lm")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_one(
    pen: ImageDraw.ImageDraw,
    place: Callable[[float, float], Point],
    one: Fitted,
    curves: Curves,
) -> None:
    """Draw the curve of one detector, where there is one, and the shares that it found."""
    look = one.info.appearance
    if one.fit.outcome is not Outcome.TOO_FEW and one.fit.smallest < one.fit.largest:
        values = np.geomspace(one.fit.smallest, one.fit.largest, STEP)
        models: list[tuple[PODFit | SignalFit, int]] = [(one.fit, 4)]
        if one.signal is not None and one.signal.holds:
            models.append((one.signal, 1))
        for model, width in models:
            shares = model.probability(values)
            points = [place(float(x), float(y)) for x, y in zip(values, shares, strict=True)]
            pen.line(points, look.plot, width, joint="curve")
    seen = map_detection(curves.trials, one.info.name)
    levels, axis = (seen.sizes, 1) if curves.by is Varied.SIZE else (seen.contrasts, 0)
    counts = seen.counts.sum(axis=axis)
    hits = np.nansum(seen.shares * seen.counts, axis=axis) / np.maximum(counts, 1)
    for level, share, count in zip(levels, hits, counts, strict=True):
        if count:
            _draw_mark(pen, place(float(level), float(share)), look)


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
