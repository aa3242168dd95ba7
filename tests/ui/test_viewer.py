"""The viewer's arithmetic in the browser is the pipeline's, number for number."""

import base64
import io
import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspection.calibration import decide
from inspection.detector import Channel
from inspection.names import describe_standing
from inspection.outlines import flagged_mask
from inspection.pipeline import predict_one
from inspection.products.panels import Panel, Status
from inspection.regions import find_regions
from inspection.standing import stand
from inspection.types import Calibration, Outline, Region, Standing
from tests.doubles.detectors import FakeDetector, make_infos
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.javascript import evaluate
from ui.parts.components import read
from ui.parts.images import MAX_DISPLAY_SIDE
from ui.viewer import messages, payload
from ui.viewer.payload import Subject
from ui.viewer.viewer import HERE, SCRIPTS, viewer_script

TO_CALIBRATION = """
const calibrationOf = (c) => ({ ...c, scores: Float32Array.from(c.scores) });
const mapOf = (m) => ({ ...m, values: Float32Array.from(m.values) });
"""
TRUTH = [f"ui/viewer/{name}.js" for name in ("format", "truth")]
SUBJECT = Subject(1, "demo/washer")


def random_calibration(rng: np.random.Generator) -> Calibration:
    count = int(rng.integers(1, 160))
    scores = np.sort(rng.gamma(4.0, 0.02, count).round(int(rng.integers(2, 9)))).astype(np.float32)
    units = tuple(f"part {index}" for index in rng.permutation(count))
    return Calibration(scores, units)


def random_outline(rng: np.random.Generator) -> Outline:
    level = None if rng.random() < 0.3 else float(rng.random())
    return Outline(level, float(rng.choice([0.0, 0.5, 0.9])))


def as_json(calibration: Calibration) -> dict[str, Any]:
    return {
        "scores": [float(score) for score in calibration.normal_scores],
        "units": list(calibration.units),
    }


def map_json(values: NDArray[np.float32]) -> dict[str, Any]:
    height, width = values.shape
    return {"values": [float(v) for v in values.ravel()], "width": width, "height": height}


def test_thresholds_and_rates_are_those_of_python() -> None:
    rng = np.random.default_rng(1)
    cases, expected = [], []
    for _ in range(200):
        calibration = random_calibration(rng)
        count = calibration.num_normal
        rates = [k / (count + 1) for k in range(1, count + 1)] + [0.29, 0.5]
        rates = [rate for rate in rates if calibration.floor <= rate < 1]
        near = rng.choice(calibration.normal_scores, 5).astype(np.float64)
        scores = [*near, *rng.gamma(4.0, 0.03, 5)]
        cases.append({**as_json(calibration), "rates": rates, "asked": scores})
        expected.append(
            {
                "floor": calibration.floor,
                "thresholds": [calibration.threshold(rate) for rate in rates],
                "rates": [calibration.false_alarm_rate(score) for score in scores],
            }
        )
    body = (
        TO_CALIBRATION
        + """return input.map(calibrationOf).map((c) => ({ floor: floorOf(c),
          thresholds: c.rates.map((rate) => thresholdAt(c, rate)),
          rates: c.asked.map((score) => falseAlarmRateOf(c, score)) }));"""
    )
    assert evaluate(body, cases) == expected


def test_an_image_stands_where_python_places_it() -> None:
    rng = np.random.default_rng(2)
    cases, expected = [], []
    for _ in range(60):
        calibration = random_calibration(rng)
        scores = [*map(float, calibration.normal_scores[:3]), *rng.gamma(4.0, 0.05, 5), 0.0, 9.0]
        cases.append({**as_json(calibration), "asked": scores})
        found = [stand(score, calibration) for score in scores]
        expected += [(one.num_below, one.num_normal, one.spreads, one.position) for one in found]
    body = (
        TO_CALIBRATION
        + """return input.map(calibrationOf).flatMap((c) => c.asked.map((score) => {
          const found = standOf(c, score);
          return [found.numBelow, found.numNormal, found.spreads, found.position]; }));"""
    )
    assert np.array(evaluate(body, cases)) == pytest.approx(np.array(expected), rel=1e-6, abs=1e-8)


