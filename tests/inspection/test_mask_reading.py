"""What a mask file marks: read right where it is certain, refused by name where it is not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspection.errors import MaskError
from inspection.issues import IssueKind
from inspection.masks.reading import ReadMask, read_mask_file

SIDE = 64
VOC = {0: (0, 0, 0), 1: (128, 0, 0), 15: (192, 128, 128), 255: (224, 224, 192)}

Array = NDArray[Any]
Area = tuple[int, int, int, int]  # left, top, right, bottom


def draw(*areas: tuple[Area, float], ground: float = 0, kind: Any = np.uint8) -> Array:
    plane = np.full((SIDE, SIDE), ground, kind)
    for (left, top, right, bottom), level in areas:
        plane[top:bottom, left:right] = level
    return plane


def colour(*areas: tuple[Area, Sequence[int]], ground: Sequence[int] = (0, 0, 0)) -> Array:
    plane = np.full((SIDE, SIDE, len(ground)), ground, np.uint8)
    for (left, top, right, bottom), level in areas:
        plane[top:bottom, left:right] = level
    return plane


def palette(numbers: Array, colours: Mapping[int, Sequence[int]]) -> Image.Image:
    picture = Image.fromarray(numbers)
    picture.putpalette([channel for n in range(256) for channel in colours.get(n, (0, 0, 0))])
    return picture


def disc(radius: float, level: int = 255) -> Array:
    """Draw a disc with soft edges: each pixel as bright as its share that is covered."""
    rows, columns = np.mgrid[: 8 * SIDE, : 8 * SIDE] / 8
    inside = (np.hypot(rows - 32, columns - 32) < radius).astype(np.float32)
    shares = cv2.resize(inside, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.round(level * shares), np.uint8)


def read(folder: Path, picture: Array | Image.Image, name: str = "m.png", **how: Any) -> ReadMask:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(folder / name, **how)
    return read_mask_file(folder / name, sample_id="part/a.png")


SQUARE: Area = (10, 10, 20, 20)
LARGE: Area = (10, 10, 40, 40)
DOT: Area = (50, 50, 55, 55)
THREE: tuple[Area, Area, Area] = ((0, 0, 20, 20), (30, 0, 50, 20), (0, 30, 20, 50))
LINES: tuple[Area, Area] = ((5, 5, 60, 6), (5, 10, 60, 11))
RED, GREEN, WHITE = (255, 0, 0), (0, 255, 0), (255, 255, 255)


@pytest.mark.parametrize(
    ("plane", "marked", "kinds"),
    [
        (draw((SQUARE, 255)), 100, []),
        (draw((SQUARE, 128)), 100, []),
        (draw((SQUARE, 3)), 100, [IssueKind.LABEL_NUMBERS]),
        (draw(*zip(THREE, (1, 2, 3), strict=True)), 1200, [IssueKind.LABEL_NUMBERS]),
        (draw((LARGE, 100), (DOT, 200)), 925, [IssueKind.SEVERAL_LEVELS]),
        (draw((LARGE, 200), (DOT, 100)), 925, [IssueKind.SEVERAL_LEVELS]),
        (draw((LARGE, 200), (SQUARE, 50)), 900, [IssueKind.SEVERAL_LEVELS]),
        (draw(*zip(THREE, (50, 100, 150), strict=True)), 1200, [IssueKind.SEVERAL_LEVELS]),
        (draw(*zip(LINES, (50, 100), strict=True)), 110, [IssueKind.SEVERAL_LEVELS]),
        (draw((SQUARE, 1), (LARGE, 255), (SQUARE, 1)), 900, [IssueKind.SEVERAL_LEVELS]),
        (draw(), 0, []),
        (draw(ground=255), SIDE * SIDE, []),
    ],
)
def test_every_level_that_fills_an_area_counts(
    plane: Array, marked: int, kinds: list[IssueKind], tmp_path: Path
) -> None:
    found = read(tmp_path, plane)
    assert found.mask.sum() == marked
    assert (found.mask == (plane > 0)).all()
    assert [problem.kind for problem in found.problems] == kinds


@pytest.mark.parametrize("level", [255, 100, 60])
@pytest.mark.parametrize("radius", [2, 4, 10, 25])
def test_soft_edges_count_from_half_of_their_area_on(
    radius: float, level: int, tmp_path: Path
) -> None:
    plane = disc(radius, level)
    found = read(tmp_path, plane)
    assert (found.mask == (plane >= (level + 1) // 2)).all()
    kind = IssueKind.GREY_EDGES if level == 255 else IssueKind.SEVERAL_LEVELS
    assert [problem.kind for problem in found.problems] == [kind]


def test_what_is_harmless_says_from_which_level_on_it_counts(tmp_path: Path) -> None:
    (note,) = read(tmp_path, disc(10)).problems
    assert note.problem == "The mask m.png of part/a.png has grey edges."
    assert note.fix == "From level 128 on it counts as defective."
    assert note.kind.is_harmless


@pytest.mark.parametrize("quality", [50, 75, 95])
def test_a_jpeg_of_black_and_white_or_of_levels_is_read_to_some_pixels(
    quality: int, tmp_path: Path
) -> None:
    for plane in (
        draw((LARGE, 255)),
        draw((LARGE, 100), (DOT, 200)),
        draw((LARGE, 200), (DOT, 100)),
        draw(*zip(THREE, (50, 100, 150), strict=True)),
        draw((LARGE, 0), ground=255),
    ):
        mask = read(tmp_path, plane, "m.jpg", quality=quality).mask
        wanted = plane != plane[-1, -1]
        assert np.count_nonzero(mask ^ wanted) <= 0.015 * wanted.sum()


def test_label_numbers_in_a_jpeg_are_read_and_reported(tmp_path: Path) -> None:
    found = read(tmp_path, draw((LARGE, 1)), "m.jpg", quality=95)
    assert found.mask.sum() == pytest.approx(900, abs=10)
    assert [problem.kind for problem in found.problems] == [IssueKind.JPEG_NUMBERS]
    assert not found.problems[0].kind.is_harmless
    assert "Save it as PNG" in found.problems[0].fix


def test_label_numbers_that_a_jpeg_has_blurred_are_refused(tmp_path: Path) -> None:
    specks = draw()
    specks[::9, ::7] = 3
    with pytest.raises(MaskError, match=r"m\.jpg of part/a\.png is a JPEG whose compression"):
        read(tmp_path, specks, "m.jpg", quality=90)


@pytest.mark.parametrize(
    ("kind", "name"), [(np.uint16, "m.png"), (np.uint16, "m.tif"), (np.int32, "m.tif")]
)
@pytest.mark.parametrize(
    ("areas", "ground", "marked"),
    [
        (list(zip(THREE, (1, 2, 3), strict=True)), 0, 1200),
        ([(SQUARE, 65535)], 0, 100),
        ([(SQUARE, 300)], 0, 100),
        ([(SQUARE, 1001), (LARGE, 24002), (SQUARE, 1001)], 0, 900),
        ([(SQUARE, 0)], 65535, 100),
        ([(SQUARE, 2)], 1, 100),
    ],
)
def test_numbers_of_16_and_32_bits_count_one_by_one(
    areas: list[tuple[Area, float]], ground: int, marked: int, kind: Any, name: str, tmp_path: Path
) -> None:
    plane = draw(*areas, ground=ground, kind=kind)
    found = read(tmp_path, plane, name)
    assert found.mask.sum() == marked
    assert (found.mask == (plane != ground)).all()


def test_soft_edges_of_16_bits_are_read_as_those_of_8(tmp_path: Path) -> None:
    plane = disc(10)
    deep = read(tmp_path, plane.astype(np.uint16) * 257).mask
    assert (deep == (plane >= 128)).all()


@pytest.mark.parametrize("level", [1.0, 255.0, 0.5, 3.0])
def test_floating_point_masks_are_read_where_white_is_known(level: float, tmp_path: Path) -> None:
    plane = draw((SQUARE, level), kind=np.float32)
    assert read(tmp_path, plane, "m.tif").mask.sum() == 100


@pytest.mark.parametrize(
    ("numbers", "colours", "marked"),
    [
        (draw((SQUARE, 1)), VOC, 100),
        (draw((SQUARE, 15), (LARGE, 1), (SQUARE, 15)), VOC, 900),
        (draw((LARGE, 255), ((13, 13, 37, 37), 15)), VOC, 24 * 24),
        (draw((SQUARE, 255)), VOC, 100),  # void alone is no void
        (draw((SQUARE, 1)), {0: (0, 0, 0), 1: WHITE}, 100),
        (draw((SQUARE, 1)), {0: WHITE, 1: (0, 0, 0)}, 100),  # grey, inverted
        (draw((SQUARE, 1)), {}, 100),  # every colour black: the numbers tell
        (draw((SQUARE, 0), ground=1), {0: RED, 1: (0, 0, 0)}, 100),
        (draw((SQUARE, 1)), {0: WHITE, 1: RED}, 100),
        (draw((SQUARE, 0), ground=1), {0: RED, 1: WHITE}, 100),
    ],
)
def test_palette_numbers_count_but_for_background_and_void(
    numbers: Array, colours: Mapping[int, Sequence[int]], marked: int, tmp_path: Path
) -> None:
    assert read(tmp_path, palette(numbers, colours)).mask.sum() == marked


@pytest.mark.parametrize(
    ("plane", "marked"),
    [
        (colour((SQUARE, RED), (DOT, GREEN)), 125),
        (colour((LARGE, (128, 0, 0)), (DOT, (64, 0, 0))), 925),
        (colour((LARGE, (224, 224, 192)), ((13, 13, 37, 37), (128, 0, 0))), 24 * 24),
        (colour((SQUARE, RED), ground=WHITE), 100),
        (colour((SQUARE, RED), (DOT, (0, 0, 0)), ground=WHITE), 125),
        (colour((SQUARE, GREEN), ground=(0, 0, 128)), 100),
    ],
)
def test_every_colour_but_that_of_the_background_counts(
    plane: Array, marked: int, tmp_path: Path
) -> None:
    assert read(tmp_path, plane).mask.sum() == marked


CLEAR = (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("plane", "marked"),
    [
        (colour((SQUARE, (0, 0, 0, 255)), ground=CLEAR), 100),
        (colour((SQUARE, (255, 255, 255, 255)), ground=CLEAR), 100),
        (colour((SQUARE, (255, 255, 255, 255)), ground=(255, 255, 255, 0)), 100),
        (colour((SQUARE, (255, 0, 0, 255)), ground=(255, 255, 255, 0)), 100),
        (colour((SQUARE, (255, 0, 0, 120)), ground=CLEAR), 100),
        (colour((SQUARE, CLEAR), ground=(255, 255, 255, 255)), 100),  # a hole
        (colour((SQUARE, CLEAR), ground=(0, 0, 0, 255)), 100),
    ],
)
@pytest.mark.parametrize("name", ["m.png", "m.tif", "m.webp"])
def test_a_mark_in_the_alpha_channel_is_found_and_reported(
    plane: Array, marked: int, name: str, tmp_path: Path
) -> None:
    how = {"lossless": True, "exact": True} if name == "m.webp" else {}
    found = read(tmp_path, plane, name, **how)
    assert found.mask.sum() == marked
    assert found.problems[0].kind is IssueKind.ALPHA_MASK


@pytest.mark.parametrize(
    ("plane", "marked"),
    [
        (colour((SQUARE, (255, 255, 255, 255)), ground=(0, 0, 0, 255)), 100),  # opaque
        (colour((SQUARE, (255, 255, 255, 99)), ground=(0, 0, 0, 99)), 100),  # alike all over
        (colour((SQUARE, (255, 0, 0, 255)), (DOT, (0, 255, 0, 255)), ground=CLEAR), 125),
        (colour(ground=CLEAR), 0),
    ],
)
def test_colours_decide_where_the_alpha_channel_says_nothing_else(
    plane: Array, marked: int, tmp_path: Path
) -> None:
    found = read(tmp_path, plane)
    assert (found.mask.sum(), found.problems) == (marked, ())


def test_a_grey_mask_with_an_alpha_channel_and_a_transparent_colour_are_read(
    tmp_path: Path,
) -> None:
    grey = Image.fromarray(colour((SQUARE, (0, 0, 0, 255)), ground=CLEAR)).convert("LA")
    assert read(tmp_path, grey).mask.sum() == 100
    numbered = palette(draw((SQUARE, 1)), VOC)
    assert read(tmp_path, numbered, transparency=0).mask.sum() == 100


@pytest.mark.parametrize(
    ("plane", "marked"),
    [
        (draw((SQUARE, 0), ground=255), 100),
        (draw((SQUARE, 0), (DOT, 100), ground=255), 125),
        (draw((SQUARE, 0), ground=1), 100),
        (draw((SQUARE, 200), ground=100), 100),
        (255 - disc(10), 314),
    ],
)
def test_what_surrounds_all_else_is_the_background(
    plane: Array, marked: int, tmp_path: Path
) -> None:
    found = read(tmp_path, plane)
    assert found.mask.sum() == marked
    assert not found.mask[0].any()
    assert found.problems[0].kind is IssueKind.INVERTED_MASK


@pytest.mark.parametrize(
    "plane",
    [
        draw(((0, 20, 12, 32), 0), ground=255),  # the dark part touches the border
        draw(((2, 2, 62, 62), 255)),  # large, on black
        draw(((8, 8, 56, 56), 0), ground=255),  # a frame: white covers less than half
    ],
)
def test_a_mask_that_is_not_surely_inverted_stays_as_it_is(plane: Array, tmp_path: Path) -> None:
    found = read(tmp_path, plane)
    assert (found.mask == (plane > 0)).all()
    assert found.problems == ()


def test_a_mask_is_turned_upright_as_its_image_is(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    mask = read(tmp_path, draw(((0, 0, 10, 5), 255))[:40], exif=exif).mask
    assert mask.shape == (64, 40)
    assert mask[:10, -5:].all()
    assert mask.sum() == 50


PHOTOGRAPH = np.random.default_rng(0).integers(60, 200, (SIDE, SIDE)).astype(np.uint8)


@pytest.mark.parametrize(
    ("plane", "name", "says"),
    [
        (PHOTOGRAPH, "m.png", "no black background: its darkest level is 60"),
        (PHOTOGRAPH - 60, "m.png", "140 grey levels and no clear mark"),
        (np.tile(np.arange(64, dtype=np.uint8) * 4, (64, 1)), "m.png", "64 grey levels"),
        (draw((SQUARE, 0), (DOT, 255), ground=128), "m.png", r"grey \(level 128\) around"),
        (draw(((0, 0, 20, 20), 100), ground=50), "m.png", "darkest level is 50"),
        (colour(((0, 0, 9, 9), RED), ground=WHITE), "m.png", "no black background, and none"),
        (draw((SQUARE, 7.5), kind=np.float32), "m.tif", "fractions up to 7.5"),
        (draw((SQUARE, np.nan), kind=np.float32), "m.tif", "not numbers"),
        (draw((SQUARE, -1), kind=np.int32), "m.tif", "negative numbers"),
        (
            colour((LARGE, (255, 255, 255, 0)), (SQUARE, (0, 0, 0, 255)), ground=CLEAR),
            "m.png",
            "one area by its colours and another one by its alpha channel",
        ),
        (
            colour((SQUARE, (255, 255, 255, 255)), (DOT, CLEAR), ground=(0, 0, 0, 255)),
            "m.png",
            "one area by its colours and another one by its alpha channel",
        ),
        (colour((SQUARE, (255, 0, 0, 0)), ground=CLEAR), "m.png", "transparent all over"),
    ],
)
def test_a_mask_that_is_not_certain_is_refused_by_name_with_a_remedy(
    plane: Array, name: str, says: str, tmp_path: Path
) -> None:
    with pytest.raises(MaskError, match=rf"The mask {name} of part/a\.png .*{says}") as caught:
        read(tmp_path, plane, name)
    assert "black where the part is good" in caught.value.fix
