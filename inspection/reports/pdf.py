"""A report as a PDF with embedded fonts, in which no character of any script gets lost."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import assert_never

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace
from PIL import Image

from inspection.names import Outcome
from inspection.reports.blocks import (
    Bars,
    Block,
    Gallery,
    Heading,
    Lead,
    Legend,
    NewPage,
    Paragraph,
    Picture,
    TableBlock,
    Tile,
    Tiles,
    Visual,
)
from inspection.reports.content import lay_out
from inspection.reports.records import Report
from inspection.types import Colour

FONTS = Path(__file__).parent / "fonts"
MAIN, WIDE = "DejaVuSans.ttf", "DroidSansFallback.ttf"  # the second is 3.4 MB: only when needed
MARGIN = 14.0  # mm, as all lengths here
GAP = 3.0
LARGE = (182.0, 136.0)  # width and height of the picture of the first page, at most
SMALLER = (182.0, 94.0)  # of the picture on the one page that an image among many has
LABEL_WIDTH = 26.0
TILES = 6  # thumbnails in a row
MAX_COLUMNS = 4
MAX_PICTURE = (58.0, 56.0)  # width and height of a picture in a gallery
LINE = 4.6
SMALL, SMALL_LINE = 6.2, 3.2  # small print: points, and height of its lines
SIZES = {1: 15.0, 2: 12.0, 3: 10.5}  # points, by level of the heading
SOFT = (77, 91, 105)
INK = (22, 32, 43)
TONES = {
    Outcome.UNFAMILIAR: SOFT,
    Outcome.DEFECT: (178, 62, 0),
    Outcome.MIXED: (138, 97, 0),
    Outcome.NORMAL: (10, 98, 164),
    Outcome.NAMED: SOFT,
}


def make_pdf(report: Report) -> bytes:
    """Return a report as a PDF; the same report gives the same bytes."""
    identity = report.identity
    product = f"{identity.dataset}/{identity.category}"
    return draw_pdf("inspection report", product, report.created, lay_out(report))


def draw_pdf(title: str, product: str, created: datetime, blocks: Iterable[Block]) -> bytes:
    """Return blocks as a PDF; the same ones give the same bytes."""
    document = _Document(title, product, created)
    for block in blocks:
        document.draw(block)
    return bytes(document.output())


class _Document(FPDF):
    """Draws blocks one below the other, on as many A4 pages as it takes."""

    def __init__(self, title: str, product: str, created: datetime) -> None:
        super().__init__(format="A4")
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 4)
        self.set_creation_date(created)
        self.set_title(f"Defect Lens: {title}")
        self.add_font("main", "", FONTS / MAIN)
        self.add_font("main", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.add_font("plain", "", FONTS / MAIN)
        self.set_fallback_fonts(["plain"], exact_match=False)
        self.set_text_shaping(True)  # Arabic letters join, Hebrew runs from right to left
        self._known = _characters(MAIN)
        self._known_wide: frozenset[int] | None = None
        self._foot = f"Defect Lens · {product}"
        self.add_page()

    def footer(self) -> None:
        """Write product and page number below every page; fpdf2 calls this."""
        self.set_y(-MARGIN)
        self._style(7.5, colour=SOFT)
        self.cell(0, LINE, self.visible(f"{self._foot} · page {self.page_no()}"), align="R")

    def draw(self, block: Block) -> None:
        """Draw one block below what is there."""
        match block:
            case Heading():
                self._heading(block)
            case Paragraph(text, is_small):
                self._paragraph(text, is_small=is_small)
            case Lead():
                self._lead(block)
            case Picture() | Legend() | Gallery() | Tiles():
                self._draw_visual(block)
            case TableBlock():
                self._table(block)
            case Bars(bars):
                self._bars(bars)
            case NewPage():
                self.add_page()
            case _:
                assert_never(block)

    def _draw_visual(self, block: Visual) -> None:
        match block:
            case Picture(picture, caption, is_smaller):
                self._picture(picture, caption, SMALLER if is_smaller else LARGE)
            case Legend(colours):
                self._legend(colours)
            case Gallery(pictures):
                self._gallery(pictures)
            case Tiles(tiles):
                self._tiles(tiles)
            case _:
                assert_never(block)

    def visible(self, text: str) -> str:
        """Return text in which each character that no font has is written as its code point."""
        return "".join(one if self._has(ord(one)) else f"[U+{ord(one):04X}]" for one in text)

    def _has(self, code: int) -> bool:
        if code in self._known:
            return True
        if self._known_wide is None:
            self._known_wide = _characters(WIDE)
            self.add_font("wide", "", FONTS / WIDE)
            self.set_fallback_fonts(["plain", "wide"], exact_match=False)
        return code in self._known_wide

    def _style(
        self, size: float, *, is_bold: bool = False, colour: tuple[int, int, int] = INK
    ) -> None:
        self.set_font("main", "B" if is_bold else "", size)
        self.set_text_color(*colour)

    def _write(self, text: str, *, width: float = 0, height: float = LINE) -> None:
        """Write wrapped text and go to the left margin below it."""
        self.multi_cell(width, height, self.visible(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _heading(self, heading: Heading) -> None:
        size = SIZES[heading.level]
        if self.will_page_break(3 * size):  # not without some of what it stands above
            self.add_page()
        self.ln(1 if heading.level == 1 else 3)
        self._style(size, is_bold=True)
        self._write(heading.text, height=size * 0.5)
        self.ln(1.5)

    def _paragraph(self, text: str, *, is_small: bool) -> None:
        self._style(SMALL if is_small else 9.5, colour=SOFT)
        self._write(text, height=SMALL_LINE if is_small else LINE)
        self.ln(1.5)

    def _lead(self, lead: Lead) -> None:
        self._style(19, is_bold=True, colour=TONES[lead.outcome])
        self._write(lead.title, height=10)
        self._style(11)
        self._write(lead.text, height=5.4)
        self.ln(2)
        for label, value in lead.facts:
            self._fact(label, value)
        self.ln(3)

    def _fact(self, label: str, value: str) -> None:
        self._style(9, colour=SOFT)
        self.cell(LABEL_WIDTH, LINE + 0.6, label)
        self._style(9.5)
        edge = self.l_margin
        self.set_left_margin(edge + LABEL_WIDTH)
        self._write(value)
        self.set_left_margin(edge)
        self.set_x(edge)

    def _place(
        self, picture: bytes, corner: tuple[float, float], most: tuple[float, float]
    ) -> tuple[float, float]:
        """Put a picture at a corner (x, y) and return its (width, height)."""
        with Image.open(io.BytesIO(picture)) as opened:
            pixels = opened.size
        scale = min(most[0] / pixels[0], most[1] / pixels[1])
        width, height = pixels[0] * scale, pixels[1] * scale
        self.image(io.BytesIO(picture), x=corner[0], y=corner[1], w=width, h=height)
        return width, height

    def _picture(self, picture: bytes, caption: str, most: tuple[float, float]) -> None:
        if self.will_page_break(most[1] + LINE):
            self.add_page()
        top = self.get_y()
        _, height = self._place(picture, (self.l_margin, top), most)
        self.set_xy(self.l_margin, top + height + 1)
        if caption:
            self._style(9, colour=SOFT)
            self._write(caption)

    def _legend(self, colours: Sequence[tuple[Colour, str]]) -> None:
        self._style(8.5, colour=SOFT)
        self.set_draw_color(*SOFT)
        top, left = self.get_y() + 1, self.l_margin
        for colour, text in colours:
            width = self.get_string_width(text) + 10
            if left + width > self.w - self.r_margin:
                top, left = top + LINE + 1, self.l_margin
            self.set_fill_color(*colour)
            self.rect(left, top + 0.6, 4, LINE - 1.2, style="DF")
            self.set_xy(left + 4.5, top)
            self.cell(width - 5, LINE, text)
            left += width
        self.set_xy(self.l_margin, top + LINE + 3)

    def _tiles(self, tiles: Sequence[Tile]) -> None:
        """Draw rows of thumbnails; a bar below each has the tone of its outcome."""
        side = (self.epw - (TILES - 1) * GAP) / TILES
        for start in range(0, len(tiles), TILES):
            row = tiles[start : start + TILES]
            height = side + LINE + 1 + SMALL_LINE * max(len(one.standings) for one in row)
            if self.will_page_break(height):
                self.add_page()
            top = self.get_y()
            for column, tile in enumerate(row):
                self._tile(tile, (self.l_margin + column * (side + GAP), top), side)
            self.set_xy(self.l_margin, top + height + 3)

    def _tile(self, tile: Tile, corner: tuple[float, float], side: float) -> None:
        left, top = corner
        self._place(tile.picture, corner, (side, side))
        self.set_fill_color(*TONES[tile.outcome])
        self.rect(left, top + side + 0.6, side, 1.2, style="F")
        self.set_xy(left, top + side + 2)
        self._style(7)
        self.cell(side, LINE - 1, self._shorten(self.visible(tile.caption), side))
        for number, (title, standing, is_flagged) in enumerate(tile.standings):
            self.set_xy(left, top + side + LINE + 1 + SMALL_LINE * number)
            colour = TONES[Outcome.DEFECT] if is_flagged else SOFT
            self._style(SMALL, is_bold=is_flagged, colour=colour)
            word = self.visible(standing)
            room = side - self.get_string_width(word) - 1
            self.cell(room, SMALL_LINE, self._shorten(self.visible(title), room))
            self.cell(side - room, SMALL_LINE, word, align="R")

    def _shorten(self, text: str, width: float) -> str:
        """Return text that fits into a width, cut at its end."""
        if self.get_string_width(text) <= width - 2:
            return text
        while text and self.get_string_width(f"{text}…") > width - 2:
            text = text[:-1]
        return f"{text}…"

    def _gallery(self, pictures: Sequence[tuple[str, bytes]]) -> None:
        columns = max(3, min(MAX_COLUMNS, len(pictures)))
        width = min(MAX_PICTURE[0], (self.epw - (columns - 1) * GAP) / columns)
        for start in range(0, len(pictures), columns):
            self._gallery_row(pictures[start : start + columns], width)
        self.ln(1)

    def _gallery_row(self, pictures: Sequence[tuple[str, bytes]], width: float) -> None:
        if self.will_page_break(MAX_PICTURE[1]):
            self.add_page()
        top = self.get_y()
        bottom = top
        for column, (caption, picture) in enumerate(pictures):
            left = self.l_margin + column * (width + GAP)
            self.set_xy(left, top)
            self._style(7.5, colour=SOFT)
            self.cell(width, LINE, self.visible(caption))
            _, height = self._place(picture, (left, top + LINE), (width, MAX_PICTURE[1] - LINE))
            bottom = max(bottom, top + LINE + height)
        self.set_xy(self.l_margin, bottom + 2)

    def _table(self, table: TableBlock) -> None:
        self._style(SMALL if table.is_small else 7.8)
        self.set_draw_color(195, 205, 215)
        self.set_fill_color(255)
        right = len(table.columns) - table.num_left
        with self.table(
            col_widths=tuple(table.widths),
            text_align=("LEFT",) * table.num_left + ("RIGHT",) * right,
            line_height=SMALL_LINE if table.is_small else LINE,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="", color=SOFT),
            padding=0.6,
        ) as drawn:
            for cells in (table.columns, *table.rows):
                row = drawn.row()
                for cell in cells:
                    row.cell(self.visible(cell))
        self.ln(2)

    def _bars(self, bars: Sequence[tuple[str, float]]) -> None:
        name_width, bar_width = 50.0, 90.0
        for label, share in bars:
            if self.will_page_break(LINE):
                self.add_page()
            self._style(8.5)
            top = self.get_y()
            self.set_x(self.l_margin + name_width + bar_width + 2)
            self.cell(16, LINE, f"{100 * share:.1f} %")
            self.set_fill_color(230, 235, 240)
            left = self.l_margin + name_width
            self.rect(left, top + 1, bar_width, LINE - 2, style="F")
            self.set_fill_color(*SOFT)
            filled = bar_width * min(1.0, max(0.0, share))
            if filled > 0:
                self.rect(left, top + 1, filled, LINE - 2, style="F")
            self.set_xy(self.l_margin, top)
            self._write(label, width=name_width - 2)


def _characters(font: str) -> frozenset[int]:
    with TTFont(FONTS / font, lazy=True) as opened:
        return frozenset(opened.getBestCmap())
