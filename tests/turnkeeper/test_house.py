"""How the house is built: imports run one way, rooms stay small, and its tests need no bot."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "turnkeeper"

# The rooms from the top down. Those of one line are one level.
LEVELS = (
    {"__main__", "testing"},
    {"operator"},
    {"__init__", "host"},
    {"parts"},
    {"adapters", "serving"},
    {"inbound"},
    {"background"},
    {"turn"},
    {"delivery"},
    {"connector"},
    {"auth", "login"},
    {"state"},
    {"ledger"},
    {"storage"},
    {"outbound"},
    {"wire", "channels"},
    {"address", "deadlines", "settings", "observing"},
    {"variables"},
    {"errors"},
)
# Rooms that know JSON and addresses: the SDK's successor is to be bound beside it one day.
WITHOUT_SDK = {"background", "delivery", "connector", "ledger", "storage"}
MODULES = sorted(ENGINE.rglob("*.py"))
TESTS = sorted((ROOT / "tests" / "turnkeeper").rglob("*.py"))
SAMPLE = {"app", "config", "bots", "dialogs", "state"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or late."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def room(module: str) -> str:
    """The room of a module: the first name below ``turnkeeper``."""
    return module.split(".")[1] if "." in module else "__init__"


def level(name: str) -> int:
    """How far down a room is."""
    [found] = [number for number, rooms in enumerate(LEVELS) if name in rooms]
    return found


def name_of(path: Path) -> str:
    """The dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def rooms_imported() -> set[tuple[str, str, str]]:
    """From which room to which other one, and by which module."""
    return {
        (room(name_of(path)), room(module), name_of(path))
        for path in MODULES
        for module in imported(path)
        if module.split(".")[0] == "turnkeeper"
    }


def test_imports_run_one_way() -> None:
    upward = {
        f"{module} imports {to}"
        for here, to, module in rooms_imported()
        if here != to and level(to) < level(here)
    }
    assert not upward


def test_rooms_of_one_level_do_not_import_each_other_both_ways() -> None:
    pairs = {(here, to) for here, to, _ in rooms_imported() if here != to}
    assert not {(here, to) for here, to in pairs if (to, here) in pairs}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_contract_of_stores_is_imported_by_itself_alone(path: Path) -> None:
    contract = "turnkeeper.testing.contract"
    # The package itself imports it when it is asked for, since it needs pytest.
    if name_of(path) != "turnkeeper.testing" and not name_of(path).startswith(contract):
        assert not [name for name in imported(path) if name.startswith(contract)]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_at_most_250_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 250


def test_a_room_has_at_most_12_modules() -> None:
    for folder in {path.parent for path in MODULES}:
        modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(modules) <= 12, folder


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_below_the_turn_know_no_class_of_the_sdk(path: Path) -> None:
    if room(name_of(path)) in WITHOUT_SDK:
        assert not [name for name in imported(path) if name.startswith(("botbuilder", "msrest"))]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_private_names_of_the_sdk_are_touched_in_one_place(path: Path) -> None:
    text = path.read_text("utf-8")
    private = ("_attribute_map", "_infer_class_models", "_on_send_activities", "_KEY =")
    if name_of(path) != "turnkeeper.wire.sdk":
        assert not [name for name in private if f".{name}" in text]


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_the_engines_tests_need_no_bot(path: Path) -> None:
    names = [name.split(".") for name in imported(path)]
    assert not {name[0] for name in names} & SAMPLE
    assert {name[1] for name in names if name[0] == "tests"} <= {"turnkeeper"}


def test_what_is_public_is_there_and_comes_with_a_version() -> None:
    program = (
        "import sys, turnkeeper, turnkeeper.channels\n"
        "assert all(hasattr(turnkeeper, name) for name in turnkeeper.__all__)\n"
        "assert all(hasattr(turnkeeper.channels, n) for n in turnkeeper.channels.__all__)\n"
        "assert turnkeeper.__version__\n"
        # A bot without dialogs need not wait for them.
        "assert not [m for m in sys.modules if m.startswith('botbuilder.dialogs')]\n"
        # What tests need is there for tests alone.
        "assert not {'pytest', 'hypothesis', 'turnkeeper.testing'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)  # noqa: S603
    assert (ENGINE / "py.typed").exists()
