"""Which detector to take: no more is said than the test images can carry."""

from collections.abc import Sequence
from dataclasses import replace
from math import comb

import numpy as np
import pytest

from inspection.evaluation.answer import answer
from inspection.evaluation.paired import compare_pair, mcnemar
from inspection.evaluation.records import GroundTruth, ScoredImage
from inspection.evaluation.verdicts import Verdicts

TITLES = {"cae": "CAE", "unet": "U-Net", "patchcore": "PatchCore", "joint": "Joint verdict"}
GOOD = 50


def make_verdicts(
    detector: str,
    found: Sequence[bool],
    *,
    alarms: int = 0,
    num_good: int = GOOD,
    parts: int = 0,
    name: str = "",
) -> Verdicts:
    """Return verdicts on defective images, of which some were found, and on good ones.

    Args:
        parts: that the defective images show; each its own without.
        name: of the test set.
    """
    defects: list[str | None] = ["dent"] * len(found)
    images = tuple(
        ScoredImage(
            id=f"{name}{place}",
            category="disc",
            split="test",
            defect_type=kind,
            unit=f"bad {place % parts}" if parts and kind else f"{place}",
            pixel_hash="",
            image_score=1.0,
            seconds=0.1,
            measures={},
            ground_truth=GroundTruth.MISSING,
            pixels=None,
        )
        for place, kind in enumerate([*defects, *[None] * num_good])
    )
    flags = np.array([*found, *[place < alarms for place in range(num_good)]], bool)
    ones = np.ones(len(images))
    return Verdicts(detector, 0.02, images, flags, ones, ones)


def first(count: int, total: int = 32) -> list[bool]:
    return [place < count for place in range(total)]


def test_a_clear_winner_is_named_and_nobody_else() -> None:
    found = answer(
        "fabric",
        [
            make_verdicts("cae", first(12), alarms=1),
            make_verdicts("unet", first(29)),
            make_verdicts("patchcore", first(14)),
        ],
        TITLES,
    )
    assert found.headline == (
        "For fabric, U-Net finds 29 of 32 defects while it flags none of 50 good parts; "
        "PatchCore 14, CAE 12."
    )
    assert found.conclusion == (
        "U-Net finds more than PatchCore and CAE; chance does not explain it."
    )
    assert [one.is_behind for one in found.standings] == [False, True, True]
    assert len(found.evidence) == 3


def test_a_difference_within_chance_names_no_winner() -> None:
    verdicts = [
        make_verdicts("unet", first(25)),
        make_verdicts("cae", first(24)),
        make_verdicts("joint", first(22)),
    ]
    found = answer("fabric", verdicts, TITLES)
    assert found.headline.startswith("For fabric, U-Net finds 25 of 32 defects")
    assert found.headline.endswith("CAE 24, Joint verdict 22."), "the joint verdict is a row, too"
    assert found.conclusion.startswith("The differences are within chance: 32 defects")
    assert not any(one.is_behind for one in found.standings)
    assert "best" not in f"{found.headline} {found.conclusion}".lower()


def test_some_may_be_behind_and_others_not() -> None:
    verdicts = [
        make_verdicts("unet", first(30)),
        make_verdicts("cae", first(28)),
        make_verdicts("patchcore", first(10)),
    ]
    conclusion = answer("fabric", verdicts, TITLES).conclusion
    assert conclusion == (
        "U-Net finds more than PatchCore; chance does not explain it. "
        "Its difference to CAE is within chance."
    )


def test_equals_stand_side_by_side() -> None:
    verdicts = [make_verdicts(name, first(7, 9)) for name in ("cae", "unet")]
    found = answer("ring", verdicts, TITLES)
    assert found.headline == "For ring, CAE and U-Net each find 7 of 9 defects."
    assert found.conclusion == "They find equally many."


def test_detectors_of_other_test_images_are_not_compared() -> None:
    verdicts = [
        make_verdicts("cae", first(30)),
        make_verdicts("unet", first(2, 20), name="other "),
    ]
    found = answer("ring", verdicts, TITLES)
    assert "U-Net 2 of 20" in found.headline
    assert "cannot be compared" in found.conclusion
    assert "cli.py evaluate" in found.conclusion
    assert found.evidence == ()
    same_names = make_verdicts("unet", first(2))
    images = tuple(replace(image, pixel_hash="another") for image in same_names.images)
    other = replace(same_names, images=images)
    assert "cannot be compared" in answer("ring", [verdicts[0], other], TITLES).conclusion


def test_one_detector_alone_is_compared_with_nobody() -> None:
    found = answer("ring", [make_verdicts("cae", first(24))], TITLES)
    assert (
        found.headline
        == "For ring, CAE finds 24 of 32 defects while it flags none of 50 good parts."
    )
    assert found.conclusion.startswith("That is 57 to 89 % of all such defects"), "Clopper-Pearson"
    assert "no other detector" in found.conclusion


def test_without_defects_only_false_alarms_are_told() -> None:
    verdicts = [make_verdicts("cae", [], alarms=1), make_verdicts("unet", [])]
    found = answer("ring", verdicts, TITLES)
    assert found.headline.endswith("there is no defective test image: nobody knows what is found.")
    assert found.conclusion == ("Of the good parts, U-Net flags 0 of 50 and CAE flags 1 of 50.")


def test_without_good_parts_nothing_is_said_of_false_alarms() -> None:
    found = answer("ring", [make_verdicts("cae", first(3, 4), num_good=0)], TITLES)
    assert found.headline == "For ring, CAE finds 3 of 4 defects."


def test_what_is_bought_with_false_alarms_is_said() -> None:
    verdicts = [make_verdicts("unet", first(31), alarms=20), make_verdicts("cae", first(12))]
    found = answer("ring", verdicts, TITLES)
    assert "finds 31 of 32 defects while it flags 20 of 50 good parts; CAE 12" in found.headline
    assert found.conclusion.endswith("U-Net flags 20 of 50 good parts, more than was promised.")
    assert [one.keeps_promise for one in found.standings] == [False, True]


def test_many_images_of_few_parts_are_no_proof() -> None:
    """Of three parts, 12 images each, one detector finds two and the other none."""
    of_parts = [place % 3 < 2 for place in range(36)]
    alone = [make_verdicts("unet", of_parts), make_verdicts("cae", [False] * 36)]
    assert answer("ring", alone, TITLES).standings[1].is_behind
    grouped = [
        make_verdicts("unet", of_parts, parts=3),
        make_verdicts("cae", [False] * 36, parts=3),
    ]
    assert "within chance" in answer("ring", grouped, TITLES).conclusion


@pytest.mark.parametrize(("one", "other"), [(0, 0), (0, 5), (3, 3), (2, 9), (12, 1), (40, 60)])
def test_mcnemar_is_twice_the_smaller_binomial_tail(one: int, other: int) -> None:
    total = one + other
    tail = sum(comb(total, count) for count in range(min(one, other) + 1)) / 2**total
    assert mcnemar(one, other) == pytest.approx(min(1.0, 2 * tail))


def test_the_paired_interval_covers_the_true_difference_as_often_as_it_says() -> None:
    """One finds 80, the other 60 of 100; where one fails, the other tends to fail, too."""
    rng = np.random.default_rng(4)
    hits = 0
    for trial in range(200):
        level = rng.random(80)
        both = (level < 0.8, np.where(rng.random(80) < 0.7, level < 0.6, rng.random(80) < 0.6))
        found = compare_pair(*both, [str(place) for place in range(80)], doubt=0.05, seed=trial)
        hits += found.low <= 0.2 <= found.high
    assert 0.90 <= hits / 200 <= 0.985
