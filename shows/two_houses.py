"""The engine's tests need nothing of the sample: they pass without it, and with its words changed.

In one copy of the repository a bot of 40 lines is in the place of the sample and its tests. In the
other every word that the sample says is changed. ``tests/turnkeeper`` is run in both, side by side.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tokenize
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

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
_SAID: Final = re.compile(r'^(msgstr(?:\[\d\])? ")[^"]+', re.MULTILINE)


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
    """Change what the sample says in a copy; say how much it was."""
    count = 0
    for path in (folder / "locales").rglob("*.po"):
        text, number = _SAID.subn(r"\1Something else.", path.read_text("utf-8"))
        path.write_text(text, encoding="utf-8")
        count += number
    for name in SAMPLE:
        found = [folder / name] if name.endswith(".py") else (folder / name).rglob("*.py")
        for path in found:
            text, number = _other_sentences(path.read_text("utf-8"))
            path.write_text(text, encoding="utf-8")
            count += number
    return f"with {count} sentences of the sample changed"


def _other_sentences(source: str) -> tuple[str, int]:
    """A program with other words in its strings that are sentences, and how many they were."""
    tokens, count = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.STRING and " " in token.string and token.string[0] in "\"'":
            tokens.append((token.type, repr("Something else.")))
            count += 1
        else:
            tokens.append((token.type, token.string))
    return tokenize.untokenize(tokens), count


def engine_tests(folder: Path) -> str:
    """Run the engine's tests in a copy; return the line with their figures.

    :raises ShowFailed: one does not pass.
    """
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/turnkeeper"]
    done = subprocess.run(  # noqa: S603 - our own tests
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    lines = done.stdout.splitlines() or [""]
    if done.returncode:
        raise ShowFailed("\n".join(lines[-20:]))
    return lines[-1]


def show(folder: Path) -> None:
    """Show it in an empty folder. :raises ShowFailed: it is not so."""
    runs = []
    with ThreadPoolExecutor() as pool:
        for number, change in enumerate((without_sample, with_other_words)):
            copy = folder / str(number)
            shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*_LEFT_OUT))
            told = change(copy)
            print(f"  running the engine's tests {told} ...", flush=True)
            runs.append((told, pool.submit(engine_tests, copy)))
        for told, run in runs:
            print(f"  {told}: {run.result()}", flush=True)


if __name__ == "__main__":
    sys.exit(play("the engine's tests in a house of their own", show))
