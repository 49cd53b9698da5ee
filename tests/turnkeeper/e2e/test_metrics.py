"""What ``/metrics`` counts, and the ports on which each process shows its own."""

import os
import platform
import re
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

import turnkeeper
from tests.turnkeeper.bot import StartBot, make_host
from tests.turnkeeper.e2e.process import BotProcess, Gunicorn, run_to_its_end, two_free_ports
from tests.turnkeeper.tiny.app import make_bot
from turnkeeper.address import Address
from turnkeeper.observing.metrics import FAILURES, LOGIN_FAILURES
from turnkeeper.storage import ANY, Change
from turnkeeper.testing import Answer, Cloud

APP, PASSWORD = "the-bot", "password"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}


@pytest.fixture
def port() -> int:
    """A free port with a free one above it."""
    return two_free_ports()


async def figure(url: str, name: str) -> float:
    limit = aiohttp.ClientTimeout(total=30)
    async with aiohttp.ClientSession(timeout=limit) as session, session.get(url) as answer:
        match = re.search(rf"^{name} (.+)$", await answer.text(), re.MULTILINE)
    assert match, name
    return float(match[1])


async def start_with_credentials(start_bot: StartBot, cloud: Cloud) -> str:
    return await start_bot(
        app_id=APP,
        app_password=PASSWORD,
        service_hosts=("127.0.0.1",),
        login_url=cloud.url,
        open_id_metadata_url=cloud.open_id_metadata_url,
    )


async def test_what_is_refused_is_no_turn(start_bot: StartBot) -> None:
    async with Cloud(app_id=APP, app_password=PASSWORD) as cloud:
        url = await start_with_credentials(start_bot, cloud)
        person = cloud.person(bot_url=url)
        stranger = {"Authorization": ""}
        for _ in range(3):
            assert (await cloud.post_to_bot(url, b"{}")).status == 400
            refused = await cloud.post_to_bot(url, person.message("hi"), stranger)
            assert refused.status == 401
        metrics = url.replace("/api/messages", "/metrics")
        assert await figure(metrics, "bot_turn_seconds_count") == 0
        assert await figure(metrics, r'bot_requests_refused_total\{code="unauthorized"\}') == 3
        await person.says("hi")
        assert await figure(metrics, "bot_turn_seconds_count") == 1
        assert await figure(metrics, "bot_turns_under_way") == 0


def failed(reason: str) -> str:
    return rf'bot_turns_failed_total\{{reason="{reason}"\}}'


async def test_turns_that_fail_are_counted_by_their_reason(cloud: Cloud, tmp_path: Path) -> None:
    host = make_host(storage_url=f"sqlite:///{tmp_path}/bot.db")
    host.adapter.on_turn_error = None
    async with TestServer(host.app(make_bot(host))) as server:
        metrics = str(server.make_url("/metrics"))
        assert [await figure(metrics, failed(reason)) for reason in FAILURES] == [0, 0, 0]
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))

        cloud.faults.next(Answer(429, {"Retry-After": "60"}))
        assert (await person.sends(person.message("hi"))).status == 201
        assert await figure(metrics, r'bot_channel_calls_total\{outcome="failed"\}') == 1
        assert await figure(metrics, "bot_delivery_seconds_count") == 0

        assert (await person.sends(person.message("fail"))).status == 500
        assert await figure(metrics, failed("internal")) == 1

        key = Address.of("", person.conversation.channel, person.conversation.id).ledger_key
        await host.storage.records.commit([Change(key, '{"v": 999}', ANY)])
        assert (await person.sends(person.message("hi"))).status == 503
        assert await figure(metrics, failed("record_unreadable")) == 1

        os.rename(tmp_path / "bot.db", tmp_path / "moved.db")
        for _ in range(2):
            stranger = cloud.person(bot_url=person.bot_url)
            assert (await stranger.sends(stranger.message("hi"))).status == 503
        assert await figure(metrics, failed("storage")) == 2


async def test_without_a_login_service_replies_stay_owed(
    start_bot: StartBot,
) -> None:
    async with Cloud(app_id=APP, app_password=PASSWORD) as cloud:
        url = await start_with_credentials(start_bot, cloud)
        cloud.login.faults.always(Answer(500))
        person = cloud.person(bot_url=url)
        assert (await person.sends(person.message("hi"))).status == 201
        metrics = url.replace("/api/messages", "/metrics")
        assert await figure(metrics, r'bot_channel_calls_total\{outcome="failed"\}') >= 1
        assert await figure(metrics, "bot_delivery_seconds_count") == 0
        assert await figure(metrics, "bot_turns_owing") == 1


