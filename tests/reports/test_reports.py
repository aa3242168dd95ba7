"""Reports of inspections: the same facts as PDF, HTML, CSV and JSON, whatever comes in."""

import csv
import hashlib
import html
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from detectors import list_detectors
from inspection.errors import ReportError, SettingsError
from inspection.files import csv_text
from inspection.findings import Familiarity, Inspection
from inspection.images import read_image
from inspection.joint import join, judge_jointly
from inspection.names import mark_standing
from inspection.pipeline import inspect_image
from inspection.products.identity import DetectorIdentity, Identity, identify
from inspection.reports.csv import make_csv
from inspection.reports.extent import Extent, Pages, choose_extent
from inspection.reports.formats import (
    FORMATS,
    ReportFormat,
    check_formats,
    prepare_folder,
    write_report,
)
from inspection.reports.html import make_html
from inspection.reports.json import make_json
from inspection.reports.pdf import make_pdf
from inspection.reports.records import (
    Item,
    Report,
    make_item,
    shorten,
    write_overlays,
)
from inspection.reports.signing import MOST_AUTHOR, MOST_REMARK, sign
from inspection.reports.wording import find_leading, say_place
from inspection.types import Box, Region, RGBImage
from tests.doubles.detectors import make_calibration, make_channel
from tests.doubles.parts import draw_part
from tests.doubles.products import make_catalog
from tests.doubles.schema import parse_inspection
from tests.javascript import evaluate
from ui.viewer.viewer import viewer_template

HASH = hashlib.sha256(b"weights").hexdigest()
SCORES = [float(score) for score in np.linspace(100, 180, 60)]


def make_inspection(
    image: RGBImage, name: str = "part.png", *, detectors: Sequence[str] = ("cae", "unet")
) -> Inspection:
    channels = {detector: make_channel(*SCORES) for detector in detectors}
    made = inspect_image(image, channels, source=name)
    findings = [
        replace(finding, detector=detector)
        for finding, detector in zip(made.findings, detectors, strict=True)
    ]
    calibrations = {detector: make_calibration(*SCORES) for detector in detectors}
    scores = {finding.detector: finding.image_score for finding in findings}
    joint = judge_jointly(join(calibrations), scores, false_alarm_rate=0.02)
    return replace(made, findings=tuple(findings), joint=joint)


def make_report(*items: Item) -> Report:
    detectors = tuple(
        DetectorIdentity(
            name=finding.detector,
            title=list_detectors()[finding.detector].title,
            summary="trained on 12 normal images",
            created="2026-11-19T10:00:00+00:00",
            num_calibration=60,
            files={"weights.safetensors": HASH},
            num_seen=72,
            seen_hash="5" * 64,
        )
        for finding in items[0].findings
    )
    identity = Identity("parts", "disc", "a" * 64, detectors)
    return Report(datetime(2026, 11, 20, 13, 5, tzinfo=UTC), 0.02, identity, items)


def draw_dots(rows: int, columns: int) -> RGBImage:
    """Draw a dark part with bright dots, each of which is a region of its own."""
    image = np.full((64, 64, 3), 40, np.uint8)
    for row in range(rows):
        for column in range(columns):
            image[4 + 7 * row, 4 + 7 * column] = 200 + row + column
    return image


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages))


def csv_rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(make_csv(report).decode("utf-8-sig"))))


CELLS = ['=HYPERLINK("x")', "+1", "-a", "@a", "\ta", "\ra", "a=b, c", "", -1.5, 2, "Teil ü"]
SAFE = [
    '\'=HYPERLINK("x")',
    "'+1",
    "'-a",
    "'@a",
    "'\ta",
    "'\ra",
    "a=b, c",
    "",
    "-1.5",
    "2",
    "Teil ü",
]


def test_no_text_in_a_csv_becomes_a_formula_and_numbers_stay_numbers() -> None:
    text = csv_text([dict(zip("=bcdefghijk", CELLS, strict=True))])
    head, row = csv.reader(io.StringIO(text, newline=""))
    assert "".join(head) == "'=bcdefghijk"
    assert row == SAFE


