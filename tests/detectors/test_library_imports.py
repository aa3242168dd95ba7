"""Two networks are imported without their libraries, and are the same as imported with them."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from detectors.backbones import library_imports
from detectors.backbones.library_imports import PATCHCORE, UNET, import_patchcore_model, import_unet
from detectors.unet.decoder import PLACEHOLDER
from detectors.unet.segmenter import DECODER_CHANNELS, WIDTHS

LIBRARIES = ("anomalib", "kornia", "segmentation_models_pytorch")
PLANS = [pytest.param(PATCHCORE, id="PatchCore"), pytest.param(UNET, id="U-Net")]


def list_loaded() -> set[str]:
    return {name for name in sys.modules if name.partition(".")[0] in LIBRARIES}


@pytest.fixture
def unloaded() -> Iterator[None]:
    """A process that has not imported the libraries; what it had is put back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list_loaded():
            patch.delitem(sys.modules, name)
        library_imports._import_once.cache_clear()
        yield
        library_imports._import_once.cache_clear()


def build_unet(unet: type[Any]) -> Any:
    torch.manual_seed(0)
    return unet(
        PLACEHOLDER,
        encoder_weights=None,
        encoder_depth=len(DECODER_CHANNELS),
        decoder_channels=DECODER_CHANNELS,
        channels=(*WIDTHS[1:], WIDTHS[-1]),
        stem_width=WIDTHS[0] // 2,
    ).eval()


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.usefixtures("unloaded")
def test_a_network_is_imported_alone_and_leaves_nothing_behind(plan: Any) -> None:
    found = library_imports._import_class(plan)
    assert (found.__module__, found.__name__) == (plan.file, plan.name)
    assert library_imports._import_class(plan) is found
    assert not list_loaded(), "whoever imports the library next gets all of it"


@pytest.mark.usefixtures("unloaded")
def test_the_unet_imported_alone_is_that_of_the_whole_library() -> None:
    alone = build_unet(import_unet())
    import segmentation_models_pytorch as smp

    assert smp.Unet is not type(alone)
    whole = build_unet(smp.Unet)
    assert alone.encoder.out_channels == whole.encoder.out_channels
    learned = {k: v for k, v in whole.state_dict().items() if not k.startswith("encoder.")}
    assert alone.state_dict().keys() == learned.keys()
    alone.load_state_dict(learned)
    features = [
        torch.rand(1, width, 32 >> level, 32 >> level)
        for level, width in enumerate(alone.encoder.out_channels)
    ]
    heads = [net.segmentation_head(net.decoder(features)) for net in (alone, whole)]
    assert torch.equal(*heads)


@pytest.mark.filterwarnings("ignore")  # of forty models, about their own files
@pytest.mark.usefixtures("unloaded")
def test_the_patchcore_imported_alone_is_that_of_the_whole_library() -> None:
    alone = import_patchcore_model()
    whole = library_imports._import_whole(PATCHCORE)
    assert alone is not whole
    torch.manual_seed(0)
    bank, images = torch.rand(50, 24), torch.rand(2, 3, 64, 64)
    answers = []
    for model_class in (alone, whole):
        model = model_class(layers=["a", "b"], backbone="resnet18", pre_trained=False)
        model.feature_extractor = Pyramid()
        model.memory_bank = bank
        answers.append(model.eval()(images))
    assert answers[0]._fields == answers[1]._fields
    assert torch.equal(answers[0].anomaly_map, answers[1].anomaly_map)
    assert torch.equal(answers[0].pred_score, answers[1].pred_score)


class Pyramid(torch.nn.Module):
    """Two feature maps of an image, without learning."""

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        fine = torch.nn.functional.avg_pool2d(images, 8).repeat(1, 4, 1, 1)
        return {"a": fine, "b": torch.nn.functional.avg_pool2d(fine, 2)}


@pytest.mark.usefixtures("unloaded")
def test_a_library_that_is_laid_out_differently_is_imported_the_long_way() -> None:
    changed = replace(UNET, offered={**UNET.offered, "segmentation_models_pytorch.encoders": {}})
    found = library_imports._import_class(changed)
    import segmentation_models_pytorch as smp

    assert found is smp.Unet


@pytest.mark.usefixtures("unloaded")
def test_a_library_that_is_missing_is_named() -> None:
    absent = replace(UNET, file="no_such_library.model", offered={"no_such_library": {}})
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        library_imports._import_class(absent)
