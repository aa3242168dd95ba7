"""The kinds of files that cameras, phones and programs write: which are read, which are refused."""

import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from inspection.decoding.kinds import IMAGE_SUFFIXES
from inspection.errors import ImageError
from inspection.images import looks_like_image, open_image, read_image, read_image_size
from tests.doubles.images import (
    COLOURS,
    DEEP_GREY,
    GREY,
    TWELVE,
    scaled,
    tiff_bytes,
    write_bytes,
    write_tiff,
)

LOSSLESS = {
    **{".gif": "GIF", ".pgm": "PPM", ".ppm": "PPM", ".pnm": "PPM", ".jp2": "JPEG2000"},
    **{".j2k": "JPEG2000", ".tga": "TGA", ".dib": "DIB", ".pcx": "PCX", ".qoi": "QOI"},
    **{"": "PNG", ".apng": "PNG"},
}


@pytest.mark.parametrize("suffix", LOSSLESS)
def test_rarer_endings_are_read_as_they_were_written(tmp_path: Path, suffix: str) -> None:
    pixels = np.repeat(GREY[:, :, None], 3, axis=2) if suffix in (".gif", ".pgm") else COLOURS
    picture = Image.fromarray(GREY if suffix in (".gif", ".pgm") else COLOURS)
    path = tmp_path / f"part{suffix}"
    picture.save(path, LOSSLESS[suffix])
    np.testing.assert_array_equal(read_image(path), pixels)
    assert suffix in IMAGE_SUFFIXES or not suffix
    assert read_image_size(path) == (24, 32)
    assert looks_like_image(path)


@pytest.mark.parametrize(
    ("suffix", "kind"), [("jfif", "JPEG"), ("jpe", "JPEG"), ("avif", "AVIF"), ("mpo", "MPO")]
)
def test_endings_of_photographs_are_read(tmp_path: Path, suffix: str, kind: str) -> None:
    even = np.full((32, 48, 3), (200, 120, 40), np.uint8)
    path = tmp_path / f"photo.{suffix}"
    more = {"append_images": [Image.fromarray(even)], "save_all": True} if kind == "MPO" else {}
    Image.fromarray(even).save(path, kind, quality=95, **more)
    opened = open_image(path)
    assert np.abs(opened.pixels.astype(int) - even).max() <= 3
    assert opened.notes == ()  # the second picture of a phone's JPEG is no news
    assert path.suffix in IMAGE_SUFFIXES


def test_the_first_bytes_tell_an_image_whatever_a_file_is_called(tmp_path: Path) -> None:
    texts = [
        b"BMW and others",
        b"P. S.: nothing",
        b"",
        b"II",
        b"GIF",
        b"\0" * 200,
        b"RIFF" + b"x" * 30,
    ]
    for number, text in enumerate(texts):
        assert not looks_like_image(write_bytes(tmp_path / f"{number}", text))
    assert not looks_like_image(tmp_path / "absent")
    assert not looks_like_image(tmp_path)
    for kind in ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM", "JPEG2000", "AVIF"):
        Image.fromarray(COLOURS).save(tmp_path / kind, kind)
        assert looks_like_image(tmp_path / kind)


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("a.cr2", b"II*\0\x10\0\0\0CR\2\0", r"camera's raw file.*Develop it"),
        ("a.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1", r"camera's raw file.*Develop it"),
        ("a.raf", b"FUJIFILMCCD-RAW ", r"camera's raw file.*Develop it"),
        ("a", b"8BPS\0\1", r"a Photoshop document.*Export it"),
        ("a.svg", b"<svg/>", r"a vector drawing.*Export it"),
        ("a.png", b"\0" * 128 + b"DICM", r"a DICOM file.*Export it"),
        ("a.exr", b"\x76\x2f\x31\x01", r"high-dynamic-range.*Export it"),
    ],
)
def test_pictures_of_other_kinds_are_refused_by_what_they_are(
    tmp_path: Path, name: str, head: bytes, said: str
) -> None:
    with pytest.raises(ImageError, match=said):
        read_image(
            write_bytes(tmp_path / name, head.ljust(200, b"\0") if len(head) < 132 else head)
        )


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def test_heic_names_the_package_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match="pip install pillow-heif"):
        read_image(write_bytes(tmp_path / "photo.heic", HEIC))


def test_heic_is_read_by_the_optional_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_it(file: Any, name: Any) -> Any:
        buffer = BytesIO()
        Image.fromarray(COLOURS).save(buffer, "PNG")
        return Image.open(buffer)

    stand_in = SimpleNamespace(register_heif_opener=lambda: Image.register_open("HEIF", open_it))
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", stand_in)
    path = write_bytes(tmp_path / "photo.heic", HEIC)
    try:
        np.testing.assert_array_equal(read_image(path), COLOURS)
    finally:
        Image.OPEN.pop("HEIF", None)


def test_further_pages_and_frames_are_reported(tmp_path: Path) -> None:
    first, *others = (Image.fromarray(COLOURS[:, :, channel]) for channel in range(3))
    for name, what in (("a.tif", "pages"), ("a.gif", "frames"), ("a.webp", "frames")):
        first.save(tmp_path / name, save_all=True, append_images=others)
        opened = open_image(tmp_path / name)
        assert opened.note == f"{name} has 3 {what}; only the first is used."
    write_tiff(tmp_path / "deep.tif", np.stack([DEEP_GREY] * 4), photometric="minisblack")
    opened = open_image(tmp_path / "deep.tif", reading=TWELVE)
    assert "4 pages" in opened.note
    np.testing.assert_array_equal(opened.pixels[:, :, 0], scaled(DEEP_GREY))
    assert open_image(write_tiff(tmp_path / "one.tif", GREY)).notes == ()


def test_a_thumbnail_before_or_behind_the_picture_is_no_page(tmp_path: Path) -> None:
    for name, order in (("before.tif", (1, 0)), ("behind.tif", (0, 1))):
        with tifffile.TiffWriter(tmp_path / name) as file:
            for kind in order:
                file.write(GREY[::-1] if kind else GREY, subfiletype=kind)
        opened = open_image(tmp_path / name)
        np.testing.assert_array_equal(opened.pixels[:, :, 0], GREY)
        assert opened.notes == ()
        assert read_image_size(tmp_path / name) == GREY.shape


@pytest.mark.parametrize(
    "entries",
    [
        ((254, 4, 1), (50706, 1, 1)),  # DNG: a thumbnail, the picture somewhere else
        ((254, 4, 1), (330, 4, 8)),  # the same in NEF and ARW
        ((262, 3, 32803),),  # the values of a sensor
    ],
)
def test_raw_files_are_not_taken_for_their_thumbnails(
    tmp_path: Path, entries: tuple[tuple[int, int, int], ...]
) -> None:
    path = write_bytes(tmp_path / "photo.dng", tiff_bytes(GREY.tobytes(), GREY.shape, *entries))
    for read in (read_image, read_image_size):
        with pytest.raises(ImageError, match=r"raw file.*Develop it"):
            read(path)
