"""How the house is built: imports run one way, rooms stay small, and its tests need no bot."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
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
    {"background", "dialogs"},
    {"turn"},
    {"delivery"},
    {"connector"},
    {"auth", "login"},
    {"state"},
    {"ledger"},
    {"storage"},
    {"outbound"},
    {"wire", "channels"},
    {"keys"},
    {"address", "deadlines", "settings", "fields", "clouds", "observing"},
    {"variables"},
    {"look_alikes"},
    {"errors"},
)
# Rooms that know JSON and addresses: the SDK's successor is to be bound beside it one day.
WITHOUT_SDK = {"background", "delivery", "connector", "ledger", "storage"}
MODULES = sorted(ENGINE.rglob("*.py"))
TESTS = sorted((ROOT / "tests" / "turnkeeper").rglob("*.py"))
SAMPLE = {"app", "config", "bots", "dialogs", "state"}
OUTSIDE = sorted(
    path for folder in ("tests", "shows", "benchmarks") for path in (ROOT / folder).rglob("*.py")
)
# What a named tuple has is public.
PUBLIC = {"_replace", "_asdict", "_fields"}
BY_NAME = {"setattr", "getattr", "hasattr", "delattr", "patch", "object", "attrgetter"}


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, at its top or late."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def is_private(name: str) -> bool:
    """Whether the last part of a dotted name is private."""
    last = name.rpartition(".")[2]
    return last[:1] == "_" and last[1:2] not in ("", "_") and last not in PUBLIC


def private_names(source: str) -> Iterator[tuple[int, str]]:
    """The private names of others that some source reaches into, each with its line."""
    tree = ast.parse(source)
    own = {
        id(node)
        for made in ast.walk(tree)
        if isinstance(made, ast.ClassDef)
        for node in ast.walk(made)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")) if id(node) in own:
                pass
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                pass
            case ast.Attribute(attr=name) if is_private(name):
                yield node.lineno, name
            case ast.ImportFrom(module=module, names=names):
                parts = [*(module or "").split("."), *(alias.name for alias in names)]
                yield from ((node.lineno, name) for name in parts if is_private(name))
            case ast.Import(names=names):
                parts = [part for alias in names for part in alias.name.split(".")]
                yield from ((node.lineno, name) for name in parts if is_private(name))
            case ast.Call(func=ast.Name(id=call) | ast.Attribute(attr=call)) if call in BY_NAME:
                named = (one.value for one in node.keywords if one.arg != "value")
                for value in (*node.args[:2], *named):
                    match value:
                        case ast.Constant(value=str(name)) if is_private(name):
                            yield node.lineno, name
            case ast.Constant(value=str(text)) if "import " in text and "\n" in text:
                # It may be a program, for a process of its own.
                with suppress(SyntaxError, ValueError):
                    yield from ((node.lineno + at - 1, name) for at, name in private_names(text))


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


@pytest.mark.parametrize("path", OUTSIDE, ids=name_of)
def test_no_test_reaches_into_a_private_name(path: Path) -> None:
    where, names = path.relative_to(ROOT), sorted(private_names(path.read_text("utf-8")))
    assert not names, "\n".join(f"{where}:{line}: {name}" for line, name in names)


@pytest.mark.parametrize(
    "source",
    [
        "x._y",
        "x._y = 1",
        "x.y._z.w",
        "x()._y",
        "def f(self, cls): return cls._y",
        "class A:\n def f(self): return self.x._y",
        "from x import _y",
        "from x._y import z",
        "import x._y",
        "getattr(x, '_y')",
        "monkeypatch.setattr(x, '_y', 1)",
        "monkeypatch.setattr('a.b._y', 1)",
        "monkeypatch.setattr(target=x, name='_y', value=1)",
        "mock.patch('a._y')",
        "mock.patch.object(x, '_y')",
        "run('import x\\nx._y')",
    ],
)
def test_whatever_reaches_into_a_private_name_is_found(source: str) -> None:
    assert [name for _, name in private_names(source)] in (["_y"], ["_z"], ["a._y"], ["a.b._y"])


def test_what_is_ones_own_or_public_is_no_private_name() -> None:
    source = (
        "class A(B):\n"
        " def __init__(self):\n  super()._f()\n  self._y = self._x.y\n"
        " @classmethod\n def f(cls): return cls._y, cls.__name__\n"
        "t._replace(a=1), t._asdict(), t._fields, t.__class__, _local, _('y')\n"
        "setattr(t, 'y', '_z')"
    )
    assert not list(private_names(source))


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


def test_the_room_of_dialogs_is_public_and_read_with_its_words() -> None:
    program = (
        "import turnkeeper.dialogs as dialogs\n"
        "assert all(hasattr(dialogs, name) for name in dialogs.__all__)\n"
        "assert dialogs.Wish.HELP.phrase('de') == 'Hilfe'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)  # noqa: S603


def test_what_tests_of_a_bot_need_is_there_and_pytest_is_for_the_contract_alone() -> None:
    program = (
        "import sys, turnkeeper.testing as testing\n"
        "assert not {'pytest', 'hypothesis'} & set(sys.modules)\n"
        "assert all(hasattr(testing, name) for name in testing.__all__)\n"
        "assert 'pytest' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)  # noqa: S603
