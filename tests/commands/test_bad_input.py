"""Bad input on the command line: a sentence with problem and remedy, exit code 2, no traceback."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

import cli
from detectors.backbones.student import Student
from inspection.products.manifest import write_manifest
from tests.doubles.parts import draw_part, write_dataset

Spoil = Callable[[Path], object]
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a miniature dataset `parts` and a PatchCore trained on it."""
    folder = tmp_path_factory.mktemp("bad_input")
    write_dataset(folder / "parts", num_train=8)
    save_file(Student((8, 12, 16)).state_dict(), folder / "student.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        assert call(patch, *train(folder)) == 0
    return folder


def train(folder: Path) -> list[object]:
    return [
        *("train", "--data", folder / "parts", "--checkpoints", folder / "ck", "--device", "cpu"),
        *("--detector", "patchcore", "--input-size", 64),
        *("--backbone-weights", folder / "student.safetensors"),
    ]


def inspect(folder: Path, image: Path) -> list[object]:
    return [
        *("inspect", image, "--category", "disc", "--out", folder / "out", "--device", "cpu"),
        *("--checkpoints", folder / "ck"),
    ]


def call(patch: pytest.MonkeyPatch, *arguments: object) -> int | str | None:
    """Run a command as the shell does; return its exit status."""
    patch.setattr(sys, "argv", ["cli.py", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as leaving:
        return leaving.code
    return 0


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Run a command that has to be refused; return what it says."""

    def run(*arguments: object) -> str:
        assert call(monkeypatch, *arguments) == 2
        said = capsys.readouterr().err
        assert "Error: " in said
        assert "Traceback" not in said
        return said

    return run


def cut(path: Path) -> None:
    Image.fromarray(draw_part(7)[0]).save(path)
    path.write_bytes(path.read_bytes()[:900])


def paint(path: Path, side: int) -> None:
    Image.fromarray(np.zeros((side, side), np.uint8)).save(path)


IMAGES: dict[str, tuple[Spoil, str]] = {
    "no image": (lambda path: path.write_text("no image"), "could not be read as an image"),
    "cut off": (cut, "damaged or cut off"),
    "empty": (lambda path: path.touch(), "is empty"),
    "huge": (lambda path: paint(path, 13_000), "megapixels"),
    "tiny": (lambda path: paint(path, 15), "too small"),
    "folder": (lambda path: path.mkdir(), "holds no images"),
    "missing": (lambda _: None, "There is no file"),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_a_bad_image_is_named_with_its_remedy(
    trained: Path,
    tmp_path: Path,
    refused: Refused,
    kind: str,
) -> None:
    spoil, sentence = IMAGES[kind]
    spoil(tmp_path / "part.png")
    said = refused(*inspect(trained, tmp_path / "part.png"))
    assert "part.png" in said
    assert sentence in said


def forget_good(parts: Path) -> None:
    shutil.rmtree(parts / "disc" / "train" / "good")


def shrink_mask(parts: Path) -> None:
    mask = next((parts / "disc" / "ground_truth").rglob("*.png"))
    Image.open(mask).resize((20, 20)).save(mask)


def lose_image(parts: Path) -> None:
    next((parts / "disc" / "test" / "spot").glob("*.png")).unlink()


def put_file(parts: Path) -> None:
    shutil.rmtree(parts)
    parts.touch()


DATASETS: dict[str, tuple[Spoil, str]] = {
    "no images": (lambda parts: shutil.rmtree(parts / "disc"), "no images"),
    "no good images": (forget_good, "no good images"),
    "mask of another size": (shrink_mask, "Draw the mask at the size of its image"),
    "mask without an image": (lose_image, "belongs to no image"),
    "a file": (put_file, "is a file"),
}


@pytest.mark.parametrize("kind", DATASETS)
def test_a_bad_dataset_is_named_with_its_remedy(
    trained: Path,
    tmp_path: Path,
    refused: Refused,
    kind: str,
) -> None:
    folder = shutil.copytree(trained, tmp_path / "copy")
    spoil, sentence = DATASETS[kind]
    spoil(folder / "parts")
    said = refused(*train(folder))
    assert sentence in said


def test_a_checkpoint_of_another_version_is_named_with_its_remedy(
    trained: Path,
    tmp_path: Path,
    refused: Refused,
) -> None:
    folder = shutil.copytree(trained, tmp_path / "copy")
    card = folder / "ck" / "parts" / "disc" / "patchcore" / "detector.json"
    content = json.loads(card.read_text(encoding="utf-8"))
    card.write_text(json.dumps({**content, "format": 999}), encoding="utf-8")
    write_manifest(card.parent)
    Image.fromarray(draw_part(7)[0]).save(tmp_path / "part.png")
    said = refused(*inspect(folder, tmp_path / "part.png"))
    assert "another version" in said
    assert "cli.py train" in said
