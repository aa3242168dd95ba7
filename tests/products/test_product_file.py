"""What a product has decided is kept in a file of its own."""

import json
from pathlib import Path

import pytest

from inspection.errors import CheckpointError, InspectionError
from inspection.files import write_json
from inspection.products.product_file import (
    PRODUCT,
    read_settings,
    save_product_rate,
)
from tests.doubles.detectors import make_calibration


def test_the_rate_of_a_product_is_its_own_but_never_below_a_floor(tmp_path: Path) -> None:
    few, many = make_calibration(*range(9)), make_calibration(*range(99))
    assert read_settings(tmp_path).rate([many]) == 0.02
    save_product_rate(tmp_path, 0.05)
    assert read_settings(tmp_path).rate([many]) == 0.05
    assert read_settings(tmp_path).rate([many, few]) == 0.1


def test_a_product_keeps_its_own_rate(tmp_path: Path) -> None:
    assert read_settings(tmp_path).own_rate is None
    save_product_rate(tmp_path, 0.05)
    assert read_settings(tmp_path).own_rate == 0.05
    content = {"format": 1, "opens_with": "a/b.png"}
    (tmp_path / "product.json").write_text(json.dumps(content))
    assert read_settings(tmp_path).own_rate is None
    save_product_rate(tmp_path, 0.1)
    assert read_settings(tmp_path).own_rate == 0.1
    assert read_settings(tmp_path).opening == "a/b.png"
    (tmp_path / "product.json").write_text(json.dumps({"format": 1, "false_alarm_rate": 7.0}))
    with pytest.raises(CheckpointError, match="between 0 and 1"):
        read_settings(tmp_path)


@pytest.mark.parametrize("text", ["{", '{"format": 99}', '{"format": 1, "false_alarm_rate": 7}'])
def test_a_damaged_file_of_a_product_says_what_no_training_would_mend(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "product.json").write_text(text, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"product\.json .* Delete it.*cli\.py calibrate"):
        read_settings(tmp_path)


def test_the_rate_of_a_product_is_stored_again_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "nuts" / "metal nut"
    folder.mkdir(parents=True)
    write_json(folder / PRODUCT, {"format": 1, "false_alarm_rate": 7})
    with pytest.raises(InspectionError, match='calibrate --category "nuts/metal nut" --false'):
        read_settings(folder)
