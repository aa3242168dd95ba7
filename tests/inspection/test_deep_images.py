"""Values of more than 8 bits become what a product says is white."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import ImageError
from inspection.images import open_image, pixel_hash, read_image
from inspection.types import Reading
from tests.doubles.images import (
    COLOUR_KINDS,
    COLOURS,
    DEEP,
    DEEP_GREY,
    GREY,
    GREY_KINDS,
    RNG,
    TWELVE,
    grey_of,
    pack_twelve,
    scaled,
    tiff_bytes,
    write_bytes,
    write_tiff,
    write_twelve_bits,
)


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


@pytest.mark.parametrize("order", ["<", ">"])
def test_packed_twelve_bits_know_their_white(tmp_path: Path, order: str) -> None:
    odd = DEEP_GREY[:, :31]  # the rows end in the middle of a byte
    data = tiff_bytes(pack_twelve(odd), odd.shape, (258, 3, 12), order=order)
    path = write_bytes(tmp_path / "packed.tif", data)
    for reading in (Reading(), TWELVE, Reading(white=1023)):
        np.testing.assert_array_equal(grey_of(path, reading), scaled(odd))


def test_a_pgm_that_names_its_white_keeps_it_in_every_product(tmp_path: Path) -> None:
    data = b"P5 32 24 4095\n" + DEEP_GREY.astype(">u2").tobytes()
    for reading in (Reading(), TWELVE):
        np.testing.assert_array_equal(
            grey_of(write_bytes(tmp_path / "deep.pgm", data), reading), scaled(DEEP_GREY)
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
        (holes, Reading(white=1.0), "not numbers"),
        (large, Reading(), "32-bit values"),
    ):
        with pytest.raises(ImageError, match=sentence):
            read_image(path, reading=reading)
    np.testing.assert_array_equal(
        grey_of(large, Reading(white=4_095_000)), scaled(DEEP_GREY * 1000.0, 4_095_000)
    )


def test_what_is_brighter_than_white_is_reported(tmp_path: Path) -> None:
    values = np.full((16, 16), 500, np.uint16)
    values[:4] = 2000
    Image.fromarray(values).save(tmp_path / "bright.png")
    opened = open_image(tmp_path / "bright.png", reading=Reading(white=1023))
    assert opened.pixels[0, 0, 0] == 255
    assert opened.note == (
        "25 % of the values of bright.png lie above 1023, the white of this product, "
        "and count as white."
    )


@pytest.mark.parametrize("bits", [1, 4, 8, 12, 16])
def test_where_zero_is_white_it_is_white(tmp_path: Path, bits: int) -> None:
    most = 2**bits - 1
    levels = RNG.integers(0, most + 1, (16, 32))
    rows = ("".join(f"{most - value:0{bits}b}" for value in row) for row in levels.tolist())
    data = b"".join(int(row, 2).to_bytes(len(row) // 8, "big") for row in rows)
    path = write_bytes(
        tmp_path / "w.tif", tiff_bytes(data, (16, 32), (258, 3, bits), (262, 3, 0), order=">")
    )
    found = grey_of(path, Reading())
    assert np.abs(found - levels * (255 / most)).max() <= 0.51


def test_twelve_bits_where_zero_is_white(tmp_path: Path) -> None:
    for black in (4095, 65535):  # taken from 12 bits, or from the 16 that they are stored in
        path = write_tiff(tmp_path / "w.tif", black - DEEP_GREY, photometric="miniswhite")
        assert np.abs(grey_of(path).astype(int) - scaled(DEEP_GREY)).max() <= 1


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


def test_a_channel_beside_the_colours_is_reported(tmp_path: Path) -> None:
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
            read_image(write_bytes(path, data[:length]), reading=TWELVE)
    assert capfd.readouterr().err == ""
