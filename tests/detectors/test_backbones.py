"""Where backbones come from, in which order, and what is refused."""

import json
from functools import partial
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
from detectors.backbones.files import FOLDER, find_weights, hash_tensors, read_tensors
from detectors.backbones.record import IMAGENET, stored_record
from detectors.backbones.student import Student
from detectors.checkpoints import save_detector
from inspection.errors import BackboneError
from tests.doubles.parts import draw_part, make_samples

TEACHER = (
    Path(__file__).resolve().parents[3] / "shared/weights/resnet18_imagenet_layer1-3.safetensors"
)
needs_teacher = pytest.mark.skipif(not TEACHER.is_file(), reason="no ResNet-18 weights beside")
needs_student = pytest.mark.skipif(
    not (FOLDER / "student.safetensors").is_file(), reason="no student in the checkout"
)


def write_student(path: Path, *, seed: int = 0, widths: tuple[int, int, int] = (8, 8, 16)) -> Path:
    torch.manual_seed(seed)
    network = Student(widths)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean = torch.randn(module.num_features)
            module.running_var = torch.rand(module.num_features) + 0.5
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), path)
    return path


def resnet_tensors(seed: int = 0) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    network = timm.create_model("resnet18", pretrained=False)
    return dict(network.state_dict())


@pytest.fixture
def no_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def test_a_backbone_maps_images_to_its_layers_at_their_strides(tmp_path: Path) -> None:
    backbone = load_backbone(weights=write_student(tmp_path / "student.safetensors"))
    features = backbone(torch.rand(2, 3, 64, 96))
    assert backbone.layers == ("layer2", "layer3")
    assert backbone.channels == {"layer2": 8, "layer3": 16}
    for layer, stride in backbone.strides.items():
        channels = backbone.channels[layer]
        assert features[layer].shape == (2, channels, 64 // stride, 96 // stride)


def test_a_backbone_is_frozen_and_stays_in_evaluation_mode(tmp_path: Path) -> None:
    backbone = load_backbone(weights=write_student(tmp_path / "student.safetensors"))
    assert not backbone.train().training
    assert not any(parameter.requires_grad for parameter in backbone.parameters())
    images = torch.rand(1, 3, 64, 64)
    assert torch.equal(backbone(images)["layer3"], backbone(images)["layer3"])


def test_folding_the_batch_norm_changes_nothing(tmp_path: Path) -> None:
    path = write_student(tmp_path / "student.safetensors")
    network = Student((8, 8, 16)).eval()
    network.load_state_dict(read_tensors(path))
    backbone = load_backbone(layers=("layer1", "layer2", "layer3"), weights=path)
    images = torch.rand(2, 3, 64, 64)
    expected = network(backbone.prepare(images))
    for layer, features in backbone(images).items():
        torch.testing.assert_close(features, expected[layer], rtol=1e-4, atol=1e-5)


def test_the_named_file_comes_before_the_project_folder(tmp_path: Path) -> None:
    kept = write_student(tmp_path / "kept" / "student.safetensors", seed=1)
    named = write_student(tmp_path / "named.safetensors", seed=2)
    first = load_backbone(weights=named, folder=kept.parent)
    second = load_backbone(folder=kept.parent)
    assert first.ref.origin == "file named.safetensors"
    assert second.ref.origin == "file student.safetensors"
    assert first.ref.sha256 != second.ref.sha256


def test_the_project_folder_comes_before_the_caches(no_caches: Path) -> None:
    folder, cache = no_caches / "kept", no_caches / "torch/hub/checkpoints"
    for parent in (folder, cache):
        parent.mkdir(parents=True)
    torch.save(resnet_tensors(1), cache / "resnet18-f37072fd.pth")
    cached = load_backbone("resnet18", folder=folder, allow_download=False)
    save_file(resnet_tensors(2), folder / "resnet18_mine.safetensors")
    kept = load_backbone("resnet18", folder=folder, allow_download=False)
    assert cached.ref.origin == "torch hub cache"
    assert kept.ref.origin == "file resnet18_mine.safetensors"


def test_the_cache_of_timm_comes_before_that_of_torch_hub(
    no_caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = no_caches / "model.safetensors"
    save_file(resnet_tensors(), stored)
    downloads: list[str] = []

    def find(repo_id: str, filename: str) -> str | None:
        downloads.append(f"{repo_id}/{filename}")
        return str(stored) if filename == "model.safetensors" else None

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", find)
    backbone = load_backbone("resnet18", folder=no_caches, allow_download=False)
    assert backbone.ref.origin == "timm cache"
    assert downloads == ["timm/resnet18.tv_in1k/model.safetensors"]


def test_the_hub_comes_last_and_only_when_allowed(
    no_caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = no_caches / "fetched.safetensors"
    save_file(resnet_tensors(), stored)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda *_: str(stored))
    assert load_backbone("resnet18", folder=no_caches).ref.origin == "hub"
    with pytest.raises(BackboneError, match="on this machine"):
        load_backbone("resnet18", folder=no_caches, allow_download=False)


@pytest.mark.parametrize("name", ["/srv/resnet18.pth", r"D:\resnet18.pth", "hf-hub:me/x"])
def test_a_path_for_a_name_is_refused_with_the_option_that_is_meant(name: str) -> None:
    with pytest.raises(BackboneError, match="--backbone-weights"):
        load_backbone(name, allow_download=False)


def test_without_weights_there_is_no_backbone_but_a_remedy(
    no_caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: str) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", refuse)
    with pytest.raises(BackboneError) as caught:
        load_backbone("wide_resnet50_2", folder=no_caches)
    assert "did not answer" in caught.value.problem
    assert "timm/wide_resnet50_2.tv_in1k" in caught.value.fix
    with pytest.raises(BackboneError, match="distill-backbone"):
        load_backbone(folder=no_caches)
    with pytest.raises(BackboneError, match="There is no weights file"):
        load_backbone("resnet18", weights=no_caches / "absent.pth")


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"student{suffix}"
    if suffix == ".pth":
        torch.save(Student((8, 8, 16)).state_dict(), path)
    else:
        write_student(path)
    for share in (0.0, 0.3, 0.9):
        cut = tmp_path / f"cut{suffix}"
        cut.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(BackboneError, match="damaged"):
            load_backbone(weights=cut)


@pytest.mark.parametrize("content", [b"hello", b"a plain text\n", b"\x80\x02", bytes(range(256))])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.pth"
    path.write_bytes(content)
    with pytest.raises(BackboneError, match=r"notes\.pth is damaged or holds no plain tensors"):
        read_tensors(path)


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "student.pth"
    torch.save({"weights": Path("x")}, path)
    with pytest.raises(BackboneError, match="damaged or holds no plain tensors"):
        load_backbone(weights=path)
    torch.save([1, 2], path)
    with pytest.raises(BackboneError, match="no state dict"):
        load_backbone(weights=path)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    student = write_student(tmp_path / "student.safetensors")
    with pytest.raises(BackboneError, match="does not fit the backbone resnet18"):
        load_backbone("resnet18", weights=student)
    resnet = tmp_path / "resnet.safetensors"
    save_file(resnet_tensors(), resnet)
    with pytest.raises(BackboneError, match="does not fit the backbone student"):
        load_backbone(weights=resnet)
    with pytest.raises(BackboneError, match="does not fit the backbone resnet34"):
        load_backbone("resnet34", weights=resnet)


def test_a_missing_tensor_is_refused_and_a_needless_one_is_not(tmp_path: Path) -> None:
    tensors = resnet_tensors()
    path = tmp_path / "resnet18.safetensors"
    save_file({k: v for k, v in tensors.items() if not k.startswith(("fc", "layer4"))}, path)
    assert load_backbone("resnet18", weights=path).channels == {"layer2": 128, "layer3": 256}
    with pytest.raises(BackboneError, match=r"layer4\.0\.conv1\.weight is missing"):
        load_backbone("resnet18", layers=("layer2", "layer4"), weights=path)


def test_unknown_names_and_layers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="no backbone called resnet19"):
        load_backbone("resnet19", folder=tmp_path, allow_download=False)
    with pytest.raises(BackboneError, match="no layer layer4"):
        load_backbone(layers=("layer4",))
    with pytest.raises(BackboneError, match="no layer"):
        load_backbone(layers=())


def test_the_hash_depends_on_values_and_not_on_the_container(tmp_path: Path) -> None:
    tensors = resnet_tensors()
    save_file(tensors, tmp_path / "a.safetensors")
    torch.save({"state_dict": tensors}, tmp_path / "b.pth")
    del tensors["fc.weight"]
    torch.save({f"module.{name}": tensor for name, tensor in tensors.items()}, tmp_path / "c.pth")
    files = ("a.safetensors", "b.pth", "c.pth")
    hashes = {load_backbone("resnet18", weights=tmp_path / name).ref.sha256 for name in files}
    assert len(hashes) == 1
    changed = {"weight": torch.zeros(3)}
    before = hash_tensors(changed)
    changed["weight"][1] = 1e-6
    assert hash_tensors(changed) != before


def test_names_that_timm_joins_are_found(tmp_path: Path) -> None:
    whole = timm.create_model("mobilenetv3_small_050", pretrained=False)
    joined = timm.create_model("convnext_atto", pretrained=False)
    for name, network in (("mobilenetv3_small_050", whole), ("convnext_atto", joined)):
        path = tmp_path / f"{name}.safetensors"
        save_file(network.state_dict(), path)
        backbone = load_backbone(name, layers=("layer1", "layer2"), weights=path)
        assert set(backbone(torch.rand(1, 3, 64, 64))) == {"layer1", "layer2"}


def test_the_folder_ignores_what_an_unfinished_training_leaves(tmp_path: Path) -> None:
    write_student(tmp_path / "student.tmp-partial.safetensors")
    with pytest.raises(BackboneError, match="missing"):
        find_weights("student", folder=tmp_path)


@needs_student
def test_the_carried_student_is_small_and_sees_at_strides_4_8_and_16() -> None:
    backbone = load_backbone(layers=("layer3", "layer1", "layer2"))
    assert backbone.ref.origin == "carried with the project"
    assert backbone.strides == {"layer1": 4, "layer2": 8, "layer3": 16}
    assert sum(parameter.numel() for parameter in backbone.parameters()) < 2_500_000
    assert (FOLDER / "student.safetensors").stat().st_size < 5_000_000


@needs_teacher
def test_folded_resnet18_weights_without_their_last_layer_fit() -> None:
    backbone = load_backbone("resnet18", weights=TEACHER)
    features = backbone(torch.rand(1, 3, 64, 64))
    assert features["layer2"].shape == (1, 128, 8, 8)
    assert features["layer3"].shape == (1, 256, 4, 4)
    assert backbone.ref.sha256.startswith("922a8369cfb56700")


@pytest.mark.parametrize(
    ("name", "mean", "std"),
    [
        ("tf_efficientnet_lite0", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ("resnet18", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ],
)
def test_a_backbone_sees_images_as_it_did_when_it_was_trained(
    name: str, mean: tuple[float, ...], std: tuple[float, ...], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = timm.create_model(name, features_only=True, out_indices=(1, 2, 3), pretrained=False)
    path = tmp_path / f"{name}.safetensors"
    save_file(network.state_dict(), path)
    images = torch.rand(1, 3, 64, 64)
    by_hand = (images - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    expected = network.eval()(by_hand)[:2]
    features = load_backbone(name, layers=("layer1", "layer2"), weights=path)(images)
    for layer, wanted in zip(("layer1", "layer2"), expected, strict=True):
        torch.testing.assert_close(features[layer], wanted, rtol=1e-4, atol=1e-5)
    found = load_deepest(name, weights=path)
    assert (found.ref.record.mean, found.ref.record.std) == (mean, std)


def test_a_checkpoint_keeps_the_record_that_its_backbone_was_given(tmp_path: Path) -> None:
    name = "tf_efficientnet_lite0"
    network = timm.create_model(name, features_only=True, out_indices=(1, 2), pretrained=False)
    save_file(network.state_dict(), tmp_path / f"{name}.safetensors")
    load = partial(
        load_backbone, name, weights=tmp_path / f"{name}.safetensors", layers=("layer1", "layer2")
    )
    state = json.loads(json.dumps(backbone_state(load().ref)))
    assert (stored_record(state).mean, stored_record(state).std) == ((0.5,) * 3, (0.5,) * 3)
    # what was made before it was written down has seen its images as ImageNet's
    del state["backbone_mean"], state["backbone_std"]
    former = load(record=stored_record(state))
    torch.testing.assert_close(former.prepare.mean.flatten(), torch.tensor(IMAGENET.mean))


def test_detectors_on_such_a_backbone_answer_the_same_when_loaded(tmp_path: Path) -> None:
    name, weights = "tf_efficientnet_lite0", tmp_path / "lite.safetensors"
    save_file(timm.create_model(name, pretrained=False).state_dict(), weights)
    samples = make_samples(tmp_path / "images", num_normal=4, num_defective=4)
    shared = {"backbone": name, "backbone_weights": str(weights), "input_size": (64, 64)}
    quick = {"stages": 1, "views": 1, "max_epochs": 1, "epoch_images": 4}
    images = [draw_part(3)[0]]
    for kind, own in (("patchcore", {}), ("classifier", quick)):
        detector = create_detector(kind, device="cpu", progress=False, **shared, **own).fit(samples)
        (tmp_path / kind).mkdir()
        save_detector(detector, tmp_path / kind)
        loaded = load_detector(tmp_path / kind, device="cpu")
        before, after = (one.predict(images)[0].anomaly_map for one in (detector, loaded))
        np.testing.assert_array_equal(before, after)
        card = json.loads((tmp_path / kind / "detector.json").read_text(encoding="utf-8"))
        assert card["state"]["backbone_std"] == [0.5, 0.5, 0.5]
        # without the entry, it was made when every image was normalised as ImageNet's
        del card["state"]["backbone_mean"], card["state"]["backbone_std"]
        (tmp_path / kind / "detector.json").write_text(json.dumps(card), encoding="utf-8")
        former = load_detector(tmp_path / kind, device="cpu").predict(images)[0].anomaly_map
        assert np.abs(former - before).max() > 0
