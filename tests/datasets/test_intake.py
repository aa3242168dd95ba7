"""Photographs are taken in as they are, or refused with a sentence; nothing leaves its folder."""

import errno
import io
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from inspection.datasets.intake import BOUNDS, Bounds, Intake, KnownPictures, take_in
from inspection.datasets.plain_names import check_product_name, check_type_name
from inspection.errors import DatasetError

GOOD = "train/good"


def picture(seed: int = 0, kind: str = "PNG", side: int = 48) -> bytes:
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def pack(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return tmp_path / "own" / "bracket"


def give(
    product: Path, content: bytes, name: str, *, bounds: Bounds = BOUNDS, part: str = GOOD
) -> Intake:
    arrived = product.parent.parent / "upload"
    arrived.write_bytes(content)
    found = take_in(arrived, name, product, part, known=KnownPictures(), bounds=bounds)
    assert arrived.read_bytes() == content
    return found


def names(product: Path, part: str = GOOD) -> list[str]:
    return sorted(path.name for path in (product / part).iterdir())


def refusal(found: Intake) -> str:
    assert not found.taken
    (one,) = found.refused
    return one.reason


def test_a_photograph_is_copied_byte_by_byte(product: Path) -> None:
    found = give(product, picture(), "Teil 1.PNG")
    assert found.refused == []
    assert names(product) == ["Teil 1.png"]
    assert found.taken[0].read_bytes() == picture()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\Users\\a\\b.png", "b.png"),
        ("con.png", "_con.png"),
        ("COM1.png", "_COM1.png"),
        (".hidden.png", "hidden.png"),
        ("..", "photograph.png"),
        ("", "photograph.png"),
        ("a<b>:c?.png", "a_b__c_.png"),
        ("tab\there\0.png", "tab_here_.png"),
        ("写真 ①.png", "写真 ①.png"),
        ("photo", "photo.png"),
        ("photo.txt", "photo.txt.png"),
        ("x" * 400 + ".png", "x" * 120 + ".png"),
        ("lone \udc80.png", "lone _.png"),
        ("part_mask.png", "part_mask photo.png"),
        ("label 12.png", "photo label 12 photo.png"),
    ],
)
def test_any_name_becomes_one_that_every_system_takes(product: Path, given: str, kept: str) -> None:
    assert give(product, picture(), given).refused == []
    assert names(product) == [kept]
    above = product.parent.parent
    assert sorted(above.iterdir()) == [product.parent, above / "upload"]


def test_a_name_that_is_there_gets_a_number(product: Path) -> None:
    for seed, name in enumerate(["a.png", "A.PNG", "a.png"]):
        give(product, picture(seed), name)
    assert names(product) == ["A (2).png", "a (3).png", "a.png"]


def test_the_same_pixels_count_once_whatever_the_file_is_called(product: Path) -> None:
    give(product, picture(), "a.png")
    same = refusal(give(product, picture(kind="BMP"), "b.bmp", part="test/dent"))
    assert same == (
        "b.bmp shows the same pixels as good/a.png, which is there. Each photograph counts once."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "part.png is empty (0 bytes)."),
        (b"no picture at all", "part.png could not be read as an image."),
        (picture()[:200], "part.png is damaged or cut off"),
        (b"8BPS" + bytes(200), "part.png is a Photoshop document, which cannot be read."),
    ],
)
def test_what_is_no_photograph_is_told_by_its_name(
    product: Path, content: bytes, sentence: str
) -> None:
    reason = refusal(give(product, content, "part.png"))
    assert reason.startswith(sentence)
    assert str(product.parent.parent) not in reason
    assert names(product) == []


def test_too_large_and_too_many_are_told(product: Path) -> None:
    small = Bounds(files=2, file_bytes=10**6)
    assert "has 2 MB; at most 1 MB" in refusal(give(product, bytes(2 * 10**6), "a", bounds=small))
    for seed in range(2):
        give(product, picture(seed), f"{seed}.png", bounds=small)
    assert "at most 2 photographs" in refusal(give(product, picture(9), "9.png", bounds=small))


