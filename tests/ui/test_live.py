"""The live camera's answers, without a browser: frames, seats, and whatever a request may hold."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.products.catalog import Catalog
from inspection.types import RGBImage
from tests.doubles.camera import encode_jpeg
from tests.doubles.detectors import DETECTORS, FakeEmbed
from tests.doubles.images import make_progressive
from tests.doubles.page import to_json
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog, write_familiarity
from tests.javascript import evaluate
from ui.inspect.live.answering import GONE_AFTER, Live, Seats, refuse
from ui.inspect.live.frames import MAX_CHARACTERS, MAX_SIDE

KEY = "drawn/part"
SCRIPTS = ("presence", "counting", "zip", "camera")
PARTS = tuple(f"ui/inspect/live/{name}.js" for name in SCRIPTS)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    root = tmp_path_factory.mktemp("live")
    catalog = make_catalog(root, embed=FakeEmbed())
    write_familiarity(root / "checkpoints" / "drawn" / "part")
    return catalog


@pytest.fixture
def live(catalog: Catalog) -> Live:
    return Live(catalog)


def frame(image: RGBImage) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(encode_jpeg(image)).decode()}"


def ask(live: Live, image: RGBImage, **further: Any) -> dict[str, Any]:
    answer = live.answer(KEY, {"number": 7, "frame": frame(image), **further})
    to_json(answer)
    assert answer["number"] == 7
    return answer


def test_frames_are_wanted_in_the_shape_and_size_of_the_training_images(live: Live) -> None:
    answer = live.answer(KEY, {"number": 1, "isStart": True})
    assert answer == {"number": 1, "state": "ready", "aspects": [1.0, 1.0], "side": 256}


def test_a_good_part_is_normal_and_has_no_outline(live: Live) -> None:
    answer = ask(live, draw_part(3, side=PICTURE_SIDE)[0])
    assert (answer["state"], answer["outcome"], answer["isFlagged"]) == ("done", "normal", False)
    assert answer["outlines"] == []
    assert [one["name"] for one in answer["answers"]] == list(DETECTORS)
    assert answer["relative"] < 1


def test_a_defect_is_outlined_where_it_lies(live: Live) -> None:
    image, mask = draw_part(3, defective=True, side=PICTURE_SIDE)
    answer = ask(live, image)
    assert (answer["outcome"], answer["title"]) == ("defect", "Defect found")
    assert answer["relative"] > 1
    points = np.concatenate([np.array(one) for one in answer["outlines"]]) * PICTURE_SIDE
    middle = np.argwhere(mask).mean(axis=0)[::-1]
    assert np.abs(points - middle).max() < 30
    assert np.abs(points.mean(axis=0) - middle).max() < 6


def test_what_does_not_look_like_the_product_has_no_verdict_unless_it_is_wanted(live: Live) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3)).astype(np.uint8)
    noise[:, :, 0] = 250
    answer = ask(live, noise)
    assert (answer["outcome"], answer["isFlagged"]) == ("unfamiliar", False)
    assert answer["title"] == "This does not look like part"
    assert answer["answers"] == []
    assert ask(live, noise, isWanted=True)["answers"] != []


def test_the_rate_of_the_slider_counts(live: Live) -> None:
    image, _ = draw_part(3, side=PICTURE_SIDE)
    assert ask(live, image, rate=0.5)["relative"] > ask(live, image, rate=0.02)["relative"]
    assert "cannot support 0.01 false alarms" in ask(live, image, rate=0.0001)["problem"]


@pytest.mark.parametrize(
    "broken",
    [
        None,
        7,
        "",
        "data:image/png;base64,AAAA",
        "data:image/jpeg;base64,%%%",
        "data:image/jpeg;base64,",
        "data:image/jpeg;base64,AAAA",
        "data:image/jpeg;base64," + "A" * MAX_CHARACTERS,
        frame(np.zeros((8, 8, 3), np.uint8)),
        frame(np.zeros((64, MAX_SIDE + 1, 3), np.uint8)),
    ],
)
def test_what_is_no_frame_is_a_sentence(live: Live, broken: object) -> None:
    answer = live.answer(KEY, {"number": "x", "frame": broken})
    assert (answer["state"], answer["number"]) == ("problem", 0)
    assert answer["problem"].count(".") >= 2


def test_a_frame_may_cost_no_more_than_an_upload(live: Live) -> None:
    source = f"data:image/jpeg;base64,{base64.b64encode(make_progressive(5000)).decode()}"
    assert "the limit is 5" in live.answer(KEY, {"frame": source})["problem"]


@pytest.mark.parametrize("key", [None, 3, ["drawn/part"], "drawn/nothing"])
def test_an_unknown_product_is_a_sentence(live: Live, key: object) -> None:
    assert live.answer(key, {"isStart": True})["state"] == "problem"


def test_a_product_without_detectors_is_a_sentence(tmp_path: Path) -> None:
    live = Live(make_catalog(tmp_path, trained=()))
    image = frame(draw_part(0, side=PICTURE_SIDE)[0])
    for request in ({"isStart": True}, {"frame": image}):
        assert "No detector can answer" in live.answer(KEY, request)["problem"]


def test_a_visitor_has_one_frame_in_flight_and_only_so_many_visitors_a_seat() -> None:
    now = [0.0]
    seats = Seats(2, clock=lambda: now[0])
    assert [seats.enter("a"), seats.enter("a"), seats.enter("b")] == ["taken", "busy", "taken"]
    assert seats.enter("c") == "full"
    seats.leave("a")
    assert [seats.enter("c"), seats.enter("a")] == ["full", "taken"]
    seats.leave("a", is_end=True)  # the camera is off
    assert seats.enter("c") == "taken"
    now[0] += GONE_AFTER + 1  # b is still being answered
    assert [seats.enter("d"), seats.enter("b")] == ["full", "busy"]
    seats.leave("c")
    seats.leave("b")
    now[0] += GONE_AFTER + 1
    assert [seats.enter("d"), seats.enter("e")] == ["taken", "taken"]


def test_who_has_no_seat_is_told() -> None:
    assert refuse({"number": 3}, "busy") == {"number": 3, "state": "busy"}
    assert "4 visitors use the live camera already." in refuse({}, "full")["problem"]


def watch(kinds: str) -> list[dict[str, Any]]:
    """Return what is seen of a series of pictures a tenth of a second apart.

    `.` is empty, `1` a part at a place, `2` at another one, `+` the empty picture, but brighter.
    """
    pictures = {".": np.full((48, 64), 90.0)}
    pictures["1"], pictures["2"] = pictures["."].copy(), pictures["."].copy()
    pictures["1"][10:30, 10:30] = 180
    pictures["2"][10:30, 30:50] = 180
    pictures["+"] = pictures["."] + 40
    noise = np.random.default_rng(0).normal(0, 2, (len(kinds), 48, 64))
    given = [(pictures[kind] + noise[i]).ravel().tolist() for i, kind in enumerate(kinds)]
    body = """
        const presence = new Presence({ size: 0.05, levels: 24, rest: 0.35 });
        return input.map((grey, i) => {
          const seen = presence.look(Float32Array.from(grey), i / 10);
          if (i === 0) presence.setEmpty(grey);
          return seen;
        });
    """
    found: list[dict[str, Any]] = evaluate(body, given, scripts=PARTS)
    return found


def times(kinds: str) -> list[int]:
    return [i for i, one in enumerate(watch(kinds)) if one["isNew"]]


def test_a_part_counts_once_when_it_has_lain_still() -> None:
    assert times("...121211111111111...") == [12]


def test_the_next_part_counts_after_the_picture_was_empty() -> None:
    assert times("...111111112222222..22222222") == [8, 25]


def test_light_and_noise_are_no_part_nor_is_what_passes_by() -> None:
    assert times("......++++++++++......") == []
    assert times("...1212121212121212...") == []


def test_nothing_counts_before_the_empty_picture_is_known() -> None:
    body = """
        const presence = new Presence({ size: 0.05, levels: 24, rest: 0 });
        return presence.look(new Float32Array(9), 0).state;
    """
    assert evaluate(body, None, scripts=PARTS) == "unset"


def test_parts_are_counted_and_of_the_flagged_the_newest_kept() -> None:
    body = """
        const counter = new Counter();
        const answer = (outcome) => ({
          outcome, isFlagged: outcome === 'defect', relative: 1.5,
          answers: [{ name: 'cae', relative: 2 }],
        });
        const time = new Date(0);
        const add = (outcome, picture) => counter.add(answer(outcome), { time, picture });
        add('normal', 0);
        add('unfamiliar', 0);
        for (let i = 0; i < 30; i += 1) add('defect', i);
        const { inspected, flagged, unlike, kept } = counter;
        const csv = counter.toCsv(['cae', 'unet']);
        return [inspected, flagged, unlike, kept.length, kept[0].picture, csv];
    """
    *counts, csv = evaluate(body, None, scripts=PARTS)
    assert counts == [31, 30, 1, 24, 29]
    head, first, *rest = csv.splitlines()
    assert head == "part,time,outcome,relative_score,cae_relative_score,unet_relative_score"
    assert first == "1,1970-01-01T00:00:00.000Z,normal,1.5,2,"
    assert len(rest) == 31


def test_the_zip_of_the_browser_is_one(tmp_path: Path) -> None:
    import zipfile

    body = """
        const encode = (text) => new TextEncoder().encode(text);
        const files = input.map(([name, text]) => ({ name, bytes: encode(text) }));
        return makeZip(files).flatMap((one) => [...one]);
    """
    files = [["parts.csv", "part,time\r\n1,2\r\n"], ["part_1.jpg", "no picture"]]
    path = tmp_path / "parts.zip"
    path.write_bytes(bytes(evaluate(body, files, scripts=PARTS)))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert [[one, archive.read(one).decode()] for one in archive.namelist()] == files


def test_the_crop_has_the_products_shape() -> None:
    body = "return input.map((one) => cropTo(...one));"
    wide, tall, fitting = evaluate(
        body, [[[1, 1], 640, 480], [[2, 2.5], 640, 480], [[1, 1.5], 640, 480]], scripts=PARTS
    )
    assert wide == {"left": 80, "top": 0, "width": 480, "height": 480}
    assert tall == {"left": 0, "top": 80, "width": 640, "height": 320}
    assert fitting == {"left": 0, "top": 0, "width": 640, "height": 480}
