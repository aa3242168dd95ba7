"""`cli.py sensitivity`: limits of every detector, a page, and every trial."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from commands import one_product, sensitivity
from inspection.errors import EvaluationError, InspectionError, SensitivityError
from inspection.files import unsealed, write_sealed
from inspection.products.catalog import Catalog
from inspection.sensitivity.kept import STUDY, describe_study, load_study
from tests.doubles.commands import invoke, run
from tests.doubles.parts import PICTURE_SIDE, draw_part
from tests.doubles.products import make_catalog, write_evaluations

SMALL = ("--size", 6, "--size", 20, "--contrast", 20, "--contrast", 100)


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Put fakes in place of the detectors."""
    made = make_catalog(tmp_path)

    def give(*_: object, **__: object) -> Catalog:
        return made

    monkeypatch.setattr(one_product, "open_catalog", give)
    monkeypatch.setenv("DEFECT_LENS_CACHE", str(tmp_path / "cache"))
    return made


@pytest.fixture
def words(catalog: Catalog, tmp_path: Path) -> list[object]:
    data, out = tmp_path / "data" / "drawn", tmp_path / "out"
    return ["sensitivity", "--data", data, "--category", "part", "--out", out, *SMALL]


def test_a_folder_that_cannot_be_written_is_refused_before_any_work(
    words: list[object], tmp_path: Path
) -> None:
    (tmp_path / "out").write_text("a file")
    assert isinstance(invoke(*words, "--trials", 8).exception, FileExistsError)
    assert not (tmp_path / "checkpoints" / "drawn" / "part" / STUDY).exists()


def test_a_study_becomes_a_page_tables_and_a_file_beside_the_weights(
    words: list[object], catalog: Catalog, tmp_path: Path
) -> None:
    said = run(*words, "--kind", "foreign-body", "--kind", "stain", "--trials", 20, "--scale", 0.1)
    assert "drawn/part: 40 trials on 4 good images" in said
    assert "Smallest stain found 90 % of the time, at 100 grey levels: " in said
    assert "Real defects are left out. " in said  # the fakes were not evaluated
    out = tmp_path / "out"
    trials = pd.read_csv(out / sensitivity.TRIALS)
    assert len(trials) == 40
    assert {"patchcore_is_hit", "joint_iou", "row", "seed"} <= set(trials.columns)
    limits = pd.read_csv(out / sensitivity.LIMITS)
    assert len(limits) == 2 * 2 * 4  # kinds, contrasts, detectors and all together
    page = (out / sensitivity.PAGE).read_text(encoding="utf-8")
    assert "Foreign body" in page
    assert "--kind foreign-body --kind stain --size 6.0" in page
    with PdfDocument(out / sensitivity.PDF) as pdf:
        text = "".join(one.get_textpage().get_text_bounded() for one in pdf)
    assert "Foreign body" in text
    assert "a90/95 by score" in text
    assert "signal-response model" in page
    pictures = [Image.open(path) for path in sorted((out / sensitivity.CURVES).iterdir())]
    assert len(pictures) == 4  # a kind at a contrast each
    assert all(one.size == (640, 540) for one in pictures)
    study = load_study(catalog.product("drawn/part"))
    assert study.is_whole
    assert [one.source for one in study.trials] == list(trials["image"])


def test_real_defects_stand_beside_drawn_ones_once_the_detectors_were_evaluated(
    words: list[object], catalog: Catalog, tmp_path: Path
) -> None:
    write_evaluations(catalog, "drawn/part")
    said = run(*words, "--kind", "stain", "--trials", 12)
    study = load_study(catalog.product("drawn/part"))
    assert len(study.defects) > 0
    assert f"Smallest of {len(study.defects)} real test defects" in said
    out = tmp_path / "out"
    assert set(pd.read_csv(out / sensitivity.REAL)["image"]) == set(study.defects)
    assert "Real defects by contrast" in (out / sensitivity.PAGE).read_text(encoding="utf-8")
    with PdfDocument(out / sensitivity.PDF) as pdf:
        text = "".join(one.get_textpage().get_text_bounded() for one in pdf)
    assert "Real defects by size" in text
    assert (out / sensitivity.CURVES / "real-size.png").is_file()


