"""How often the bot runs: again where something it has read is different by now, and else not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.core.adapters import TestAdapter as SimpleAdapter

from tests.turnkeeper.contract.remembering import ADA as ADA_ID
from tests.turnkeeper.contract.remembering import process_on, says
from tests.turnkeeper.turn.world import Process, World, log_of, message
from turnkeeper.errors import RequestRefused
from turnkeeper.ledger.queue import Arrival
from turnkeeper.state.people.erasure import erase
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.turn.turns import TRIES
from turnkeeper.turn.unseen import last_reply, unseen

ADA = "msteams/users/ada"


@pytest.fixture
async def two(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()


class Runs:
    """Counts the runs of a process's bot, and has something happen in the first ones.

    :ivar before: is awaited in a run before the bot's own code; one for each run.
    """

    def __init__(self, process: Process, *before: Callable[[], Awaitable[object]]) -> None:
        self.count = 0
        self.before = list(before)
        self._bot = process.bot.on_turn
        process.bot.on_turn = self._on_turn

    async def _on_turn(self, context: TurnContext) -> None:
        self.count += 1
        if self.before:
            await self.before.pop(0)()
        await self._bot(context)


async def another_process_writes(world: World, key: str, state: dict[str, Any]) -> None:
    """Have a record written by somebody who is no part of the turn under way."""

    async def write() -> None:
        await TypedStorage(world.storage, world.codec).write({key: state | {"e_tag": "*"}})

    await asyncio.create_task(write(), context=Context())


# The engine's own writes.


async def test_another_processes_receipts_and_beats_do_not_make_the_bot_run_again(
    world: World, process: Process, two: Process
) -> None:
    async def slow(_: str) -> None:
        await asyncio.sleep(1.5)

    two.connector.hold = slow
    await two.begin(message("a"))

    async def think() -> None:
        await asyncio.sleep(5)  # meanwhile the other one beats, sends, writes down, lets go

    runs = Runs(process, think)
    await process.take(message("b"))
    assert runs.count == 1
    assert world.channel.received == {"c": ["1: a", "end of 1", "2: b", "end of 2"]}
    assert process.figure("bot_conflicts_total") == 0


async def test_nor_do_ones_own(world: World, process: Process) -> None:
    world.channel.down = True
    await process.take(message("a"))

    async def think() -> None:
        world.channel.down = False
        await asyncio.sleep(8)

    runs = Runs(process, think)
    await process.take(message("b"))
    assert runs.count == 1
    assert world.channel.received == {"c": ["1: a", "end of 1", "2: b", "end of 2"]}


async def test_nor_does_a_turn_of_another_bot_on_what_this_one_has_not_read(
    world: World, process: Process
) -> None:
    async def another_writes() -> None:
        await another_process_writes(world, "msteams/conversations/elsewhere", {"log": ["x"]})

    runs = Runs(process, another_writes)
    await process.take(message("a"))
    assert runs.count == 1


# What it has read.


@pytest.mark.parametrize("key", ["msteams/conversations/c", ADA])
async def test_what_was_read_and_written_has_changed(
    world: World, process: Process, key: str
) -> None:
    async def another_writes() -> None:
        await another_process_writes(world, key, {"log": ["x"]})

    runs = Runs(process, another_writes)
    await process.take(message("a"))
    assert runs.count == 2
    assert await log_of(world, key) == ["x", "a"]
    assert process.figure("bot_conflicts_total") == 1


@pytest.mark.parametrize("known", [False, True])
async def test_what_was_only_read_has_changed(world: World, process: Process, known: bool) -> None:
    conversation, user = process.states
    if known:
        await another_process_writes(world, ADA, {"allowed": True})

    async def only_read(context: TurnContext) -> None:
        allowed = await user.create_property("allowed").get(context, known)
        await conversation.create_property("log").set(context, [f"allowed: {allowed}"])
        await context.send_activity(f"allowed: {allowed}")

    async def another_writes() -> None:
        await another_process_writes(world, ADA, {"allowed": not known})

    process.bot.on_turn = only_read
    runs = Runs(process, another_writes)
    await process.take(message("a"))
    assert runs.count == 2
    assert world.channel.received == {"c": [f"allowed: {not known}"]}


async def test_a_turn_that_others_overtake_all_the_time_is_refused_and_changes_nothing(
    world: World, process: Process
) -> None:
    count = 0

    async def another_writes() -> None:
        nonlocal count
        count += 1
        await another_process_writes(world, ADA, {"log": [f"{count}"]})

    runs = Runs(process, *[another_writes] * TRIES)
    with pytest.raises(RequestRefused) as refusal:
        await process.take(message("a"))
    assert (refusal.value.status, refusal.value.code, runs.count) == (503, "conflict", TRIES)
    assert world.channel.received == {}
    assert await log_of(world, "msteams/conversations/c") == []


async def test_one_that_became_known_meanwhile_runs_no_more(
    world: World, process: Process, two: Process
) -> None:
    async def the_other_takes_it() -> None:
        await two.take(message("a"))

    runs = Runs(process, the_other_takes_it)
    await process.take(message("a"))
    assert runs.count == 1
    assert world.channel.received == {"c": ["1: a", "end of 1"]}
    assert process.figure("bot_duplicates_total") == 1


async def test_nor_where_it_has_read_nothing_that_has_changed(
    world: World, process: Process, two: Process
) -> None:
    async def say(context: TurnContext) -> None:
        await context.send_activity("hi")

    process.bot.on_turn = two.bot.on_turn = say

    async def the_other_takes_it() -> None:
        await two.take(message("a"))

    runs = Runs(process, the_other_takes_it)
    await process.take(message("a"))
    assert runs.count == 1
    assert world.channel.received == {"c": ["hi"]}


# Whether the last thing said has arrived.


def tells(
    process: Process,
    told: list[Any],
    ask: Callable[[TurnContext], object] = lambda context: last_reply(context).ask(),
) -> None:
    """Have the bot note whether its last words have arrived, and say something."""

    async def on_turn(context: TurnContext) -> None:
        told.append(ask(context))
        await context.send_activity(f"about {context.activity.text}")

    process.bot.on_turn = on_turn


@pytest.mark.parametrize(
    ("status", "expected"), [(None, Arrival.SEEN), (503, Arrival.OWED), (403, Arrival.LOST)]
)
@pytest.mark.parametrize("group", [False, True])
async def test_bot_code_can_ask(
    world: World, process: Process, status: int | None, expected: Arrival, group: bool
) -> None:
    told: list[Arrival] = []
    tells(process, told)
    if status:
        world.channel.answers["about a"] = status
    for text in "ab":
        await process.take(_in_group(text) if group else message(text))
    assert told == [Arrival.SEEN, expected]
    world.channel.answers.clear()
    await asyncio.sleep(10)
    await process.take(_in_group("c") if group else message("c"))
    assert told[2] is Arrival.SEEN  # what was lost is known, and something was said since
    assert world.channel.received["c"][-2:] == ["about b", "about c"]


async def test_it_stays_lost_while_nobody_has_asked(world: World, process: Process) -> None:
    told: list[Arrival] = []
    asks = process.bot.on_turn
    world.channel.answers["1: a"] = 403
    await process.take(message("a"))
    assert asks is not None
    await process.take(message("b"))
    tells(process, told)
    await process.take(message("c"))
    assert told == [Arrival.LOST]


async def test_in_a_group_it_is_told_of_each_person(world: World, process: Process) -> None:
    told: list[bool] = []
    tells(process, told, unseen)
    world.channel.answers["about a"] = 403
    await process.take(_in_group("a"))
    await process.take(_in_group("b", person="bob"))
    await process.take(_in_group("c"))
    assert told == [False, False, True]


@pytest.mark.parametrize("asks", [True, False])
async def test_a_turn_that_was_told_otherwise_runs_again(
    world: World, process: Process, asks: bool
) -> None:
    told: list[Any] = []
    reached, gate = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        reached.set()
        await gate.wait()

    world.channel.answers["about a"] = 403
    process.connector.hold = hold
    tells(process, told, (lambda context: last_reply(context).ask()) if asks else lambda _: None)
    await process.begin(message("a"))
    await reached.wait()

    async def it_is_refused() -> None:
        gate.set()
        await asyncio.sleep(1)

    on_turn = process.bot.on_turn

    async def slow(context: TurnContext) -> None:
        await on_turn(context)
        if len(told) == 2:
            await it_is_refused()

    process.bot.on_turn = slow
    await process.take(message("b"))
    seen, lost = Arrival.SEEN, Arrival.LOST
    assert told == ([seen, seen, lost] if asks else [None, None])
    assert world.channel.received == {"c": ["about b"]}


def test_outside_of_the_engines_turns_all_was_seen() -> None:
    activity = message("a")
    assert not unseen(TurnContext(SimpleAdapter(), activity))


# Who is erased meanwhile.


async def test_a_person_who_was_erased_while_the_bot_ran_is_told_nothing(
    world: World, process: Process
) -> None:
    await process.take(message("a"))

    async def forgotten() -> None:
        await erase(world.storage, ADA)

    runs = Runs(process, forgotten)
    await process.take(message("b"))
    assert runs.count == 1
    await process.take(message("b"))  # it is entered as seen
    assert runs.count == 1
    assert world.channel.received == {"c": ["1: a", "end of 1"]}
    assert await log_of(world, ADA) == []
    assert await log_of(world, "msteams/conversations/c") == []


async def test_what_they_say_later_is_new(world: World, process: Process) -> None:
    await process.take(message("a"))
    await erase(world.storage, ADA)
    await process.take(message("b"))
    assert world.channel.received["c"][2:] == ["1: b", "end of 1"]


async def test_what_was_owed_to_somebody_erased_is_not_sent(world: World, process: Process) -> None:
    await process.dispatch()
    world.channel.down = True
    await process.take(message("a"))
    await process.take(_in_group("g", person="ada", conversation="g"))
    await process.take(_in_group("h", person="bob", conversation="g"))
    await erase(world.storage, ADA)
    assert [key for key, _ in await world.storage.scan(prefix="owed/")] == ["owed//msteams/g/2"]
    await asyncio.sleep(3)  # a beat finds it
    world.channel.down = False
    await asyncio.sleep(30)
    assert world.channel.received == {"g": ["1: h", "end of 1"]}


async def test_who_asks_to_be_forgotten_is_told_that_and_is_owed_nothing_else(
    world: World,
) -> None:
    process = process_on(world.storage)
    channel = process.world.channel
    channel.down = True
    for conversation in ("a-1", "a-2"):
        await process.take(says("Ada", person=ADA_ID, conversation=conversation))
    await process.take(says("forget me", person=ADA_ID, conversation="a-1"))
    owed = await world.storage.scan(prefix="owed/")
    assert [key for key, _ in owed] == ["owed//msteams/a-1/2"]
    await asyncio.sleep(3)
    channel.down = False
    await asyncio.sleep(10)
    assert channel.received == {"a-1": ["I have forgotten you."]}
    await process.stop()


def _in_group(text: str, *, person: str = "ada", conversation: str = "c") -> Any:
    activity = message(text, conversation=conversation, person=person)
    activity.conversation.is_group = True
    return activity
