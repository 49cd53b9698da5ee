"""What is owed to a person is erased with them: in one write with the ledger, beside who sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from tests.turnkeeper.contract.owing import FAR_OFF, Owing, keys_of, owner_of, queue_in
from tests.turnkeeper.contract.remembering import (
    ADA,
    ADA_KEY,
    BOB,
    RememberingBot,
    everything,
    process_on,
    says,
)
from tests.turnkeeper.turn.world import Process
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.open_turn import Open
from turnkeeper.ledger.queue import Queue
from turnkeeper.state.people.erasure import erase, records_of
from turnkeeper.storage import ANY, Change, MemoryStorage, RecordStorage

DAY = 86_400.0
DONE = "I have forgotten you."


@pytest.fixture
async def process(storage: RecordStorage) -> AsyncIterator[Process]:
    """A process of a bot that forgets who asks it to."""
    process = process_on(storage)
    yield process
    await process.stop()


class Written(MemoryStorage):
    """A store that tells what was written together.

    :ivar together: the keys of each commit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.together: list[set[str]] = []

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self.together.append({change.key for change in changes})
        return await super().commit(changes)


# By the operator.


@pytest.mark.parametrize(
    "stands",
    [
        {},
        {"holder": "00", "beat": 7},
        {"not_before": FAR_OFF},
        {"holder": "00", "beat": 7, "not_before": FAR_OFF, "next": 30},
    ],
)
async def test_a_persons_own_ledger_keeps_who_sends_and_until_when_to_wait(
    storage: RecordStorage, stands: dict[str, Any]
) -> None:
    owing = Owing(owner=ADA_KEY, **stands)
    owing.turn("one", "two", person=ADA)
    owing.turn("welcome")  # of a join, which is nobody's
    owing.ledger.queue.unseen = {digest(ADA_KEY): 1}
    await owing.store(storage)
    before = owing.ledger.queue
    assert await erase(storage, ADA_KEY) == 2
    [(key, record)] = await storage.scan()
    assert (key, record.owner) == (owing.key, "")
    left = Ledger.read(key, record)
    assert left.seen == " 00"
    assert left.queue == Queue(before.next, before.not_before, before.holder, before.beat)
    assert record.expires_at == pytest.approx(max(before.not_before, time.time()) + DAY, abs=60)
    assert await storage.due() == []


async def test_one_that_owes_nothing_and_in_which_nobody_sends_goes(
    storage: RecordStorage,
) -> None:
    owing = Owing(owner=ADA_KEY, not_before=1.0, next=5)
    await owing.store(storage)
    assert await erase(storage, ADA_KEY) == 1
    assert await storage.scan() == []


async def test_of_a_groups_ledger_only_the_numbers_of_the_erased_go(
    storage: RecordStorage,
) -> None:
    owing = Owing(holder="00", beat=7, not_before=FAR_OFF, next=5)
    owing.turn("one", person=ADA)
    bobs = owing.turn("two", person=BOB)
    owing.turn("three", person=ADA)
    joins = owing.turn("four")
    owing.ledger.queue.unseen = {digest(ADA_KEY): 1, digest(owner_of(BOB)): 2}
    await owing.store(storage)
    before = owing.ledger.queue
    await erase(storage, ADA_KEY)
    left = await queue_in(storage, owing.key)
    assert left == Queue(
        before.next,
        before.not_before,
        before.holder,
        before.beat,
        {6: before.open[6], 8: before.open[8]},
        unseen={digest(owner_of(BOB)): 2},
    )
    assert await keys_of(storage, "owed/") == [bobs, joins]
    assert (await storage.fetch([owing.key]))[owing.key].expires_at == FAR_OFF


@pytest.mark.parametrize("owner", [ADA_KEY, ""])
async def test_it_is_one_write_with_the_ledger(owner: str) -> None:
    storage, owing = Written(), Owing(owner=owner)
    key = owing.turn("one", person=ADA)
    await owing.store(storage)
    storage.together.clear()
    await erase(storage, ADA_KEY)
    assert storage.together[0] == {owing.key, key}


async def test_what_was_given_up_goes_also_where_the_ledger_is_gone(
    storage: RecordStorage,
) -> None:
    own, group = Owing("own", owner=ADA_KEY), Owing("group")
    own.given_up("welcome")  # to nobody, in a conversation of hers
    own.given_up("one", person=ADA, number=901)
    group.given_up("two", person=ADA)
    bobs = group.given_up("three", person=BOB, number=901)
    for one in (own, group):
        await one.store(storage)
    await storage.commit([Change(group.key, None, ANY)])
    assert await erase(storage, ADA_KEY) == 4
    assert await keys_of(storage) == [bobs]


