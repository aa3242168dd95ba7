"""The tested set of versions holds everything that the project needs, in the ranges it allows."""

import re
from collections import defaultdict
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
