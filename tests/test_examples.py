"""Each example runs as its README says, and its own tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from turnkeeper.testing import BotProcess, Cloud

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/app.py"))
LONGEST = 120
"""Seconds that the tests of one may take."""

each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)


def test_there_are_examples() -> None:
    assert [path.name for path in EXAMPLES] == ["echo", "order"]


@each
def test_its_own_tests_pass(example: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(example)],
        cwd=ROOT,
        env={**os.environ, "STORAGE_URL": "none://"},  # no test reads it
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


@each
async def test_it_runs_as_a_program(example: Path, tmp_path: Path) -> None:
    variables = {"PYTHONPATH": str(ROOT), "STORAGE_URL": f"sqlite:///{tmp_path}/bot.db"}
    async with Cloud() as cloud, BotProcess(example / "app.py", variables) as process:
        assert await cloud.person("Ada", bot_url=process.url).says("hi")
        assert await process.terminate() == 0


@each
def test_it_has_a_readme(example: Path) -> None:
    assert "python app.py" in (example / "README.md").read_text("utf-8")