async def test_a_stall_of_the_loop_stays_in_its_histogram(bot: str) -> None:
    metrics = bot.replace("/api/messages", "/metrics")
    time.sleep(0.4)  # noqa: ASYNC251 - as code does that holds up the loop
    for _ in range(2):  # it is no gauge: who asks later sees it too
        assert await figure(metrics, "bot_loop_lag_seconds_sum") >= 0.29
    assert await figure(metrics, r'bot_loop_lag_seconds_bucket\{le="0.005"\}') > 0


async def test_each_worker_of_gunicorn_has_a_port_and_keeps_it(
    variables: dict[str, str], cloud: Cloud, port: int
) -> None:
    variables["METRICS_PORT"] = str(port)
    async with Gunicorn(variables, "--workers", "2") as bot:
        lines = await bot.wait_for_lines("this worker shows its figures on port ", 2)
        # Each takes the first port that is free; which of them comes first is nobody's affair.
        ports = sorted(line.rpartition(" ")[2] for line in lines)
        urls = [f"http://127.0.0.1:{number}/metrics" for number in ports]
        assert urls[0] == f"http://127.0.0.1:{port}/metrics"
        await cloud.person(bot_url=bot.url).says("hi")
        counts = [await figure(url, "bot_turn_seconds_count") for url in urls]
        assert sorted(counts) == [0, 1], "each shows its own"
        for url, count in zip(urls, counts, strict=True):
            again = [await figure(url, "bot_turn_seconds_count") for _ in range(10)]
            assert again == [count] * 10

        for pid in await bot.workers(2):
            os.kill(pid, signal.SIGKILL)
        await bot.wait_for_lines("this worker shows its figures on port ", 4)
        assert [await figure(url, "bot_turn_seconds_count") for url in urls] == [0, 0]
        assert await bot.terminate() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


async def test_a_worker_without_a_port_is_told_of_and_serves(
    variables: dict[str, str], cloud: Cloud
) -> None:
    variables["METRICS_PORT"] = "65535"
    with socket.create_server(("127.0.0.1", 65535)):
        async with Gunicorn(variables) as bot:
            await cloud.person(bot_url=bot.url).says("hi")
            await bot.wait_for_lines("METRICS_PORT: no port from 65535 on is free", 1)
            assert await bot.terminate() == 0


async def test_there_is_nothing_else_on_that_port(
    variables: dict[str, str], cloud: Cloud, port: int
) -> None:
    async with BotProcess(variables | {"METRICS_PORT": str(port)}) as bot:
        elsewhere = f"http://127.0.0.1:{port}"
        person = cloud.person(bot_url=bot.url)
        assert (await person.sends(person.message("hi"), f"{elsewhere}/api/messages")).status == 404
        await person.says("hi")
        assert await figure(f"{elsewhere}/metrics", "bot_turn_seconds_count") == 1
        assert await bot.terminate() == 0


@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_with_a_port_of_their_own_the_figures_are_not_shown_on_the_bots(
    variables: dict[str, str], port: int, server: Callable[..., BotProcess | Gunicorn]
) -> None:
    variables["METRICS_PORT"] = str(port)
    async with server(variables) as bot, aiohttp.ClientSession() as session:
        async with session.get(bot.url.replace("/api/messages", "/metrics")) as answer:
            assert answer.status == 404
        async with session.get(bot.url.replace("/api/messages", "/healthz")) as answer:
            assert answer.status == 200


async def test_they_tell_what_the_bot_runs_on_and_what_that_costs(bot: str) -> None:
    url = bot.replace("/api/messages", "/metrics")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        text = await answer.text()
    version, python = re.escape(turnkeeper.__version__), re.escape(platform.python_version())
    assert re.search(rf'bot_build_info\{{python="{python}",version="{version}"\}} 1.0', text)
    if sys.platform == "linux":
        assert re.search(r"^process_resident_memory_bytes \d", text, re.MULTILINE)


async def test_what_is_known_in_advance_begins_at_0(bot: str) -> None:
    source = "".join(
        path.read_text("utf-8") for path in Path(turnkeeper.__file__).parent.rglob("*.py")
    )
    codes = set(re.findall(r'RequestRefused\(\s*\d{3},\s*"(\w+)"', source))
    metrics = bot.replace("/api/messages", "/metrics")
    assert len(codes) > 15
    for code in codes:
        assert await figure(metrics, rf'bot_requests_refused_total\{{code="{code}"\}}') == 0
    for reason in LOGIN_FAILURES:
        assert await figure(metrics, rf'bot_login_failures_total\{{reason="{reason}"\}}') == 0


async def test_a_taken_port_is_a_fault_at_the_start(variables: dict[str, str], port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        variables["METRICS_PORT"] = str(port)
        code, said = await run_to_its_end(variables)
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith("error: METRICS_PORT: ")
    assert str(port) in said