def test_an_image_is_flagged_where_it_stands_beyond_the_threshold_and_nowhere_else() -> None:
    rng = np.random.default_rng(8)
    cases = [{**as_json(random_calibration(rng)), "asked": rng.gamma(4, 0.03, 5).tolist()}]
    cases += [{**as_json(random_calibration(rng)), "asked": [0.0, 1.0]} for _ in range(20)]
    body = (
        TO_CALIBRATION
        + """return input.map(calibrationOf).every((c) =>
          rateSteps([c], 0.02).every((rate) => c.asked.every((score) =>
            (standOf(c, score).position > thresholdPosition(c, rate))
              === (score > thresholdAt(c, rate)))));"""
    )
    assert evaluate(body, cases) is True


def test_verdict_area_and_regions_come_from_the_same_pixels_as_in_python() -> None:
    rng = np.random.default_rng(3)
    cases, expected = [], []
    for _ in range(60):
        # the larger maps have peaks whose reach is more than themselves
        values = rng.random((int(rng.integers(1, 30)), int(rng.integers(1, 33))), dtype=np.float32)
        values = values.round(int(rng.integers(1, 8)))  # equal peaks too
        threshold = float(rng.choice([rng.random(dtype=np.float32), values.max(), 0.0, 2.0]))
        outline = random_outline(rng)
        height, width = (int(side) for side in rng.integers(1, 40, 2))
        cases.append(
            {
                "map": map_json(values),
                "threshold": threshold,
                "outline": {"level": outline.level, "peakShare": outline.peak_share},
                "image": {"height": height, "width": width},
            }
        )
        flagged = flagged_mask(values, threshold, outline)
        regions = find_regions(values, flagged, image_size=(height, width))
        expected.append(
            {
                "flagged": decide(float(values.max()), threshold).value == "defect",
                "flags": flagged.ravel().astype(int).tolist(),
                "regions": [pytest.approx(region_numbers(region), rel=1e-9) for region in regions],
            }
        )
    body = (
        TO_CALIBRATION
        + """return input.map(({ map: m, threshold, outline, image }) => {
          const map = mapOf(m);
          const excess = excessOf(map, threshold, outline);
          const regions = regionsOf(map, excess, image);
          return { flagged: maximumOf(map) > threshold,
            flags: [...excess.values].map((value) => Number(value > 0)),
            regions: regions.map((r) => [r.left, r.top, r.right, r.bottom, r.area, r.share,
              r.centroid.y, r.centroid.x, r.peak, r.peakAt.y, r.peakAt.x, r.elongation]) }; });"""
    )
    assert evaluate(body, cases) == expected


def region_numbers(region: Region) -> list[float]:
    box = region.box
    return [
        *(box.left, box.top, box.right, box.bottom, region.area, region.area_share),
        *(*region.centroid, region.peak, *region.peak_at, region.elongation),
    ]


def outlines(maps: list[NDArray[np.float32]], level: float) -> list[NDArray[np.float64]]:
    body = (
        TO_CALIBRATION + "return input.maps.map((m) => [...traceOutline(mapOf(m), input.level)]);"
    )
    found = evaluate(body, {"maps": [map_json(m) for m in maps], "level": level})
    return [np.array(segments, np.float64).reshape(-1, 4) for segments in found]


def is_inside(segments: NDArray[np.float64], x: float, y: float) -> bool:
    """Count how often a ray to the right crosses the outline."""
    x0, y0, x1, y1 = segments.T
    crossed = (y0 > y) != (y1 > y)
    at = x0[crossed] + (y - y0[crossed]) / (y1[crossed] - y0[crossed]) * (x1 - x0)[crossed]
    return bool((at > x).sum() % 2)


def test_the_outline_encloses_the_flagged_pixels_and_no_others() -> None:
    rng = np.random.default_rng(4)
    maps = [rng.random((7, 9), dtype=np.float32) for _ in range(30)]
    maps += [np.ones((3, 4), np.float32), np.zeros((3, 4), np.float32)]
    for values, segments in zip(maps, outlines(maps, 0.6), strict=True):
        for row, column in np.ndindex(values.shape):
            # a little off the centre, where no ray meets a corner
            inside = is_inside(segments, column + 0.5 + 1e-7, row + 0.5 + 1.3e-7)
            assert inside == (values[row, column] > 0.6)


def test_an_outline_is_closed_also_at_the_border() -> None:
    rng = np.random.default_rng(5)
    for segments in outlines([rng.random((6, 6), dtype=np.float32) for _ in range(10)], 0.5):
        ends, counts = np.unique(segments.reshape(-1, 2).round(9), axis=0, return_counts=True)
        assert (counts % 2 == 0).all()
        assert ends.min() >= 0
        assert ends.max() <= 6


