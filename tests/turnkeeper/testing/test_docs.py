"""What docs/testing.md shows works as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from turnkeeper.testing import Cloud, Point, Story, World

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "testing.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def block(text: str) -> str:
    """The block that has a text in it."""
    [found] = [code for code in BLOCKS if text in code]
    return str(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's bot and its test, in a folder of an author's."""
    (tmp_path / "order_bot.py").write_text(block("host.run(bot)"))
    (tmp_path / "test_order_bot.py").write_text(block("async def ada"))
    return tmp_path


def run_tests(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder as the page says."""
    command = [sys.executable, "-m", "pytest", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider"]
    return subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "STORAGE_URL": "sqlite:///nowhere/bot.db"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_test_is_of_30_lines_and_passes(folder: Path) -> None:
    assert len((folder / "test_order_bot.py").read_text().splitlines()) <= 30
    ended = run_tests(folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 passed" in ended.stdout
    assert not (folder / "nowhere").exists(), "the bot's own store is left alone"


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (lambda bot: bot.replace("+ step.result", "+ 1"), "test_it_counts_what_is_ordered"),
        (lambda bot: bot.replace("> 3600", "> 4000"), "test_after_an_hour_it_asks_again"),
        (lambda bot: bot.replace('"A number, please."', '"What?"'), "test_it_counts"),
    ],
    ids=["count", "timeout", "retry"],
)
def test_it_fails_where_the_bot_is_broken(
    folder: Path, broken: Callable[[str], str], test: str
) -> None:
    bot = folder / "order_bot.py"
    bot.write_text(broken(bot.read_text()))
    ended = run_tests(folder)
    assert ended.returncode == 1
    assert f"FAILED test_order_bot.py::{test}" in ended.stdout


@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline"])
async def test_the_story_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "order_bot", raising=False)
    import order_bot  # type: ignore[import-not-found]  # noqa: PLC0415 - written just now

    async with Cloud(order_bot.host, order_bot.bot) as cloud:
        await Story.parse(block("first_order.txt\n>")).play(cloud, channel)


async def test_the_outage_passes(folder: Path) -> None:
    test = folder / "test_outage.py"
    first = block("async def ada").partition("async def test_")[0]
    code = re.sub(r"^", "    ", block("faults.always"), flags=re.MULTILINE)
    test.write_text(f"{first}async def test_it(ada):\n{code}\n")
    ended = run_tests(folder)
    assert "4 passed" in ended.stdout, ended.stdout


async def test_the_process_dies_and_nothing_is_lost(folder: Path) -> None:
    code = block("async with World").replace('"order_bot.py"', "program")
    names = {"World": World, "Point": Point, "pytest": pytest, "program": folder / "order_bot.py"}
    function = "async def played():\n" + re.sub(r"^", "    ", code, flags=re.MULTILINE)
    exec(compile(function, "docs/testing.md", "exec"), names)  # noqa: S102 - the page's own
    played: Callable[[], object] = names["played"]  # type: ignore[assignment]
    await played()  # type: ignore[misc]
