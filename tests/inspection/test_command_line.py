"""Commands that remedies tell can be pasted, whatever a category is called."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.checkpoints import read_card
from inspection.calibration import CARD, PRODUCT, load_product_rate, read_calibration
from inspection.command_line import quote, quote_all, quote_path
from inspection.errors import InspectionError
from inspection.evaluation.files import load_evaluation, read_identity
from inspection.files import write_json
from inspection.products.history import read_history


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


def test_several_words_make_one_line() -> None:
    assert quote_all(["python", "cli.py", "eda", "my data"]) == 'python cli.py eda "my data"'


def test_a_path_is_written_as_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert quote_path(tmp_path / "my data" / "nuts") == '"my data/nuts"'


@pytest.mark.parametrize(
    ("ask", "card", "verb"),
    [
        (read_card, None, "train"),
        (read_calibration, {}, "train"),
        (read_identity, {}, "train"),
        (read_history, {"state": {"history": [{}]}}, "train"),
        (load_evaluation, {}, "evaluate"),
    ],
)
def test_a_remedy_names_the_category_that_it_is_about(
    ask: Callable[[Path], object], card: dict[str, object] | None, verb: str, tmp_path: Path
) -> None:
    folder = tmp_path / "nuts" / "metal nut" / "cae"
    folder.mkdir(parents=True)
    if card is not None:
        write_json(folder / CARD, {"format": 1, **card})
    with pytest.raises(InspectionError) as caught:
        ask(folder)
    command = shlex.split(caught.value.fix.split("`")[1])
    assert command[2:] == [
        *(verb, "--data", "DIR", "--category", "metal nut", "--detector", "cae"),
    ]


def test_the_rate_of_a_product_is_stored_again_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "nuts" / "metal nut"
    folder.mkdir(parents=True)
    write_json(folder / PRODUCT, {"format": 1, "false_alarm_rate": 7})
    with pytest.raises(InspectionError, match='calibrate --category "nuts/metal nut" --false'):
        load_product_rate(folder)
