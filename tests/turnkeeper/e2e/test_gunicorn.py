"""A bot under gunicorn, as on App Service."""

import asyncio
import os
import resource
import signal
from pathlib import Path

import pytest
from yarl import URL

from tests.turnkeeper.e2e.process import Gunicorn
from turnkeeper.testing import Answer, Cloud

GIVE_UP = 4
PRELOAD = pytest.mark.parametrize("options", [[], ["--preload"]], ids=["", "preload"])
WORKERS = pytest.mark.parametrize("workers", ["1", "4"])
SHAKY = """
from pathlib import Path
from turnkeeper import Host, Settings
from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage import MemoryStorage

class Shaky(MemoryStorage):
    async def open(self):
        if Path("away").exists():
            raise StorageUnavailable("it is away")
        await super().open()
        print("it is open", flush=True)

async def echo(context):
    await context.send_activity(context.activity.text)

app = Host(Settings(), storage=Shaky()).app(echo)
"""


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}


@PRELOAD
@pytest.mark.parametrize("app", ["app:app", "app:APP"])
async def test_it_talks_and_ends_in_good_order(
    cloud: Cloud, variables: dict[str, str], app: str, options: list[str]
) -> None:
    async with Gunicorn(variables, "--workers", "2", *options, app=app) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        for text, reply in (("hi", "Who are you?"), ("Ada", "Hello Ada."), ("hey", "Ada 1: hey")):
            assert await person.says(text) == [reply]
        assert await bot.terminate() == 0
    assert "Traceback" not in "\n".join(bot.printed)


@WORKERS
@PRELOAD
async def test_wrong_settings_end_it_with_a_line_each(
    variables: dict[str, str], workers: str, options: list[str]
) -> None:
    wrong = {"STORAGE_URL": "s3cret", "LOG_LEVEL": "loud", "PORT": "x"}
    code, said = await Gunicorn({**variables, **wrong}, "--workers", workers, *options).ended()
    assert code == GIVE_UP, said
    lines = said.splitlines()
    faults = [line.split(":")[1].strip() for line in lines if line.startswith("error: ")]
    assert sorted(faults) == ["LOG_LEVEL", "PORT", "STORAGE_URL"], said
    assert "Traceback" not in said
    assert "s3cret" not in said


@WORKERS
@PRELOAD
async def test_a_store_that_is_away_at_the_start_ends_it_with_a_line(
    variables: dict[str, str], workers: str, options: list[str]
) -> None:
    away = {**variables, "STORAGE_URL": "redis://:s3cret@127.0.0.1:1"}
    code, said = await Gunicorn(away, "--workers", workers, *options).ended()
    assert code == GIVE_UP, said
    assert len([line for line in said.splitlines() if line.startswith("error: ")]) == 1, said
    assert "Traceback" not in said
    assert "s3cret" not in said


async def test_without_credentials_a_store_elsewhere_ends_it_with_a_line(
    variables: dict[str, str],
) -> None:
    elsewhere = {**variables, "STORAGE_URL": "postgresql://me:s3cret@db.example/bot"}
    code, said = await Gunicorn(elsewhere, "--workers", "2").ended()
    assert code == GIVE_UP, said
    [line] = [line for line in said.splitlines() if line.startswith("error: ")]
    assert "ALLOW_REMOTE_STORE=yes" in line
    assert "s3cret" not in said