def test_the_tables_of_the_page_are_saved_like_those_of_the_commands() -> None:
    titles = list("=bcdefghijk")
    text = evaluate(
        "return toCsv(input.titles, input.rows);",
        {"titles": titles, "rows": [CELLS]},
        scripts=("eda/web/csv.js",),
    )
    assert list(csv.reader(io.StringIO(text, newline=""))) == [["'=", *titles[1:]], SAFE]


@pytest.fixture(scope="module")
def defect() -> Item:
    return make_item(make_inspection(draw_part(1, defective=True)[0]))


@pytest.fixture(scope="module")
def good() -> Item:
    return make_item(make_inspection(draw_part(2)[0] // 2, "good.png"))


def test_every_format_holds_the_facts_of_the_findings(defect: Item) -> None:
    report = make_report(defect)
    facts = parse_inspection(make_json(report))
    (image,) = facts["images"]
    finding, region = image["findings"][0], defect.findings[0].regions[0]
    assert (facts["dataset"], facts["category"]) == ("parts", "disc")
    assert facts["detectors"][0]["files"] == {"weights.safetensors": HASH}
    assert finding["image_score"] == defect.findings[0].image_score
    assert finding["regions"][0]["peak"] == region.peak
    assert finding["measures"] == defect.findings[0].measures
    assert defect.joint is not None
    assert image["joint"]["relative_score"] == defect.joint.relative_score
    assert image["joint"]["contributions"] == defect.joint.contributions
    row = csv_rows(report)[0]
    assert float(row["threshold"]) == defect.findings[0].threshold
    assert (int(row["left"]), int(row["peak_x"])) == (region.box.left, region.peak_at[1])
    assert row["weights_sha256"] == HASH
    assert (float(row["joint_score"]), row["joint_verdict"]) == (defect.joint.score, "defect")
    page = make_html(report).decode()
    words = pdf_text(make_pdf(report)), re.sub(r"\s+", " ", page)
    for text in words:
        for said in (
            "Defect found",
            "Joint verdict",
            "Both detectors flag it.",
            "part.png",
            HASH,
            "2026-11-20 13:05 UTC",
            "parts/disc",
        ):
            assert said in text
        assert f"{region.box.left}, {region.box.top}" in text
        assert f"{defect.findings[0].relative_score:.2f}×" in text
        assert "trained on 12 normal images" in text
    # the large picture, the image, and for each detector its overlay and its edges
    assert page.count("data:image/jpeg") == 2 + 2 * len(defect.findings)
    assert "http" not in page


def first_page(report: Report) -> str:
    page = pypdfium2.PdfDocument(make_pdf(report))[0]
    return re.sub(r"\s+", " ", page.get_textpage().get_text_bounded())


def test_the_first_page_says_in_plain_words_what_was_found_and_where(defect: Item) -> None:
    report = replace(make_report(defect), author="A. Weaver", remark="Roll 17")
    region = defect.findings[0].regions[0]
    size = f"{region.box.right - region.box.left} × {region.box.bottom - region.box.top}"
    said = first_page(report)
    for words in (
        "Defect found 2 of 2 detectors flag this part.",
        f"and is {size} pixels large (1 in the picture).",
        "Inspected by A. Weaver",
        "Remark Roll 17",
        "of 100 good parts, at most 2 are flagged for nothing",
        "twice the threshold, or more",
    ):
        assert words in said
    assert HASH not in said
    assert "Score" not in said
    assert said in re.sub(r"\s+", " ", pdf_text(make_pdf(report)))
    plain = first_page(make_report(defect))
    assert not any(words in plain for words in ("Inspected by", "Remark", "In truth"))
    found = parse_inspection(make_json(report))
    assert (found["inspected_by"], found["remark"]) == ("A. Weaver", "Roll 17")


SCRIPTS = "Ωμέγα Анна 检测 שלום صورة <b>&</b>"


def test_name_and_remark_stand_in_every_format_in_any_script(defect: Item) -> None:
    author, remark = sign(f"  {SCRIPTS}\n\x07", f'=cmd("x")\r\n{SCRIPTS} \ud800')
    assert author == SCRIPTS
    assert remark == f'=cmd("x") {SCRIPTS}'
    report = replace(make_report(defect), author=author, remark=remark)
    facts, page = parse_inspection(make_json(report)), make_html(report).decode()
    assert (facts["inspected_by"], facts["remark"]) == (author, remark)
    assert html.escape(author) in page
    assert html.escape(remark) in page
    assert "<b>&</b>" not in page
    row = csv_rows(report)[0]
    assert (row["inspected_by"], row["remark"]) == (author, f"'{remark}"), "no formula"
    assert set(author) - {" "} - set("صورة") <= set(first_page(report)), "Arabic letters are joined"


def test_what_a_name_and_a_remark_may_hold_leaves_the_picture_on_the_first_page(
    defect: Item,
) -> None:
    author, remark = sign("W" * MOST_AUTHOR, ("weave " * MOST_REMARK)[:MOST_REMARK])
    said = first_page(replace(make_report(defect), author=author, remark=remark))
    assert "sees in the image." in said, "the caption of the picture"
    for wrong in (("W" * (MOST_AUTHOR + 1), ""), ("", "検" * (MOST_REMARK + 1))):
        with pytest.raises(ReportError, match=r"letters; a report has room for \d+\. Shorten it"):
            sign(*wrong)


def test_where_the_truth_is_known_a_wrong_verdict_is_called_wrong(defect: Item, good: Item) -> None:
    for item, truth, words in (
        (defect, "deep_hole", "deep hole. The verdict is right."),
        (defect, "good", "good. The verdict is wrong: a false alarm."),
        (good, "good", "good. The verdict is right."),
        (good, "hole", "hole. The verdict is wrong: a missed defect."),
    ):
        report = make_report(replace(item, truth=truth))
        assert f"In truth {words}" in first_page(report)
        assert words in make_html(report).decode()
        assert {row["truth"] for row in csv_rows(report)} == {truth}


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((10, 10), "at the upper left"),
        ((10, 150), "at the top"),
        ((100, 290), "at the right"),
        ((100, 150), "in the middle"),
        ((199, 299), "at the lower right"),
        ((199, 150), "at the bottom"),
    ],
)
def test_places_are_said_in_words(place: tuple[float, float], words: str) -> None:
    region = Region(Box(0, 0, 1, 1), 1.0, 0.01, place, 2.0, (0, 0), 1.0)
    assert say_place(region, (200, 300)) == words
    assert say_place(replace(region, area_share=0.7), (200, 300)) == "over most of the image"


