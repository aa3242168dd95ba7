"""Commands that remedies tell can be pasted; folders of a machine get other names in sentences."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from inspection.errors import InspectionError
from inspection.evaluation.files import load_evaluation, read_identity
from inspection.files import write_json
from inspection.paths import quote, quote_path, shorten_paths
from inspection.products.checkpoint_folders import read_calibration, read_card
from inspection.products.history import read_history
from inspection.products.manifest import CARD
from tests.doubles.disk import make_link


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("washer", "washer"),
        ("smoothing=2", "smoothing=2"),
        ("=2", '"=2"'),
        ("layers=layer2,layer3", '"layers=layer2,layer3"'),
        ("metal nut (top)", '"metal nut (top)"'),
        ("größe", '"größe"'),
        ("$HOME", "'$HOME'"),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_only_where_a_shell_would_change_it(word: str, written: str) -> None:
    assert quote(word) == written
    assert shlex.split(quote(word)) == [word]


def test_a_path_is_written_as_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert quote_path(tmp_path / "my data" / "nuts") == '"my data/nuts"'


@pytest.mark.parametrize(
    ("call", "card", "verb"),
    [
        (read_card, None, "train"),
        (read_calibration, {}, "train"),
        (read_identity, {}, "train"),
        (read_history, {"state": {"history": [{}]}}, "train"),
        (load_evaluation, {}, "evaluate"),
    ],
)
def test_a_remedy_names_the_category_that_it_is_about(
    call: Callable[[Path], object], card: dict[str, object] | None, verb: str, tmp_path: Path
) -> None:
    folder = tmp_path / "nuts" / "metal nut" / "cae"
    folder.mkdir(parents=True)
    if card is not None:
        write_json(folder / CARD, {"format": 1, **card})
    with pytest.raises(InspectionError) as caught:
        call(folder)
    command = shlex.split(caught.value.fix.split("`")[1])
    assert command[2:] == [
        *(verb, "--data", "DIR", "--category", "metal nut", "--detector", "cae"),
    ]


NAMES = [
    (Path("/srv/lens/checkpoints"), "checkpoints"),
    (Path("/data/my parts"), "DIR"),
    (Path("/srv/lens"), "."),
    (Path("/srv"), "~"),
    (Path("/"), "nowhere"),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/srv/lens/checkpoints/a/cae/detector.json is damaged.",
            "checkpoints/a/cae/detector.json is damaged.",
        ),
        ("There is no folder /srv/lens/checkpoints.", "There is no folder checkpoints."),
        ("Put it at `/srv/lens/weights.pth`.", "Put it at `./weights.pth`."),
        ("Permission denied: '/data/my parts/x.png'", "Permission denied: 'DIR/x.png'"),
        ("--data '/data/my parts' --out /srv/x", "--data 'DIR' --out ~/x"),
        ("/srv/lens and /srv/lens-2 and /srv2", ". and ~/lens-2 and /srv2"),
        ("/mnt/srv/lens stays, 1/2 too", "/mnt/srv/lens stays, 1/2 too"),
        ("https://example.org/srv/lens", "https://example.org/srv/lens"),
    ],
)
def test_known_folders_are_called_by_other_names(text: str, expected: str) -> None:
    assert shorten_paths(text, NAMES) == expected
    assert shorten_paths(text, []) == text


def test_a_folder_behind_a_link_is_known_by_both_paths(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    make_link(tmp_path / "link", tmp_path / "real")
    text = f"{tmp_path / 'link' / 'a.png'} or {tmp_path / 'real' / 'a.png'}"
    assert shorten_paths(text, [(tmp_path / "link", "DIR")]) == "DIR/a.png or DIR/a.png"
