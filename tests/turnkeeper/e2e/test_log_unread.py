"""Nobody reads what the bot logs: it answers and ends all the same."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.turnkeeper.e2e.process import ROOT, BotProcess
from turnkeeper.testing import Cloud

FAILURES = 200
UNREAD = ["sh", "-c", 'exec 2>"$0" "$@"']
"""Runs what follows with a file of its own for standard error."""


TALKING = """
import logging, sys
from turnkeeper.observing import logs
from turnkeeper.observing.metrics import Metrics

logs.set_up("INFO", "json")
for number in range(5000):
    logging.info("%d%s", number, "-" * 1000)
left_out = logs.left_out()
assert f"bot_log_lines_left_out_total {float(left_out)}" in Metrics().exposition()[0].decode()
print(left_out, flush=True)
sys.stdin.read()
tries = 0
while logs.left_out() - left_out == tries:
    logging.info("again")
    tries += 1
logging.info("-" * 500_000)
"""


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "stderr"
    os.mkfifo(path)
    return path


@pytest.fixture
def reader(pipe: Path) -> Iterator[int]:
    """The end of the pipe from which somebody may read, and does not."""
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    yield end
    os.close(end)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}


async def test_a_full_pipe_stops_neither_turns_nor_probes_nor_the_end(
    variables: dict[str, str], cloud: Cloud, pipe: Path, reader: int
) -> None:
    async with BotProcess(variables, under=[*UNREAD, str(pipe)]) as bot:
        person = cloud.person(channel="msteams", bot_url=bot.url)
        await person.says("hi")
        await person.says("Ada")
        for _ in range(FAILURES):
            await person.says("fail")
        assert await person.says("hey") == ["Ada 1: hey"]
        root = bot.url.removesuffix("/api/messages")
        async with aiohttp.ClientSession() as session, session.get(f"{root}/healthz") as answer:
            assert answer.status == 200
        async with asyncio.timeout(15):
            assert await bot.terminate() == 0
    written = os.read(reader, 200_000)
    assert 0 < written.count(b" ERROR ") < FAILURES, "the pipe was never full"


async def test_who_reads_late_finds_how_much_is_missing_and_where(
    pipe: Path, reader: int, tmp_path: Path
) -> None:
    command = [*UNREAD, str(pipe), sys.executable, "-c", TALKING]
    talking = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert talking.stdin is not None
    assert talking.stdout is not None
    left_out = int(await talking.stdout.readline())
    assert left_out > 0
    os.set_blocking(reader, True)
    talking.stdin.close()
    said = await asyncio.to_thread(read_to_the_end, reader)
    assert await talking.wait() == 0
    lines = [json.loads(line)["message"] for line in said.decode().splitlines()]
    kept = 5000 - left_out
    assert [line.strip("-") for line in lines[:kept]] == [str(number) for number in range(kept)]
    gap, again, last = lines[kept:]
    count, _, told = gap.partition(" ")
    assert int(count) >= left_out  # there was no room until it was read
    assert told.startswith("lines of the log were left out here")
    assert again == "again"
    assert last == "-" * 500_000


def read_to_the_end(descriptor: int) -> bytes:
    said = b""
    while part := os.read(descriptor, 65_536):
        said += part
    return said