async def test_a_store_that_others_may_read_is_a_warning(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    file = tmp_path / "open.db"
    file.touch(0o644)
    async with Gunicorn({**variables, "STORAGE_URL": f"sqlite:///{file}"}) as bot:
        assert await bot.terminate() == 0
    assert sum(f"chmod 600 {file}" in line for line in bot.printed) == 1


@WORKERS
@PRELOAD
async def test_workers_that_cannot_serve_it_end_it_with_a_line(
    variables: dict[str, str], workers: str, options: list[str]
) -> None:
    gunicorn = Gunicorn(variables, "--workers", workers, *options, worker_class="sync")
    code, said = await gunicorn.ended()
    assert code == GIVE_UP, said
    [line] = [line for line in said.splitlines() if line.startswith("error: ")]
    assert line.endswith("start gunicorn with -k aiohttp.GunicornWebWorker")
    assert "Traceback" not in said


async def test_a_worker_that_dies_is_replaced_and_the_bot_goes_on(
    cloud: Cloud, variables: dict[str, str]
) -> None:
    async with Gunicorn(variables, "--workers", "2") as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        await person.says("hi")
        os.kill((await bot.workers(2))[0], signal.SIGKILL)
        await bot.workers(3)
        for text, reply in (("Ada", "Hello Ada."), ("hello", "Ada 1: hello")):
            assert await person.says(text) == [reply]
        assert await bot.terminate() == 0


async def test_sigterm_finishes_the_turns_under_way(
    cloud: Cloud, variables: dict[str, str]
) -> None:
    async with Gunicorn(variables, "--workers", "2") as bot:
        people = [cloud.person(channel="msteams", bot_url=bot.url) for _ in range(20)]
        reached, gate = asyncio.Event(), asyncio.Event()
        cloud.faults.next(
            Answer(reached=reached, after=gate), conversation_id=people[0].conversation.id
        )
        turns = [asyncio.ensure_future(person.says("hi")) for person in people]
        await reached.wait()
        await asyncio.wait(turns[1:])
        ended = asyncio.ensure_future(bot.terminate())
        await bot.wait_for_lines("Handling signal: term", 1)
        gate.set()
        for texts in await asyncio.gather(*turns):
            assert texts == ["Who are you?"]
        assert await ended == 0
    assert "Traceback" not in "\n".join(bot.printed)


async def test_workers_end_with_their_parent(cloud: Cloud, variables: dict[str, str]) -> None:
    async with Gunicorn(variables, "--workers", "2") as bot:
        await cloud.person(bot_url=bot.url).says("hi")
        async with asyncio.timeout(20):
            os.kill(bot.pid, signal.SIGKILL)
            await bot.output_ended()  # nobody holds it any more


async def test_its_workers_take_as_many_connections_as_the_machine_allows(
    cloud: Cloud, variables: dict[str, str]
) -> None:
    few = ["sh", "-c", 'ulimit -Sn 256 && exec "$@"', "sh"]
    async with Gunicorn(variables, under=few) as bot:
        await cloud.person(bot_url=bot.url).says("hi")
        [worker] = await bot.workers(1)
        assert resource.prlimit(worker, resource.RLIMIT_NOFILE)[0] > 256


async def test_its_log_is_the_bots(cloud: Cloud, variables: dict[str, str]) -> None:
    async with Gunicorn({**variables, "LOG_FORMAT": "json"}) as bot:
        person = cloud.person(bot_url=bot.url)
        cloud.faults.next(Answer(403))
        await person.says("hi")
        [line] = await bot.wait_for_lines('"level": "WARNING"', 1)
        assert person.conversation.id in line


@pytest.mark.parametrize(
    "request_",
    [
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRETTOKEN\rX\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
        + b"SECRETTOKEN" * 818
        + b"\r\n\r\n",
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nPRIVATE\r\nPRIVATE\r\n0\r\n\r\n",
    ],
    ids=["half a line end", "a long header", "no chunk size"],
)
async def test_nothing_of_a_malformed_request_is_in_the_log(
    cloud: Cloud, variables: dict[str, str], request_: bytes
) -> None:
    async with Gunicorn({**variables, "LOG_LEVEL": "DEBUG"}) as bot:
        url = URL(bot.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(request_)
        async with asyncio.timeout(20):
            status = await reader.readline()
        writer.close()
        await writer.wait_closed()
        assert status.split()[1] == b"400"
        await cloud.person(bot_url=bot.url).says("hi")
        assert await bot.terminate() == 0
    said = "\n".join(bot.printed)
    for text in ("SECRETTOKEN", "PRIVATE", "Traceback"):
        assert text not in said


async def test_a_worker_that_cannot_take_anothers_place_is_tried_again_and_the_rest_go_on(
    cloud: Cloud, variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "shaky.py").write_text(SHAKY)
    away = tmp_path / "away"
    elsewhere = {**variables, "PWD": str(tmp_path)}
    async with Gunicorn(elsewhere, "--workers", "2", app="shaky:app") as bot:
        first, second = await bot.workers(2)
        await bot.wait_for_lines("it is open", 2)
        away.touch()
        os.kill(first, signal.SIGKILL)
        lines = await bot.wait_for_lines("a worker cannot start: ", 2)
        assert all(line.endswith("STORAGE_URL: it is away") for line in lines)
        assert await cloud.person(bot_url=bot.url).says("hi") == ["hi"]
        away.unlink()
        await bot.wait_for_lines("it is open", 3)
        os.kill(second, signal.SIGKILL)
        async with Cloud() as other:  # has no connection to the one that was killed
            assert await other.person(bot_url=bot.url).says("back?") == ["back?"]
        assert await bot.terminate() == 0
    said = "\n".join(bot.printed)
    assert "Traceback" not in said
    assert "error: " not in said
