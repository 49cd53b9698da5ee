"""The engine's tests need nothing of the sample: they pass without it, and with its words changed.

In one copy of the repository a bot of 40 lines is in the place of the sample and its tests. In the
other every word that the sample says is changed. ``tests/turnkeeper`` is run in both.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import polib  # type: ignore[import-untyped]

from shows.own_bot import BOT
from shows.talk import ShowFailed, play

ROOT: Final = Path(__file__).resolve().parents[1]
SAMPLE: Final = ("bots", "dialogs", "state", "locales", "config.py", "app.py")
LONGEST: Final = 2400
"""Seconds that the tests may take."""

_LEFT_OUT: Final = (
    ".git",
    "__pycache__",
    ".venv",
    "venv",
    "build",
    "data",
    ".*_cache",
    ".hypothesis",
)
_WORD: Final = re.compile(r"[^\W\d_]+(?![^{]*})")  # but for what is filled in


def without_sample(folder: Path) -> str:
    """Delete the sample and its tests in a copy, put a bot of 40 lines there; say what was done."""
    for name in SAMPLE:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "tests").iterdir():
        if path.name not in ("__init__.py", "turnkeeper"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "app.py").write_text(BOT, encoding="utf-8")
    return f"without the sample and its tests, a bot of {len(BOT.splitlines())} lines in its place"


def with_other_words(folder: Path) -> str:
    """Change every word that the sample says in a copy; say how many sentences they are."""
    count = 0
    for path in (folder / "locales").rglob("*.po"):
        catalogue = polib.pofile(str(path))
        for entry in catalogue:
            entry.msgstr = _WORD.sub(lambda word: word[0][::-1], entry.msgstr)
            count += 1
        catalogue.save()
    return f"with every word of the sample's {count} sentences changed"


def engine_tests(folder: Path) -> str:
    """Run the engine's tests in a copy; return the line with their figures.

    :raises ShowFailed: one does not pass.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/turnkeeper"]
    done = subprocess.run(  # noqa: S603 - our own tests
        command,
        cwd=folder,
        env={**os.environ, "CI": "1"},  # a test that is skipped has failed
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    lines = done.stdout.splitlines() or [""]
    if done.returncode:
        raise ShowFailed("\n".join([*lines[-20:], done.stderr]))
    return lines[-1]


def show(folder: Path) -> None:
    """Show it in an empty folder. :raises ShowFailed: it is not so."""
    # One after the other: two runs side by side would be in each other's way.
    for number, change in enumerate((without_sample, with_other_words)):
        copy = folder / str(number)
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        told = change(copy)
        print(f"  the engine's tests {told} ...", flush=True)
        print(f"    {engine_tests(copy)}", flush=True)


if __name__ == "__main__":
    sys.exit(play("the engine's tests in a house of their own", show))
