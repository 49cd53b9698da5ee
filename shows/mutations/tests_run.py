"""Running some tests on a copy of the tree, with a time limit."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from shows.mutations.mutation import ROOT, Mutation
from shows.talk import ShowFailed

LIMIT: Final = 60.0
"""Seconds that the tests of one mutation may take: those that hang have found it."""

BASELINE_LIMIT: Final = 900.0
"""Seconds that all tests together may take on the tree as it is."""

_LEFT_OUT: Final = shutil.ignore_patterns("__pycache__", ".*", "build", "data", "venv")
# Hypothesis's plugin takes longer to load than most of these tests take; they run without it.
_OPTIONS: Final = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+\.py\b.*?)(?: - .*)?$", re.MULTILINE)
_PASSED, _HAS_FAILED = 0, 1


@contextmanager
def copied() -> Iterator[Path]:
    """Have a copy of the tree in a temporary folder within the block."""
    with tempfile.TemporaryDirectory(prefix="mutations-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
        yield tree


def killer(mutation: Mutation, tree: Path) -> str:
    """Plant a mutation and return the test that fails; "" where none does.

    :param tree: a copy that nobody else works on.
    :raises ShowFailed: its tests cannot be run.
    """
    with mutation.planted(tree):
        try:
            code, output = _pytest(mutation.tests, tree, LIMIT)
        except subprocess.TimeoutExpired:
            return f"no end within {LIMIT:g} s"
    if code == _PASSED:
        return ""
    found = _FAILED.search(output)
    if code != _HAS_FAILED or found is None:
        raise ShowFailed(f"{mutation.name}: its tests cannot be run\n{output}")
    return found[1]


def check_baseline(mutations: Iterable[Mutation], tree: Path) -> None:
    """See that all tests pass on the tree as it is.

    :raises ShowFailed: one does not.
    """
    tests = sorted({test for mutation in mutations for test in mutation.tests})
    # A node of a file that is there as a whole would be run twice.
    wanted = [test for test in tests if "::" not in test or test.split("::")[0] not in tests]
    try:
        code, output = _pytest(wanted, tree, BASELINE_LIMIT)
    except subprocess.TimeoutExpired:
        raise ShowFailed(f"without any mutation: no end within {BASELINE_LIMIT:g} s") from None
    if code != _PASSED:
        raise ShowFailed(f"without any mutation the tests do not pass\n{output}")


def _pytest(tests: Iterable[str], tree: Path, limit: float) -> tuple[int, str]:
    """Return the exit code and the output. :raises subprocess.TimeoutExpired: it took too long."""
    process = subprocess.Popen(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", *_OPTIONS, *tests],
        cwd=tree,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # with what the tests have started
        process.communicate()
        raise
    return process.returncode, output