def test_a_zip_is_flattened_and_what_is_no_photograph_is_named(product: Path) -> None:
    files = {
        "a/1.png": picture(1),
        "b/c/1.png": picture(2),
        "../../evil.png": picture(3),
        "/etc/4.png": picture(4),
        "notes.txt": b"hello",
        "inner.zip": pack({"5.png": picture(5)}),
        "cut.png": picture(6)[:100],
        "__MACOSX/._1.png": b"x",
        "a/Thumbs.db": b"x",
    }
    found = give(product, pack(files), "photos.zip")
    assert names(product) == ["1 (2).png", "1.png", "4.png", "evil.png"]
    assert [one.name for one in found.refused] == ["notes.txt", "inner.zip", "cut.png"]
    assert found.refused[0].reason.startswith("notes.txt is no photograph.")
    assert len(list(product.parent.parent.rglob("*.png"))) == 4


def test_a_bomb_is_refused_by_what_it_says(product: Path) -> None:
    bomb = pack({f"{index}.png": bytes(10**6) for index in range(5)})
    small = Bounds(unpacked_bytes=4 * 10**6)
    assert "would be 5 MB unpacked" in refusal(give(product, bomb, "bomb.zip", bounds=small))
    many = pack({f"{index}.png": b"" for index in range(11)})
    assert "holds 11 files; at most 10" in refusal(
        give(product, many, "many.zip", bounds=Bounds(entries=10))
    )


def test_a_bomb_that_lies_about_its_size_is_cut_off(product: Path) -> None:
    bomb = bytearray(pack({"1.png": bytes(3 * 10**6)}))
    size = (3 * 10**6).to_bytes(4, "little")
    while (place := bomb.find(size)) >= 0:
        bomb[place : place + 4] = (1000).to_bytes(4, "little")
    found = give(product, bytes(bomb), "bomb.zip")
    assert not found.taken
    assert len(found.refused) == 1
    assert names(product) == []


def test_a_damaged_or_empty_zip_is_told(product: Path) -> None:
    assert refusal(give(product, pack({}), "none.zip")).startswith("none.zip holds no files.")
    content = bytearray(pack({"1.png": picture()}))
    content[60:200] = bytes(140)
    assert "is damaged, or locked" in refusal(give(product, bytes(content), "broken.zip"))


def test_a_full_disk_is_told_and_what_has_arrived_stays(
    product: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(product, picture(1), "1.png")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=BOUNDS.free_bytes))
    with pytest.raises(DatasetError, match=r"no room .* only 1,000 MB are free\. Delete"):
        give(product, picture(2), "2.png")
    monkeypatch.undo()

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(DatasetError, match="it is full"):
        give(product, picture(3), "3.png")
    assert names(product) == ["1.png"]


@pytest.mark.parametrize("name", ["bracket 12", "Haselnuß", "部品①", "CON2", "a.b"])
def test_products_are_called_in_any_script(name: str) -> None:
    assert check_product_name(f" {name} ", []) == name


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "needs a name"),
        (None, "needs a name"),
        ("  ", "needs a name"),
        ("..", "a dot stands"),
        (".hidden", "a dot stands"),
        ("a/b", "no folder may have /"),
        ("a\0b", r"no folder may have \\x00"),
        ("a\u202eb", r"no folder may have \\u202e"),
        ("con", "Windows keeps that name"),
        ("NUL.txt", "Windows keeps that name"),
        ("train", "has a meaning"),
        ("Good", "has a meaning"),
        ("ground_truth", "has a meaning"),
        ("BRACKET", "called BRACKET already"),
        ("x" * 300, "300 characters"),
        ("lone \udc80", "no folder may have"),
    ],
)
def test_a_name_that_no_product_can_have_is_told(name: object, sentence: str) -> None:
    with pytest.raises(DatasetError, match=sentence):
        check_product_name(name, ["bracket"])


@pytest.mark.parametrize("name", ["good", "OK", "mask", "images", "", "a/b"])
def test_a_type_that_no_defect_can_have_is_told(name: str) -> None:
    with pytest.raises(DatasetError, match="A type of defect"):
        check_type_name(name)
