"""The kinds of files that cameras, phones and programs write, each with the pixels it must give."""

import struct
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from inspection.decoding.kinds import IMAGE_SUFFIXES
from inspection.errors import ImageError
from inspection.images import (
    looks_like_image,
    open_image,
    pixel_hash,
    read_grey,
    read_image,
    read_image_size,
    read_reduced,
)
from inspection.types import Reading

RNG = np.random.default_rng(7)
COLOURS = RNG.integers(0, 256, (24, 32, 3)).astype(np.uint8)
GREY = COLOURS[:, :, 0]
DEEP = RNG.integers(0, 4096, (24, 32, 3)).astype(np.uint16)  # 12 bits
DEEP_GREY = DEEP[:, :, 0]
TWELVE = Reading(white=4095)
CUT_OUT = np.where(np.arange(32) < 16, 0, 255).astype(np.uint8) * np.ones((24, 1), np.uint8)


def scaled(values: NDArray[Any], white: float = 4095) -> NDArray[np.uint8]:
    """Return what values should look like where this one is white."""
    return np.floor(values * (255 / white) + 0.5).astype(np.uint8)


def grey_of(path: Path, reading: Reading = TWELVE) -> NDArray[np.uint8]:
    """Return the one channel of an image whose three are the same."""
    image = read_image(path, reading=reading)
    assert (image == image[:, :, :1]).all()
    return image[:, :, 0]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def write_tiff(path: Path, values: NDArray[Any], **options: Any) -> Path:
    options = {"photometric": "rgb" if values.ndim == 3 else "minisblack"} | options
    tifffile.imwrite(path, values, **options)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_deep_png(path: Path, values: NDArray[Any], colour_type: int, *, key: bytes = b"") -> Path:
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0))
    transparent = chunk(b"tRNS", key) if key else b""
    body = header + transparent + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return write(path, b"\x89PNG\r\n\x1a\n" + body)


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
        assert not looks_like_image(write(tmp_path / f"{number}", text))
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
        read_image(write(tmp_path / name, head.ljust(200, b"\0") if len(head) < 132 else head))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def test_heic_names_the_package_that_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageError, match="pip install pillow-heif"):
        read_image(write(tmp_path / "photo.heic", HEIC))


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
    path = write(tmp_path / "photo.heic", HEIC)
    try:
        np.testing.assert_array_equal(read_image(path), COLOURS)
    finally:
        Image.OPEN.pop("HEIF", None)


def write_pgm(path: Path, values: NDArray[Any]) -> None:
    magic = "P5" if values.ndim == 2 else "P6"
    write(path, f"{magic} 32 24 65535\n".encode() + values.astype(">u2").tobytes())


GREY_KINDS: dict[str, Callable[[Path], object]] = {
    "grey png": Image.fromarray(DEEP_GREY).save,
    "grey jp2": Image.fromarray(DEEP_GREY).save,
    "grey pgm": lambda path: write_pgm(path, DEEP_GREY),
    "int32 tif": lambda path: write_tiff(path, DEEP_GREY.astype(np.int32)),
    "uint32 tif": lambda path: write_tiff(path, DEEP_GREY.astype(np.uint32)),
    "motorola tif": lambda path: write_tiff(path, DEEP_GREY, byteorder=">"),
    "lzw tif": lambda path: Image.fromarray(DEEP_GREY).save(path, compression="tiff_lzw"),
}
COLOUR_KINDS: dict[str, Callable[[Path], object]] = {
    "colour png": lambda path: write_deep_png(path, DEEP, 2),
    "colour ppm": lambda path: write_pgm(path, DEEP),
    "big tif": lambda path: write_tiff(path, DEEP, bigtiff=True),
    "tiles tif": lambda path: write_tiff(path, DEEP, tile=(16, 16)),
    "zip tif": lambda path: write_tiff(path, DEEP, compression="zlib", predictor=True),
    "planes tif": lambda path: write_tiff(
        path, np.moveaxis(DEEP, 2, 0), photometric="rgb", planarconfig="separate"
    ),
}
"""How to write 12 bits, unscaled, into a container of 16 or more; the last word is the suffix."""


def write_twelve_bits(folder: Path, kind: str) -> Path:
    path = folder / f"deep.{kind.rsplit(' ', 1)[-1]}"
    (GREY_KINDS | COLOUR_KINDS)[kind](path)
    return path


