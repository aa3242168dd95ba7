"""Profiles, transparency and orientation: each picture gives the pixels that it must."""

import struct
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from inspection.images import open_image, read_grey, read_image, read_image_size, read_reduced
from inspection.types import Reading
from tests.doubles.images import (
    COLOURS,
    CUT_OUT,
    DEEP_GREY,
    GREY,
    grey_of,
    write_deep_png,
    write_tiff,
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


def test_a_damaged_profile_is_reported_and_changes_nothing(tmp_path: Path) -> None:
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
