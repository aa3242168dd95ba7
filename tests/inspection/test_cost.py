"""Files of visitors that would take too much: refused by their headers, with the remedy."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from inspection.decoding.jpeg import read_layout
from inspection.decoding.png import ADAM7
from inspection.errors import ImageError
from inspection.images import open_image, read_reduced
from tests.doubles.images import COLOURS, make_progressive, write_bytes, write_tiff

EVERYDAY = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "webp": "WEBP", "gif": "GIF", "tif": "TIFF"}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, bits: int = 8, extra: bytes = b"") -> bytes:
    """Return a PNG that claims a size and holds no pixel."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + pixels


def webp(kind: bytes, sides: bytes) -> bytes:
    """Return the head of a WebP; in front of the sides stand bytes that do not matter."""
    return (
        b"RIFF\0\1\0\0WEBP" + (kind + b"\0\0\1\0").ljust(18 - len(sides), b"\0") + sides + b"\0\0"
    )


TOO_MUCH = {
    "long.png": (png(4_000_000, 16), r"4,000,000 x 16 pixels; one side.*Cut it"),
    "tall.png": (png(16, 65_500), r"16 x 65,500 pixels; one side.*Cut it"),
    "deep.png": (png(8000, 8000, bits=16), r"would take 1,\d\d\d MB.*limit is 500 MB.*8 bits"),
    "text.png": (png(64, 64, extra=chunk(b"tEXt", b"k\0" + b"y" * 3_000_000)), "without comments"),
    "pieces.png": (png(64, 64, extra=chunk(b"abCd", b"") * 10_001), "without comments"),
    "scans.jpg": (make_progressive(5000), r"would take \d+ seconds.*baseline JPEG"),
    "slow.qoi": (b"qoif" + struct.pack(">IIBB", 3000, 3000, 3, 0) + b"\0" * 40, r"14 seconds"),
    "large.bmp": (b"BM" + struct.pack("<IIIIiiHH", 0, 0, 54, 40, 8200, 8200, 1, 24), "megapixels"),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_would_take_too_much_is_refused_before_it_is_decoded(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    data, said = TOO_MUCH[name]
    path = write_bytes(tmp_path / name, data.ljust(200, b"\0"))
    with pytest.raises(ImageError, match=said):
        open_image(path, is_trusted=False)
    with pytest.raises(ImageError, match=said):
        read_reduced(path, 16, is_trusted=False)


def side(width: int, height: int) -> bytes:
    return (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")


@pytest.mark.parametrize(
    "data",
    [
        webp(b"VP8X", side(16_383, 16_383)),
        webp(b"VP8L", b"\x2f" + (16_382 | 16_382 << 14).to_bytes(4, "little") + b"\0" * 5),
        webp(b"VP8 ", struct.pack("<HH", 16_383, 16_383)),
    ],
)
def test_a_large_webp_is_refused_before_a_canvas_is_taken_for_it(
    tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("opened")

    monkeypatch.setattr(Image, "open", opened)
    with pytest.raises(ImageError, match="16383 x 16383 pixels; the limit is 64 megapixels"):
        open_image(write_bytes(tmp_path / "large.webp", data))


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_size_of_a_webp_is_found_in_every_kind_of_header(
    tmp_path: Path, mode: str, *, lossless: bool
) -> None:
    Image.new(mode, (40, 24)).save(tmp_path / "a.webp", lossless=lossless, exif=b"Exif\0\0")
    Image.new(mode, (40, 24)).save(tmp_path / "b.webp", lossless=lossless)
    for name in ("a.webp", "b.webp"):
        assert open_image(tmp_path / name).pixels.shape == (24, 40, 3)


@pytest.mark.parametrize("suffix", EVERYDAY)
def test_everyday_pictures_of_visitors_are_read_as_those_of_datasets(
    tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"part.{suffix}"
    Image.fromarray(COLOURS).save(path, EVERYDAY[suffix])
    found = open_image(path, is_trusted=False)
    np.testing.assert_array_equal(found.pixels, open_image(path).pixels)
    assert found.notes == ()


def test_what_a_dataset_may_hold_a_visitor_may_not(tmp_path: Path) -> None:
    path = write_tiff(tmp_path / "line.tif", np.zeros((16, 1200), np.uint16))
    assert open_image(path).pixels.shape == (16, 1200, 3)
    with pytest.raises(ImageError, match="64 times as long"):
        open_image(path, is_trusted=False)


def test_a_changed_byte_of_a_png_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(COLOURS).save(buffer, "PNG", compress_level=0)  # a changed byte still unpacks
    data = buffer.getvalue()
    for place in range(8, len(data) - 12, 7):
        changed = bytearray(data)
        changed[place] ^= 64
        with pytest.raises(ImageError):
            open_image(write_bytes(tmp_path / "a.png", bytes(changed)))


@pytest.mark.parametrize(("rows", "said"), [(23, "more"), (25, "fewer"), (24, "")])
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "RGBA", "I;16"])
def test_a_png_whose_header_lies_is_refused(
    tmp_path: Path, mode: str, rows: int, said: str
) -> None:
    buffer = io.BytesIO()
    picture = Image.fromarray(COLOURS)
    (picture.convert("L").convert(mode) if mode == "I;16" else picture.convert(mode)).save(
        buffer, "PNG"
    )
    data = bytearray(buffer.getvalue())
    data[20:24] = rows.to_bytes(4, "big")
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    path = write_bytes(tmp_path / "a.png", bytes(data))
    if said:
        with pytest.raises(ImageError, match=f"{said} pixels than its header says|cut off"):
            open_image(path, is_trusted=False)
    else:
        assert open_image(path, is_trusted=False).pixels.shape == (24, 32, 3)


def test_a_png_of_a_visitor_that_does_not_unpack_is_a_sentence(tmp_path: Path) -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", b"no stream of zlib") + chunk(b"IEND", b"")
    path = write_bytes(tmp_path / "a.png", b"\x89PNG\r\n\x1a\n" + header + body)
    with pytest.raises(ImageError, match="damaged or cut off"):
        open_image(path, is_trusted=False)


@pytest.mark.parametrize("size", [(17, 19), (16, 16), (33, 21)])
def test_an_interlaced_png_of_a_visitor_is_read(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    rows = [
        b"\0" + b"\x80" * len(range(left, width, across))
        for left, top, across, down in ADAM7
        for _ in range(top, height, down)
        if left < width
    ]
    body = chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body
    opened = open_image(write_bytes(tmp_path / "a.png", data), is_trusted=False)
    assert opened.pixels.shape == (height, width, 3)
    assert (opened.pixels == 128).all()


def test_a_large_picture_is_copied_as_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for picture in (Image.fromarray(COLOURS), Image.fromarray(COLOURS[:, :, 0])):
        picture.save(tmp_path / "a.png")
        whole = open_image(tmp_path / "a.png").pixels
        monkeypatch.setattr("inspection.decoding.colours.BAND_PIXELS", 32 * 5)
        np.testing.assert_array_equal(open_image(tmp_path / "a.png").pixels, whole)
        monkeypatch.undo()


def test_scans_are_counted_without_being_mistaken_for_pixels() -> None:
    data = make_progressive(40)
    layout = read_layout(data)
    assert (layout.num_scans, layout.is_progressive) == (40, True)
