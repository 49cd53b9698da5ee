"""What the README and .env.example say is so: settings, transcripts, commands, worked example."""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from textwrap import dedent
from unittest import mock

import aiohttp
import pytest
from dotenv import dotenv_values

from config import Config
from dialogs.messages import Words
from dialogs.welcome import welcome_text
from tests.dialogs.person import Person
from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud

CONSENT = "yes-anyone-can-talk-to-this-bot"
Read = Callable[[Mapping[str, str]], tuple[Settings, Config]]

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ALIASES = {"APP_ID", "APP_PASSWORD", "APP_TYPE", "APP_TENANTID"}
ENGINES = [name for setting in fields(Settings) for name in setting.metadata["variables"]]
BOTS = [setting.name.upper() for setting in fields(Config)]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Reads the engine's settings and the bot's own; nothing may be wrong with them."""
    monkeypatch.chdir(tmp_path)

    def settings_of(variables: Mapping[str, str]) -> tuple[Settings, Config]:
        with mock.patch.dict(os.environ, variables, clear=True):
            host = Host.from_env()
            config = host.own_settings(Config)
        assert host.faults == ()
        return host.settings, config

    return settings_of


def blocks(language: str) -> list[str]:
    """The README's fenced code blocks in a language ("" for plain ones)."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", README, re.DOTALL | re.MULTILINE)
    return [dedent(code) for name, code in found if name == language]


@pytest.fixture
def bot(cloud: Cloud) -> str:
    """The URL of the bot, as it comes."""
    return cloud.bot_url


class TestSettings:
    table = dict(re.findall(r"^\| `(\w+)` \| (?:`(.*?)` )?\|", README, re.MULTILINE))

    def test_the_tables_have_every_variable_in_the_order_of_the_code(self) -> None:
        told = list(self.table)
        assert [name for name in told if name not in BOTS] == [
            name for name in ENGINES if name not in ALIASES
        ]
        assert [name for name in told if name in BOTS] == BOTS

    def test_its_defaults_are_those_of_the_code(self, read: Read) -> None:
        assert read(self.table) == (Settings(), Config())

    def test_the_other_names_are_mentioned(self) -> None:
        assert all(f"`{name}`" in README for name in ALIASES)

    def test_the_example_file_shows_every_variable_and_its_default(self, read: Read) -> None:
        example = (ROOT / ".env.example").read_text(encoding="utf-8")
        switched_on = re.sub(r"^#(?=\w+=)", "", example, flags=re.MULTILINE)
        values = {
            name: text or ""
            for name, text in dotenv_values(stream=io.StringIO(switched_on)).items()
        }
        assert set(values) == set(self.table)
        assert values.pop("DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS") == CONSENT
        assert read(values) == (Settings(), Config())


class TestConversations:
    async def test_the_bot_says_what_the_transcripts_say(self) -> None:
        first, second = (block for block in blocks("") if block.startswith(("<", ">")))
        ada = Person("emulator")
        welcome, first = first.split("\n", 1)
        assert welcome == f"< {welcome_text(Words.for_locale('en'), several_people=False)}"
        await self.holds(ada, first)
        ada.goes_to("another conversation")
        ada.later(minutes=45, seconds=18)
        await self.holds(ada, second)

    async def holds(self, person: Person, transcript: str) -> None:
        """Say what stands behind ">" and compare the reply with what follows."""
        for exchange in re.split(r"^> ", transcript, flags=re.MULTILINE)[1:]:
            text, reply = exchange.rstrip("\n").split("\n< ")
            expected = reply.replace("\n  ", "\n")
            assert await person.says(text, local_timezone="Europe/Paris") == expected

    async def test_the_activity_for_curl_is_answered(self, bot: str) -> None:
        (command,) = (block for block in blocks("sh") if block.startswith("curl "))
        match = re.search(r"'(\{.*\})'", command, re.DOTALL)
        assert match is not None
        async with (
            aiohttp.ClientSession() as session,
            session.post(bot, json=json.loads(match[1])) as response,
        ):
            (reply,) = (await response.json())["activities"]
        assert reply["text"] == "What is your name?"


class TestTerminal:
    async def say(self, bot: str, *options: str) -> tuple[int | None, str, str]:
        """Run ``python -m turnkeeper.testing``, say "hi" and end the input."""
        command = [sys.executable, "-m", "turnkeeper.testing", "--bot", bot, *options]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )
        printed, complaint = await process.communicate(b"hi\n")
        return process.returncode, printed.decode(), complaint.decode()

    async def test_the_bot_answers(self, bot: str) -> None:
        code, printed, complaint = await self.say(bot)
        assert (code, complaint) == (0, "")
        assert "< What is your name?\n" in printed

    async def test_it_says_in_a_line_that_no_bot_is_there(self) -> None:
        bot = "http://localhost:9/api/messages"
        code, _, complaint = await self.say(bot)
        assert code == 1
        assert complaint == f"error: no bot answers at {bot}; start it with python app.py\n"


class TestWorkedExample:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        """A copy of the bot, to be changed as the README says."""
        ignored = shutil.ignore_patterns(".*", "__pycache__", "build", "data", "venv")
        shutil.copytree(ROOT, tmp_path / "bot", ignore=ignored)
        return tmp_path / "bot"

    def test_the_patch_applies_as_it_stands_and_its_test_passes(self, copy: Path) -> None:
        [patch] = blocks("diff")
        git = shutil.which("git")
        assert git
        run = partial(subprocess.run, cwd=copy, capture_output=True, text=True, check=False)
        applied = run([git, "apply", "-"], input=patch)
        assert applied.returncode == 0, applied.stderr
        test = "tests/dialogs/test_colour.py"
        passed = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test])
        assert passed.returncode == 0, passed.stdout + passed.stderr
        assert re.search(r"^\d+ passed", passed.stdout, re.MULTILINE)
