"""One split per product: held-out means held out, parts are never torn apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspection.errors import CheckpointError, DatasetError, SettingsError
from inspection.products.checkpoint_folders import fingerprint
from inspection.products.split_labels import Labels, labelled_parts, with_labels
from inspection.products.split_plan import SplitKind, SplitPlan, load_split, save_split
from inspection.products.splits import (
    apply_split,
    group_samples,
    make_random_split,
    make_split,
    open_split,
    with_new,
)
from inspection.types import Sample, Split


def normal(count: int, *, split: Split = Split.TRAIN, group_of: int = 0) -> list[Sample]:
    return [
        Sample(
            f"{split.value}/good/{i}.png",
            Path("x.png"),
            "disc",
            split,
            group=f"g{i // group_of}" if group_of else None,
        )
        for i in range(count)
    ]


def defective(
    count: int, kind: str, *, split: Split = Split.TEST, group: str | None = None
) -> list[Sample]:
    return [
        Sample(
            f"{split.value}/{kind}/{i}.png", Path("x"), "disc", split, kind, (Path("m"),), (), group
        )
        for i in range(count)
    ]


@pytest.mark.parametrize(
    ("num_normal", "held_out"), [(500, 100), (100, 20), (60, 20), (28, 14), (5, 2), (2, 1)]
)
def test_a_fifth_is_held_out_but_at_least_20_and_at_most_half(
    num_normal: int, held_out: int
) -> None:
    roles = Counter(make_split(normal(num_normal)).roles.values())
    assert roles[Split.CALIBRATION] == held_out
    assert roles[Split.TRAIN] >= 1


def test_groups_are_held_out_whole() -> None:
    samples = normal(300, group_of=6)
    plan = make_split(samples)
    roles: dict[str, set[Split]] = {}
    for sample in samples:
        roles.setdefault(sample.unit, set()).add(plan.roles[sample.id])
    assert all(len(found) == 1 for found in roles.values())
    assert sum(found == {Split.CALIBRATION} for found in roles.values()) == 20  # of 50 groups


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_files() -> None:
    samples = normal(100)
    assert make_split(samples).roles == make_split(samples[::-1]).roles
    assert make_split(samples).roles != make_split(samples, seed=1).roles


def test_one_normal_part_is_too_few() -> None:
    with pytest.raises(DatasetError, match="at least 2"):
        make_split(normal(1))


def test_labelled_defects_leave_the_test_part_by_type() -> None:
    samples = normal(40) + defective(10, "dent") + defective(4, "stain")
    plan = with_labels(make_split(samples), samples, Labels(0.5))
    left = Counter(s.defect_type for s in samples if plan.roles.get(s.id) is Split.TEST)
    assert left == {"dent": 5, "stain": 2}
    used = apply_split(samples, plan, labels=Labels(0.5))
    learned = Counter(s.split for s in used if s.is_anomalous and s.split is not Split.TEST)
    assert learned[Split.TRAIN] > learned[Split.VALIDATION] >= 1
    assert sum(learned.values()) == 7


def test_without_a_labelled_fraction_no_defect_is_learned() -> None:
    samples = normal(40) + defective(10, "dent")
    plan = with_labels(make_split(samples), samples, Labels(0.5))
    used = apply_split(samples, plan)
    assert all(s.split is Split.TEST for s in used if s.is_anomalous)


def test_a_smaller_fraction_is_part_of_a_larger_one_and_gives_nothing_back() -> None:
    samples = normal(40) + defective(20, "dent")
    plan = make_split(samples)
    small, large = (
        labelled_parts(plan, samples, Labels(0.25)),
        labelled_parts(plan, samples, Labels(0.75)),
    )
    assert set(small) < set(large)
    widened = with_labels(plan, samples, Labels(0.75))
    assert with_labels(widened, samples, Labels(0.25)) is widened


def test_a_normal_view_of_a_learned_part_is_not_tested() -> None:
    views = [
        Sample(f"test/good/{g}.png", Path("x"), "disc", Split.TEST, group=g)
        for g in ("a", "b", "c")
    ]
    marked = [s for g in ("a", "b", "c") for s in defective(1, f"dent{g}", group=g)]
    marked = [
        Sample(s.id, s.image_path, "disc", Split.TEST, "dent", s.mask_paths, (), s.group)
        for s in marked
    ]
    samples = normal(10) + views + marked
    plan = with_labels(make_split(samples), samples, Labels(0.34))
    units = labelled_parts(plan, samples, Labels(0.34))
    assert len(units) == 1
    assert all(plan.roles.get(s.id) is not Split.TEST for s in samples if s.unit in units)


def test_defects_of_the_training_part_come_first_and_never_from_calibration_parts() -> None:
    samples = normal(120, group_of=2)
    plan = make_split(samples)
    in_training = [
        Sample(f"t{i}", Path("x"), "disc", Split.TRAIN, "dent", (Path("m"),), (), f"g{i}")
        for i in range(60)
    ]
    every = [*samples, *in_training, *defective(60, "dent")]
    chosen = labelled_parts(plan, every, Labels(0.4))
    held_out = {s.unit for s in samples if plan.roles[s.id] is Split.CALIBRATION}
    assert len(held_out) == 20
    assert not held_out & set(chosen)
    assert all(unit.startswith("g") for unit in chosen)


def test_one_part_of_each_type_stays_for_testing() -> None:
    samples = normal(10) + defective(2, "dent") + defective(1, "stain")
    assert len(labelled_parts(make_split(samples), samples, Labels(0.99))) == 1


def test_labels_that_do_not_exist_are_refused() -> None:
    samples = normal(10)
    with pytest.raises(DatasetError, match="synthetic"):
        labelled_parts(make_split(samples), samples, Labels(0.5))
    with pytest.raises(SettingsError, match="between 0 and 1"):
        labelled_parts(make_split(samples), samples, Labels(1.5))


def test_images_added_later_are_tested_or_left_out() -> None:
    samples = normal(10)
    plan = make_split(samples)
    later = [*samples, *normal(11)[10:], *normal(1, split=Split.TEST), *defective(1, "dent")]
    used = apply_split(later, plan)
    assert {s.id for s in used} - {s.id for s in samples} == {"test/good/0.png", "test/dent/0.png"}


def test_a_split_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    samples = normal(40) + defective(10, "dent")
    plan = with_labels(make_split(samples, seed=7), samples, Labels(0.5))
    assert load_split(tmp_path) is None
    save_split(tmp_path / "new", plan)
    assert load_split(tmp_path / "new") == plan


def test_a_damaged_split_is_refused(tmp_path: Path) -> None:
    for text in ('{"format": 1, "roles": {"lunch": ["a"]}}', '{"format": 1, "ro'):
        (tmp_path / "split.json").write_text(text)
        # training alone would meet the same file again
        with pytest.raises(CheckpointError, match=r"split\.json is damaged .* delete the folder"):
            load_split(tmp_path)


def test_the_fingerprint_names_ids_and_pixels() -> None:
    assert fingerprint({"a": "1", "b": "2"}) == fingerprint({"b": "2", "a": "1"})
    assert fingerprint({"a": "1"}) != fingerprint({"a": "2"})


def keep_split(folder: Path, samples: Sequence[Sample], **options: Any) -> SplitPlan:
    """Plan and keep a split, as a training that ends well does."""
    plan = open_split(folder, samples, **options)
    save_split(folder, plan)
    return plan


def test_training_images_added_later_get_a_use_and_the_others_keep_theirs(tmp_path: Path) -> None:
    first = keep_split(tmp_path, normal(50))
    later = [*normal(150), *normal(1, split=Split.TEST)]
    second = keep_split(tmp_path, later)
    assert all(second.roles[key] is role for key, role in first.roles.items())
    added = Counter(role for key, role in second.roles.items() if key not in first.roles)
    assert added == {Split.TRAIN: 80, Split.CALIBRATION: 20}
    assert keep_split(tmp_path, later) == second


def test_labels_that_are_only_asked_for_leave_the_test_part_as_it_is(tmp_path: Path) -> None:
    samples = [*normal(40), *defective(20, "dent")]
    assert open_split(tmp_path, samples, labels=Labels(0.5)).labelled_fraction == 0.5
    stored = load_split(tmp_path)
    assert stored is not None
    assert stored.labelled_fraction == 0
    assert stored == open_split(tmp_path, samples)


def test_defects_do_not_count_where_late_good_images_are_divided() -> None:
    good = normal(35)
    bad = defective(30, "dent", split=Split.TRAIN)
    plan = with_labels(make_split([*good[:30], *bad]), [*good[:30], *bad], Labels(0.9))
    widened = with_new(plan, [*good, *bad])
    uses = Counter(widened.roles[sample.id] for sample in good)
    assert uses[Split.CALIBRATION] <= 17


def test_renamed_training_images_are_divided_like_new_ones(tmp_path: Path) -> None:
    plan = make_split(normal(40))
    renamed = [replace(s, id=s.id.replace(".png", ".jpg")) for s in normal(40)]
    widened = with_new(plan, renamed)
    uses = Counter(widened.roles[sample.id] for sample in renamed)
    assert uses == {Split.CALIBRATION: 20, Split.VALIDATION: 2, Split.TRAIN: 18}
    some = [*normal(40)[:30], *renamed[30:]]
    uses = Counter(with_new(plan, some).roles[sample.id] for sample in some)
    assert uses[Split.CALIBRATION] >= 20


def test_a_new_view_of_a_known_part_shares_its_use() -> None:
    samples = normal(120, group_of=2)
    plan = make_split(samples)
    views = [replace(s, id=f"again/{s.id}") for s in samples]
    widened = with_new(plan, [*samples, *views])
    assert all(widened.roles[v.id] is plan.roles[s.id] for s, v in zip(samples, views, strict=True))


def test_a_torn_group_of_near_duplicates_comes_to_lie_on_one_side(tmp_path: Path) -> None:
    def sample(name: str, split: Split, kind: str | None = None) -> Sample:
        return Sample(name, tmp_path / name, "c", split, kind)

    samples = [
        sample("a", Split.TRAIN),
        sample("b", Split.TRAIN),
        sample("c", Split.TEST),
        sample("d", Split.TRAIN),
        sample("e", Split.TEST, "crack"),
        sample("f", Split.TRAIN),
    ]
    grouped = group_samples(samples, ["1", "1", "1", "2", "2", "3"])
    assert [one.split.value for one in grouped] == ["train"] * 3 + ["test"] * 2 + ["train"]
    assert [one.group for one in grouped] == ["1", "1", "1", "2", "2", "3"]


def test_a_stored_split_that_tears_duplicates_apart_is_not_taken_for_a_grouped_one(
    tmp_path: Path,
) -> None:
    samples = [Sample(f"{i}", tmp_path / f"{i}", "c", Split.TRAIN) for i in range(6)]
    keep_split(tmp_path / "own", samples)
    with pytest.raises(CheckpointError, match="kind own, not grouped"):
        keep_split(tmp_path / "own", samples, kind=SplitKind.GROUPED)
    keep_split(tmp_path / "grouped", samples, kind=SplitKind.GROUPED)
    plan = load_split(tmp_path / "grouped")
    assert plan is not None
    assert plan.kind is SplitKind.GROUPED


def test_groups_that_were_found_once_hold_for_whoever_opens_the_split_later(
    tmp_path: Path,
) -> None:
    bare = [*normal(40), *normal(20, split=Split.TEST), *defective(20, "dent")]
    pairs = [f"pair {sample.unit.split('/')[-1]}-{sample.defect_type}" for sample in bare]
    grouped = group_samples(bare, pairs)
    first = keep_split(tmp_path, grouped, kind=SplitKind.GROUPED)
    late = Sample("train/good/late.png", Path("x"), "disc", Split.TRAIN, group=bare[0].unit)
    labels = Labels(0.5)
    plan = keep_split(tmp_path, [*bare, late], labels=labels)
    assert plan.groups == first.groups
    assert plan == keep_split(tmp_path, grouped, labels=labels, kind=SplitKind.GROUPED)
    used = apply_split([*bare, late], plan, labels=labels)
    uses: dict[str | None, set[Split]] = {}
    for sample in used:
        uses.setdefault(sample.group, set()).add(sample.split)
    assert len(uses) == 60
    assert all(len(found) == 1 for found in uses.values())


def test_a_grouped_split_without_its_groups_is_not_torn_apart(tmp_path: Path) -> None:
    samples = normal(40, group_of=2)
    save_split(tmp_path, replace(make_split(samples), kind=SplitKind.GROUPED))
    with pytest.raises(CheckpointError, match="with --split grouped"):
        keep_split(tmp_path, samples)
    assert keep_split(tmp_path, samples, kind=SplitKind.GROUPED).groups
    assert keep_split(tmp_path, samples).kind is SplitKind.GROUPED


def test_a_random_split_takes_the_same_share_of_every_class() -> None:
    samples = [*normal(100, group_of=5), *defective(20, "dent"), *defective(10, "crack")]
    samples += defective(1, "lonely")
    plan = make_random_split(samples, seed=1)
    tested = Counter(s.defect_type for s in samples if plan.roles[s.id] is Split.TEST)
    assert tested == {None: 20, "dent": 4, "crack": 2}
    uses = Counter(plan.roles[s.id] for s in samples if not s.is_anomalous)
    assert uses[Split.CALIBRATION] == 20
    assert plan.roles == make_random_split(samples[::-1], seed=1).roles
    assert plan.roles != make_random_split(samples, seed=2).roles
    learned = apply_split(samples, plan, labels=Labels(None, needs_masks=False))
    assert len(learned) == len(samples)
    assert not any(s.is_anomalous and s.split is not Split.TEST for s in apply_split(samples, plan))


def test_labels_of_the_training_part_are_learned_where_no_share_is_asked_for() -> None:
    inside = defective(10, "dent", split=Split.TRAIN)
    samples = [*normal(40), *inside, *defective(10, "dent")]
    labels = Labels(None, needs_masks=False)
    plan = with_labels(make_split(samples), samples, labels)
    used = apply_split(samples, plan, labels=labels)
    learned = {s.id for s in used if s.is_anomalous and s.split is not Split.TEST}
    assert learned == {s.id for s in inside}
    assert Counter(s.split for s in used if s.id in learned) == {
        Split.TRAIN: 8,
        Split.VALIDATION: 2,
    }
    with pytest.raises(DatasetError, match=r"in the training part.*--labelled-defects"):
        labelled_parts(plan, [s for s in samples if s.split is Split.TEST], labels)


def test_labels_without_masks_serve_a_classifier_alone() -> None:
    bare = [replace(sample, mask_paths=()) for sample in defective(10, "dent")]
    samples = [*normal(40), *bare]
    plan = make_split(samples)
    assert len(labelled_parts(plan, samples, Labels(0.5, needs_masks=False))) == 5
    with pytest.raises(DatasetError, match="with masks"):
        labelled_parts(plan, samples, Labels(0.5))


def test_a_dataset_of_defects_alone_has_a_split_for_a_classifier_only(tmp_path: Path) -> None:
    samples = [*defective(10, "dent", split=Split.TRAIN), *defective(5, "dent")]
    plan = keep_split(tmp_path, samples, labels=Labels(None, needs_masks=False))
    assert Counter(plan.roles.values()) == {Split.TEST: 5, Split.TRAIN: 8, Split.VALIDATION: 2}
    with pytest.raises(DatasetError, match="0 normal parts"):
        make_split(samples)
