"""Folders of a machine inside sentences, called by other names."""

from pathlib import Path

import pytest

from inspection.short_paths import shorten_paths

NAMES = [
    (Path("/srv/lens/checkpoints"), "checkpoints"),
    (Path("/data/my parts"), "DIR"),
    (Path("/srv/lens"), "."),
    (Path("/srv"), "~"),
    (Path("/"), "nowhere"),
]


@pytest.mark.parametrize(
    ("text", "told"),
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
def test_known_folders_are_called_by_other_names(text: str, told: str) -> None:
    assert shorten_paths(text, NAMES) == told
    assert shorten_paths(text, []) == text


def test_a_folder_behind_a_link_is_known_by_both_paths(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    text = f"{tmp_path / 'link' / 'a.png'} or {tmp_path / 'real' / 'a.png'}"
    assert shorten_paths(text, [(tmp_path / "link", "DIR")]) == "DIR/a.png or DIR/a.png"
