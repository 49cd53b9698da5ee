"""A bot as operators meet it: ``python app.py``, its settings, its end."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from tests.turnkeeper.e2e.process import BotProcess, Gunicorn, run_to_its_end
from turnkeeper.testing import Answer, Cloud, Person


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/data/bot.db", "HOME": str(tmp_path)}


async def test_it_says_where_it_listens_and_what_it_uses(
    variables: dict[str, str], cloud: Cloud
) -> None:
    async with BotProcess(variables) as bot:
        assert f"Listening on {bot.url}" in bot.printed
        await cloud.person(bot_url=bot.url).says("hi")
        assert await bot.terminate() == 0
    printed = "\n".join(bot.printed)
    assert f"Remembering in {variables['STORAGE_URL']}" in printed
    assert "m365agentsplayground -e http://127.0.0.1" in printed
    assert "Traceback" not in printed


async def test_it_names_its_file_by_its_whole_path_and_what_others_may_read(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text("STORAGE_URL=sqlite:///my/bot.db\n")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "my").mkdir()
    (tmp_path / "my" / "bot.db").touch(0o644)
    async with BotProcess({"PWD": str(tmp_path)}) as bot:
        assert await bot.terminate() == 0
    assert f"Remembering in sqlite:///{tmp_path}/my/bot.db" in bot.printed
    warnings = [line for line in bot.printed if "WARNING" in line]
    told = [line.rpartition("chmod 600 ")[2].split() for line in warnings]
    path = f"{tmp_path}/my/bot.db"
    assert told == [[".env"], [path, f"{path}-wal", f"{path}-shm"]]


async def test_kill_9_forgets_nothing(variables: dict[str, str], cloud: Cloud) -> None:
    person = cloud.person(channel="msteams")
    for text, reply in (("hi", "Who are you?"), ("Ada", "Hello Ada."), ("hey", "Ada 1: hey")):
        async with BotProcess(variables) as bot:
            assert await person.says(text, bot.url) == [reply]
            await bot.kill()


async def test_sigterm_finishes_the_turn_under_way(variables: dict[str, str], cloud: Cloud) -> None:
    async with BotProcess(variables) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        reached, gate = asyncio.Event(), asyncio.Event()
        cloud.faults.next(
            Answer(reached=reached, after=gate), conversation_id=person.conversation.id
        )
        turn = asyncio.ensure_future(person.says("hi"))
        await reached.wait()
        ended = asyncio.ensure_future(bot.terminate())
        gate.set()
        assert await turn == ["Who are you?"]
        assert await ended == 0


async def test_a_taken_port_is_one_line_and_exit_code_1(variables: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await run_to_its_end({**variables, "PORT": str(port)})
    assert code == 1
    assert len(said.splitlines()) == 1
    assert "PORT" in said
    assert str(port) in said


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"STORAGE_URL": "sqlite:////proc/no/bot.db"}, 2),
        ({"STORAGE_URL": "postgresql://x:secret@127.0.0.1:1/bot"}, 1),
        ({"STORAGE_URL": "redis://:secret@127.0.0.1:1"}, 1),
        ({"STORAGE_URL": "oracle://x"}, 2),
        ({"STORAGE_URL": "postgresql://x:secret@db.example/bot"}, 2),
        ({"STORAGE_URL": "rediss://:secret@cache.example"}, 2),
        ({"BOT_NAME": "a/b"}, 2),
        ({"PORT": "many", "LOG_LEVEL": "loud", "HOST": "300.1.1.1"}, 2),
        ({"PORT": "many", "BOT_NAME": "a/b", "STORAGE_URL": "secret", "LOGIN_URL": "x"}, 2),
        ({"STORAGE_URL": "redis://:secret@127.0.0.1:1?pool_max=inf"}, 2),
        ({"LOGIN_URL": "https://login..example.com", "OPENID_METADATA_URL": "https://x:65536"}, 2),
    ],
    ids=str,
)
async def test_what_keeps_it_from_starting_is_said_plainly(
    variables: dict[str, str], wrong: dict[str, str], code: int
) -> None:
    ended_with, said = await run_to_its_end({**variables, **wrong})
    assert ended_with == code, said
    assert "Traceback" not in said
    assert "secret" not in said
    assert all(line.startswith("error: ") for line in said.splitlines())
    assert all(name in said for name in wrong)


async def test_a_host_that_nobody_can_look_up_is_one_line_and_exit_code_2(
    variables: dict[str, str],
) -> None:
    credentials = {"MicrosoftAppId": "the-bot", "MicrosoftAppPassword": "secret"}
    code, said = await run_to_its_end({**variables, **credentials, "HOST": "bücher..x"})
    assert code == 2
    assert len(said.splitlines()) == 1
    assert said.startswith("error: HOST: ")


async def test_broken_lines_of_the_file_are_named_with_all_other_faults(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('LOG_LEVEL secret\n\nMAX_TURNS="secret\nBOT_NAME=a/b\n')
    code, said = await run_to_its_end({"PWD": str(tmp_path), "PORT": "many"})
    assert code == 2
    named = [line.split(": ")[:2] for line in said.splitlines()]
    where = [".env line 1", ".env line 3", "PORT", "BOT_NAME"]
    assert named == [["error", name] for name in where]
    assert "secret" not in said


async def test_health_and_metrics_are_there(variables: dict[str, str], cloud: Cloud) -> None:
    async with BotProcess(variables) as bot, aiohttp.ClientSession() as session:
        await cloud.person(bot_url=bot.url).says("hi")
        root = bot.url.removesuffix("/api/messages")
        for path in ("/healthz", "/readyz"):
            async with session.get(root + path) as answer:
                assert (answer.status, await answer.json()) == (200, {"status": "ok"})
        async with session.get(root + "/metrics") as answer:
            assert "bot_turn_seconds_count 1.0" in await answer.text()
        async with session.head(bot.url) as answer:
            assert answer.status == 200


async def test_nothing_personal_is_logged(variables: dict[str, str], cloud: Cloud) -> None:
    async with BotProcess({**variables, "LOG_FORMAT": "json"}) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        for text in ("Zyxwv", "Zyxwv", "hello Zyxwv"):
            await person.says(text)
        await bot.terminate()
    assert "Zyxwv" not in "\n".join(bot.printed)


async def test_workers_are_gunicorns(variables: dict[str, str]) -> None:
    code, said = await run_to_its_end(variables, "--workers", "2")
    assert code == 2
    assert "gunicorn -k aiohttp.GunicornWebWorker -w N app:app" in said
    assert "Traceback" not in said


async def test_a_number_of_processes_that_it_cannot_heed_is_warned_of(
    variables: dict[str, str], cloud: Cloud
) -> None:
    async with BotProcess({**variables, "WEB_CONCURRENCY": "2"}) as bot:
        await cloud.person(bot_url=bot.url).says("hi")
        assert await bot.terminate() == 0
    [line] = await bot.wait_for_lines("WEB_CONCURRENCY", 1)
    assert "WARNING" in line
    assert "gunicorn" in line


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_sigterm_under_load_answers_and_delivers_every_turn_it_took(
    variables: dict[str, str], cloud: Cloud, server: type[BotProcess]
) -> None:
    workers = [] if server is BotProcess else ["--workers", "2"]
    async with server(variables, *workers) as bot:
        people = [cloud.person(channel="msteams", bot_url=bot.url) for _ in range(40)]

        async def talk(person: Person) -> tuple[int, int]:
            """How many messages were confirmed, and how many refused with an error."""
            confirmed = 0
            while True:
                try:
                    turn = await person.sends(person.message(f"message {confirmed}"))
                except ConnectionError:
                    return confirmed, 0
                if turn.status != 201:
                    return confirmed, 1
                confirmed += 1

        talks = [asyncio.ensure_future(talk(person)) for person in people]
        await cloud.wait_for_requests(400)
        async with asyncio.timeout(10):
            assert await bot.terminate() == 0
        for person, (confirmed, refused) in zip(people, await asyncio.gather(*talks), strict=True):
            assert refused == 0
            assert len(cloud.texts(person.conversation.id)) == confirmed


async def test_more_signals_than_one_change_nothing(
    variables: dict[str, str], cloud: Cloud
) -> None:
    async with BotProcess(variables) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        reached, gate = asyncio.Event(), asyncio.Event()
        cloud.faults.next(
            Answer(reached=reached, after=gate), conversation_id=person.conversation.id
        )
        turn = asyncio.ensure_future(person.says("hi"))
        await reached.wait()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            os.killpg(bot.pid, number)  # as Ctrl-C and systemd do
        gate.set()
        assert await turn == ["Who are you?"]
        assert await bot.terminate() == 0
        assert "Traceback" not in "\n".join(bot.printed)


async def test_a_signal_right_after_the_start_ends_it(variables: dict[str, str]) -> None:
    for _ in range(5):
        async with asyncio.timeout(10), BotProcess(variables) as bot:
            assert await bot.terminate() == 0
