"""Figure 4: 40 messages to one conversation at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from math import inf
from typing import Final

from botbuilder.schema import Activity, ChannelAccount

from shows.owed.channel import Channel
from shows.owed.fleet import Fleet
from shows.owed.people import People
from shows.owed.stores import KINDS, NAMES, Stores
from shows.owed.table import Figure, within
from shows.owed.waiting import until
from turnkeeper.address import Address
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import store_at
from turnkeeper.turn.naming import turn_of

TITLE: Final = "4. 40 messages to one conversation at once, the connector at 100 ms"
MESSAGES: Final = 40
COMMITTED: Final = 0.4
PACE: Final = 7

_CONVERSATION: Final = "burst"
_PERSON: Final = f"with-{_CONVERSATION}"


async def show(stores: Stores) -> AsyncIterator[Figure]:
    """Yield the figure's rows, store by store."""
    names = {_turn(name): name for name in (f"m{n}" for n in range(MESSAGES))}
    for kind in KINDS:
        url = stores.empty(kind)
        async with (
            Channel(delay=0.1) as channel,
            Fleet(url) as fleet,
            People(fleet, channel) as people,
        ):
            await people.say("warm", "1 warm")
            await asyncio.sleep(1.5)
            polling = asyncio.create_task(_committed(url))
            await asyncio.sleep(0.5)
            begun = time.monotonic()
            saying = [
                asyncio.create_task(people.say(_CONVERSATION, f"1 {name}", name=name))
                for name in names.values()
            ]
            committed, seen = await polling
            await asyncio.gather(*saying)
            await until(lambda: len(channel.taken(_CONVERSATION)) >= MESSAGES, 20)
            seconds = committed - begun if committed < inf else None
            for figure in _rows(channel, seconds, [names[turn] for turn in seen]):
                yield replace(figure, store=NAMES[kind])


def _turn(name: str) -> str:
    """Return what the ledger calls the turn of a message."""
    person = ChannelAccount(id=_PERSON)
    return turn_of(Activity(type="message", id=name, from_property=person))


async def _committed(url: str) -> tuple[float, list[str]]:
    """Return when the ledger in the store, read all the time, knows all messages, and in order."""
    key = Address.of("", "test", _CONVERSATION, _PERSON).ledger_key
    store = store_at(url)
    await store.open()
    try:
        end = time.monotonic() + 15
        while time.monotonic() < end:
            found = (await store.fetch([key])).get(key)
            seen = Ledger.read(key, found).seen.split()
            if len(seen) >= MESSAGES:
                return time.monotonic(), seen
            await asyncio.sleep(0.01)
        return inf, []
    finally:
        await store.close()


def _rows(channel: Channel, committed: float | None, names: list[str]) -> list[Figure]:
    ordered = channel.taken(_CONVERSATION) == [f"{name}/1" for name in names]
    moments = [post.begun for post in channel.log[_CONVERSATION]]
    spans = [after - before for before, after in zip(moments, moments[PACE:], strict=False)]
    most = max(sum(1 for one in moments if 0 <= one - moment < 1) for moment in moments)
    return [
        within(f"{MESSAGES} commits, by the ledger in the store", committed, 0.0, COMMITTED),
        Figure("replies once each, in the order of the commits", str(ordered), "True", ordered),
        Figure(
            "calls begun in any second",
            f"{most}, the closest {PACE + 1} in {min(spans, default=0.0):.3f} s",
            f"at most {PACE}",
            most <= PACE,
        ),
    ]
