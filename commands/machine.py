"""What this machine has, as `cli.py doctor` tells it: facts, and what is wrong with them."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from eda.index_files import cache_folder
from inspection.files import try_writing
from inspection.products.places import CHECKPOINTS, DEMO_DATA, HERE

REQUIREMENTS = HERE / "requirements.txt"
FIRST_PORT, NUM_PORTS = 7860, 10  # where Gradio looks for a free one
LEAST_FREE = 500_000_000  # bytes: what visitors upload, and an index
VARIABLES = (
    *("CUDA_VISIBLE_DEVICES", "DEFECT_LENS_CACHE", "HF_HUB_OFFLINE", "OMP_NUM_THREADS"),
    *("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_ROOT_PATH", "GRADIO_TEMP_DIR"),
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a diagnosis; `problem` says what is wrong and what to do, if anything."""

    topic: str
    name: str
    value: str
    problem: str = ""


def find_versions() -> Iterator[Fact]:
    """Yield what runs here: this project, Python, the system and every requirement."""
    topic = "Versions"
    yield Fact(topic, "Defect Lens", " ".join(filter(None, (_own_version(), _commit()))))
    yield Fact(topic, "Python", f"{platform.python_version()} ({sys.executable})")
    yield Fact(topic, "system", platform.platform())
    for one in _list_requirements():
        yield _look_up(topic, one)
    if _version_of("opencv-python"):  # it works as long as both are of one version
        yield Fact(topic, "opencv-python", f"{_version_of('opencv-python')}, which has cv2, too")


def find_settings() -> Iterator[Fact]:
    """Yield the variables of the environment that change what the programs do."""
    for name in VARIABLES:
        if name in os.environ:
            yield Fact("Environment", name, os.environ[name])


def find_folders() -> Iterator[Fact]:
    """Yield the folders that are written into: whether they can be, and what is free there."""
    needed = {"temporary files": Path(tempfile.gettempdir())}
    useful = {"checkpoints": CHECKPOINTS, "demo data": DEMO_DATA}
    try:
        useful["cache"] = cache_folder()
    except RuntimeError:  # the account has no home
        yield Fact("Folders", "cache", "none: there is no home directory")
    for name, folder in {**useful, **needed}.items():
        yield _try_folder(name, folder, is_needed=name in needed)


def find_ports() -> Iterator[Fact]:
    """Yield the port that the page would take."""
    ports = range(FIRST_PORT, FIRST_PORT + NUM_PORTS)
    free = next((port for port in ports if _is_free(port)), None)
    if free is None:
        problem = f"Ports {ports[0]} to {ports[-1]} are all taken. Choose another with --port."
        yield Fact("Ports", "page", "none free", problem)
    else:
        taken = f"; {FIRST_PORT} to {free - 1} taken" if free > FIRST_PORT else ""
        yield Fact("Ports", "page", f"{free} is free{taken}")


def _own_version() -> str:
    file = HERE / "pyproject.toml"
    if file.is_file():
        return str(tomllib.loads(file.read_text(encoding="utf-8"))["project"]["version"])
    return _version_of("defect-lens") or "of unknown version"


def _commit() -> str:
    """Return the commit of a clone, with a word where files differ from it; else empty."""
    git = shutil.which("git")
    if git is None or not (HERE / ".git").exists():
        return ""
    command = [git, "-C", str(HERE), "describe", "--always", "--dirty=, changed", "--exclude=*"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return f"(commit {found.stdout.strip()})" if found.returncode == 0 else ""


def _list_requirements() -> list[Requirement]:
    if REQUIREMENTS.is_file():
        lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    else:  # installed as a package
        lines = metadata.requires("defect-lens") or []
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [one for one in found if one.marker is None or one.marker.evaluate({"extra": ""})]


def _look_up(topic: str, wanted: Requirement) -> Fact:
    fix = "Install what is needed: `python -m pip install -r requirements.txt`."
    version = _version_of(wanted.name)
    if version is None:
        return Fact(topic, wanted.name, "missing", f"{wanted.name} is missing. {fix}")
    if not wanted.specifier.contains(version, prereleases=True):
        problem = f"{wanted.name} is {version}, and {wanted.specifier} is needed. {fix}"
        return Fact(topic, wanted.name, version, problem)
    return Fact(topic, wanted.name, version)


def _version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _try_folder(name: str, folder: Path, *, is_needed: bool) -> Fact:
    """Return whether a folder can be written, or made; one that is only useful may be read-only."""
    place = next((one for one in (folder, *folder.parents) if one.is_dir()), folder)
    try:
        try_writing(place)
        how = "can be written"
    except OSError as error:
        how = f"cannot be written ({error.strerror})"
    free = _free(place)
    said = f"{folder}: {how}, {free / 1e9:.1f} GB free"
    problem = ""
    if is_needed and "cannot" in how:
        problem = f"The folder for {name} {how}. Name another one in TMPDIR (Windows: TEMP)."
    elif "cannot" not in how and free < LEAST_FREE:
        problem = f"Only {free / 1e6:.0f} MB are free for {name}. Free some space."
    return Fact("Folders", name, said, problem)


def _free(place: Path) -> int:
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name != "nt":  # there, it would share a port that is taken
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
