"""The tested set of versions holds everything that the project needs, in the ranges it allows."""

import re
from collections import defaultdict
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([\w.-]+)==([^\s\\;]+)", re.MULTILINE)


def test_the_locked_versions_are_those_that_the_requirements_allow() -> None:
    locked = defaultdict(list)
    for name, version in PINNED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8")):
        locked[canonicalize_name(name)].append(version)  # several for several Pythons
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert len(wanted) > 20
    for one in wanted:
        versions = locked[canonicalize_name(one.name)]
        assert versions, f"{one.name} is not locked"
        assert all(one.specifier.contains(version) for version in versions), one.name


def list_installed() -> dict[str, str]:
    """Return what requirements.txt brings on this machine, by name: its licence as it states it."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    waiting = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: dict[str, str] = {}
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found:
            continue
        package = metadata.distribution(wanted.name)
        about = package.metadata.json
        classifiers = [str(one) for one in about.get("classifier", []) if "License" in one]
        stated = about.get("license_expression") or about.get("license") or ""
        found[name] = " ".join([str(stated)[:200], *classifiers])
        for line in package.requires or []:
            further = Requirement(line)
            extras = wanted.extras or {""}
            if further.marker is None or any(further.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(further)
    return found


def test_nothing_that_is_brought_is_under_a_licence_that_would_bind_this_project() -> None:
    licences = list_installed()
    assert len(licences) > 80
    binding = {name for name, text in licences.items() if re.search(r"GPL|General Public", text)}
    assert binding == {"fpdf2"}, "LGPL-3.0, used as an unchanged library"
    assert not [name for name, text in licences.items() if re.search(r"AGPL|Affero|SSPL", text)]
