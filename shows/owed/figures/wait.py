"""Figure 1: a wait that the channel asks for is kept, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final

from shows.owed.channel import Answer, Channel, Post
from shows.owed.fleet import Fleet
from shows.owed.people import People
from shows.owed.stores import KINDS, NAMES, Stores
from shows.owed.table import Figure, none_of, within
from shows.owed.waiting import at, until

TITLE: Final = "1. Retry-After 14 s"
WAIT: Final = 14
LONGEST: Final = 16.0
RESTARTED: Final = 5.0
TAKEN_OVER: Final = 6.0

_THROTTLED: Final = Answer(429, retry_after=WAIT)
_HANGS: Final = Answer(201, after=60.0)
_SECOND: Final = frozenset({"other"})  # where the first reply is taken, and the second throttled
_END: Final = 29.0


def _answer(conversation: str, before: int) -> Answer:
    if before != (conversation in _SECOND):
        return Answer()
    return _HANGS if conversation == "wire" else _THROTTLED


async def show(stores: Stores) -> AsyncIterator[Figure]:
    """Yield the figure's rows, store by store."""
    for kind in KINDS:
        async with AsyncExitStack() as stack:
            channel = await stack.enter_async_context(Channel(_answer))

            async def world(
                count: int,
                kind: str = kind,
                stack: AsyncExitStack = stack,
                channel: Channel = channel,
            ) -> tuple[Fleet, People]:
                fleet = await stack.enter_async_context(Fleet(stores.empty(kind), count))
                return fleet, await stack.enter_async_context(People(fleet, channel))

            worlds = await asyncio.gather(*(world(count) for count in (1, 1, 1, 2)))
            begun = time.monotonic() + 0.5
            rows = await asyncio.gather(
                _alive(channel, *worlds[0], begun),
                _restarted(channel, *worlds[1], begun, "early", 5.0),
                _restarted(channel, *worlds[2], begun, "late", 18.0),
                _taken_over(channel, *worlds[3], begun),
            )
            for figure in (row for part in rows for row in part):
                yield replace(figure, store=NAMES[kind])


async def _alive(channel: Channel, fleet: Fleet, people: People, begun: float) -> Sequence[Figure]:
    """The process lives; somebody writes again, somebody is erased."""
    await people.say("other", "1 hello", person="bob", group=True)
    await people.say("member", "1 before", person="bea", group=True, patience=20)
    await until(lambda: channel.taken("other"), 5)
    await at(begun)
    await asyncio.gather(
        people.say("plain", "1 plain"),
        people.say("next", "1 first"),
        people.say("other", "1 owed", person="ada", group=True),
        people.say("erased", "1 forget"),
    )
    await at(begun + 5)
    _, erased = await asyncio.gather(
        people.say("next", "1 second"), _erase(fleet, "bob", "bea", "with-erased")
    )
    await asyncio.gather(
        people.say("erased", "1 anew"), people.say("member", "1 later", person="mia", group=True)
    )
    await at(begun + WAIT + 10)
    names = {
        "plain": "one call, then after",
        "next": "the next message 5 s later, then after",
        "other": "another in the group is erased, then after",
        "erased": "the person is erased and writes again, then after",
        "member": "one in the group is erased and another writes, then after",
    }
    rows = [_waited(name, channel, one) for one, name in names.items()]
    posts = [*channel.log["erased"][1:], *channel.log["member"][1:]]
    gone = sum(post.text in ("forget/1", "before/1") for post in posts)
    order = channel.taken("next") == ["first/1", "second/1"]
    owed = channel.taken("other") == ["hello/1", "owed/1"]
    return [
        *rows,
        Figure("replies of both messages, in order", str(order), "True", order),
        Figure("the reply to who was not erased, once", str(owed), "True", owed),
        none_of("sent to the erased", gone),
        Figure("exit code of erase", f"{erased}", "0", erased == 0),
    ]


async def _erase(fleet: Fleet, *people: str) -> int:
    """Erase people with the command; return its exit code."""
    users = [word for person in people for word in ("--user", f"test/{person}")]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "turnkeeper", "erase", *users, "--yes"),
        env=fleet.variables,
        cwd=fleet.variables["PWD"],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return await process.wait()


async def _restarted(  # noqa: PLR0913, PLR0917 - where, and when
    channel: Channel, fleet: Fleet, people: People, begun: float, conversation: str, start: float
) -> Sequence[Figure]:
    """The process is killed while it waits, and started again."""
    await at(begun)
    await people.say(conversation, f"1 {conversation}")
    await at(begun + 3)
    await fleet.kill(0)
    await at(begun + start)
    restart = await fleet.start(0)
    await at(begun + _END)
    name = f"kill -9 and restart {start:g} s after the 429"
    return _later(name, channel, conversation, restart, RESTARTED)


async def _taken_over(
    channel: Channel, fleet: Fleet, people: People, begun: float
) -> Sequence[Figure]:
    """One of two processes is killed, while it waits here and has a reply on the wire there."""
    await at(begun)
    await people.say("left", "1 left")
    await at(begun + 4.5)
    speaking = asyncio.create_task(people.say("wire", "1 wire"))
    if not await until(lambda: channel.log["wire"], 5):
        speaking.cancel()
        return [Figure("kill -9 on the wire", "never on the wire", "", False)]
    kill = await fleet.kill(0)
    await speaking
    await at(begun + _END)
    wire = channel.log["wire"]
    seconds = wire[1].begun - kill if len(wire) > 1 else None
    return [
        *_later("kill -9 in the wait, a second process", channel, "left", kill, TAKEN_OVER),
        within("kill -9 on the wire, a second process, after the kill", seconds, 0.0, TAKEN_OVER),
        none_of("calls beyond the second there", max(0, len(wire) - 2)),
    ]


def _waited(name: str, channel: Channel, conversation: str) -> Figure:
    """Return the row on how long after the 429 the next call of a conversation came."""
    return within(name, _gap(channel, conversation), WAIT, LONGEST)


def _later(
    name: str, channel: Channel, conversation: str, event: float, most: float
) -> Sequence[Figure]:
    """Return the rows on a call that comes after both an event and the end of the wait."""
    gap, throttled = _gap(channel, conversation), _throttled(channel, conversation)
    bar = f"at least {WAIT} s, and within {most:g} s of both"
    if gap is None or throttled is None:
        return [Figure(name, "never", bar, False)]
    late = throttled.answered + gap - max(event, throttled.answered + WAIT)
    met = gap >= WAIT and late <= most
    calls = len(channel.log[conversation])
    return [
        Figure(name, f"{gap:.2f} s after the 429, {late:.2f} s of both", bar, met),
        none_of(f"{name}: calls beyond the second", calls - 2),
    ]


def _throttled(channel: Channel, conversation: str) -> Post | None:
    found = channel.log[conversation]
    return next((post for post in found if post.answer is _THROTTLED), None)


def _gap(channel: Channel, conversation: str) -> float | None:
    """Return the seconds between the 429 and the next call."""
    throttled, found = _throttled(channel, conversation), channel.log[conversation]
    if throttled is None or throttled is found[-1]:
        return None
    return found[found.index(throttled) + 1].begun - throttled.answered
