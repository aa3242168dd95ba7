"""600 damaged images of every kind that is read, as visitors could give them.

Each has to end in a sentence or in the right picture, with 5 seconds of processor time and 500 MB.
What has no checksum may become another picture without a word; that is counted by kind.
"""

import os
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from inspection.decoding.cost import MAX_BYTES, MAX_SECONDS
from inspection.errors import ImageError
from inspection.images import open_image
from inspection.types import Reading, RGBImage
from inspection.uploads.reader import UploadReader

NUM_IMAGES = 600
NUM_CHANGED = 160
SEED = 17
READINGS = {".pfm": Reading(white=1.0)}  # of floating-point values
CHECKED = ("png", "grey.png", "palette.png", "clear.png", "deep.png")  # kinds with a checksum
HEAD_BYTES = 60

Damage = Callable[[bytes, np.random.Generator], bytes]


def draw() -> RGBImage:
    noise = np.random.default_rng(SEED).integers(0, 256, (120, 168, 3), dtype=np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.asarray(cv2.normalize(smooth, np.zeros(0), 0, 255, cv2.NORM_MINMAX), np.uint8)


def write_all(folder: Path) -> list[Path]:
    """Write one image of every kind and way; the name says both."""
    pixels = draw()
    picture, grey = Image.fromarray(pixels), Image.fromarray(pixels).convert("L")
    clear = picture.copy()
    clear.putalpha(grey)
    deep = pixels.astype(np.uint16) * 257

    def save(name: str, image: Image.Image, kind: str | None = None, **options: object) -> None:
        image.save(folder / f"a.{name}", kind, **options)

    save("png", picture)
    save("grey.png", grey)
    save("palette.png", picture.quantize(32))
    save("clear.png", clear)
    (folder / "a.deep.png").write_bytes(cv2.imencode(".png", deep)[1].tobytes())
    save("jpg", picture, quality=85)
    save("progressive.jpg", picture, progressive=True)
    save("restarts.jpg", picture, restart_marker_rows=1)
    save("cmyk.jpg", picture.convert("CMYK"))
    save("mpo", picture, "MPO", save_all=True, append_images=[grey.convert("RGB")])
    save("bmp", picture)
    save("tif", picture)
    save("lzw.tif", picture, compression="tiff_lzw")
    save("deflate.tif", picture, compression="tiff_adobe_deflate")
    save("jpeg.tif", picture, compression="jpeg")
    tifffile.imwrite(folder / "a.deep.tif", deep, photometric="rgb")
    tifffile.imwrite(folder / "a.big.tif", deep, photometric="rgb", bigtiff=True)
    save("webp", picture, quality=80)
    save("lossless.webp", clear, lossless=True)
    save("gif", picture.quantize(32))
    for name in ("ppm", "tga", "pcx", "qoi", "dib", "jp2", "j2k", "avif"):
        save(name, picture)
    save("pgm", grey)
    save("pbm", grey.convert("1"))
    (folder / "a.pfm").write_bytes(
        b"Pf\n168 120\n-1.0\n" + (pixels[:, :, 0] / 255).astype("<f4").tobytes()
    )
    values = " ".join(map(str, pixels.ravel().tolist()))
    (folder / "a.plain.ppm").write_text(f"P3\n168 120\n255\n{values}\n", encoding="ascii")
    return sorted(folder.glob("a.*"))


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(1, len(data)))]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(0, len(data), int(rng.integers(1, 9))):
        changed[place] ^= int(rng.integers(1, 256))
    return bytes(changed)


def lose(data: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(data)))
    return data[:start] + data[start + int(rng.choice((1, 1, 1, 16, 400))) :]


def double(data: bytes, rng: np.random.Generator) -> bytes:
    """Double a chunk of a PNG, or any piece of another file."""
    if data.startswith(b"\x89PNG"):
        chunks = list(split_png(data))
        place = int(rng.integers(0, len(chunks)))
        return data[:8] + b"".join(chunks[:place] + chunks[place : place + 1] + chunks[place:])
    start = int(rng.integers(0, len(data)))
    stop = start + int(rng.choice((1, 16, 400, 4000)))
    return data[:stop] + data[start:]


def wipe(data: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(data)))
    length = len(data[start : start + int(rng.choice((4, 64, 512)))])
    return data[:start] + b"\0" * length + data[start + length :]


