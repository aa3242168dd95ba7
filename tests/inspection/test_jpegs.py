"""JPEGs: the pixels that Pillow has, and a word where their data do not fit."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from inspection.decoding import cost
from inspection.decoding.jpeg import read_layout
from inspection.errors import ImageError
from inspection.images import open_image, read_reduced
from inspection.issues import IssueKind
from tests.doubles.images import write_bytes

RNG = np.random.default_rng(5)
NOISE = cv2.GaussianBlur(RNG.integers(0, 256, (203, 317, 3), dtype=np.uint8), (0, 0), 1.5)
PART = np.asarray(cv2.normalize(NOISE, np.zeros(0), 0, 255, cv2.NORM_MINMAX), np.uint8)
WAYS: dict[str, dict[str, Any]] = {
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "4:2:0": {"subsampling": 2, "quality": 60},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "optimised": {"optimize": True, "quality": 97},
    "as red, green and blue": {"keep_rgb": True},
    "grey": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
}


def encode(mode: str = "RGB", **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PART).convert(mode).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("way", WAYS)
def test_pixels_are_those_of_pillow(tmp_path: Path, way: str) -> None:
    data = encode(**WAYS[way])
    opened = open_image(write_bytes(tmp_path / "a.jpg", data))
    expected = Image.open(io.BytesIO(data)).convert("RGB")
    np.testing.assert_array_equal(opened.pixels, np.asarray(expected))
    assert opened.notes == ()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_closed", [True, False])
def test_a_jpeg_whose_data_end_early_is_refused(
    tmp_path: Path, way: str, *, is_closed: bool
) -> None:
    data = encode(**WAYS[way])
    start = data.rindex(b"\xff\xda") + 12
    cut = data[: (start + len(data)) // 2] + b"\xff\xd9" * is_closed
    with pytest.raises(ImageError, match=r"a.jpg is damaged or cut off .*Copy or export"):
        open_image(write_bytes(tmp_path / "a.jpg", cut))


@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_with_more_data_than_needed_is_shown_with_a_note(tmp_path: Path, way: str) -> None:
    data = encode(**WAYS[way])
    path = write_bytes(tmp_path / "a.jpg", data[:-2] + b"\x5a" * 12 + data[-2:])
    opened = open_image(path)
    np.testing.assert_array_equal(
        opened.pixels, open_image(write_bytes(tmp_path / "b.jpg", data)).pixels
    )
    (note,) = opened.notes
    assert note.kind is IssueKind.DOUBTFUL
    assert str(note) == (
        "a.jpg may be damaged: it holds more data than its picture needs. Look whether it is whole."
    )


def test_what_follows_a_jpeg_in_its_file_does_not_matter(tmp_path: Path) -> None:
    opened = open_image(write_bytes(tmp_path / "a.jpg", encode() + b"a film" * 1000))
    assert opened.notes == ()


def test_of_lost_bytes_many_are_noticed(tmp_path: Path) -> None:
    data = encode(progressive=True)
    start = data.index(b"\xff\xda") + 14
    told = 0
    for place in np.random.default_rng(6).integers(start, len(data) - 2, 40):
        path = write_bytes(tmp_path / "a.jpg", data[:place] + data[place + 1 :])
        try:
            told += bool(open_image(path).notes)
        except ImageError:
            told += 1
    assert told > 15  # of 40; after the others all codes make sense again


@pytest.mark.parametrize("way", WAYS)
def test_a_large_jpeg_of_a_visitor_is_read_at_half_its_size(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_bytes(tmp_path / "a.jpg", encode(**WAYS[way]))
    monkeypatch.setattr(cost, "MOST_WHOLE", 317 * 203 - 1)
    opened = open_image(path, is_trusted=False)
    assert opened.pixels.shape == (102, 159, 3)
    assert [note.kind for note in opened.notes] == [IssueKind.REDUCED]
    assert "317 x 203 pixels large and was read at 1/2" in opened.note
    smaller = read_reduced(path, 159).image  # libjpeg's own way, by Pillow
    assert np.abs(opened.pixels.mean((0, 1)) - np.atleast_3d(smaller).mean((0, 1))).max() < 1
    assert open_image(path).pixels.shape == PART.shape
    monkeypatch.setattr(cost, "MOST_WHOLE", 317 * 203)
    assert open_image(path, is_trusted=False).notes == ()


def test_scans_are_counted_without_being_mistaken_for_pixels() -> None:
    data = encode(quality=95, restart_marker_rows=1)
    assert b"\xff\x00" in data
    layout = read_layout(data + data)  # a second picture is not looked at
    assert (layout.num_scans, layout.is_progressive) == (1, False)
