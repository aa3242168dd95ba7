"""Who finds how small and how faint defects, on verdicts made by hand."""

import numpy as np
import pytest

from eda.results.found import FoundBy, draw_found, fit_found, tabulate_found
from eda.results.shown import Judged, Shown
from inspection.evaluation.records import GroundTruth, ScoredImage
from inspection.evaluation.verdicts import Verdicts
from inspection.sensitivity.fitting import Varied
from inspection.sensitivity.records import RealDefect
from tests.doubles.detectors import make_infos
from tests.eda.test_results_plots import make_report

CAE, UNET = make_infos("cae", "unet").values()
SIZES = np.geomspace(4, 64, 40)


def make_image(key: str, kind: str | None) -> ScoredImage:
    return ScoredImage(key, "disc", "test", kind, key, "", 1.0, 0.1, {}, GroundTruth.MISSING, None)


def make_judged(place: int, flags: dict[str, bool]) -> Judged:
    """Return verdicts; what is called "g..." is a good part."""
    info = (CAE, UNET)[place]
    images = tuple(make_image(key, None if key.startswith("g") else "dent") for key in flags)
    ones = np.ones(len(images))
    is_flagged = np.array(list(flags.values()), np.bool_)
    verdicts = Verdicts(info.name, 0.02, images, is_flagged, ones, ones)
    return Judged(Shown(info, place, make_report({"b0": 1.0}, detector=info.name)), verdicts)


@pytest.fixture
def found() -> list[FoundBy]:
    """The CAE finds what is longer than 16 px, but for one; the U-Net finds everything."""
    defects = {
        f"b{place}": RealDefect(size=float(size), contrast=-10.0 - place % 3, row=0, column=0)
        for place, size in enumerate(SIZES)
    }
    keys = [*defects, "g0"]
    long = {key: key != "g0" and defects[key].size > 16 for key in keys}
    cae = {**long, "b22": False}
    return fit_found(
        {**defects, "elsewhere": defects["b0"], "g0": defects["b0"]},
        [make_judged(0, cae), make_judged(1, dict.fromkeys(keys, True))],
    )


def test_curves_are_fitted_by_size_and_by_the_amount_of_contrast(found: list[FoundBy]) -> None:
    by_size, by_contrast = found
    assert (by_size.by, by_contrast.by) == (Varied.SIZE, Varied.CONTRAST)
    assert len(by_size.values) == 40, "neither good parts nor images that were not tested"
    assert set(by_contrast.values) == {10.0, 11.0, 12.0}, "darker ones count, too"
    fit = by_size.fits["cae"]
    assert fit.a50 == pytest.approx(16, rel=0.15)
    assert fit.a90 is not None
    assert 16 < fit.a90 < 32


def test_the_table_says_from_where_on_half_and_nine_in_ten_are_found(found: list[FoundBy]) -> None:
    shown = {info.name: Shown(info, 0, make_report({"b0": 1.0})) for info in (CAE, UNET)}
    cae, unet = tabulate_found(found, shown).to_dict("records")
    assert cae["found"] == f"{int(found[0].hits['cae'].sum())} of 40"
    assert cae["half found, size"].endswith(" px")
    assert unet["found"] == "40 of 40"
    assert unet["half found, size"] == "at most 4 px"


def test_the_plot_marks_both_points_and_shows_what_was_counted(found: list[FoundBy]) -> None:
    shown = {info.name: Shown(info, 0, make_report({"b0": 1.0})) for info in (CAE, UNET)}
    plot = draw_found(found[0], shown)
    traces = {trace.name: trace for trace in plot.data}
    points = traces[f"{CAE.title}, 50 and 90 %"]
    assert list(points.y) == [0.5, 0.9]
    assert points.x[0] == found[0].fits["cae"].a50
    assert f"{UNET.title}, 50 and 90 %" not in traces, "they may lie below the smallest"
    quarters = traces[f"{CAE.title}, quarters"]
    assert [row[1] for row in quarters.customdata] == [10, 10, 10, 10]
    assert quarters.y[0] == 0.0
    assert quarters.y[3] == 1.0


def test_without_measured_defects_there_is_nothing() -> None:
    assert fit_found({}, [make_judged(0, {"b0": True})]) == []
    defect = RealDefect(size=4.0, contrast=9.0, row=0, column=0)
    assert fit_found({"b1": defect}, [make_judged(0, {"b0": True})]) == []
