"""Input sizes of detectors follow from that of their product."""

import pytest

from detectors import create_detector, find_entry, list_detectors
from detectors.search.space import Categorical
from detectors.settings import parse_size
from detectors.sizes import find_side_by_time, fit_sides, fit_size
from inspection.types import Size


@pytest.mark.parametrize("name", list_detectors())
@pytest.mark.parametrize("product", [(256, 256), (352, 176), (176, 352), (736, 368)])
def test_every_detector_can_work_at_the_size_of_any_product(name: str, product: Size) -> None:
    height, width = fit_size(find_entry(name), product)
    assert create_detector(name, device="cpu", input_size=(height, width)).input_size == (
        height,
        width,
    )
    assert height / width == pytest.approx(product[0] / product[1], rel=0.1)


@pytest.mark.parametrize("name", list_detectors())
def test_a_square_product_leaves_every_detector_its_usual_size(name: str) -> None:
    entry = find_entry(name)
    assert fit_size(entry, (256, 256)) == entry.settings().input_size


@pytest.mark.parametrize("name", list_detectors())
def test_sizes_that_a_search_tries_have_the_shape_of_the_product(name: str) -> None:
    sizes = fit_sides(find_entry(name), (352, 176)).get("input_size", Categorical(()))
    assert isinstance(sizes, Categorical)
    for text in sizes.values:
        height, width = parse_size(text)
        assert height / width == pytest.approx(2, rel=0.1)


def test_a_size_is_written_in_three_ways() -> None:
    assert parse_size("640x256") == parse_size("640,256") == parse_size("640X256") == (640, 256)
    assert parse_size("192") == (192, 192)
    for text in ("", "x", "640x", "1x2x3", "auto", "2.5"):
        with pytest.raises(ValueError, match=r"int\(\)|unpack"):
            parse_size(text)


def test_without_labels_the_largest_size_that_is_read_in_time_is_taken() -> None:
    now, read = [0.0], []

    def read_features(size: Size) -> None:
        read.append(size)
        now[0] += size[0] * size[1] / 65536  # a second for 256 x 256

    def choose(seconds: float) -> tuple[int, str]:
        read.clear()
        found = find_side_by_time(
            (192, 256, 512, 1024),
            (80, 40),
            num_images=10,
            seconds=seconds,
            read_features=read_features,
            clock=lambda: now[0],
        )
        return found.side, found.reason

    side, reason = choose(60)
    assert side == 512
    assert read == [(256, 128)] * 2 + [(352, 176)] * 2 + [(736, 368)] * 2 + [(1440, 720)] * 2
    assert "features of 10 images are read within 1 minutes (about 41 seconds)" in reason
    assert choose(12)[0] == 256
    assert choose(1)[0] == 192
    assert choose(10_000)[0] == 1024
