"""Figure 2: the connector is away for 10 s with 300 conversations owed; another's is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from itertools import count
from statistics import quantiles
from typing import Final

import aiohttp

from shows.owed.channel import Channel
from shows.owed.fleet import Fleet
from shows.owed.people import People
from shows.owed.stores import Stores
from shows.owed.table import Figure, none_of, told, within
from shows.owed.verdict import judge
from shows.owed.waiting import at, until

TITLE: Final = "2. An outage of the connector of 10 s"
OWED: Final = 300
ON_THE_WIRE: Final = 40
AWAY: Final = 10.0
DELIVERED: Final = 20.0
RATE: Final = 20.0
"""Turns a second on the other channel."""
SLOWER: Final = 0.05
"""Seconds by which those may be slower at their p95 meanwhile."""

_BEFORE: Final = 8.0


async def show(stores: Stores) -> AsyncIterator[Figure]:
    """Yield the figure's rows."""
    async with (
        Channel(delay=0.1) as channel,
        Channel(delay=0.02) as elsewhere,
        Fleet(stores.empty("sqlite"), 2) as fleet,
        People(fleet, channel) as people,
        People(fleet, elsewhere) as others,
    ):
        health: list[int] = []
        latencies: list[tuple[float, float]] = []
        beside = [
            asyncio.create_task(_watch(fleet, health)),
            asyncio.create_task(_talk(others, elsewhere, latencies)),
        ]
        await asyncio.sleep(_BEFORE)
        saying: list[asyncio.Task[object]] = [
            asyncio.create_task(people.say(f"w{n}", f"2 w{n}", to=n)) for n in range(ON_THE_WIRE)
        ]
        await until(lambda: len(channel.log) >= ON_THE_WIRE, 5)
        left = time.monotonic()
        await channel.leave()
        for n in range(OWED):
            saying.append(asyncio.create_task(_two(people, n, left)))
            await asyncio.sleep(0.005)
        await at(left + AWAY)
        back = time.monotonic()
        await channel.back()
        await asyncio.gather(*saying)
        wire = {f"w{n}": [f"w{n}/1", f"w{n}/2"] for n in range(ON_THE_WIRE)}
        owed = {f"o{n}": [f"o{n}a/1", f"o{n}b/1", f"o{n}b/2"] for n in range(OWED)}
        expected = {**wire, **owed}
        await until(lambda: all(set(expected[c]) <= set(channel.taken(c)) for c in expected), 40)
        await asyncio.sleep(4)  # for what would come twice
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)
        verdict = judge(channel, expected, [])
        last = max(post.begun for c in owed for post in channel.log.get(c, ()) if post.taken)
        before = _p95(latencies, 0.0, left)
        during = _p95(latencies, left, back)
        slower = f"at most {SLOWER * 1000:.0f} ms more"
        yield within(f"{OWED} conversations owed, all delivered", last - back, 0.0, DELIVERED)
        yield none_of("replies lost", len(verdict.lost), f"of {verdict.expected:,}")
        yield none_of("replies twice", len(verdict.otherwise), "; ".join(verdict.otherwise[:3]))
        yield told("twice since the outage broke off their answers", f"{verdict.by_answer}")
        yield none_of("conversations out of order", len(verdict.disorder))
        yield none_of("/healthz and /readyz not 200", sum(s != 200 for s in health), _of(health))  # noqa: PLR2004
        yield Figure(
            f"another channel's turns, p95 at {RATE:g} a second",
            f"{before * 1000:.0f} ms before, {during * 1000:.0f} ms meanwhile",
            slower,
            during <= before + SLOWER,
        )


async def _two(people: People, number: int, left: float) -> None:
    await people.say(f"o{number}", f"1 o{number}a", to=number)
    await at(left + AWAY / 2)
    await people.say(f"o{number}", f"2 o{number}b", to=number)


async def _watch(fleet: Fleet, found: list[int]) -> None:
    """Ask for the health of the processes all the time."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        while True:
            for url in fleet.urls:
                for path in ("/healthz", "/readyz"):
                    status = 0
                    with suppress(aiohttp.ClientError, OSError):
                        async with session.get(url.replace("/api/messages", path)) as response:
                            status = response.status
                    found.append(status)
            await asyncio.sleep(0.25)


async def _talk(people: People, channel: Channel, latencies: list[tuple[float, float]]) -> None:
    """Talk at a pace, and note when each turn began and after how long its reply was there."""

    async def turn(name: str, number: int) -> None:
        begun = time.monotonic()
        await people.say(name, f"1 {name}", to=number)
        if await until(lambda: name in channel.log, 30):
            latencies.append((begun, channel.log[name][0].begun - begun))

    zero = time.monotonic()
    async with asyncio.TaskGroup() as turns:  # cancelled, it ends those under way
        for number in count(1):
            await at(zero + number / RATE)
            turns.create_task(turn(f"e{number}", number))


def _p95(latencies: list[tuple[float, float]], begin: float, end: float) -> float:
    found = [seconds for begun, seconds in latencies if begin <= begun < end]
    return quantiles(found, n=20)[-1]


def _of(found: list[int]) -> str:
    return f"of {len(found):,}"
