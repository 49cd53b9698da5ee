"""How the bot stands on the engine: it and its tests use what is public."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PUBLIC = {"turnkeeper", "turnkeeper.channels", "turnkeeper.dialogs", "turnkeeper.errors"}
BOT = [ROOT / "app.py", ROOT / "config.py"] + sorted(
    path for folder in ("bots", "dialogs", "state") for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted(
    path
    for path in (ROOT / "tests").rglob("*.py")
    if path.relative_to(ROOT).parts[1] not in ("turnkeeper", "benchmarks")
)


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or late."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def name_of(path: Path) -> str:
    """The path of a file, as tests are called."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", BOT, ids=name_of)
def test_the_bot_imports_public_names_only(path: Path) -> None:
    assert {name for name in imported(path) if name.startswith("turnkeeper")} <= PUBLIC


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_its_tests_need_nothing_but_what_is_public(path: Path) -> None:
    names = set(imported(path))
    public = PUBLIC | {"turnkeeper.testing"}
    assert {name for name in names if name.startswith("turnkeeper")} <= public
    assert not {name for name in names if name.startswith("tests.turnkeeper")}
