"""Videos become pictures: which frames, upright, and a sentence for what is none."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from inspection.decoding.video import (
    VideoFrame,
    find_container,
    is_video,
    read_frame_at,
    read_frames,
    read_video_info,
)
from inspection.errors import ImageError
from inspection.images import write_png
from inspection.types import RGBImage
from tests.doubles.videos import turn_clockwise, write_sound, write_video

av = pytest.importorskip("av")


def numbered(count: int, height: int = 64, width: int = 96) -> list[RGBImage]:
    """Return pictures whose grey tells their number, brighter by 5 each, with a white corner."""
    pictures = [np.full((height, width, 3), 20 + 5 * place, np.uint8) for place in range(count)]
    for one in pictures:
        one[: height // 2, : width // 2] = 250
    return pictures


def numbers(path: Path, per_second: float) -> list[int]:
    """Return the numbers of the frames that are read."""
    return [number_of(one.pixels) for one in read_frames(path, per_second=per_second)]


def number_of(picture: RGBImage) -> int:
    return round((float(picture[-20:, -20:].mean()) - 20) / 5)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("v.mp4", "libx264"),
        ("v.mov", "libx264"),
        ("v.mkv", "libx264"),
        ("v.webm", "libvpx-vp9"),
        ("v.avi", "mpeg4"),
    ],
)
def test_frames_are_read_of_every_kind(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, numbered(12), codec=codec)
    assert is_video(path)
    assert numbers(path, per_second=100) == list(range(12))
    assert numbers(path, per_second=5) == [0, 2, 4, 6, 8, 10]
    info = read_video_info(path)
    assert info.size == (64, 96)
    assert info.seconds == pytest.approx(1.2, abs=0.15)


def test_the_log_that_another_library_has_switched_on_is_off(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", numbered(3))
    av.logging.set_level(av.logging.ERROR)  # as torchvision did
    assert numbers(path, per_second=100) == [0, 1, 2]
    assert av.logging.get_level() is None


def test_a_variable_rate_is_read_by_its_times(tmp_path: Path) -> None:
    times = [0, 0.05, 0.1, 0.9, 1.0, 2.6, 2.65, 3.0]
    path = write_video(tmp_path / "v.mp4", numbered(8), times=times)
    found = list(read_frames(path, per_second=1))
    assert [number_of(one.pixels) for one in found] == [0, 4, 5, 7]
    assert [one.seconds for one in found] == pytest.approx([0, 1.0, 2.6, 3.0], abs=2e-3)


def test_the_frame_at_a_time_is_the_one_that_was_read(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", numbered(16))
    for one in read_frames(path, per_second=3):
        assert np.array_equal(read_frame_at(path, one.seconds).pixels, one.pixels)
    assert number_of(read_frame_at(path, 99).pixels) == 15
    assert number_of(read_frame_at(path, -1).pixels) == 0


def test_a_turned_video_is_upright(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", numbered(4))
    turn_clockwise(path)
    assert read_video_info(path).size == (96, 64)
    (first, *_) = read_frames(path, per_second=1)
    assert first.pixels.shape == (96, 64, 3)
    bright = first.pixels.mean(axis=2) > 200  # the corner goes from top left to top right
    assert bright[:40, 36:].all()
    assert not bright[:, :28].any()


def test_4k_is_read_and_what_is_larger_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "v.mp4", [np.full((2160, 3840, 3), 90, np.uint8)], quality="40")
    (frame,) = read_frames(path, per_second=1)
    assert frame.pixels.shape == (2160, 3840, 3)
    large = write_video(tmp_path / "l.mp4", [np.zeros((4320, 7680, 3), np.uint8)], codec="mpeg4")
    with pytest.raises(ImageError, match="the limit of a video is 4K"):
        read_video_info(large)


def test_a_file_cut_off_gives_the_frames_before_the_cut(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 64, 96, 3)).astype(np.uint8)
    path = write_video(tmp_path / "v.mkv", list(noise))
    content = path.read_bytes()
    found: list[VideoFrame] = []
    path.write_bytes(content[: len(content) // 2])
    with contextlib.suppress(ImageError):
        for one in read_frames(path, per_second=100):
            found.append(one)
    assert 4 <= len(found) < 20


def test_what_is_no_video_is_a_sentence(tmp_path: Path) -> None:
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXTINF:1,\nhttp://localhost/secret\n")
    picture = tmp_path / "picture.mp4"
    write_png(picture, np.zeros((32, 32, 3), np.uint8))
    broken = write_video(tmp_path / "broken.mp4", numbered(4))
    broken.write_bytes(broken.read_bytes()[:200])
    empty = tmp_path / "empty.mp4"
    empty.touch()
    sound = write_sound(tmp_path / "sound.mp4")
    for path, words in (
        (playlist, "could not be read as a video. Use MP4"),
        (picture, "could not be read as a video"),
        (empty, "could not be read as a video"),
        (broken, "is damaged or cut off"),
        (sound, "has no pictures, only sound"),
        (tmp_path / "none.mp4", "There is no file"),
    ):
        with pytest.raises(ImageError, match=words):
            list(read_frames(path, per_second=1))
    assert not is_video(picture)
    assert find_container(playlist) is None


def test_without_the_package_it_is_said_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "v.mp4", numbered(2))
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(ImageError, match="Videos need the package av"):
        list(read_frames(path, per_second=1))
