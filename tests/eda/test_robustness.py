"""What was measured under stress, in words, tables, plots and a page."""

from dataclasses import replace

from eda.sensitivity.robustness import (
    draw_robustness,
    list_counts,
    make_robustness_page,
    tabulate_robustness,
)
from inspection.detector import DetectorInfo
from inspection.evaluation.joint import JOINT_INFO
from inspection.joint import JOINT
from inspection.sensitivity.robustness import (
    Robustness,
    StressedAnswer,
    count_answers,
    describe_robustness,
)

INFOS = {"cae": DetectorInfo("cae", "<CAE>"), JOINT: JOINT_INFO}
TITLES = {name: info.title for name, info in INFOS.items()}


def answer(
    level: float, number: int, kind: str | None, detector: str, *, is_flagged: bool
) -> StressedAnswer:
    name = f"{kind}{number}"
    is_found = None if kind is None else is_flagged
    return StressedAnswer(
        "brightness", level, name, name, kind, detector, 1.0, 1.0, is_flagged, is_found
    )


def make_robustness(*, num_defective: int = 10) -> Robustness:
    """Return counts of which the CAE raises 18 of 100 alarms in less light and misses in more."""
    answers = [
        answer(level, number, None, name, is_flagged=number < num_flagged)
        for name, flagged in (("cae", (18, 2, 2)), (JOINT, (2, 2, 2)))
        for level, num_flagged in zip((-20, 0, 20), flagged, strict=True)
        for number in range(100)
    ]
    answers += [
        answer(level, number, "dent", name, is_flagged=name == JOINT or level < 20 or number > 7)
        for name in ("cae", JOINT)
        for level in (-20, 0, 20)
        for number in range(num_defective)
    ]
    stresses = tuple(count_answers(answers, 0.02))
    return Robustness(
        "drawn",
        "part",
        (),
        0.02,
        0,
        100,
        num_defective,
        "",
        "python cli.py stress",
        "now",
        stresses,
    )


def test_a_sentence_says_from_where_on_the_promise_is_broken() -> None:
    first, second = describe_robustness(make_robustness(), TITLES)
    assert first == (
        "Brightness: at -20 % light <CAE> flags 18 of 100 good parts (95 % interval: 11 to 27 in "
        "100), where 2 in 100 were promised; at +20 % light <CAE> finds 2 of 10 defects instead of "
        "10 of 10."
    )
    assert second == (
        "Brightness: Joint verdict keeps its promise and finds as many defects from -20 % light "
        "to +20 % light."
    )


def test_the_table_says_where_the_promise_holds_and_what_is_worst() -> None:
    first, second = tabulate_robustness(make_robustness(), INFOS).to_dict("records")
    assert first["promise holds"] == "0 to 20 % light"
    assert first["most good parts flagged, in 100"] == "18 at -20 % light"
    assert (first["recall holds"], first["least recall"]) == (
        "-20 to 0 % light",
        "0.20 at +20 % light",
    )
    assert second["promise holds"] == second["recall holds"] == "-20 to 20 % light"


def test_without_defects_there_is_no_recall() -> None:
    found = make_robustness(num_defective=0)
    row = tabulate_robustness(found, INFOS).to_dict("records")[0]
    assert {row["recall, no stress"], row["recall holds"], row["least recall"]} == {"–"}
    assert len(draw_robustness(found, found.stresses[0], INFOS).data) == 2


def test_without_good_parts_there_are_no_alarms_and_no_promise() -> None:
    whole = make_robustness()
    bad = [
        answer(level, number, "dent", "cae", is_flagged=True)
        for level in (-20, 0, 20)
        for number in range(3)
    ]
    found = replace(whole, num_good=0, stresses=tuple(count_answers(bad, 0.02)))
    row = tabulate_robustness(found, INFOS).to_dict("records")[0]
    assert {row["promise holds"], row["most good parts flagged, in 100"]} == {"–"}
    assert list(draw_robustness(found, found.stresses[0], INFOS).data[0].y) == [None] * 3
    assert list(describe_robustness(found, TITLES)) == [
        "Brightness: <CAE> finds as many defects from -20 % light to +20 % light."
    ]


def test_a_plot_shows_alarms_with_their_intervals_and_recall_of_every_detector() -> None:
    found = make_robustness()
    plot = draw_robustness(found, found.stresses[0], INFOS)
    alarms, recall = plot.data[0], plot.data[1]
    assert list(alarms.x) == [-20, 0, 20]
    assert list(alarms.y) == [18, 2, 2]
    assert alarms.error_y.arrayminus[0] < 18
    assert list(recall.y) == [1.0, 1.0, 0.2]
    assert alarms.name == "<CAE>"


def test_every_count_is_listed_for_other_programs() -> None:
    rows = list(list_counts(make_robustness()))
    assert len(rows) == 2 * 3
    assert (rows[0]["num_false_alarms"], rows[0]["num_good_parts"]) == (18, 100)
    assert rows[0]["is_within_promise"] is False


def test_the_page_needs_nothing_else_and_shows_names_as_they_are() -> None:
    page = make_robustness_page(make_robustness(), INFOS)
    assert "<h1>drawn/part under stress</h1>" in page
    assert "&lt;CAE&gt; flags 18 of 100 good parts" in page
    assert "python cli.py stress" in page
    assert "<CAE> raises" not in page
    assert page.count('class="fig"') == 1