def test_a_single_pixel_barely_above_the_threshold_has_an_outline_of_visible_size() -> None:
    values = np.zeros((5, 5), np.float32)
    values[2, 3] = np.nextafter(np.float32(1), np.float32(2))
    (segments,) = outlines([values], 1.0)
    assert len(segments) == 4
    assert np.ptp(segments[:, 0]) >= 0.5
    assert is_inside(segments, 3.5 + 1e-7, 2.5 + 1e-7)


def test_flagged_pixels_that_touch_at_a_corner_share_one_outline_as_they_share_one_region() -> None:
    values = np.zeros((4, 4), np.float32)
    values[1, 1] = values[2, 2] = 2.0
    for picture in (values, values[:, ::-1].copy()):
        assert len(find_regions(picture, picture > 1.0)) == 1
        (segments,) = outlines([picture], 1.0)
        assert is_inside(segments, 2.0 + 1e-7, 2.0 + 2e-7)  # the bridge between the two


def test_the_slider_starts_at_the_largest_floor_and_every_step_moves_a_threshold() -> None:
    rng = np.random.default_rng(6)
    cases = [
        {"calibrations": [as_json(random_calibration(rng)) for _ in range(3)], "own": own}
        for own in (0.02, 0.013, 0.2)
        for _ in range(15)
    ]
    body = (
        TO_CALIBRATION
        + """return input.map(({ calibrations, own }) => {
          const c = calibrations.map(calibrationOf);
          const steps = rateSteps(c, own);
          return { steps, floor: Math.max(...c.map(floorOf)),
            ranks: steps.map((rate) => c.map((one) => numAbove(one, rate)).join()) }; });"""
    )
    for case, found in zip(cases, evaluate(body, cases), strict=True):
        steps, own = found["steps"], max(case["own"], found["floor"])
        assert steps == sorted(steps)
        assert found["floor"] <= steps[0] <= max(found["floor"], own)
        assert steps[-1] <= max(0.5, own)
        assert len(set(found["ranks"])) == len(steps)
        below = [step for step in steps if step <= own + 1e-12]
        assert below, "the product's own rate can be chosen, or one with the same thresholds"


def test_a_drag_ends_when_the_button_was_released_outside_the_picture() -> None:
    body = """
      Object.assign(globalThis, { shown: { picture: { width: 100, height: 100 } }, redraw() {} });
      Object.assign(globalThis, { cursor: null, focus: null, display: {} });
      const canvas = { clientWidth: 100, clientHeight: 100, setPointerCapture() {},
        getBoundingClientRect: () => ({ left: 0, top: 0 }) };
      const at = (clientX, buttons) =>
        ({ pointerId: 1, pointerType: 'mouse', buttons, clientX, clientY: 50 });
      camera.zoom = 2;
      startPointer(canvas, at(50, 1));
      return [at(60, 1), at(70, 0), at(90, 0)].map((event) => {
        movePointer(canvas, event);
        return camera.x;
      });"""
    first, *later = evaluate(
        body, None, scripts=[f"ui/viewer/{name}.js" for name in ("contour", "stage", "gestures")]
    )
    assert first == pytest.approx(0.45)
    assert later == [first, first]


def test_numbers_read_well_and_never_hide_on_which_side_of_the_threshold_they_are() -> None:
    body = """return [[1.00004, 0.99996, 1, 1.7849, 23.456, 512.4, 99999].map(formatRelative),
      formatPair(0.123456, 0.123444), formatPair(0.0741, 0.0413), formatPair(4842.3, 2861),
      [0, 0.00001234, 0.00412].map((value) => formatNumber(value)),
      [1 / 101, 0.02, 0.125].map(formatRate), [0, 0.00023, 0.0131, 0.52].map(formatShare),
      joinNames(['A', 'B', 'C']), formatSeconds(0.0481), formatSeconds(2.04)];"""
    assert evaluate(body, None) == [
        ["1.00004", "0.99996", "1.00", "1.78", "23.5", "512", "over 1000"],
        ["0.1235", "0.1234"],
        ["0.0741", "0.0413"],
        ["4842", "2861"],
        ["0.00", "1.23e-5", "0.00412"],
        ["0.99", "2", "12.5"],
        ["0.0 %", "0.02 %", "1.3 %", "52 %"],
        "A, B and C",
        "48 ms",
        "2.0 s",
    ]