async def test_with_an_unreadable_ledger_what_is_owed_goes_too(storage: RecordStorage) -> None:
    own, group = Owing("own", owner=ADA_KEY), Owing("group")
    for one in (own, group):
        one.turn("one", person=ADA)
        await one.store(storage)
    record = (await storage.fetch([own.key]))[own.key]
    await storage.commit([Change(own.key, "{}", ANY, record.owner), Change(group.key, "{}", ANY)])
    await erase(storage, ADA_KEY)
    assert await keys_of(storage) == [group.key]


class Gate:
    """Holds back what a process sends."""

    def __init__(self, process: Process) -> None:
        self.sending, self.open = asyncio.Event(), asyncio.Event()
        process.connector.hold = self._hold

    async def _hold(self, _: str) -> None:
        self.sending.set()
        await self.open.wait()


async def test_who_sends_to_the_erased_stops_and_lets_go(
    storage: RecordStorage, process: Process
) -> None:
    async def bot(context: TurnContext) -> None:
        for text in ("one", "two"):
            await context.send_activity(text)

    process.bot.on_turn = bot
    gate = Gate(process)
    turn = asyncio.ensure_future(process.take(says("hi", person=ADA, conversation="a")))
    await gate.sending.wait()
    await erase(storage, ADA_KEY)
    gate.open.set()
    await turn
    await process.stop()
    assert process.world.channel.received == {"a": ["one"]}  # it was on its way
    left = await queue_in(storage, "msteams/ledgers/a/")
    assert (left.holder, left.open, left.next) == ("", {}, 2)
    assert [key async for key, _ in records_of(storage, ADA_KEY)] == []
    assert await storage.due() == []


async def test_the_others_of_a_group_are_sent_theirs(
    storage: RecordStorage, process: Process
) -> None:
    gate = Gate(process)
    turns = []
    for number, (person, text) in enumerate(((ADA, "Ada"), (BOB, "Bob"), (ADA, "Ada again")), 1):
        activity = says(text, person=person, conversation="g", group=True)
        turns.append(asyncio.ensure_future(process.take(activity)))
        await until(storage, "msteams/ledgers/g/", partial(has, number))
    await erase(storage, ADA_KEY)
    gate.open.set()
    await asyncio.gather(*turns)
    await process.stop()
    assert process.world.channel.received == {"g": ["Hello Ada", "Hello Bob"]}
    assert await keys_of(storage, "owed/") == []


def has(number: int, turns: dict[int, Open]) -> bool:
    """Whether a number is open."""
    return number in turns


async def until(storage: RecordStorage, key: str, met: Callable[[dict[int, Open]], bool]) -> None:
    """Wait until what is open in a ledger, which may not be there yet, is as it should be."""
    async with asyncio.timeout(10):
        while not met(Ledger.read(key, (await storage.fetch([key])).get(key)).queue.open):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_who_waits_to_try_again_does_not(storage: RecordStorage, process: Process) -> None:
    process.world.channel.down = True
    turn = asyncio.ensure_future(process.take(says("Ada", person=ADA, conversation="a")))
    await until(storage, "msteams/ledgers/a/", lambda turns: bool(turns) and turns[1].marks[0] > 0)
    await erase(storage, ADA_KEY)
    async with asyncio.timeout(10):
        await turn
        while process.adapter.senders.own:  # noqa: ASYNC110 - it is about to see it
            await asyncio.sleep(0)
    process.world.channel.down = False
    await process.stop()
    assert process.world.channel.received == {}


# By the person, in a turn.


async def test_forget_me_takes_what_is_owed_everywhere_but_the_confirmation(
    storage: RecordStorage, process: Process
) -> None:
    here, own, group = Owing("a", owner=ADA_KEY), Owing("b", owner=ADA_KEY), Owing("g")
    here.turn("owed here", person=ADA)
    here.given_up("welcome")
    own.turn("owed there", person=ADA)
    own.given_up("given up", person=ADA)
    group.turn("owed to her", person=ADA)
    bobs = group.turn("owed to Bob", person=BOB)
    given_up = group.given_up("given up for Bob", person=BOB)
    for one in (here, own, group):
        await one.store(storage)
    await process.take(says("forget me", person=ADA, conversation="a"))
    await process.stop()
    assert process.world.channel.received == {"a": [DONE]}
    assert await keys_of(storage, "owed/") == [bobs]
    assert await keys_of(storage, "given-up/") == [given_up]
    assert list((await queue_in(storage, group.key)).open) == [2]
    for ledger in (here.key, own.key):
        assert (await queue_in(storage, ledger)).open == {}


