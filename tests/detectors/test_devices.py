"""Where and how PyTorch computes on each kind of device."""

from pathlib import Path

import pytest
import torch

import detectors
from detectors.devices import choose_device, memory_layout
from inspection.errors import SettingsError


def test_devices_are_chosen_by_name_and_an_absent_one_is_refused() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto") == choose_device()
    with pytest.raises(SettingsError, match="Use auto, cpu, cuda or mps"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(SettingsError, match="--device cpu"):
            choose_device("cuda")


@pytest.mark.parametrize(
    ("device", "layout"),
    [
        ("cpu", torch.channels_last),
        ("cuda", torch.channels_last),
        ("mps", torch.contiguous_format),  # whose batch norm learned from wrong gradients
    ],
)
def test_images_lie_in_memory_as_the_device_computes_right(
    device: str, layout: torch.memory_format
) -> None:
    assert memory_layout(torch.device(device)) is layout


def test_no_detector_chooses_the_layout_by_itself() -> None:
    folder = Path(detectors.__file__).parent
    choosing = [
        p.name for p in folder.rglob("*.py") if "torch.channels_last" in p.read_text("utf-8")
    ]
    assert choosing == ["devices.py"]


def test_no_number_becomes_a_double_before_it_is_back_on_the_cpu() -> None:
    """Apple's MPS knows no float64."""
    for path in Path(detectors.__file__).parent.rglob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            assert ".double()" not in line or ".cpu().double()" in line, f"{path.name}: {line}"
