"""Vision transformers as backbones: held to timm's own forward, with random weights."""

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from detectors import create_detector, load_detector
from detectors.backbones.choice import backbone_state
from detectors.backbones.extractors import load_backbone, load_deepest
from detectors.backbones.record import IMAGENET, BackboneRecord, stored_record
from detectors.checkpoints import save_detector
from detectors.classifier.networks import list_blocks
from detectors.distillation.distil import DistillSettings, distill
from inspection.errors import BackboneError, SettingsError
from tests.doubles.parts import draw_part, make_samples

DINO = "vit_small_patch14_reg4_dinov2"
BOUND = "vit_small_patch16_dinov3"
WIDTH, PREFIX = 384, 5  # a class token and four registers


def make_reference(name: str = DINO) -> timm.models.VisionTransformer:
    torch.manual_seed(0)
    return timm.create_model(name, pretrained=False, num_classes=0, dynamic_img_size=True).eval()


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dino") / "dino.safetensors"
    save_file(make_reference().state_dict(), path)
    return path


def by_hand(images: Tensor) -> Tensor:
    mean, std = (torch.tensor(one).view(3, 1, 1) for one in (IMAGENET.mean, IMAGENET.std))
    return (images - mean) / std


def to_grid(tokens: Tensor, height: int, width: int) -> Tensor:
    return tokens[:, PREFIX:].transpose(1, 2).reshape(len(tokens), WIDTH, height, width)


