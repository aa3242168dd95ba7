"""Edges inside the flagged regions: by hand, and the same in the browser."""

import cv2
import numpy as np

from inspection.edges import DIM, draw_edges, find_edges
from inspection.types import RGBImage
from tests.javascript import evaluate


def make_step(low: int, high: int, *, size: int = 16) -> RGBImage:
    image = np.full((size, size, 3), low, np.uint8)
    image[:, size // 2 :] = high
    return image


def test_a_step_is_an_edge_and_a_plain_surface_is_none() -> None:
    edges = find_edges(make_step(20, 220))
    assert (edges[:, 7:9] == 255).all()
    assert (edges[:, :7] == 0).all()
    assert (edges[:, 9:] == 0).all()


def test_dark_images_show_their_edges_and_noise_does_not_shine() -> None:
    assert find_edges(make_step(0, 24)).max() == 255
    noise = np.random.default_rng(1).integers(100, 103, (40, 40, 3), dtype=np.uint8)
    assert find_edges(noise).max() < 130


def test_the_view_shows_edges_where_flagged_and_the_dimmed_image_elsewhere() -> None:
    image = make_step(40, 200, size=80)
    flagged = np.zeros((8, 8), bool)  # a tenth of the image
    assert (draw_edges(image, flagged) == np.rint(image * DIM)).all()
    flagged[2:6, :] = True  # rows 20 to 59
    drawn = draw_edges(image, flagged)
    assert (drawn[40, 39:41] == 255).all()
    assert (drawn[40, 10:30] == 0).all(), "no edge: black, not the image"
    assert (drawn[:10] == np.rint(image[:10] * DIM)).all()


def test_the_browser_finds_the_same_edges() -> None:
    rng = np.random.default_rng(2)
    images = [rng.integers(0, 256, (9, 13, 3), dtype=np.uint8), make_step(3, 7)]
    images.append(cv2.GaussianBlur(images[0], (0, 0), 2))
    images.append(images[0][:1, :1])
    cases = [
        {"width": i.shape[1], "height": i.shape[0], "pixels": np.dstack([i, i[..., :1]]).tolist()}
        for i in images
    ]
    body = """return input.map(({ pixels, width, height }) =>
      [...findEdges(Uint8ClampedArray.from(pixels.flat(2)), width, height)]);"""
    for image, found in zip(
        images, evaluate(body, cases, scripts=("ui/viewer/edges.js",)), strict=True
    ):
        assert np.abs(find_edges(image).astype(int).ravel() - found).max() <= 1  # float32 or not