def test_the_large_picture_is_that_of_the_strongest_detector_that_outlines_anything(
    defect: Item,
) -> None:
    assert defect.joint is not None
    first, second = defect.findings
    strongest = replace(defect.joint, contributions={"cae": 1.0, "unet": 2.0})
    led = find_leading(replace(defect, joint=strongest))
    assert led is not None
    assert led.detector == "unet"
    silent = replace(defect, joint=strongest, findings=(first, replace(second, regions=())))
    led = find_leading(silent)
    assert led is not None
    assert led.detector == "cae"
    assert find_leading(replace(defect, findings=())) is None


def test_an_image_without_a_finding_is_reported_as_such(good: Item) -> None:
    report = make_report(good)
    assert "None: no detector is above its threshold" in pdf_text(make_pdf(report))
    assert "None: no detector is above its threshold" in make_html(report).decode()
    rows = csv_rows(report)
    assert [row["verdict"] for row in rows] == ["normal", "normal"], "one line per detector"
    assert parse_inspection(make_json(report))["images"][0]["findings"][0]["regions"] == []


def test_forty_regions_are_all_there() -> None:
    item = make_item(make_inspection(draw_dots(5, 8), detectors=("patchcore",)))
    assert len(item.findings[0].regions) == 40
    report = make_report(item)
    assert [row["region"] for row in csv_rows(report)] == [str(n) for n in range(1, 41)]
    text, page = pdf_text(make_pdf(report)), make_html(report).decode()
    for number in range(1, 41):
        assert f"PatchCore {number} " in text
        assert f'<td class="number">{number}</td>' in page


