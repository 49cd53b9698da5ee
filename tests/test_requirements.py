"""What is installed is one thing, whichever file it is installed from."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def pinned(file: str) -> dict[str, str]:
    """The versions in a file, by the packages' names in their one form."""
    text = (ROOT / file).read_text("utf-8")
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[\w+\])?==([^\s;\\]+)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_the_lock_has_every_requirement_and_what_it_brings() -> None:
    lock, constraints = pinned("requirements.lock"), pinned("constraints.txt")
    assert pinned("requirements.txt").items() <= lock.items()
    assert pinned("requirements-dev.txt").items() <= constraints.items()
    # What only other systems and Pythons need is in the lock alone.
    both = lock.keys() & constraints.keys()
    assert [name for name in both if lock[name] != constraints[name]] == []
    assert len(lock) > 40


def test_each_package_of_the_lock_has_its_hashes() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    for package in packages[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package.split("\n")[0]
