"""Two sets of images compared: what differs is found, and what does not is not."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.stats import ks_2samp

from eda.drift import Sets, compare_sets, correct_holm, draw_drift
from eda.frame import MEASURES
from eda.views.drift import show_sets
from tests.doubles.commands import run
from tests.doubles.parts import write_dataset

NAMES = ("old", "new")


def make_images(num: int, *, seed: int, **shifts: float) -> pd.DataFrame:
    """Return images whose measures are normal numbers, some of them moved."""
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(100 + shifts.get(name, 0.0), 10, num) for name in MEASURES}
    about = {"category": "disc", "split": "test", "defect_type": "good", "problem": ""}
    return pd.DataFrame({"id": [f"{seed}/{n}.png" for n in range(num)], **about, **values})


def test_what_has_moved_is_named_with_an_interval_that_holds_the_truth() -> None:
    sets = Sets(make_images(300, seed=1), make_images(200, seed=2, brightness=-15), NAMES)
    found = compare_sets(sets)
    first = found.measures.iloc[0]
    assert list(found.measures["changed"]) == ["yes"] + ["no"] * (len(MEASURES) - 1)
    assert (first["measure"], first["from"] < -15 < first["to"]) == ("brightness", True)
    gap = ks_2samp(sets.first["brightness"], sets.second["brightness"]).statistic
    assert first["gap"] == pytest.approx(gap)
    assert found.words.startswith("Something has changed from old to new: brightness by -1")
    darkest = set(sets.second.nsmallest(10, "brightness")["id"])
    assert darkest <= set(found.driving["id"])


def test_two_draws_of_the_same_seldom_differ() -> None:
    calm = [
        compare_sets(Sets(make_images(60, seed=n), make_images(60, seed=100 + n), NAMES))
        for n in range(20)
    ]
    assert sum("Nothing that is measured differs" in found.words for found in calm) >= 19
    assert sum(len(found.driving) == 0 for found in calm) >= 19


def test_too_few_images_are_told() -> None:
    sets = Sets(make_images(3, seed=1), make_images(9, seed=2), NAMES)
    assert compare_sets(sets).words == (
        "There are 3 images of old and 9 images of new: at least 8 of each are needed."
    )
    assert draw_drift(sets).layout.annotations[0].text
    assert show_sets(sets).keys() == {"drift"}


def test_p_values_are_corrected_by_holm() -> None:
    corrected = correct_holm(np.array([0.01, 0.04, 0.03, 0.9]))
    np.testing.assert_allclose(corrected, [0.04, 0.09, 0.09, 0.9])  # worked by hand


def test_every_distribution_adds_up_to_the_whole() -> None:
    plot = draw_drift(Sets(make_images(50, seed=1), make_images(80, seed=2), NAMES))
    assert len(plot.data) == 2 * len(MEASURES)
    assert all(sum(trace.y) == pytest.approx(100, abs=0.5) for trace in plot.data)


def test_a_report_says_whether_a_folder_of_new_images_differs(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path_factory.mktemp("drift")
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(root / "cache"))
    write_dataset(root / "parts", num_train=20)
    new = root / "new"
    new.mkdir()
    for path in (root / "parts" / "disc" / "train" / "good").glob("*.png"):
        pixels = np.asarray(Image.open(path), float)
        Image.fromarray((pixels * 0.6).astype(np.uint8)).save(new / path.name)
    given = ("eda", "--data", root / "parts", "--no-embeddings", "--plots-only", "--out")
    run(*given, root / "a.html", "--against", new)
    text = (root / "a.html").read_text(encoding="utf-8")
    assert "Something has changed from the good training images of parts to the new" in text
    run(*given, root / "b.html", "--against", root / "parts" / "disc" / "train")
    assert "Nothing that is measured differs" in (root / "b.html").read_text(encoding="utf-8")
