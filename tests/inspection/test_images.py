"""Every common image file is read the same way, and every unusable one gets a sentence."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from inspection.errors import ImageError
from inspection.images import pixel_hash, read_image, read_image_size, read_sample, write_png
from inspection.types import Sample, Split
from tests.doubles.parts import draw_part

PART, _ = draw_part(3)


def save(path: Path, picture: Image.Image, **options: object) -> Path:
    picture.save(path, **options)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "tiff", "webp", "jpg", "jpeg"])
def test_common_formats_are_read(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(tmp_path / f"part.{suffix}", Image.fromarray(PART), **options)
    image = read_image(path)
    assert image.shape == PART.shape
    assert image.dtype == np.uint8
    tolerance = 12 if suffix.startswith("jp") else 0
    assert np.abs(image.astype(int) - PART).mean() <= tolerance


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1", "CMYK", "YCbCr"])
def test_every_colour_mode_becomes_rgb(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode in ("CMYK", "YCbCr") else "png"
    image = read_image(save(tmp_path / f"p.{suffix}", Image.fromarray(PART).convert(mode)))
    assert image.shape == PART.shape


def test_16_bits_are_scaled_by_depth_and_not_by_content(tmp_path: Path) -> None:
    deep = np.full((32, 32), 257 * 40, np.uint16)
    deep[4:8] = 257 * 41
    image = read_image(save(tmp_path / "deep.png", Image.fromarray(deep)))
    assert set(np.unique(image)) == {40, 41}


def test_16_bit_colour_tiff_is_read(tmp_path: Path) -> None:
    deep = (np.random.default_rng(0).integers(0, 256, (20, 24, 3)) * 257).astype(np.uint16)
    path = tmp_path / "deep colour.tif"
    path.write_bytes(cv2.imencode(".tif", deep[:, :, ::-1])[1].tobytes())
    assert (read_image(path) == deep // 257).all()


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    turned = Image.fromarray(PART[:, :40])
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "turned.png", turned, exif=exif)
    assert read_image(path).shape == (40, 64, 3)
    assert read_image_size(path) == (40, 64)


def move_exif_behind_the_pixels(path: Path) -> None:
    """Put the eXIf chunk of a PNG before its last chunk, IEND."""
    data = path.read_bytes()
    start = data.index(b"eXIf") - 4
    length = 12 + struct.unpack(">I", data[start : start + 4])[0]
    chunk, rest = data[start : start + length], data[:start] + data[start + length :]
    path.write_bytes(rest[:-12] + chunk + rest[-12:])


def test_a_damaged_exif_block_still_turns_the_image(tmp_path: Path) -> None:
    height_as_text = struct.pack(">HHII", 257, 2, 6, 38)
    orientation = struct.pack(">HHIHH", 274, 3, 1, 6, 0)
    block = (
        b"MM\0*" + struct.pack(">IH", 8, 2) + height_as_text + orientation + bytes(4) + b"maker\0"
    )
    path = tmp_path / "damaged.jpg"
    Image.new("RGB", (48, 32), (10, 200, 30)).save(path, exif=b"Exif\0\0" + block)
    assert read_image(path).shape == (48, 32, 3)
    assert read_image_size(path) == (48, 32)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_as_pillow_turns_it(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "turned.png"
    Image.fromarray(draw_part(1, defective=True)[0][:, :40]).save(path, exif=exif)
    with Image.open(path) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture))
    np.testing.assert_array_equal(read_image(path), expected)


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "turned.png", Image.fromarray(PART[:, :40]), exif=exif)
    move_exif_behind_the_pixels(path)
    assert read_image(path).shape == (40, 64, 3)
    assert read_image_size(path) == (40, 64)


def test_the_size_of_a_png_is_known_without_its_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "part.png", Image.fromarray(PART))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", lambda self: pytest.fail("decoded"))
    assert read_image_size(path) == PART.shape[:2]


def test_the_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    path = tmp_path / "moving.webp"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    assert read_image(path)[0, 0].tolist() == [255, 0, 0]


def test_file_names_of_any_script_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "部品 деталь ü 🔩.png"
    write_png(path, PART)
    assert (read_image(path) == PART).all()


def test_extreme_aspect_ratios_are_read(tmp_path: Path) -> None:
    assert read_image(save(tmp_path / "a.png", Image.new("L", (3000, 16)))).shape == (16, 3000, 3)


def bomb(path: Path, side: int) -> Path:
    """Write a PNG that claims to be large and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