def test_of_more_than_forty_regions_those_with_the_highest_peaks_are_listed() -> None:
    item = make_item(make_inspection(draw_dots(7, 8), detectors=("patchcore",)))
    regions = item.findings[0].regions
    assert len(regions) == 56
    report = make_report(item)
    assert len(csv_rows(report)) == 56
    order = sorted(range(56), key=lambda index: -regions[index].peak)
    for text in (pdf_text(make_pdf(report)), re.sub(r"<[^>]+>", " ", make_html(report).decode())):
        assert "PatchCore: and 16 more with lower peaks, in the CSV." in text
        shown = re.findall(r"PatchCore\s+(\d+)\s+\d+, \d+", text)
        assert shown == [str(index + 1) for index in sorted(order[:40])]


@pytest.mark.parametrize(
    "name",
    [
        "裂纹_检测 図面 검사.png",
        "Ужас Ωμέγα łódź Ğ.png",
        "a" * 255,
        "<script>alert(1)</script> & {title}.png",
        "line\nbreak\x07.png",
    ],
)
def test_a_name_of_any_script_and_length_is_kept(name: str) -> None:
    report = make_report(make_item(make_inspection(draw_part(3)[0], name)))
    assert parse_inspection(make_json(report))["images"][0]["image"] == name
    assert csv_rows(report)[0]["image"] == name
    assert "<script>" not in make_html(report).decode()
    shown = "".join(pdf_text(make_pdf(report)).split())
    expected = name.replace("\n", "[U+000A]").replace("\x07", "[U+0007]")
    assert "".join(expected.split()) in shown


def test_letters_that_no_font_has_are_written_as_their_code_points() -> None:
    report = make_report(make_item(make_inspection(draw_part(3)[0], "ภาพ.png")))
    assert "[U+0E20][U+0E32][U+0E1E].png" in pdf_text(make_pdf(report))


def test_letters_of_scripts_from_right_to_left_are_all_there() -> None:
    report = make_report(make_item(make_inspection(draw_part(3)[0], "صورة שלום.png")))
    shown = pdf_text(make_pdf(report))
    assert set("שלום") <= set(shown)
    assert "[U+" not in shown
    assert "صورة שלום.png" in make_html(report).decode()


def test_a_name_whose_bytes_are_no_unicode_is_kept_as_escapes() -> None:
    item = make_item(make_inspection(draw_part(3)[0], "bad\udcff.png"))
    report = make_report(item)
    assert item.name == "bad\\xff.png"
    for one in FORMATS.values():
        assert one.make(report)


def test_class_probabilities_are_bars_in_both_and_columns_in_the_table(defect: Item) -> None:
    measures = {"p_normal": 0.05, "p_深い傷": 0.95}
    findings = (replace(defect.findings[0], measures=measures), defect.findings[1])
    report = make_report(replace(defect, findings=findings))
    for text in (pdf_text(make_pdf(report)), make_html(report).decode()):
        assert "class probabilities" in text
        assert "深い傷" in text
        assert "95.0 %" in text
    assert csv_rows(report)[0]["p_深い傷"] == "0.95"
    found = parse_inspection(make_json(report))["images"][0]["findings"][0]
    assert list(found["class_probabilities"]) == ["深い傷", "normal"]


def test_many_images_begin_with_a_summary_and_keep_their_notes(defect: Item, good: Item) -> None:
    known = replace(good, note="This very image was seen in training by CAE.")
    report = make_report(defect, known)
    text = pdf_text(make_pdf(report))
    assert text.startswith("Inspection of 2 images")
    assert "Defect found: 1 · Models disagree: 0 · No defect found: 1" in text
    assert "1 of 2 parts have a defect" in text
    assert text.index("Image 1 of 2") < text.index("Image 2 of 2")
    assert make_html(report).decode().count('<figure data-outcome="') == 2, "a thumbnail each"
    assert known.note in text
    assert known.note in make_html(report).decode()
    assert csv_rows(report)[-1]["note"] == known.note


