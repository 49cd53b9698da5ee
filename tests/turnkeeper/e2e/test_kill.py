"""kill -9 again and again under load, with a channel that delivers failed posts again."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import aiohttp
import pytest

from tests.turnkeeper.e2e.process import BotProcess
from turnkeeper.testing import Cloud, Person

KILLS = int(os.environ.get("KILLS", "4"))
PEOPLE = 12


class Bot:
    """A bot on one port that is killed and started again."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._up = asyncio.Event()
        self.url = ""

    async def die_and_rise(self, cloud: Cloud, kills: int) -> None:
        """Kill the bot some requests after each start."""
        for _ in range(kills):
            async with BotProcess(self._variables) as process:
                self.url = process.url
                self._up.set()
                requests = len(cloud.connector.requests)
                await cloud.wait_for_requests(requests + 40, seconds=30)
                self._up.clear()
                await process.kill()

    async def stay_up(self, done: asyncio.Event) -> None:
        async with BotProcess(self._variables) as process:
            self.url = process.url
            self._up.set()
            await done.wait()
            assert await process.terminate() == 0

    async def deliver(self, cloud: Cloud, activity: dict[str, object]) -> None:
        """Post an activity until the bot confirms it, as a channel does."""
        for _ in range(10_000):
            await self._up.wait()
            try:
                answer = await cloud.post_to_bot(self.url, activity)
            except (aiohttp.ClientError, ConnectionError):
                continue
            if answer.status == 201:
                return
            assert answer.status in (502, 503), answer
        raise AssertionError("never confirmed")


async def talk(bot: Bot, cloud: Cloud, person: Person, done: asyncio.Event) -> list[str]:
    """Say hello, a name, and then more until the end; returns what was said after the name."""
    await bot.deliver(cloud, person.message("hi"))
    await bot.deliver(cloud, person.message(f"Ada {person.name}"))
    said: list[str] = []
    while not done.is_set():
        said.append(f"message {len(said)}")
        await bot.deliver(cloud, person.message(said[-1]))
    return said


def replies_to(name: str, said: list[str]) -> list[str]:
    """Return all that the bot says to a person of this name."""
    messages = [f"{name} {count}: {text}" for count, text in enumerate(said, 1)]
    return ["Who are you?", f"Hello {name}.", *messages]


def check(texts: list[str], name: str, said: list[str]) -> int:
    """Every reply is there, in order; returns how many came twice."""
    expected = replies_to(name, said)
    assert list(dict.fromkeys(texts)) == expected
    # A reply that comes twice comes before the next one.
    assert all(
        a == b or expected.index(b) == expected.index(a) + 1
        for a, b in zip(texts, texts[1:], strict=False)
    )
    return len(texts) - len(expected)


@pytest.mark.parametrize("channel", ["msteams"])
async def test_nothing_confirmed_is_lost_and_nothing_counts_twice(
    cloud: Cloud, tmp_path: Path, channel: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    bot = Bot({"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "PORT": str(port)})
    done = asyncio.Event()
    people = [cloud.person(channel=channel, name=str(number)) for number in range(PEOPLE)]
    talks = asyncio.gather(*(talk(bot, cloud, person, done) for person in people))
    await bot.die_and_rise(cloud, KILLS)
    last = asyncio.create_task(bot.stay_up(stop := asyncio.Event()))
    requests = len(cloud.connector.requests)
    await cloud.wait_for_requests(requests + 5 * PEOPLE, seconds=60)
    done.set()
    said = await talks
    # A 2xx says that a reply is committed. What a killed process held leaves seconds later.
    last_replies = {
        person.conversation.id: replies_to(f"Ada {person.name}", texts)[-1]
        for person, texts in zip(people, said, strict=True)
    }
    await cloud.connector.wait_until(
        lambda: all(reply in cloud.texts(talk) for talk, reply in last_replies.items()), 30
    )
    stop.set()
    await last
    twice = sum(
        check(cloud.texts(person.conversation.id), f"Ada {person.name}", texts)
        for person, texts in zip(people, said, strict=True)
    )
    # Twice only what was on its way when the process died.
    assert twice <= KILLS * PEOPLE
