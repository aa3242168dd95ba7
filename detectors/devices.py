"""Choose where PyTorch computes, and how finely."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from inspection.errors import SettingsError
from inspection.memory import memory_bounded
from inspection.processors import count_processors


def describe_devices() -> dict[str, str]:
    """Return what PyTorch can compute on here, and with how much of it, by device."""
    cores = f"{count_processors()} processors, {torch.get_num_threads()} threads"
    found = {"cpu": f"{platform.machine()}, {cores}", "cuda": f"none (built for {_cuda_build()})"}
    for index in range(torch.cuda.device_count()):
        about = torch.cuda.get_device_properties(index)
        room = f"{about.total_memory / 1e9:.0f} GB"
        found.pop("cuda", None)
        found[f"cuda:{index}"] = f"{about.name}, {room}, built for {_cuda_build()}"
    if torch.backends.mps.is_available():
        found["mps"] = "Apple's GPU"
    return found


def _cuda_build() -> str:
    version = torch.version.cuda
    return "the CPU alone" if version is None else f"CUDA {version}"


def choose_device(name: str | None = None) -> torch.device:
    """Return the named device, or the best one present: CUDA, then Apple MPS, then the CPU.

    Raises:
        SettingsError: the named device is unknown or absent.
    """
    is_present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name is None or name == "auto":
        return torch.device(next(kind for kind, present in is_present.items() if present))
    kind, _, index = name.partition(":")
    if kind not in is_present or (index and not index.isdecimal()):
        raise SettingsError(f"There is no device called {name}.", "Use auto, cpu, cuda or mps.")
    if not is_present[kind] or (kind == "cuda" and int(index or 0) >= torch.cuda.device_count()):
        raise SettingsError(
            f"PyTorch finds no {name} on this machine.", "Leave --device out, or use --device cpu."
        )
    return torch.device(name)


@contextmanager
def memory_bounded_on_cpu() -> Iterator[None]:
    """Bound the memory of a training, see `memory_bounded`; not where CUDA may reserve its own."""
    with nullcontext() if torch.cuda.is_available() else memory_bounded():
        yield


def synchronize(device: torch.device) -> None:
    """Wait until a device has done what it was given, for a clock would only time the giving."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def memory_layout(device: torch.device) -> torch.memory_format:
    """Return the order in memory of images and weights in which convolutions are fastest.

    On Apple's MPS the gradients of batch norm were wrong in channels_last for a long time:
    https://github.com/pytorch/pytorch/issues/175189.
    """
    return torch.contiguous_format if device.type == "mps" else torch.channels_last


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether mixed precision trains faster here; bfloat16 needs no scaled gradients.

    Processors that have its instructions train in half the time; others would only imitate it.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    is_native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return device.type == "cpu" and bool(is_native())
