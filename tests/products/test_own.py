"""Products that are made in the page: their folders, names, and what is left out."""

from pathlib import Path

import pytest
from PIL import Image

from inspection.datasets.dataset import read_dataset
from inspection.errors import DatasetError
from inspection.products.own import LEFT_OUT, OwnProducts
from inspection.products.split_plan import load_split
from inspection.products.splits import find_test_samples, open_split
from tests.doubles.parts import draw_part


@pytest.fixture
def own(tmp_path: Path) -> OwnProducts:
    return OwnProducts(tmp_path / "own", tmp_path / "checkpoints" / "own")


def fill(own: OwnProducts, name: str, *, good: int = 6, bad: int = 2) -> str:
    name = own.create(name)
    path = own.root / "arriving.png"
    for index in range(good + bad):
        Image.fromarray(draw_part(index)[0]).save(path)
        kind = None if index < good else "dent"
        assert own.take_in(name, path, f"{index}.png", kind).refused == []
    path.unlink()
    return name


def test_a_product_is_a_dataset_that_everything_reads(own: OwnProducts) -> None:
    fill(own, "Haselnuß 1")
    fill(own, "bracket", bad=0)
    source = read_dataset(own.root)
    assert source.categories == ("bracket", "Haselnuß 1")
    assert own.names == ["bracket", "Haselnuß 1"]
    part = own.read("Haselnuß 1")
    assert sum(not sample.is_anomalous for sample in part.samples) == 6
    assert {s.defect_type for s in part.samples if s.is_anomalous} == {"dent"}


@pytest.mark.parametrize("name", ["MT_Free", "Class1", "object", "1", "cam1", "defects", "data"])
def test_a_name_that_looks_like_another_layout_is_a_name_as_any(
    own: OwnProducts, name: str
) -> None:
    if name == "data":
        with pytest.raises(DatasetError, match="meaning"):
            own.create(name)
        return
    fill(own, name)
    assert read_dataset(own.root, name="own").of(name).layout == "mvtec"


def test_a_product_that_exists_in_another_case_is_not_made_twice(own: OwnProducts) -> None:
    own.create("Bracket")
    with pytest.raises(DatasetError, match="already"):
        own.create("bracket")
    own.checkpoints.joinpath("learned").mkdir(parents=True)
    with pytest.raises(DatasetError, match="already"):
        own.create("learned")


def test_a_photograph_is_left_out_and_taken_in_again_without_a_file_being_touched(
    own: OwnProducts,
) -> None:
    name = fill(own, "bracket")
    before = {path: path.read_bytes() for path in own.root.rglob("*.png")}
    ids = [one.id for one in own.photographs(name)][:2]
    own.leave_out(name, ids)
    assert [one.id for one in own.photographs(name) if one.is_left_out] == ids
    source = own.read(name)
    assert [sample.id for sample in source.excluded or ()] == ids
    plan = open_split(
        own.checkpoints / name, source.samples, excluded=[s.id for s in source.excluded or ()]
    )
    assert plan.excluded == set(ids)
    assert plan.roles.keys().isdisjoint(ids)
    own.leave_out(name, ids, is_out=False)
    assert not any(one.is_left_out for one in own.photographs(name))
    assert {path: path.read_bytes() for path in own.root.rglob("*.png")} == before


@pytest.mark.parametrize("ids", [[], ["bracket/train/good/77.png"], "all", None, [1]])
def test_what_is_no_photograph_cannot_be_left_out(own: OwnProducts, ids: object) -> None:
    fill(own, "bracket")
    with pytest.raises(DatasetError, match="no such photograph"):
        own.leave_out("bracket", ids)


@pytest.mark.parametrize("name", ["", "..", "../own", None, 3, "other"])
def test_a_product_that_is_not_there_is_told(own: OwnProducts, name: object) -> None:
    fill(own, "bracket")
    for work in (own.photographs, own.read, own.forget):
        with pytest.raises(DatasetError, match="no such product"):
            work(name)


def test_a_new_name_goes_through_to_what_was_learned(own: OwnProducts) -> None:
    name = fill(own, "bracket")
    own.leave_out(name, ["bracket/train/good/0.png"])
    folder = own.checkpoints / name
    source = own.read(name)
    plan = open_split(folder, source.samples, excluded=["bracket/train/good/0.png"])
    assert own.rename(name, "Winkel") == "Winkel"
    assert own.names == ["Winkel"]
    renamed = load_split(own.checkpoints / "Winkel")
    assert renamed is not None
    assert renamed.roles == {
        key.replace("bracket/", "Winkel/"): role for key, role in plan.roles.items()
    }
    assert renamed.excluded == {"Winkel/train/good/0.png"}
    tested = find_test_samples(own.checkpoints / "Winkel", own.read("Winkel").samples)
    assert [sample.id for sample in tested] == ["Winkel/test/dent/6.png", "Winkel/test/dent/7.png"]
    assert "Winkel/train/good/0.png" in (own.root / "Winkel" / LEFT_OUT).read_text()


def test_a_name_can_change_its_case(own: OwnProducts) -> None:
    fill(own, "bracket")
    assert own.rename("bracket", "Bracket") == "Bracket"


def test_forgetting_moves_what_was_learned_and_keeps_the_photographs(own: OwnProducts) -> None:
    name = fill(own, "bracket")
    open_split(own.checkpoints / name, own.read(name).samples)
    target = own.forget(name)
    assert target is not None
    kept = load_split(target)
    assert kept is not None
    assert kept.seed == 0
    assert not (own.checkpoints / name).exists()
    assert len(own.photographs(name)) == 8
    assert own.forget(name) is None