@pytest.mark.parametrize("side", [9000, 13000, 40000])
def test_a_huge_image_is_refused_before_it_is_decoded(tmp_path: Path, side: int) -> None:
    with pytest.raises(ImageError, match=r"megapixels.*Resize"):
        read_image(bomb(tmp_path / "huge.png", side))


def test_a_tiny_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="at least 16 x 16"):
        read_image(save(tmp_path / "tiny.png", Image.new("RGB", (15, 40))))


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp"])
def test_a_truncated_image_is_refused(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"cut.{suffix}", Image.fromarray(PART))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageError, match=r"damaged|could not be read"):
        read_image(path)


def test_other_unusable_files_are_refused_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "words.png").write_text("no image", encoding="utf-8")
    cases = {
        "empty.png": "0 bytes",
        "words.png": "PNG, JPEG, BMP, TIFF or WebP",
        "absent.png": "no file",
        ".": "is a folder",
    }
    for name, sentence in cases.items():
        with pytest.raises(ImageError, match=sentence):
            read_image(tmp_path / name)


def test_a_damaged_image_of_a_dataset_is_named_by_its_id(tmp_path: Path) -> None:
    (tmp_path / "000.png").write_bytes(b"")
    sample = Sample("part/test/good/000.png", tmp_path / "000.png", "part", Split.TEST)
    with pytest.raises(ImageError, match=r"0 bytes.*part/test/good/000\.png") as caught:
        read_sample(sample)
    assert caught.value.fix == "Copy or export the image again."


def test_floating_point_images_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "f.tif", Image.fromarray(np.zeros((32, 32), np.float32)))
    with pytest.raises(ImageError, match="floating-point"):
        read_image(path)


def test_the_hash_names_pixels_and_shape() -> None:
    assert pixel_hash(PART) == pixel_hash(PART.copy())
    assert pixel_hash(PART) != pixel_hash(PART.reshape(32, 128, 3))
    changed = PART.copy()
    changed[0, 0, 0] ^= 1
    assert pixel_hash(PART) != pixel_hash(changed)


def test_writing_where_it_is_not_possible_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match="cannot be written"):
        write_png(tmp_path / "file" / "a.png", PART)


def tiff_header(path: Path, side: int, bits: int) -> Path:
    """Write a TIFF of 16-bit colour, or of a depth nobody reads, that claims to be large."""
    entries = [(256, 4, side), (257, 4, side), (258, 3, bits), (259, 3, 1), (262, 3, 2)]
    entries += [(273, 4, 8), (277, 3, 3), (278, 4, side), (279, 4, 8)]
    body = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    path.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + b"\0" * 12)
    return path


@pytest.mark.parametrize("side", [9000, 50000])
@pytest.mark.parametrize("bits", [8, 16, 24])
def test_a_huge_tiff_is_refused_before_it_is_decoded(
    tmp_path: Path, side: int, bits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(cv2, "imdecode", decode)
    with pytest.raises(ImageError, match="megapixels"):
        read_image(tiff_header(tmp_path / "huge.tif", side, bits))


def test_a_16_bit_colour_tiff_tells_its_size(tmp_path: Path) -> None:
    path = tmp_path / "deep.tif"
    deep = np.zeros((20, 24, 3), np.uint16)
    path.write_bytes(cv2.imencode(".tif", deep)[1].tobytes())
    assert read_image_size(path) == (20, 24)