@pytest.mark.parametrize("kind", GREY_KINDS | COLOUR_KINDS)
def test_twelve_bits_in_deeper_files_are_scaled_by_the_white_of_the_product(
    tmp_path: Path, kind: str
) -> None:
    path = write_twelve_bits(tmp_path, kind)
    image = read_image(path, reading=TWELVE)
    stored = DEEP if kind in COLOUR_KINDS else DEEP_GREY[:, :, None]
    np.testing.assert_array_equal(image, np.broadcast_to(scaled(stored), (24, 32, 3)))
    # without a product, by the depth of the file
    np.testing.assert_array_equal(
        read_image(path), np.broadcast_to(scaled(stored, 65535), (24, 32, 3))
    )


def test_images_that_differ_in_twelve_bits_are_different_images(tmp_path: Path) -> None:
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path, step in zip(paths, (0, 17), strict=True):  # one grey level of 12 bits in 8
        Image.fromarray(np.full((16, 16), 2048 + step, np.uint16)).save(path)
    hashes = {pixel_hash(read_image(path, reading=TWELVE)) for path in paths}
    assert len(hashes) == 2
    assert len({pixel_hash(read_image(path)) for path in paths}) == 1


def pack_twelve(values: NDArray[Any]) -> bytes:
    """Return rows of 12-bit values without gaps, each row filled up to a byte."""
    rows = ("".join(f"{value:012b}" for value in row) for row in values.tolist())
    bits = [row + "0" * (-len(row) % 8) for row in rows]
    return b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in bits)


def tiff_bytes(
    data: bytes, size: tuple[int, int], *entries: tuple[int, int, int], order: str = "<"
) -> bytes:
    """Return a TIFF of one strip; entries are (tag, type, value) and replace the usual ones."""
    height, width = size
    tags = {256: (4, width), 257: (4, height), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1)}
    tags |= {278: (4, height), 279: (4, len(data))} | {tag: (kind, v) for tag, kind, v in entries}
    tags[273] = (4, 8 + 2 + 12 * (len(tags) + 1) + 4)
    head = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(tags))
    fields = b""
    for tag, (kind, value) in sorted(tags.items()):
        form = {1: "B3x", 3: "H2x", 4: "I"}[kind]
        fields += struct.pack(f"{order}HHI{form}", tag, kind, 1, value)
    return head + fields + bytes(4) + data


@pytest.mark.parametrize("order", ["<", ">"])
def test_packed_twelve_bits_know_their_white(tmp_path: Path, order: str) -> None:
    odd = DEEP_GREY[:, :31]  # the rows end in the middle of a byte
    data = tiff_bytes(pack_twelve(odd), odd.shape, (258, 3, 12), order=order)
    path = write(tmp_path / "packed.tif", data)
    for reading in (Reading(), TWELVE, Reading(white=1023)):
        np.testing.assert_array_equal(grey_of(path, reading), scaled(odd))