def lie(data: bytes, rng: np.random.Generator) -> bytes:
    """Put an extreme number into the head; of a PNG with a checksum that fits again."""
    changed = bytearray(data)
    is_png = data.startswith(b"\x89PNG")
    first, last = (16, 29) if is_png else (2, min(HEAD_BYTES, len(data) - 4))
    start, size = int(rng.integers(first, last)), int(rng.choice((1, 2, 4)))
    value = int(rng.choice((0, 1, 2, 100, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)))
    order: Literal["little", "big"] = "little" if rng.integers(2) else "big"
    changed[start : start + size] = (value % 256**size).to_bytes(size, order)
    if is_png:
        changed[29:33] = struct.pack(">I", zlib.crc32(bytes(changed[12:29])))
    return bytes(changed)


DAMAGES: dict[str, Damage] = {one.__name__: one for one in (cut, flip, lose, double, wipe, lie)}


def split_png(data: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(data):
        end = at + 12 + struct.unpack(">I", data[at : at + 4])[0]
        yield data[at:end]
        at = end


def read_how(path: Path) -> Reading:
    return READINGS.get(path.suffix, Reading())


def read_peak(pid: int) -> int:
    """Return the most memory that a process has had so far, in bytes."""
    (line,) = (
        one
        for one in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        if one.startswith("VmHWM")
    )
    return int(line.split()[1]) * 1024


def read_seconds(pid: int) -> float:
    """Return the processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def judge(reader: UploadReader, path: Path, right: RGBImage) -> tuple[str, str]:
    """Return what became of a file, and the sentence if there is one."""
    try:
        found = reader.open(path, reading=read_how(path))
    except ImageError as error:
        return "a sentence", str(error)
    if found.pixels.shape == right.shape and (found.pixels == right).all():
        return "the right picture", found.note
    return ("another with a note" if found.notes else "another without a word"), found.note


@pytest.mark.attack
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_damaged_images_end_in_a_sentence_or_the_right_picture(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "whole").mkdir()
    whole = write_all(tmp_path / "whole")
    rights = {path: open_image(path, reading=read_how(path)).pixels for path in whole}
    reader = UploadReader(most=1)
    outcomes: Counter[str] = Counter()
    silent: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    slowest, peak = 0.0, 0
    reader.open(whole[0])
    idle = read_peak(reader._free[0].pid)
    for number in range(NUM_IMAGES):
        path = whole[number % len(whole)]
        name = tuple(DAMAGES)[number // len(whole) % len(DAMAGES)]
        rng = np.random.default_rng((SEED, number))
        damaged = tmp_path / f"{number}-{path.name}"
        damaged.write_bytes(DAMAGES[name](path.read_bytes(), rng))
        pid = reader._free[0].pid
        before = read_seconds(pid)
        outcome, said = judge(reader, damaged, rights[path])
        outcomes[outcome] += 1
        if outcome == "another without a word":
            silent[path.name.removeprefix("a.")] += 1
            assert name != "cut", f"{damaged.name}: cut off, and nobody is told"
        if reader._free[0].pid != pid:
            lost[said] += 1
        else:
            slowest = max(slowest, read_seconds(pid) - before)
            peak = max(peak, read_peak(pid) - idle)
    reader.close()
    record_property("outcomes", dict(outcomes))
    record_property("another picture without a word, by kind", dict(silent))
    record_property("processes lost and replaced", list(lost))
    record_property("slowest, seconds of processor time", round(slowest, 2))
    record_property("most memory beyond an idle process, MB", round(peak / 1e6))
    assert not set(silent) & set(CHECKED), silent
    assert slowest <= MAX_SECONDS
    assert peak <= MAX_BYTES


@pytest.mark.attack
def test_of_changed_jpegs_some_are_told(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    (tmp_path / "whole").mkdir()
    write_all(tmp_path / "whole")
    told: Counter[str] = Counter()
    for name in ("jpg", "progressive.jpg", "restarts.jpg"):
        data = (tmp_path / "whole" / f"a.{name}").read_bytes()
        start = data.index(b"\xff\xda") + 14
        for number in range(NUM_CHANGED):
            rng = np.random.default_rng((SEED, number))
            place = int(rng.integers(start, len(data) - 2))
            changed = bytearray(data)
            match number % 4:
                case 0:
                    del changed[place]
                case 1:
                    changed[place:place] = changed[place : place + 1]
                case 2:
                    changed[place] ^= int(rng.integers(1, 256))
                case _:
                    changed[place] ^= 1 << int(rng.integers(8))
            (tmp_path / name).write_bytes(changed)
            try:
                told[name] += bool(open_image(tmp_path / name).notes)
            except ImageError:
                told[name] += 1
    record_property(f"told, of {NUM_CHANGED} with one byte or bit changed", dict(told))
    assert min(told.values()) > NUM_CHANGED // 10
