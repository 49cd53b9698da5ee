"""This bot as operators meet it: ``python app.py`` and gunicorn, its settings, its end."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from botbuilder.dialogs import DialogInstance, DialogState

from tests.bot import make_host
from turnkeeper.testing import Answer, BotProcess, Cloud, Gunicorn

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "app.py"
GIVE_UP = 4
TALK = (("hi", "What is your name?"), ("Ada", "Thanks Ada."), ("hello", "Ada sent: hello\n"))
SERVERS = pytest.mark.parametrize("server", [BotProcess, Gunicorn])


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    """The cloud around processes."""
    async with Cloud() as cloud:
        yield cloud


async def test_it_says_where_it_listens_and_what_it_uses(
    variables: dict[str, str], cloud: Cloud
) -> None:
    async with BotProcess(PROGRAM, variables) as bot:
        assert f"Listening on {bot.url}" in bot.printed
        assert await cloud.person(bot_url=bot.url).says("hi") == ["What is your name?"]
        assert await bot.terminate() == 0
    printed = "\n".join(bot.printed)
    assert f"Remembering in {variables['STORAGE_URL']}" in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("app", ["app:app", "app:APP"])
async def test_gunicorn_runs_it(cloud: Cloud, variables: dict[str, str], app: str) -> None:
    async with Gunicorn(PROGRAM, variables, app=app) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        for text, beginning in TALK:
            assert (await person.says(text))[0].startswith(beginning)
        assert await bot.terminate() == 0
    assert "Traceback" not in "\n".join(bot.printed)


@SERVERS
async def test_kill_9_forgets_nothing(
    variables: dict[str, str], cloud: Cloud, server: type[BotProcess]
) -> None:
    person = cloud.person(channel="msteams")
    for text, beginning in TALK:
        async with server(PROGRAM, variables) as bot:
            assert (await person.says(text, bot.url))[0].startswith(beginning)
            await bot.kill()


async def test_sigterm_finishes_the_turn_under_way(variables: dict[str, str], cloud: Cloud) -> None:
    async with BotProcess(PROGRAM, variables) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        reached, gate = asyncio.Event(), asyncio.Event()
        cloud.faults.next(
            Answer(reached=reached, after=gate), conversation_id=person.conversation.id
        )
        turn = asyncio.ensure_future(person.says("hi"))
        await reached.wait()
        ended = asyncio.ensure_future(bot.terminate())
        gate.set()
        assert await turn == ["What is your name?"]
        assert await ended == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"DEFAULT_LOCALE": "xx"},
        {"PORT": "many", "DEFAULT_LOCALE": "xx", "STORAGE_URL": "s3cret", "LOGIN_URL": "x"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("server", "code"), [(BotProcess, 2), (Gunicorn, GIVE_UP)])
async def test_wrong_settings_of_its_own_end_it_with_a_line_each_as_all_others_do(
    variables: dict[str, str], wrong: dict[str, str], server: type[BotProcess], code: int
) -> None:
    ended_with, said = await server(PROGRAM, {**variables, **wrong}).ended()
    assert ended_with == code, said
    faults = [line.split(": ")[1] for line in said.splitlines() if line.startswith("error: ")]
    assert sorted(faults) == sorted(wrong), said
    assert "Traceback" not in said
    assert "s3cret" not in said


async def test_those_of_the_file_are_read_with_all_others(
    variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text('LOG_LEVEL secret\n\nMAX_TURNS="secret\nDEFAULT_LOCALE=xx\n')
    wrong = {**variables, "PWD": str(tmp_path), "PORT": "many"}
    code, said = await BotProcess(PROGRAM, wrong).ended()
    assert code == 2
    named = [line.split(": ")[:2] for line in said.splitlines()]
    where = [".env line 1", ".env line 3", "PORT", "DEFAULT_LOCALE"]
    assert named == [["error", name] for name in where]
    assert "secret" not in said


async def test_nothing_personal_is_logged(variables: dict[str, str], cloud: Cloud) -> None:
    async with BotProcess(PROGRAM, {**variables, "LOG_FORMAT": "json"}) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        for text in ("Zyxwv", "Zyxwv", "hello Zyxwv"):
            await person.says(text)
        await bot.terminate()
    assert "Zyxwv" not in "\n".join(bot.printed)


@pytest.mark.parametrize(("level", "is_shown"), [("INFO", False), ("DEBUG", True)])
async def test_it_says_sorry_for_an_error_and_at_debug_alone_what_the_error_quotes(
    cloud: Cloud, variables: dict[str, str], level: str, is_shown: bool
) -> None:
    person = cloud.person(channel="msteams")
    # An open dialog that is in no set, as if it had been so before: the SDK's error says how it is
    # called.
    open_dialog = DialogInstance()
    open_dialog.id = "Zyxwv"
    version = hashlib.sha256(b"Zyxwv=NoneType").hexdigest()[:16]
    record = {"DialogState": DialogState([open_dialog]), "turnkeeper.dialogs": {"version": version}}
    host = make_host(storage_url=variables["STORAGE_URL"])
    async with host:
        await host.storage.write({f"msteams/conversations/{person.conversation.id}": record})
    async with BotProcess(PROGRAM, {**variables, "LOG_LEVEL": level, "LOG_FORMAT": "json"}) as bot:
        assert (await person.says("hi", bot.url))[0].startswith("Sorry")
        await bot.terminate()
    logged = [json.loads(line) for line in bot.printed if line.startswith("{")]
    quoting = {line["level"] for line in logged if "Zyxwv" in json.dumps(line)}
    assert quoting == ({"DEBUG"} if is_shown else set())


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("sys.version_info = (3, 10, 13)", "error: this bot needs Python 3.11 or newer"),
        (
            "sys.modules['aiohttp'] = None",
            "error: aiohttp is not installed; first: pip install -r requirements.txt",
        ),
    ],
)
def test_what_it_lacks_is_one_line(before: str, line: str) -> None:
    program = f"import runpy, sys; {before}; runpy.run_path('app.py', run_name='__main__')"
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, cwd=ROOT
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"{line}\n")