def test_a_pgm_that_names_its_white_keeps_it_in_every_product(tmp_path: Path) -> None:
    data = b"P5 32 24 4095\n" + DEEP_GREY.astype(">u2").tobytes()
    for reading in (Reading(), TWELVE):
        np.testing.assert_array_equal(
            grey_of(write(tmp_path / "deep.pgm", data), reading), scaled(DEEP_GREY)
        )


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floating_point_values_are_read_where_a_product_knows_their_white(
    tmp_path: Path, dtype: str
) -> None:
    values = (DEEP_GREY // 16 / 255).astype(dtype)
    path = write_tiff(tmp_path / "float.tif", values)
    for reading in (Reading(), TWELVE):  # whole numbers say nothing about others
        with pytest.raises(ImageError, match=r"floating-point.*train on such images"):
            read_image(path, reading=reading)
    np.testing.assert_array_equal(grey_of(path, Reading(white=1.0)), DEEP_GREY // 16)


def test_values_that_are_no_light_are_refused(tmp_path: Path) -> None:
    signed = write_tiff(tmp_path / "signed.tif", DEEP_GREY.astype(np.int16) - 500)
    holes = write_tiff(tmp_path / "holes.tif", np.full((16, 16), np.nan, np.float32))
    large = write_tiff(tmp_path / "large.tif", DEEP_GREY.astype(np.int32) * 1000)
    for path, reading, sentence in (
        (signed, TWELVE, "negative values, down to -"),
        (holes, Reading(white=1.0), "no numbers"),
        (large, Reading(), "32-bit values"),
    ):
        with pytest.raises(ImageError, match=sentence):
            read_image(path, reading=reading)
    np.testing.assert_array_equal(
        grey_of(large, Reading(white=4_095_000)), scaled(DEEP_GREY * 1000.0, 4_095_000)
    )


def test_what_is_brighter_than_white_is_told(tmp_path: Path) -> None:
    values = np.full((16, 16), 500, np.uint16)
    values[:4] = 2000
    Image.fromarray(values).save(tmp_path / "bright.png")
    opened = open_image(tmp_path / "bright.png", reading=Reading(white=1023))
    assert opened.pixels[0, 0, 0] == 255
    assert opened.note == (
        "25 % of the values of bright.png lie above 1023, the white of this product, "
        "and count as white."
    )


def make_profile(matrix: NDArray[Any], gamma: float, *, space: bytes = b"RGB ") -> bytes:
    """Return an ICC profile: RGB by its primaries (D50) and a gamma, or grey by a gamma."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def xyz(values: NDArray[Any]) -> bytes:
        return b"XYZ \0\0\0\0" + fixed(*values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    white = (0.9642, 1.0, 0.8249)
    tags = {b"wtpt": xyz(np.array(white)), b"desc": b"desc\0\0\0\0\0\0\0\x02x\0" + bytes(90)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        for column, name in enumerate((b"r", b"g", b"b")):
            tags |= {name + b"XYZ": xyz(matrix[:, column]), name + b"TRC": curve}
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s", at + len(body), b"lcms", 0x02100000, b"mntr", space, b"XYZ "
    )
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(*white)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


ADOBE = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
SRGB = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def by_hand(levels: NDArray[Any], matrix: NDArray[Any], gamma: float) -> NDArray[np.float64]:
    """Return what colours of a profile are in sRGB, 0-255."""
    light = (levels / 255) ** gamma @ matrix.T @ np.linalg.inv(SRGB).T
    light = np.clip(light, 0, 1)
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    levels_out: NDArray[np.float64] = curved * 255
    return levels_out


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "deep.tif", "jpg"])
def test_an_embedded_profile_decides_what_the_colours_are(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo.{suffix}"
    patches = np.array([(200, 60, 60), (60, 160, 60), (90, 90, 200), (128, 128, 128)], np.uint8)
    pixels = np.repeat(np.repeat(patches.reshape(2, 2, 3), 16, axis=0), 16, axis=1)  # (32, 32, 3)
    profile = make_profile(ADOBE, 563 / 256)
    if suffix == "deep.tif":
        write_tiff(path, pixels.astype(np.uint16) * 257, iccprofile=profile)
    else:
        exact = {"lossless": True} if suffix == "webp" else {"quality": 100, "subsampling": 0}
        Image.fromarray(pixels).save(path, icc_profile=profile, **exact)
    found = read_image(path)[::16, ::16].reshape(4, 3)
    expected = by_hand(patches, ADOBE, 563 / 256)
    assert np.abs(expected - patches).max() > 20  # the profile matters
    assert np.abs(found - expected).max() <= 2.5
    assert np.abs(read_reduced(path, 32).image[::16, ::16].reshape(4, 3) - expected).max() <= 2.5


def test_a_profile_of_srgb_changes_no_pixel(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for picture, name in ((Image.fromarray(COLOURS), "c.png"), (Image.fromarray(GREY), "g.png")):
        picture.save(tmp_path / name, icc_profile=profile)
        np.testing.assert_array_equal(
            read_image(tmp_path / name), np.asarray(picture.convert("RGB"))
        )


def test_a_grey_profile_decides_how_dark_grey_is(tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    profile = make_profile(SRGB, 1.0, space=b"GRAY")  # the values are amounts of light
    Image.fromarray(np.full((16, 16), 55, np.uint8)).save(path, icc_profile=profile)
    assert abs(int(grey_of(path)[0, 0]) - 128) <= 1  # 21.6 % of the light is mid-grey in sRGB
    assert (read_grey(path) == 55).all()  # a mask holds levels, no colours


def test_a_damaged_profile_is_told_and_changes_nothing(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "a.png", icc_profile=b"no profile at all" * 20)
    opened = open_image(tmp_path / "a.png")
    np.testing.assert_array_equal(opened.pixels, COLOURS)
    assert "colour profile of a.png cannot be used" in opened.note


def test_transparency_survives_a_profile(tmp_path: Path) -> None:
    layers = np.dstack([np.full((24, 32, 3), (200, 60, 60), np.uint8), CUT_OUT])
    Image.fromarray(layers).save(tmp_path / "a.png", icc_profile=make_profile(ADOBE, 563 / 256))
    image = read_image(tmp_path / "a.png", reading=Reading(background=(1, 2, 3)))
    assert image[0, 0].tolist() == [1, 2, 3]
    assert np.abs(image[0, -1] - by_hand(np.array([200, 60, 60]), ADOBE, 563 / 256)).max() <= 2.5


def test_lab_and_inverted_cmyk_become_the_colours_that_they_name(tmp_path: Path) -> None:
    lab = np.zeros((16, 16, 3), np.uint8)
    lab[:, :, 0] = 128  # L* = 50.2, neutral
    assert (
        np.abs(grey_of(write_tiff(tmp_path / "lab.tif", lab, photometric="cielab")) - 119.0).max()
        <= 1
    )
    ink = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # Pillow writes as Adobe does, inverted
    ink.save(tmp_path / "ink.jpg", quality=100)
    assert np.abs(read_image(tmp_path / "ink.jpg")[0, 0] - np.array([255.0, 0, 0])).max() <= 2


def transparent_pictures() -> dict[str, tuple[Image.Image, dict[str, Any]]]:
    """Return the same cut-out, white grey noise left of nothing, in every way to store it."""
    colours = np.repeat(GREY[:, :, None], 3, axis=2)
    straight = Image.fromarray(np.dstack([colours, CUT_OUT]))
    palette = Image.fromarray(np.where(CUT_OUT > 0, 1 + GREY // 2, 0).astype(np.uint8))
    palette.putpalette([0, 0, 0, *(min(255, 2 * (i // 3)) for i in range(128 * 3))])
    return {
        "rgba.png": (straight, {}),
        "rgba.webp": (straight, {"lossless": True}),
        "la.png": (straight.convert("LA"), {}),
        "rgba.tif": (straight, {}),
        "p.png": (palette, {"transparency": 0}),
        "p.gif": (palette, {"transparency": 0}),
    }


@pytest.mark.parametrize("name", transparent_pictures())
def test_transparent_parts_are_laid_on_the_background_of_the_product(
    tmp_path: Path, name: str
) -> None:
    picture, options = transparent_pictures()[name]
    picture.save(tmp_path / name, **options)
    for background in ((255, 255, 255), (10, 60, 110)):
        image = read_image(tmp_path / name, reading=Reading(background=background))
        assert (image[:, :16] == background).all()
        visible = GREY[:, 16:, None].astype(int)
        assert np.abs(image[:, 16:] - visible).max() <= (2 if name.startswith("p.") else 0)
        reduced = read_reduced(tmp_path / name, 32, reading=Reading(background=background)).image
        np.testing.assert_array_equal(reduced, image)


@pytest.mark.parametrize("kind", ["straight", "premultiplied", "deep", "deep premultiplied"])
def test_half_transparent_colours_are_mixed(tmp_path: Path, kind: str) -> None:
    deep = 257 if kind.startswith("deep") else 1
    share = 0.4 if kind.endswith("premultiplied") else 1
    layers = np.empty((16, 16, 4), np.uint16 if deep > 1 else np.uint8)
    layers[:] = [200 * share * deep, 100 * share * deep, 50 * share * deep, 102 * deep]
    code = "assocalpha" if share < 1 else "unassalpha"
    path = write_tiff(tmp_path / "half.tif", layers, extrasamples=[code])
    image = read_image(path, reading=Reading(background=(0, 0, 255)))
    assert np.abs(image[0, 0] - np.array([80.0, 40, 173])).max() <= 1


def test_a_colour_that_stands_for_nothing_is_transparent(tmp_path: Path) -> None:
    Image.fromarray(COLOURS).save(tmp_path / "key.png", transparency=tuple(COLOURS[0, 0].tolist()))
    key = struct.pack(">H", int(DEEP_GREY[0, 0]))
    deep = write_deep_png(tmp_path / "deep.png", DEEP_GREY, 0, key=key)
    for path in (tmp_path / "key.png", deep):
        image = read_image(path, reading=Reading(background=(9, 8, 7)))
        assert image[0, 0].tolist() == [9, 8, 7]
        assert image[0, 1].tolist() != [9, 8, 7]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["plain", "deep", "lzw"])
def test_a_tiff_has_the_size_that_it_has_upright(
    tmp_path: Path, orientation: int, kind: str
) -> None:
    path = tmp_path / "turned.tif"
    stored = GREY.astype(np.uint16) * 257 if kind == "deep" else GREY
    if kind == "lzw":
        Image.fromarray(stored).save(path, compression="tiff_lzw", tiffinfo={274: orientation})
    else:
        write_tiff(path, stored, extratags=[(274, 3, 1, orientation, True)])
    exif = Image.Exif()
    exif[274] = orientation
    buffer = BytesIO()
    Image.fromarray(GREY).save(buffer, "PNG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(buffer)))
    np.testing.assert_array_equal(grey_of(path, Reading()), expected)
    assert read_image_size(path) == expected.shape
    assert read_reduced(path, None).size == expected.shape


@pytest.mark.parametrize("bits", [1, 4, 8, 12, 16])
def test_where_zero_is_white_it_is_white(tmp_path: Path, bits: int) -> None:
    most = 2**bits - 1
    levels = RNG.integers(0, most + 1, (16, 32))
    rows = ("".join(f"{most - value:0{bits}b}" for value in row) for row in levels.tolist())
    data = b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in rows)
    path = write(
        tmp_path / "w.tif", tiff_bytes(data, (16, 32), (258, 3, bits), (262, 3, 0), order=">")
    )
    found = grey_of(path, Reading())
    assert np.abs(found - levels * (255 / most)).max() <= 0.51


def test_twelve_bits_where_zero_is_white(tmp_path: Path) -> None:
    for black in (4095, 65535):  # taken from 12 bits, or from the 16 that they are stored in
        path = write_tiff(tmp_path / "w.tif", black - DEEP_GREY, photometric="miniswhite")
        assert np.abs(grey_of(path).astype(int) - scaled(DEEP_GREY)).max() <= 1


def test_further_pages_and_frames_are_told(tmp_path: Path) -> None:
    first, *others = (Image.fromarray(COLOURS[:, :, channel]) for channel in range(3))
    for name, what in (("a.tif", "pages"), ("a.gif", "frames"), ("a.webp", "frames")):
        first.save(tmp_path / name, save_all=True, append_images=others)
        opened = open_image(tmp_path / name)
        assert opened.note == f"{name} has 3 {what}; only the first was looked at."
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
    path = write(tmp_path / "photo.dng", tiff_bytes(GREY.tobytes(), GREY.shape, *entries))
    for read in (read_image, read_image_size):
        with pytest.raises(ImageError, match=r"raw file.*Develop it"):
            read(path)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [5, 7])
def test_more_channels_than_can_be_shown_are_refused_in_a_sentence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], dtype: type, channels: int
) -> None:
    cube: NDArray[Any] = np.dstack([GREY] * channels).astype(dtype)
    for number, options in enumerate(
        ({"photometric": "minisblack", "planarconfig": "contig"}, {"photometric": "rgb"})
    ):
        path = write_tiff(tmp_path / f"cube{number}.tif", cube, **options)
        with pytest.raises(ImageError, match=f"{channels} channels.*grey or RGB"):
            read_image(path)
    assert capfd.readouterr().err == ""


def test_a_channel_beside_the_colours_is_told(tmp_path: Path) -> None:
    layers = np.dstack([COLOURS, GREY])
    path = write_tiff(tmp_path / "infrared.tif", layers, extrasamples=["unspecified"])
    opened = open_image(path)
    np.testing.assert_array_equal(opened.pixels, COLOURS)
    assert "a channel beside its colours" in opened.note


@pytest.mark.parametrize("kind", ["colour png", "big tif", "zip tif", "grey jp2", "colour ppm"])
def test_a_cut_deep_file_is_refused_without_a_line_of_a_library(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_twelve_bits(tmp_path, kind)
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) // 8, 40, 12):
        with pytest.raises(ImageError, match=r"damaged|cut off|could not be read"):
            read_image(write(path, data[:length]), reading=TWELVE)
    assert capfd.readouterr().err == ""