@torch.inference_mode()
def test_blocks_are_the_tokens_of_timms_forward_behind_its_last_norm(weights: Path) -> None:
    reference, images = make_reference(), torch.rand(2, 3, 84, 56)
    seen: list[Tensor] = []
    reference.blocks[1].register_forward_hook(lambda *given: seen.append(given[2]))
    last = to_grid(reference.forward_features(by_hand(images)), 6, 4)
    second = to_grid(reference.norm(seen[0]), 6, 4)
    features = load_backbone(DINO, layers=("block12", "block2"), weights=weights)(images)
    assert list(features) == ["block2", "block12"]
    torch.testing.assert_close(features["block12"], last, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(features["block2"], second, rtol=1e-4, atol=1e-4)
    # a network that ends earlier keeps the same norm
    short = load_backbone(DINO, layers=("block2",), weights=weights)(images)
    torch.testing.assert_close(short["block2"], second, rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_images_are_resized_to_the_nearest_multiple_of_the_patch(weights: Path) -> None:
    images = torch.rand(1, 3, 96, 64)
    backbone = load_backbone(DINO, layers=("block12",), weights=weights)
    nearest = torch.nn.functional.interpolate(images, (98, 70), mode="bilinear")
    assert backbone(images)["block12"].shape == (1, WIDTH, 7, 5)
    torch.testing.assert_close(backbone(images), backbone(nearest), rtol=1e-4, atol=1e-4)


@torch.inference_mode()
def test_layers_are_quarters_of_the_depth_at_the_strides_of_convolutional_networks(
    weights: Path,
) -> None:
    layers = ("layer1", "layer2", "layer3", "layer4")
    backbone = load_backbone(DINO, layers=layers, weights=weights)
    images = torch.rand(1, 3, 96, 64)
    features = backbone(images)
    for layer, stride in backbone.strides.items():
        assert features[layer].shape == (1, WIDTH, 96 // stride, 64 // stride)
    blocks = load_backbone(DINO, layers=("block3", "block6", "block9"), weights=weights)(images)
    for layer, block in zip(layers, blocks.values(), strict=False):
        expected = torch.nn.functional.interpolate(
            block, features[layer].shape[-2:], mode="bilinear"
        )
        torch.testing.assert_close(features[layer], expected, rtol=1e-4, atol=1e-4)


def test_the_record_is_kept_in_a_checkpoint(weights: Path) -> None:
    ref = load_backbone(DINO, weights=weights).ref
    assert ref.record == BackboneRecord(multiple=14, layers=("block12",), distance="cosine")
    assert stored_record(json.loads(json.dumps(backbone_state(ref)))) == ref.record
    assert stored_record({}) == IMAGENET  # before it was written down
    with pytest.raises(ValueError, match="cannot want"):
        stored_record({"backbone_mean": [0.5]})


def test_weights_by_the_names_of_their_authors_are_the_same_weights(
    weights: Path, tmp_path: Path
) -> None:
    tensors = make_reference().state_dict()
    published = {"mask_token": torch.zeros(1, WIDTH), **tensors}
    published["register_tokens"] = published.pop("reg_token")
    # there the class token has a place of its own; here it is added already
    published["pos_embed"] = torch.cat([torch.zeros(1, 1, WIDTH), tensors["pos_embed"]], dim=1)
    torch.save(published, tmp_path / "dinov2_vits14_reg4_pretrain.pth")
    ours = load_backbone(DINO, weights=weights)
    theirs = load_backbone(DINO, weights=tmp_path / "dinov2_vits14_reg4_pretrain.pth")
    assert ours.ref.sha256 == theirs.ref.sha256


def test_a_transformer_refuses_other_weights_and_blocks_that_it_has_not(
    weights: Path, tmp_path: Path
) -> None:
    save_file(timm.create_model("resnet18").state_dict(), tmp_path / "resnet.safetensors")
    with pytest.raises(BackboneError, match=f"does not fit the backbone {DINO}"):
        load_backbone(DINO, weights=tmp_path / "resnet.safetensors")
    with pytest.raises(BackboneError, match="does not fit the backbone resnet18"):
        load_backbone("resnet18", weights=weights)
    with pytest.raises(BackboneError, match="no layer block13"):
        load_backbone(DINO, layers=("block13",), weights=weights)


def test_every_detector_works_on_a_transformer_and_answers_the_same_when_loaded(
    weights: Path, tmp_path: Path
) -> None:
    samples = make_samples(tmp_path / "images", num_normal=4, num_defective=4)
    shared = {"backbone": DINO, "backbone_weights": str(weights), "input_size": (64, 64)}
    quick = {"max_epochs": 1, "epoch_images": 4}
    image = draw_part(3)[0]
    for kind, own in (
        ("patchcore", {}),
        ("unet", quick),
        ("classifier", {**quick, "stages": 2, "views": 1}),
    ):
        detector = create_detector(kind, device="cpu", progress=False, **shared, **own).fit(samples)
        (tmp_path / kind).mkdir()
        save_detector(detector, tmp_path / kind)
        loaded = load_detector(tmp_path / kind, device="cpu")
        before, after = (one.predict([image])[0].anomaly_map for one in (detector, loaded))
        np.testing.assert_allclose(before, after, rtol=1e-5, atol=1e-6)
        if kind == "patchcore":
            bank = torch.from_numpy(detector.weights()["memory_bank"]).float()
            assert bank.shape[1] == WIDTH  # of the last block, as the record says
            torch.testing.assert_close(bank.norm(dim=1), torch.ones(len(bank)), rtol=0, atol=1e-3)


def test_the_last_blocks_of_a_transformer_are_unfrozen_one_after_another(weights: Path) -> None:
    network = load_deepest(DINO, weights=weights).network
    blocks = list_blocks(network)
    assert [type(block).__name__ for block in blocks[-2:]] == ["Block", "Block"]
    assert len(blocks) == 13  # the patches' projection, too


def test_a_licence_that_binds_is_obeyed(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="DINOv3 License"):
        load_backbone(BOUND, folder=tmp_path)
    with pytest.raises(SettingsError, match="binds what is distilled"):
        distill(
            tmp_path / "weights.safetensors",
            tmp_path / "student.safetensors",
            settings=DistillSettings(teacher_name=BOUND),
        )
    save_file(make_reference(BOUND).state_dict(), tmp_path / f"{BOUND}.safetensors")
    kept = load_backbone(BOUND, folder=tmp_path)
    named = load_backbone(BOUND, weights=tmp_path / f"{BOUND}.safetensors")
    assert kept.ref.sha256 == named.ref.sha256
    assert named(torch.rand(1, 3, 64, 96))["block12"].shape == (1, WIDTH, 4, 6)
