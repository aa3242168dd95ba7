"""`cli.py inspect VIDEO`: scores over time, an annotated copy, and what can go wrong."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from commands import videos
from inspection.decoding.video import read_frames, read_video_info
from inspection.detector import Channel
from inspection.errors import ImageError, SettingsError
from inspection.images import write_png
from inspection.products.videos import InspectedFrame, find_peaks, inspect_video
from inspection.types import RGBImage
from tests.doubles.commands import invoke
from tests.doubles.detectors import DETECTORS, FakeEmbed
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import open_fake, write_checkpoint
from tests.doubles.videos import write_video

pytest.importorskip("av")
DEFECTIVE = range(4, 7)  # frames, of ten in a second


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in DETECTORS:
        write_checkpoint(tmp_path / "ck" / "drawn" / "part" / name)

    def load(folder: Path, *, device: str | None = None) -> Channel:
        return open_fake(folder)

    monkeypatch.setattr("detectors.workflow.load_channel", load)
    monkeypatch.setattr("detectors.catalog.LazyEmbedder", lambda _: FakeEmbed())
    return tmp_path


def film(path: Path, *, side: int = PICTURE_SIDE) -> Path:
    return write_video(path, [draw(place, side) for place in range(12)])


def draw(place: int, side: int) -> RGBImage:
    return draw_part(7, defective=place in DEFECTIVE, side=side)[0]


def inspect(trained: Path, *paths: Path, options: tuple[str, ...] = ()) -> tuple[int, str]:
    places = ("--out", str(trained / "out"), "--checkpoints", str(trained / "ck"))
    result = invoke("inspect", *paths, "--category", "part", *places, *options)
    return result.exit_code, result.output


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_video_gives_scores_over_time_and_an_annotated_copy(trained: Path) -> None:
    code, said = inspect(trained, film(trained / "belt.mp4"), options=("--fps", "10"))
    assert code == 0, said
    assert "belt.mp4: 12 frames inspected, 3 flagged. Peaks: " in said
    rows = read_rows(trained / "out" / "belt.csv")
    assert [float(row["seconds"]) for row in rows] == pytest.approx(np.arange(12) / 10, abs=2e-3)
    flagged = [i for i, row in enumerate(rows) if row["joint_verdict"] == "defect"]
    assert flagged == list(DEFECTIVE)
    assert all(row[f"{name}_threshold"] for row in rows for name in DETECTORS)
    copy = trained / "out" / "belt_annotated.mp4"
    frames = list(read_frames(copy, per_second=100))
    assert [one.seconds for one in frames] == pytest.approx(np.arange(12) / 10, abs=2e-3)
    height, width = read_video_info(copy).size
    assert (height, width) == (PICTURE_SIDE + 28, PICTURE_SIDE)
    tops = [frame.pixels[2:6, 2:6].reshape(-1, 3).mean(axis=0) for frame in frames]
    is_red = [top[0] > top[2] for top in tops]  # the line on top has the verdict's colour
    assert [i for i, red in enumerate(is_red) if red] == list(DEFECTIVE)


def test_as_many_frames_are_inspected_as_are_wanted(trained: Path) -> None:
    code, said = inspect(trained, film(trained / "belt.mp4"), options=("--fps", "2"))
    assert code == 0
    assert "belt.mp4: 3 frames inspected" in said
    for wrong in ("0", "-1", "1000", "nan"):
        with pytest.raises(SettingsError, match="frames per second cannot be inspected"):
            inspect(trained, trained / "belt.mp4", options=("--fps", wrong))


def test_images_and_videos_may_be_given_together(trained: Path) -> None:
    write_png(trained / "one.png", draw(0, PICTURE_SIDE))
    code, said = inspect(trained, trained / "one.png", film(trained / "belt.mp4"))
    assert code == 0
    assert "Images inspected: 1." in said
    assert {one.name for one in (trained / "out").glob("*.csv")} == {"inspection.csv", "belt.csv"}


def test_a_video_that_cannot_be_read_keeps_none_of_the_others_back(trained: Path) -> None:
    (trained / "bad.mp4").write_bytes(b"\0\0\0\x18ftypmp42")
    code, said = inspect(trained, trained / "bad.mp4", film(trained / "belt.mp4"))
    assert code == 2
    assert "Error: bad.mp4 is damaged or cut off" in said
    assert "belt.mp4: 6 frames inspected" in said
    assert not list((trained / "out").glob("bad*"))


def test_a_video_of_which_no_frame_can_be_inspected_leaves_nothing(
    trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object, **options: object) -> Iterator[InspectedFrame]:
        raise ImageError("It is damaged.", "Copy it again.")
        yield

    monkeypatch.setattr(videos, "inspect_video", broken)
    code, said = inspect(trained, film(trained / "belt.mp4"))
    assert (code, list((trained / "out").iterdir())) == (2, [])
    assert "Error: It is damaged. Copy it again." in said


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), ImageError("It is damaged.", "Again.")])
def test_what_was_inspected_before_the_end_is_kept(
    trained: Path, monkeypatch: pytest.MonkeyPatch, reason: BaseException
) -> None:
    def broken(*given: object, **options: object) -> Iterator[InspectedFrame]:
        frames = inspect_video(*given, **options)  # type: ignore[arg-type]
        yield next(frames)
        yield next(frames)
        raise reason

    monkeypatch.setattr(videos, "inspect_video", broken)
    code, said = inspect(trained, film(trained / "belt.mp4"))
    assert code == (130 if isinstance(reason, KeyboardInterrupt) else 2)
    assert "2 frames inspected" in said
    assert len(read_rows(trained / "out" / "belt.csv")) == 2
    assert len(list(read_frames(trained / "out" / "belt_annotated.mp4", per_second=100))) == 2


def test_peaks_are_the_highest_that_are_flagged_and_apart() -> None:
    scores = [(0.0, 0.5), (1.0, 3.0), (1.5, 2.9), (2.0, 1.5), (9.0, 0.99)]
    assert find_peaks(scores) == [(1.0, 3.0), (2.0, 1.5)]
    assert find_peaks(scores, most=1) == [(1.0, 3.0)]
    assert find_peaks([]) == []