async def test_the_confirmation_waits_as_the_channel_has_asked(
    storage: RecordStorage, process: Process
) -> None:
    owing = Owing("a", owner=ADA_KEY, not_before=FAR_OFF)
    key = owing.turn("owed", person=ADA)
    await owing.store(storage)
    await process.take(says("forget me", person=ADA, conversation="a"))
    left = await queue_in(storage, owing.key)
    assert (left.not_before, left.next, list(left.open)) == (FAR_OFF, 3, [2])
    assert await keys_of(storage, "owed/") == [key[:-1] + "2"]
    assert process.world.channel.received == {}
    await erase(storage, ADA_KEY)  # the operator takes that too
    assert await keys_of(storage, "owed/") == []


@pytest.mark.parametrize("group", [True, False])
async def test_another_process_that_sends_there_sends_the_confirmation(
    storage: RecordStorage, process: Process, group: bool
) -> None:
    other = process_on(storage)
    gate = Gate(other)
    said = says("Ada", person=ADA, conversation="a", group=group)
    turn = asyncio.ensure_future(other.take(said))
    await gate.sending.wait()
    second = says("Ada again", person=ADA, conversation="a", group=group)
    behind = asyncio.ensure_future(other.take(second))
    await until(storage, "msteams/ledgers/a/", partial(has, 2))
    forget = says("forget me", person=ADA, conversation="a", group=group)
    forgetting = asyncio.ensure_future(process.take(forget))
    await until(storage, "msteams/ledgers/a/", lambda turns: list(turns) == [3])
    gate.open.set()
    await asyncio.gather(turn, behind, forgetting)
    for one in (other, process):
        await one.stop()
    assert other.world.channel.received == {"a": ["Hello Ada", DONE]}
    assert process.world.channel.received == {}
    assert "Ada" not in (await everything(storage)).replace(ADA, "")


async def test_a_sender_that_is_done_meanwhile_does_not_make_the_bot_run_again() -> None:
    owing = Owing("b", owner=ADA_KEY)
    key = owing.turn("owed", person=ADA)

    class Sending(MemoryStorage):
        """Here the receipt of what was owed is written just before a turn is."""

        sent = False

        async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
            if not self.sent and any(change.key == "msteams/ledgers/a/" for change in changes):
                self.sent = True
                ledger = Ledger.read(owing.key, (await self.fetch([owing.key]))[owing.key])
                ledger.queue.open.clear()
                receipt = Change(owing.key, ledger.body(), ANY, ADA_KEY)
                await super().commit([receipt, Change(key, None, ANY)])
            return await super().commit(changes)

    storage = Sending()
    await owing.store(storage)
    process, runs = process_on(storage), list[str]()

    class CountingBot(RememberingBot):
        async def forget(self, context: TurnContext) -> None:
            runs.append(context.activity.text)
            await super().forget(context)

    process.bot = CountingBot(*process.states)
    await process.take(says("forget me", person=ADA, conversation="a"))
    await process.stop()
    assert storage.sent
    assert runs == ["forget me"]


@pytest.mark.parametrize("group", [True, False])
async def test_who_uninstalls_is_forgotten_and_not_who_joined(
    storage: RecordStorage, process: Process, group: bool
) -> None:
    async def bot(context: TurnContext) -> None:
        await process.bot.forget(context)

    owing = Owing("a", owner="" if group else ADA_KEY)
    owing.turn("owed", person=ADA)
    joins = owing.turn("welcome")
    await owing.store(storage)
    gone: Activity = says("", person=ADA, conversation="a", group=group)
    gone.type, gone.action, gone.text = "installationUpdate", "remove", None
    process.bot.on_turn = bot
    await process.take(gone)
    await process.adapter.senders.close()
    left = [key for key in await keys_of(storage, "owed/") if key != joins]
    assert left == []
    assert process.world.channel.received == ({"a": ["welcome"]} if group else {})