def test_a_contact_sheet_says_of_each_image_who_flags_it_and_how_far_it_stands_out(
    defect: Item, good: Item
) -> None:
    report = make_report(defect, good)
    first, page = first_page(report), make_html(report).decode()
    assert defect.joint is not None
    assert good.joint is not None
    for item, is_flagged in ((defect, True), (good, False)):
        for finding in item.findings:
            title = list_detectors()[finding.detector].title
            standing = mark_standing(finding.standing)
            assert f"{title} {standing}" in first
            mark = " class=flagged" if is_flagged else ""
            assert f"<li{mark}><span>{title}</span><span>{standing}</span></li>" in page
    assert f"Together {mark_standing(defect.joint.standing)}" in first
    assert mark_standing(defect.joint.standing).startswith("+")
    assert mark_standing(good.joint.standing).endswith(" of 60")


@pytest.mark.parametrize(
    ("pages", "bad", "fine"),
    [
        (Pages.FLAGGED, Extent.PAGE, Extent.THUMBNAIL),
        (Pages.ALL, Extent.PAGE, Extent.PAGE),
        (Pages.DETAILS, Extent.DETAILS, Extent.DETAILS),
    ],
)
def test_of_many_images_only_those_wanted_have_pages(
    defect: Item, good: Item, pages: Pages, bad: Extent, fine: Extent
) -> None:
    for item, expected in ((defect, bad), (good, fine)):
        assert choose_extent(item, pages, 2) is expected
        assert choose_extent(item, pages, 1) is Extent.DETAILS, "a single one is shown in full"
    disagreeing = replace(defect, joint=None, findings=(defect.findings[0], *good.findings[1:]))
    assert choose_extent(disagreeing, pages, 2) is bad
    unfamiliar = replace(good, findings=(), joint=None, familiarity=Familiarity(2.0, 1.0, 0.01))
    assert choose_extent(unfamiliar, pages, 2) is bad


def test_a_flagged_image_among_many_has_one_page_however_much_there_is_to_say() -> None:
    found = make_inspection(
        draw_dots(5, 8), "裂纹" * 60 + ".png", detectors=tuple(list_detectors())
    )
    said = replace(found, notes=("This very image was seen in training by CAE and U-Net.",) * 3)
    for extent, num_pages in ((Extent.THUMBNAIL, 0), (Extent.PAGE, 1)):
        items = [replace(make_item(said, extent=extent), truth="deep_hole") for _ in range(4)]
        document = pypdfium2.PdfDocument(make_pdf(make_report(*items)))
        texts = [page.get_textpage().get_text_bounded() for page in document]
        starts = [number for number, text in enumerate(texts) if text.startswith("Image ")]
        assert starts == list(range(1, 1 + 4 * num_pages))
        assert texts[1 + 4 * num_pages].startswith("Appendix")
        assert make_csv(make_report(*items)) == make_csv(
            make_report(*(replace(one, extent=Extent.DETAILS) for one in items))
        )


def test_pictures_have_as_many_pixels_as_their_places_need(defect: Item) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (1200, 1600, 3), np.uint8)
    for image in (draw_part(1, defective=True)[0], noise):
        found = make_inspection(image)
        shown = {extent: make_item(found, extent=extent).pictures for extent in Extent}
        thumbnail, page, details = (shown[extent] for extent in Extent)
        assert thumbnail is not None
        assert page is not None
        assert details is not None
        assert longest_side(details.main) in (640, 800)
        assert longest_side(page.main) == 640
        assert longest_side(thumbnail.thumbnail) == 200
        for one in (details.image, *details.overlays, *details.edges):
            assert longest_side(one) == 400
        assert not any((thumbnail.main, thumbnail.image, thumbnail.overlays, page.overlays))


def longest_side(picture: bytes) -> int:
    with Image.open(io.BytesIO(picture)) as opened:
        assert opened.format == "JPEG"
        return max(opened.size)


def test_the_same_report_gives_the_same_bytes_and_another_date_others(defect: Item) -> None:
    again = make_item(make_inspection(draw_part(1, defective=True)[0]))
    for one in FORMATS.values():
        content = one.make(make_report(defect))
        assert content == one.make(make_report(again))
        later = replace(make_report(defect), created=datetime(2027, 1, 1, tzinfo=UTC))
        assert content != one.make(later)


