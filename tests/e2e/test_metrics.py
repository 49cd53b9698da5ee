"""What ``/metrics`` counts, and the ports on which each process shows its own."""

import os
import re
import signal
import socket
from pathlib import Path

import aiohttp
import pytest

from tests.cloud import FakeCloud
from tests.conftest import StartBot
from tests.e2e.process import BotProcess, run_to_its_end, two_free_ports

APP, PASSWORD = "the-bot", "password"


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db"}


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


async def test_what_is_refused_is_no_turn(start_bot: StartBot) -> None:
    async with FakeCloud(APP, PASSWORD) as cloud:
        url = await start_bot(
            app_id=APP,
            app_password=PASSWORD,
            service_hosts=("127.0.0.1",),
            login_url=cloud.url,
            open_id_metadata_url=cloud.open_id_metadata_url,
        )
        person = cloud.person(bot_url=url)
        stranger = {"Authorization": ""}
        for _ in range(3):
            assert (await cloud.post_to_bot(url, b"{}")).status == 400
            refused = await cloud.post_to_bot(url, person.message("hi"), stranger)
            assert refused.status == 401
        metrics = url.replace("/api/messages", "/metrics")
        assert await figure(metrics, "bot_turn_seconds_count") == 0
        assert await figure(metrics, r'bot_requests_refused_total\{code="unauthorized"\}') == 3
        assert (await person.says("hi")).status == 201
        assert await figure(metrics, "bot_turn_seconds_count") == 1
        assert await figure(metrics, "bot_turns_under_way") == 0


async def test_each_worker_has_a_port_and_keeps_it(
    variables: dict[str, str], cloud: FakeCloud, port: int
) -> None:
    ports = [f"http://127.0.0.1:{port}/metrics", f"http://127.0.0.1:{port + 1}/metrics"]
    variables["METRICS_PORT"] = str(port)
    async with BotProcess(variables, "--workers", "2") as bot:
        assert (await cloud.person(bot_url=bot.url).says("hi")).status == 201
        counts = [await figure(url, "bot_turn_seconds_count") for url in ports]
        assert sorted(counts) == [0, 1], "each shows its own"
        for url, count in zip(ports, counts, strict=True):
            again = [await figure(url, "bot_turn_seconds_count") for _ in range(10)]
            assert again == [count] * 10

        busy = counts.index(1)
        os.kill((await bot.wait_for_children(2))[busy], signal.SIGKILL)
        await bot.wait_for_lines(f"worker {busy + 1} ended", 1)
        assert await figure(ports[busy], "bot_turn_seconds_count") == 0, "a new process"
        assert await bot.terminate() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


async def test_there_is_nothing_else_on_that_port(
    variables: dict[str, str], cloud: FakeCloud, port: int
) -> None:
    async with BotProcess(variables | {"METRICS_PORT": str(port)}) as bot:
        elsewhere = f"http://127.0.0.1:{port}"
        person = cloud.person(bot_url=bot.url)
        assert (await person.says("hi", f"{elsewhere}/api/messages")).status == 404
        assert (await person.says("hi")).status == 201
        for root in (elsewhere, bot.url.removesuffix("/api/messages")):
            assert await figure(f"{root}/metrics", "bot_turn_seconds_count") == 1
        assert await bot.terminate() == 0


async def test_a_taken_port_is_a_fault_at_the_start(variables: dict[str, str], port: int) -> None:
    with socket.create_server(("127.0.0.1", port + 1)):
        variables["METRICS_PORT"] = str(port)
        code, said = await run_to_its_end(variables, "--workers", "2")
    assert (code, len(said.splitlines())) == (1, 1)
    assert said.startswith("error: METRICS_PORT: ")
    assert str(port + 1) in said


async def test_there_must_be_a_port_for_each_worker(variables: dict[str, str]) -> None:
    code, said = await run_to_its_end(variables | {"METRICS_PORT": "65535"}, "--workers", "2")
    assert code == 2
    assert said.startswith("error: METRICS_PORT: ")