def test_a_study_that_was_stopped_goes_on_and_more_trials_continue_it(
    words: list[object], catalog: Catalog, tmp_path: Path
) -> None:
    product = catalog.product("drawn/part")
    run(*words, "--kind", "scratch", "--trials", 12)
    path = product.folder / STUDY
    few = load_study(product)
    stored = json.loads(path.read_text(encoding="utf-8"))
    write_sealed(path, unsealed(stored) | {"trials": stored["trials"][:8]})  # as if it was stopped
    stopped = load_study(product)
    titles = dict.fromkeys(("cae", "unet", "patchcore", "joint"), "A")
    assert "stopped after 8 of 12 trials" in next(describe_study(stopped, titles))
    run(*words, "--kind", "scratch", "--trials", 20)
    many = load_study(product)
    assert many.trials[:12] == few.trials
    assert len(many.trials) == 20
    run(*words, "--kind", "scratch", "--trials", 8, "--seed", 1)
    assert load_study(product).trials[:8] != few.trials[:8]


def test_a_study_of_other_weights_is_refused(words: list[object], catalog: Catalog) -> None:
    run(*words, "--kind", "scratch", "--trials", 8)
    product = catalog.product("drawn/part")
    calibration = product.folder / "cae" / "calibration.json"
    changed = json.loads(calibration.read_text(encoding="utf-8"))
    calibration.write_text(json.dumps({**changed, "drawn_scores": []}), encoding="utf-8")
    load_study(product)  # the same numbers
    changed["outline"]["peak_share"] = 0.5
    calibration.write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(EvaluationError, match="about another cae"):
        load_study(product)


def test_one_image_is_studied_alone_and_not_kept(
    words: list[object], catalog: Catalog, tmp_path: Path
) -> None:
    part = tmp_path / "own.png"
    Image.fromarray(draw_part(77, side=PICTURE_SIDE)[0]).save(part)
    said = run(*words, "--kind", "dent", "--trials", 6, "--image", part)
    assert "6 trials on 1 good images" in said
    assert not (catalog.product("drawn/part").folder / STUDY).exists()


def test_an_image_that_is_flagged_already_is_refused_and_a_good_one_offered(
    words: list[object], tmp_path: Path
) -> None:
    part = tmp_path / "bad.png"
    Image.fromarray(draw_part(77, side=PICTURE_SIDE, defective=True)[0]).save(part)
    with pytest.raises(SensitivityError, match=r"of no use. Take a good image, such as part/test"):
        invoke(*words, "--trials", 6, "--image", part)


def test_where_every_good_image_is_flagged_there_is_no_study(
    words: list[object], tmp_path: Path
) -> None:
    for path in (tmp_path / "data" / "drawn" / "part" / "test" / "good").glob("*.png"):
        Image.fromarray(np.full((PICTURE_SIDE, PICTURE_SIDE, 3), 250, np.uint8)).save(path)
    with pytest.raises(InspectionError, match="flagged before anything is drawn"):
        invoke(*words, "--trials", 6)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--kind", "ghost"), "Choose from scratch"),
        (("--limit", 0), "1 image or more"),
        (("--scale", "nan"), "number above 0"),
        (("--trials", 0), "1 to 20000 trials"),
        (("--size", 1), "smaller than a pixel of the detectors"),
        (("--contrast", 0), "above 0 grey levels"),
    ],
)
def test_what_cannot_be_studied_is_refused(
    words: list[object], more: tuple[object, ...], sentence: str
) -> None:
    with pytest.raises(InspectionError, match=sentence):
        invoke(*words, *more)
