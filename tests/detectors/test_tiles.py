"""Large images are looked at by tiles, and nothing shows it."""

import pytest
import torch
from torch import Tensor

from detectors.backbones import tiles
from detectors.backbones.extractors import load_backbone
from detectors.backbones.tiles import extract_in_tiles
from detectors.learning.features import choose_batch

LAYERS = ("layer1", "layer2", "layer3")


@pytest.mark.parametrize("size", [(1040, 560), (528, 1056), (1024, 512)])
def test_features_of_tiles_are_those_of_the_whole_image(size: tuple[int, int]) -> None:
    backbone = load_backbone(layers=LAYERS)
    images = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    whole = backbone.extract(images)
    joined = extract_in_tiles(backbone.extract, images, backbone.strides)
    assert list(joined) == list(whole)
    for layer in LAYERS:
        assert joined[layer].shape == whole[layer].shape
        assert torch.allclose(joined[layer], whole[layer], atol=1e-4)


def test_only_what_is_large_is_taken_by_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = load_backbone(layers=("layer2",))
    seen: list[tuple[int, ...]] = []
    extract = backbone.extract

    def watch(images: Tensor) -> dict[str, Tensor]:
        seen.append(tuple(images.shape[-2:]))
        return extract(images)

    monkeypatch.setattr(backbone, "extract", watch)
    monkeypatch.setattr(tiles, "WHOLE", 256 * 256)
    backbone(torch.zeros(2, 3, 256, 256))
    backbone(torch.zeros(1, 3, 32, 1024))
    assert seen == [(256, 256), (32, 1024)]
    seen.clear()
    assert backbone(torch.zeros(1, 3, 64, 1056))["layer2"].shape[-2:] == (8, 132)
    assert seen == [(64, 640), (64, 672), (64, 160)]


def test_as_many_pixels_go_through_a_backbone_together_whatever_their_shape() -> None:
    assert choose_batch((256, 256)) == choose_batch((512, 128)) == 8
    assert choose_batch((512, 512)) == 2
    assert choose_batch((1024, 1024)) == 1