@pytest.mark.parametrize("shape", [(16, 900), (900, 16), (2000, 1500), (8, 8)])
def test_images_of_any_shape_and_darkness_fit_on_the_page(shape: tuple[int, int]) -> None:
    black = np.zeros((*shape, 3), np.uint8)
    report = make_report(make_item(make_inspection(black)))
    assert "No defect found" in pdf_text(make_pdf(report))


def test_a_report_without_pictures_needs_none(defect: Item) -> None:
    plain = make_item(make_inspection(draw_part(1, defective=True)[0]), has_pictures=False)
    assert make_json(make_report(plain)) == make_json(make_report(defect))
    assert "Defect found" in pdf_text(make_pdf(make_report(plain)))


def test_a_new_format_is_one_line_for_the_command_and_the_page(
    defect: Item, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = ReportFormat("txt", "text/plain", f"{__name__}:list_names")
    monkeypatch.setitem(FORMATS, line.name, line)
    assert check_formats("txt") == ("txt",)
    (path,) = write_report(make_report(defect), tmp_path, ("txt",))
    assert path.read_text() == defect.name
    assert 'data-format="txt"' in viewer_template()


def list_names(report: Report) -> bytes:
    return "\n".join(item.name for item in report.items).encode()


def test_formats_are_chosen_by_name() -> None:
    assert check_formats("PDF, csv,pdf") == ("pdf", "csv")
    for wrong in ("docx", "", " , ", "pdf,docx"):
        with pytest.raises(SettingsError, match="pdf, html, csv, json"):
            check_formats(wrong)


def test_a_folder_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="--out"):
        prepare_folder(tmp_path / "file" / "reports")
    prepare_folder(tmp_path / "new" / "reports")
    assert list((tmp_path / "new" / "reports").iterdir()) == []


def test_a_report_that_cannot_be_replaced_leaves_nothing_half_written(
    tmp_path: Path, defect: Item
) -> None:
    report = make_report(defect)
    assert [p.name for p in write_report(report, tmp_path, ["csv"])] == ["report.csv"]
    (tmp_path / "report.json").mkdir()
    with pytest.raises(ReportError, match=r"report\.json cannot be written"):
        write_report(report, tmp_path, ["json"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.csv", "report.json"]


def test_overlays_of_long_names_are_written_below_shorter_ones(tmp_path: Path) -> None:
    name = "長い名前" * 20 + "_7"
    rows = write_overlays(make_inspection(draw_part(1)[0], f"{name}.png"), tmp_path, number=3)
    assert rows[0]["image"] == f"{name}.png"
    written = str(rows[0]["overlay"])
    assert (tmp_path / written).is_file()
    assert written.startswith("0003_長い名前")
    assert written.endswith("_7_cae.png")
    assert shorten("short", 160) == "short"


def test_an_identity_can_be_checked_against_the_files(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, trained=("cae",))
    product = catalog.product("drawn/part")
    identity = identify(
        product, {"cae": catalog.channels.judging(product, "cae")}, catalog.detectors
    )
    (detector,) = identity.detectors
    assert identity.titles == {"cae": "CAE"}
    card = product.folder / "cae" / "detector.json"
    assert detector.files["detector.json"] == hashlib.sha256(card.read_bytes()).hexdigest()
    assert "weights.safetensors" not in detector.files, "the fake has none"
    assert (detector.num_calibration, detector.summary) == (
        100,
        "trained on 300 parts; images of 64 x 64 pixels",
    )
    assert (identity.dataset, identity.split_hash) == ("drawn", "")


def test_pictures_are_shown_in_the_proportions_of_the_image(tmp_path: Path) -> None:
    item = make_item(make_inspection(np.zeros((300, 900, 3), np.uint8)))
    assert item.pictures is not None
    path = tmp_path / "picture.jpg"
    path.write_bytes(item.pictures.overlays[0])
    height, width = read_image(path).shape[:2]
    assert width == pytest.approx(3 * height, abs=2)
