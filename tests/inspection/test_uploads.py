"""Images of visitors: decoded in processes that are bounded, may be lost, and are replaced."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inspection.errors import ImageError
from inspection.images import open_image
from inspection.types import Reading
from inspection.uploads import reader as reading
from inspection.uploads.reader import UploadReader
from tests.doubles.images import COLOURS, CUT_OUT, DEEP, TWELVE, write_bytes, write_tiff

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture(scope="module")
def shared() -> Iterator[UploadReader]:
    made = UploadReader()
    yield made
    made.close()


@pytest.fixture
def own() -> Iterator[UploadReader]:
    made = UploadReader(most=1)
    yield made
    made.close()


@pytest.fixture
def part(tmp_path: Path) -> Path:
    Image.fromarray(COLOURS).save(tmp_path / "part.png")
    return tmp_path / "part.png"


def pid_of(reader: UploadReader) -> int:
    (worker,) = reader._free
    return worker.pid


def test_an_upload_is_read_as_in_the_process_of_the_page(
    tmp_path: Path, shared: UploadReader, part: Path
) -> None:
    deep = write_tiff(tmp_path / "部品 ü.tif", np.concatenate([DEEP, DEEP * 2]))
    clear = tmp_path / "clear.png"
    Image.fromarray(np.dstack([COLOURS, CUT_OUT])).save(clear)
    for path, how in (
        (part, Reading()),
        (deep, TWELVE),
        (deep, Reading()),
        (clear, Reading(background=(1, 2, 3))),
    ):
        found, expected = shared.open(path, reading=how), open_image(path, reading=how)
        np.testing.assert_array_equal(found.pixels, expected.pixels)
        assert found.pixels.flags.writeable
        assert found.notes == expected.notes
    assert open_image(deep, reading=TWELVE).notes


def test_what_cannot_be_read_is_a_sentence_and_costs_no_process(
    tmp_path: Path, own: UploadReader, part: Path
) -> None:
    own.open(part)
    before = pid_of(own)
    for name, said in {"words.png": "could not be read as an image", "none.png": "no file"}.items():
        if name == "words.png":
            write_bytes(tmp_path / name, b"words")
        with pytest.raises(ImageError, match=said):
            own.open(tmp_path / name)
    assert pid_of(own) == before


def test_what_takes_too_long_is_told_and_the_next_image_is_read(
    tmp_path: Path, own: UploadReader, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.open(part)
    before = pid_of(own)
    slow = tmp_path / "slow.qoi"
    Image.effect_noise((900, 900), 90).convert("RGB").save(slow)  # decoded without C
    monkeypatch.setattr(reading, "ANSWER_SECONDS", 0.1)
    with pytest.raises(ImageError, match=r"slow.qoi takes more than 5 seconds.*Resize it"):
        own.open(slow)
    monkeypatch.undo()
    assert pid_of(own) != before  # another one has been started already
    np.testing.assert_array_equal(own.open(part).pixels, COLOURS)


@LINUX
def test_the_system_ends_what_uses_too_much_processor_time(
    tmp_path: Path, own: UploadReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow.qoi"
    Image.effect_noise((1200, 1200), 90).convert("RGB").save(slow)
    change = "import inspection.uploads.worker as w; w.MAX_SECONDS = 0.1; w.main()"
    monkeypatch.setattr(reading, "PROGRAM", ("-P", "-c", change))
    with pytest.raises(ImageError, match=r"slow.qoi takes more than 5 seconds"):
        own.open(slow)


@LINUX
def test_the_system_refuses_memory_beyond_what_a_picture_may_take(
    tmp_path: Path, own: UploadReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (4000, 3000)).save(tmp_path / "large.png")
    change = "import inspection.uploads.worker as w; w.MAX_BYTES, w.SPARE_BYTES = 0, 30_000_000"
    monkeypatch.setattr(reading, "PROGRAM", ("-P", "-c", f"{change}; w.main()"))
    with pytest.raises(ImageError, match=r"large.png needs more memory than there is"):
        own.open(tmp_path / "large.png")


ODD = {
    "gone": "",
    "silent": "print('ready', flush=True)",
    "words": "print('ready'); print('words')",
    "list": "print('ready'); print('[]')",
    "huge": "print('ready'); print('{\"shape\": [100000, 100000, 3], \"notes\": []}')",
    "negative": "print('ready'); print('{\"shape\": [-4, -4, 3], \"notes\": []}')",
    "short": "print('ready'); print('{\"shape\": [40, 40, 3], \"notes\": []}'); print('pixels')",
    "kind": 'print(\'ready\'); print(\'{"shape": [4, 4, 3], "notes": [["x", "y", "z"]]}\')',
}


@pytest.mark.parametrize("kind", ODD)
def test_a_process_that_ends_or_answers_nonsense_is_told_and_replaced(
    own: UploadReader, part: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(reading, "PROGRAM", ("-c", ODD[kind]))
    with pytest.raises(ImageError, match=r"part.png could not be read: it ended.*Export it again"):
        own.open(part)
    monkeypatch.undo()
    own.close()
    np.testing.assert_array_equal(own.open(part).pixels, COLOURS)


@LINUX
def test_a_process_that_was_killed_while_it_waited_is_replaced(
    own: UploadReader, part: Path
) -> None:
    own.open(part)
    before = pid_of(own)
    os.kill(before, 9)
    os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT)
    np.testing.assert_array_equal(own.open(part).pixels, COLOURS)
    assert pid_of(own) != before


def test_where_no_process_starts_the_visitor_is_told(
    own: UploadReader, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(part.parent / "absent"))
    own.warm()
    with pytest.raises(ImageError, match=r"does not start.*Close what else"):
        own.open(part)


@LINUX
def test_a_process_may_take_little_and_knows_no_secret(
    own: UploadReader, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFECT_LENS_PASSWORD", "secret")
    own.open(part)
    folder = Path("/proc") / str(pid_of(own))
    limits = (folder / "limits").read_text()
    (space,) = (line for line in limits.splitlines() if line.startswith("Max address space"))
    assert 6e8 < int(space.split()[3]) < 2e9
    (size,) = (line for line in limits.splitlines() if line.startswith("Max file size"))
    assert size.split()[3] == "0"
    environment = (folder / "environ").read_bytes()
    assert b"PYTHONPATH" in environment
    assert b"secret" not in environment


def test_many_visitors_share_two_processes(shared: UploadReader, part: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: shared.open(part).pixels, range(24)))
    assert all((pixels == COLOURS).all() for pixels in found)
    assert 1 <= len(shared._free) <= reading.MOST == 2


def test_a_process_loads_nothing_that_it_does_not_need() -> None:
    heavy = ("torch", "gradio", "pandas", "plotly", "scipy", "multiprocessing")
    words = (
        f"import sys, inspection.uploads.worker; print([n for n in {heavy} if n in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