def test_how_far_an_image_stands_out_is_said_as_in_python() -> None:
    standings = [Standing(0, 30, 0.0), Standing(29, 30, 0.0), Standing(30, 30, 9.96)]
    standings += [Standing(30, 30, 12.4), Standing(30, 30, 4e5)]
    texts = {name: messages.VIEWER[name] for name in ("beyondSome", "beyondAll", "over100")}
    asked = [
        {"numBelow": one.num_below, "numNormal": one.num_normal, "spreads": one.spreads}
        for one in standings
    ]
    body = "Object.assign(TEXTS, input.texts); return input.asked.map(describeStanding);"
    scripts = [f"ui/viewer/{name}.js" for name in ("format", "axis")]
    found = evaluate(body, {"texts": texts, "asked": asked}, scripts=scripts)
    assert found == [describe_standing(one) for one in standings]


def test_the_axis_never_turns_back_and_ends_at_its_end() -> None:
    body = """return input.map(([position, end]) => axisPlace(position, end));"""
    positions = [-9.0, -1.0, 0.0, 2.0, 2.33, 2.4, 5.0, 20.0, 90.0]
    scripts = [f"ui/viewer/{name}.js" for name in ("format", "axis")]
    places = evaluate(body, [[one, 2.33] for one in positions], scripts=scripts)
    assert places == sorted(places)
    assert (places[0], places[1], places[4], places[-1]) == (0, 0, 45, 100)


@pytest.mark.parametrize(
    ("flagged", "truth", "overlap", "case"),
    [
        (True, "good", None, "alarm"),
        (False, "good", None, "right"),
        (False, "dent", {"isTouched": False}, "missed"),
        (True, "dent", {"isTouched": False}, "elsewhere"),
        (True, "dent", {"isTouched": True}, "found"),
        (True, "dent", None, "found"),
        (True, "", None, ""),
    ],
)
def test_an_answer_is_judged_by_the_ground_truth(
    flagged: bool, truth: str, overlap: dict[str, bool] | None, case: str
) -> None:
    argument = [flagged, truth, overlap]
    assert evaluate("return caseOf(...input);", argument, scripts=TRUTH) == case


def test_the_overlap_with_the_truth_is_counted_on_the_grid_of_the_map() -> None:
    mask = np.zeros((8, 12), np.float32)
    mask[0:4, 0:6] = 1  # of a map of 4 x 6, the 2 x 3 pixels at the top left
    excess = np.full((4, 6), -1, np.float32)
    excess[1:3, 1:4] = 1
    body = (
        TO_CALIBRATION
        + """const truth = truthOn(mapOf(input.mask), mapOf(input.excess));
          return overlapOf(mapOf(input.excess), truth);"""
    )
    argument = {"mask": map_json(mask), "excess": map_json(excess)}
    found = evaluate(body, argument, scripts=TRUTH)
    assert found == {"iou": 2 / 10, "covered": 2 / 6, "outside": 4 / 6, "isTouched": True}
    lost = {"mask": map_json(np.zeros((8, 12), np.float32)), "excess": map_json(excess)}
    assert evaluate(body, lost, scripts=TRUTH) is None


def test_the_threshold_is_mid_scale_and_a_sure_defect_has_a_gradient() -> None:
    body = "return input.map(([relative, highest]) => shadeOf(relative, highest));"
    cases = [[0, 9], [1, 9], [5, 9], [9, 9], [1.5, 1.2], [2, 1.2]]
    assert evaluate(body, cases) == [0, 0.5, 0.75, 1, 0.75, 1]


def test_the_difference_is_twice_how_far_colours_are_apart_and_opaque() -> None:
    body = "return [...differenceOf(...input.map((one) => Uint8ClampedArray.from(one)))];"
    pixels = [[10, 200, 30, 255, 0, 90, 90, 255], [15, 190, 30, 255, 200, 90, 91, 255]]
    found = evaluate(body, pixels, scripts=["ui/viewer/rebuilt.js"])
    assert found == [10, 20, 0, 255, 255, 0, 2, 255]


def test_a_good_part_looks_like_itself() -> None:
    body = "return [0, 0.44, 0.45, 0.7, 1, 3].map((value) => opacityOf(value, 0.45));"
    found = evaluate(body, None)
    assert found[:3] == [0, 0, 0]
    assert 0 < found[3] < 1
    assert found[4:] == [1, 1]


def test_colours_start_where_half_of_the_good_parts_end() -> None:
    body = """const calibration = { scores: Float32Array.of(1, 2, 3), units: [] };
      return [2.01, 2.5, 3, 100].map((threshold) => transparentBelow(calibration, threshold));"""
    assert evaluate(body, None) == pytest.approx([0.9, 0.8, 0.7, 0.7])


