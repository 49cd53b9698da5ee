"""A bot of one's own: ``new`` writes it, its tests pass at once, and it starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import ROOT, Ended, ended, operate, start
from turnkeeper import Settings
from turnkeeper.operator.origin import requirement
from turnkeeper.testing import BotProcess, Cloud

PYTHON = (sys.executable, "-m")
LONGEST = 120
"""Seconds that its tools may take."""

FILES = {
    ".env.example",
    ".gitignore",
    "README.md",
    "app.py",
    "dialog.py",
    "model.py",
    "pyproject.toml",
    "requirements-dev.txt",
    "requirements.txt",
    "tests/stories/first_meeting.txt",
    "tests/test_bot.py",
}


def files_in(folder: Path) -> set[str]:
    """The files in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


@pytest.fixture
async def bot(folder: Path) -> Path:
    """The folder of a new bot."""
    assert (await operate("new", "mybot")).code == 0
    return folder / "mybot"


def run(bot: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the bot's folder."""
    return subprocess.run(  # noqa: S603 - our own code
        command,
        cwd=bot,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )


async def test_it_writes_a_bot_and_says_what_to_do_next(folder: Path) -> None:
    result = await ended(await start("new", "my bots/first", folder=folder))
    assert result == Ended(
        0,
        "cd 'my bots/first'\npip install -r requirements.txt\npython app.py\n",
        "a bot of your own is in my bots/first; its README.md tells the rest. Next:\n",
    )
    bot = folder / "my bots" / "first"
    assert files_in(bot) == FILES
    assert not [name for name in FILES if "{{" in (bot / name).read_text("utf-8")]
    assert (bot / "README.md").read_text("utf-8").startswith("# first\n")
    assert (bot / "requirements.txt").read_text("utf-8").endswith(f"\n{requirement()}\n")


async def test_a_folder_that_is_there_and_empty_is_taken(folder: Path) -> None:
    assert (await operate("new", ".")).code == 0
    assert files_in(folder) == FILES
    assert (folder / "README.md").read_text("utf-8").startswith(f"# {folder.name}\n")


async def test_nothing_that_is_there_is_touched(folder: Path) -> None:
    (folder / "mine").mkdir()
    (folder / "mine" / ".env").write_text("SECRET=1")
    (folder / "file").write_text("text")
    assert await operate("new", "mine") == Ended(
        1, "", "error: mine: is not empty, and nothing was written; name a new folder\n"
    )
    assert await operate("new", "file") == Ended(
        1, "", "error: file: is a file; name a new folder\n"
    )
    assert (await operate("new", "file/below")).code == 1
    assert (await operate("new", "")).code == 2
    assert files_in(folder) == {"mine/.env", "file"}


@pytest.mark.parametrize(
    ("file", "variables"),
    [
        ("", {}),
        (
            "MicrosoftAppPassword=secret\nSTORAGE_URL=sqlite:///data/bot.db\n",
            {"MicrosoftAppId": "00000000-0000-0000-0000-000000000001", "BOT_NAME": "another"},
        ),
        ("no setting\nPORT=none\n", {"STORAGE_URL": "none://", "MicrosoftAppType": "?"}),
    ],
    ids=["nothing", "credentials", "faults"],
)
async def test_its_tests_pass_whatever_is_set(
    bot: Path, file: str, variables: dict[str, str]
) -> None:
    (bot / ".env").write_text(file)
    strict = ("-W", "error", "-W", "ignore::SyntaxWarning")
    done = run(bot, *PYTHON, "pytest", "-q", *strict, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert files_in(bot) >= FILES
    assert not (bot / "data").exists()


async def test_the_question_more_of_the_page_is_a_patch_that_applies(bot: Path) -> None:
    page = (ROOT / "docs" / "start.md").read_text("utf-8")
    [patch] = re.findall(r"^```diff\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (bot / "milk.patch").write_text(patch, "utf-8")
    done = run(bot, "git", "apply", "milk.patch")
    assert done.returncode == 0, done.stderr
    done = run(bot, *PYTHON, "pytest", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "milk" in (bot / "model.py").read_text("utf-8")


async def test_its_code_is_clean(bot: Path) -> None:
    for tool in (
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml"), "."),
        ("ruff", "format", "--no-cache", "--check", "."),
        # As where the engine is installed: what it imports is not the author's.
        ("mypy", "--strict", "--follow-imports=silent", "."),
    ):
        done = run(bot, *PYTHON, *tool)
        assert done.returncode == 0, done.stdout + done.stderr


async def test_its_settings_are_those_of_the_engine(bot: Path) -> None:
    lines = (bot / ".env.example").read_text("utf-8").splitlines()
    settings = [line.removeprefix("#") for line in lines if "=" in line]
    assert Settings.from_env(dict(line.split("=", 1) for line in settings)) == Settings()
    (bot / ".env").write_text("\n".join(lines), "utf-8")
    done = run(bot, sys.executable, "app.py", PORT="x")
    assert (done.returncode, done.stdout + done.stderr) == (
        2,
        "error: PORT: must be a whole number from 0 to 65535\n",
    )


async def test_it_starts_and_remembers(bot: Path) -> None:
    variables = {"PYTHONPATH": str(ROOT)}
    async with Cloud() as cloud:
        async with BotProcess(bot / "app.py", variables) as process:
            ada = cloud.person("Ada", bot_url=process.url)
            assert await ada.joins() == ["Hello! Say anything to begin."]
            assert await ada.says("hi") == ["What is your name?"]
            [asked] = await ada.says("Ada")
        async with BotProcess(bot / "app.py", variables) as process:
            ada.bot_url = process.url
            [told] = await ada.says("who am I?")
            assert told == f"You are Ada.\n{asked}"
            assert await ada.says("3") == ["Ada, cups of coffee a day: 3."]
            assert await process.terminate() == 0
    assert (bot / "data" / "bot.db").exists()
