"""Figure 3: a tenth of the connector's answers is a fault, and processes are killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from shows.owed.channel import Answer, Channel
from shows.owed.fleet import Fleet
from shows.owed.people import People
from shows.owed.stores import Stores
from shows.owed.table import Figure, told
from shows.owed.verdict import Kill, Verdict, judge
from shows.owed.waiting import at, until
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.owed import Owed
from turnkeeper.storage import RecordStorage, store_at

TITLE: Final = "3. A tenth of the answers is a fault, two processes, kill -9"
FAULTS: Final = {
    "520": Answer(520),
    "507": Answer(507),
    "503": Answer(503),
    "429": Answer(429, retry_after=1),
    "reset before the body": Answer(reset="before"),
    "reset after the body": Answer(reset="after"),
    "201 after 2 s": Answer(after=2.0),
}
SHARE: Final = 0.1
KILLS: Final = 6.0
KILLS_OF_FIVES: Final = 2.0
"""Seconds between the start of a process and the next kill of another."""

_SETTLES: Final = 60.0
_LEASE: Final = 8.0  # for what would come twice


@dataclass(frozen=True, slots=True)
class Load:
    """So many turns of each kind of fault.

    :param rate: replies a second.
    :param turns: of each kind.
    :param people: in how many conversations.
    """

    rate: float
    turns: int
    people: int

    def expected(self, kind: str) -> dict[str, list[str]]:
        """Return the replies of each conversation under a kind of fault."""
        each = self.turns // self.people
        return {
            f"{kind}:{n}": [f"{kind}:{n}.{t}/1" for t in range(each)] for n in range(self.people)
        }


FAST: Final = Load(rate=300, turns=5000, people=500)
SLOW: Final = Load(rate=50, turns=500, people=100)
FIVES: Final = 300
"""Turns of five replies each."""


async def show(stores: Stores) -> AsyncIterator[Figure]:
    """Yield the figure's rows."""
    for load in (FAST, SLOW):
        async for figure in _loaded(stores, load):
            yield figure
    async for figure in _fives(stores):
        yield figure


async def _loaded(stores: Stores, load: Load) -> AsyncIterator[Figure]:
    random = Random(load.rate)  # noqa: S311 - faults, no secrets

    def answers(conversation: str, _: int) -> Answer:
        kind = conversation.partition(":")[0]
        return FAULTS[kind] if random.random() < SHARE else Answer()

    async with (
        Channel(answers) as channel,
        Fleet(stores.empty("sqlite"), 2) as fleet,
        People(fleet, channel) as people,
    ):
        kills: list[Kill] = []
        killing = asyncio.create_task(_kill(fleet, kills, KILLS))
        begun = time.monotonic()
        for kind in FAULTS:
            zero = time.monotonic()
            async with asyncio.TaskGroup() as talking:
                for number, (conversation, texts) in enumerate(load.expected(kind).items()):
                    talk = _talk(people, conversation, texts, load, zero + number / load.rate)
                    talking.create_task(talk)
        took = time.monotonic() - begun
        expected = {kind: load.expected(kind) for kind in FAULTS}
        await _settled(channel, killing, expected)
        verdicts = {kind: judge(channel, expected[kind], kills) for kind in FAULTS}
        at_rate = f"{load.rate:g} a second"
        total = sum(verdict.expected for verdict in verdicts.values())
        reached = f"{total / took:.0f} replies a second, {len(kills)} kills"
        few = (
            ""
            if load is FAST
            else f"; {load.turns:,} of each kind, as {FAST.turns:,} take too long"
        )
        yield told(f"{at_rate}: reached", f"{reached}, {people.again} deliveries repeated{few}")
        for kind, verdict in verdicts.items():
            yield _row(f"{at_rate}, {kind}", verdict)


async def _fives(stores: Stores) -> AsyncIterator[Figure]:
    """Turns of five replies."""
    async with (
        Channel(delay=0.05) as channel,
        Fleet(stores.empty("sqlite"), 2) as fleet,
        People(fleet, channel) as people,
    ):
        kills: list[Kill] = []
        killing = asyncio.create_task(_kill(fleet, kills, KILLS_OF_FIVES))
        expected = {f"f{n}": [f"f{n}/{reply}" for reply in range(1, 6)] for n in range(FIVES)}
        zero = time.monotonic()
        async with asyncio.TaskGroup() as talking:
            for number, conversation in enumerate(expected):
                await at(zero + number / 20)
                talking.create_task(people.say(conversation, f"5 {conversation}", to=number))
        await _settled(channel, killing, {"": expected})
        verdict = judge(channel, expected, kills)
        yield _row(f"turns of five replies, {len(kills)} kills", verdict)
        most = verdict.at_once
        yield Figure("replies of one turn that one kill doubled", f"{most}", "at most 1", most <= 1)


async def _settled(
    channel: Channel, killing: asyncio.Task[None], expected: Mapping[str, Mapping[str, list[str]]]
) -> None:
    """Kill no more, and wait until all is delivered, and for what comes twice."""
    killing.cancel()
    await asyncio.wait({killing})
    left = {c: set(texts) for kind in expected.values() for c, texts in kind.items()}

    def delivered() -> bool:
        for conversation in list(left):
            if left[conversation] <= set(channel.taken(conversation)):
                del left[conversation]
        return not left

    await until(delivered, _SETTLES)
    await asyncio.sleep(_LEASE)


async def _talk(
    people: People, conversation: str, texts: list[str], load: Load, begin: float
) -> None:
    """Say one thing after another at a pace."""
    for turn, text in enumerate(texts):
        await at(begin + turn * load.people / load.rate)
        await people.say(conversation, f"1 {text.removesuffix('/1')}", to=turn)


async def _kill(fleet: Fleet, kills: list[Kill], every: float) -> None:
    """Kill one process after the other, and start it again."""
    victim, store = 0, store_at(fleet.variables["STORAGE_URL"])
    await store.open()
    try:
        while True:
            await asyncio.sleep(every)
            moment = await fleet.kill(victim)
            kills.append(Kill(moment, await _owed(store)))
            # Whoever cancels this lets it come back.
            await asyncio.shield(fleet.start(victim))
            victim = 1 - victim
    finally:
        await store.close()


async def _owed(store: RecordStorage) -> frozenset[str]:
    """Return the texts that a store knows as owed; a turn's go when all have their receipts."""
    page = await store.scan(prefix="owed/", limit=5000)
    effects = [effect for key, record in page for effect in Owed.read(key, record).effects]
    bodies = [json.loads(one.body) for one in effects if isinstance(one, Send)]
    return frozenset(body.get("text", "") for body in bodies)


def _row(name: str, verdict: Verdict) -> Figure:
    lost, doubled, disorder = map(len, (verdict.lost, verdict.otherwise, verdict.disorder))
    beside = [f"{verdict.by_kill} in hand at a kill", f"{verdict.by_answer} whose answer was lost"]
    if late := verdict.uncovered:
        longest = max(late) * 1000
        beside.append(
            f"{len(late)} without a receipt, answered up to {longest:.0f} ms before a kill"
        )
    details = "".join(f"; {one}" for one in [*verdict.lost[:2], *verdict.otherwise[:2]])
    measured = (
        f"{verdict.expected:,} replies: {lost} lost, {doubled} doubled, "
        f"{disorder} conversations out of order; beside that doubled: {', '.join(beside)}{details}"
    )
    return Figure(name, measured, "0, 0, 0", not (lost or doubled or disorder))