@pytest.mark.parametrize("size", [(3000, 4000), (40, 60)])
def test_a_mask_is_sent_as_small_as_the_picture_and_loses_no_defect(size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.uint8)
    mask = np.zeros(size, np.bool_)
    mask[7, 11] = mask[-1, -1] = True
    sent = payload.picture(SUBJECT, image, mask)
    shown, truth = decode_picture(sent["image"]), decode_picture(sent["mask"])
    assert truth.shape == shown.shape[:2]
    assert max(truth.shape) == min(max(size), MAX_DISPLAY_SIDE)
    rows, columns = np.nonzero(truth)
    marked = (rows[0] / truth.shape[0], columns[0] / truth.shape[1])
    assert marked == pytest.approx((7 / size[0], 11 / size[1]), abs=1e-3)
    assert truth[-1, -1]
    assert len(rows) == 2
    assert payload.picture(SUBJECT, image, np.zeros(size, np.bool_))["mask"] == ""


def decode_picture(uri: str) -> NDArray[np.uint8]:
    content = base64.b64decode(uri.partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(content)))


def test_maps_and_scores_reach_the_browser_bit_for_bit() -> None:
    detector = FakeDetector("cae")
    calibration = random_calibration(np.random.default_rng(7))
    image, _ = draw_part(1, defective=True, strength=76, side=PICTURE_SIDE)
    answer = predict_one(Channel(detector, calibration), image)
    sent = payload.panel_result(SUBJECT, answer)
    values = np.frombuffer(base64.b64decode(sent["map"]), "<f4")
    assert (values.reshape(sent["height"], sent["width"]) == answer.prediction.anomaly_map).all()
    scores = np.frombuffer(base64.b64decode(sent["scores"]), "<f4")
    assert (scores == calibration.normal_scores).all()
    assert sent["trained"] == "trained on 300 parts; images of 64 x 64 pixels"
    assert sent["measures"][0]["label"] == "Mean squared error"
    assert (decode_picture(sent["rebuilt"]) == answer.prediction.reconstruction).all()
    to_json(sent)


@pytest.mark.parametrize(
    ("status", "idle", "state"),
    [
        (Status.READY, False, "waiting"),
        (Status.READY, True, "idle"),
        (Status.LOADING, False, "loading"),
        (Status.LOADING, True, "idle"),
        (Status.MISSING, True, "missing"),
        (Status.BROKEN, False, "broken"),
    ],
)
def test_a_panel_says_where_it_stands(status: Status, idle: bool, state: str) -> None:
    panel = Panel("cae", status, problem="No.", fix="Do.")
    sent = payload.panel_state(SUBJECT, panel, is_idle=idle)
    assert (sent["state"], sent["problem"], sent["fix"]) == (state, "No.", "Do.")


def test_the_script_holds_every_part_and_the_template_nothing_that_is_evaluated() -> None:
    script = viewer_script(tuple(make_infos("cae", "unet", "patchcore", "newcomer").values()))
    for part in SCRIPTS:
        assert read(HERE / f"{part}.js") in script
    assert "newcomer" in script
    template = read(HERE / "viewer.html")
    assert "${" not in template
    assert "{{" not in template
    assert "innerHTML" not in script


def test_every_sentence_that_script_and_template_use_exists() -> None:
    script = "\n".join(read(HERE / f"{part}.js") for part in SCRIPTS)
    used = {word.split("TEXTS.")[1] for word in _words(script) if word.startswith("TEXTS.")}
    used |= set(re.findall(r'data-(?:text|label|title)="(\w+)"', read(HERE / "viewer.html")))
    assert used <= messages.VIEWER.keys()
    indexed = {"loading", "running", "waiting"}  # TEXTS[state]
    assert messages.VIEWER.keys() <= used | indexed


def test_the_template_itself_holds_no_words_but_names() -> None:
    names = {"Inferno", "Viridis", "Cividis", "Turbo", "PDF", "HTML", "CSV", "JSON"}
    template = read(HERE / "viewer.html")
    written = set(re.findall(r">\s*([A-Za-z][^<]*?)\s*<", template))
    assert written <= names
    assert "aria-label=" not in template


def _words(script: str) -> list[str]:
    kept = "".join(c if c.isalnum() or c == "." else " " for c in script)
    return [".".join(word.split(".")[:2]) for word in kept.split() if "TEXTS." in word]
