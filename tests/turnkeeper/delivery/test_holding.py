"""Who may send what is owed: its process alone while its lease holds, and nobody waits in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

import pytest
from botbuilder.core import TurnContext

from tests.turnkeeper.turn.world import Crash, World, message
from turnkeeper import deadlines
from turnkeeper.delivery import sender
from turnkeeper.delivery.sender import LEASE
from turnkeeper.errors import DeliveryFailed, StorageUnavailable
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.storage import Change, MemoryStorage, Record

KEY = "msteams/ledgers/c/"
FIRST, SECOND = ["1: a", "end of 1"], ["2: b", "end of 2"]


class Store(MemoryStorage):
    """A store with commits of which something is to be told, by their number from 1.

    :ivar fails: those that it does not take.
    :ivar then: what happens after some.
    :ivar late: those that take effect, and are answered when the event is set.
    :ivar read_often: is set when somebody looks again and again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fails: set[int] = set()
        self.then: dict[int, Callable[[], None]] = {}
        self.late: dict[int, asyncio.Event] = {}
        self.commits = 0
        self.reads = 0
        self.read_often = asyncio.Event()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        self.reads += 1
        if self.reads > 5:
            self.read_often.set()
        return await super().fetch(keys)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self.commits += 1
        if self.commits in self.fails:
            raise StorageUnavailable("the store is away")
        e_tags = await super().commit(changes)
        late = self.late.get(self.commits)
        self.then.get(self.commits, lambda: None)()
        if late is not None:
            await late.wait()
        return e_tags


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def test_what_a_slow_commit_leaves_without_a_lease_is_not_sent_unless_that_is_renewed(
    world: World, store: Store
) -> None:
    def time_passes() -> None:
        world.now += LEASE + 1

    store.then[1] = time_passes  # the turn is committed, and its process hears of it late
    store.fails = {2}  # the renewal
    process = world.process()
    with pytest.raises(DeliveryFailed, match="another process may go on"):
        await process.take(message("a"))
    assert world.channel.received == {}
    await process.take(message("a"))
    assert world.channel.received == {"c": FIRST}
    await process.stop()


async def test_a_process_does_not_wait_for_itself(world: World, store: Store) -> None:
    process = world.process()
    world.channel.down = True
    store.fails = {2}  # nobody is told that the delivery has failed
    with pytest.raises(DeliveryFailed):
        await process.take(message("a"))
    world.channel.down = False
    async with asyncio.timeout(LEASE):  # by the clock of the world no time passes at all
        await process.take(message("b"))
    assert world.channel.received == {"c": FIRST + SECOND}
    await process.stop()


async def test_after_a_failed_delivery_others_go_on_at_once(world: World) -> None:
    process, other = world.process(), world.process()
    world.channel.down = True
    with pytest.raises(DeliveryFailed):
        await process.take(message("a"))
    world.channel.down = False
    async with asyncio.timeout(LEASE):  # as above
        await other.take(message("b"))
    assert world.channel.received == {"c": FIRST + SECOND}
    await process.stop()
    await other.stop()


async def test_what_a_process_that_died_owes_others_send_when_its_lease_is_over(
    world: World,
) -> None:
    process, other = world.process(), world.process()
    process.steps.plan(3)  # it reads, commits, and dies as it sends
    with pytest.raises(Crash):
        await process.take(message("a"))
    world.now += LEASE + 0.1
    async with asyncio.timeout(LEASE):
        await other.take(message("b"))
    assert world.channel.received == {"c": FIRST + SECOND}
    await other.stop()


async def test_what_another_process_has_claimed_and_sent_it_knows_to_be_sent(
    world: World, store: Store
) -> None:
    process, other = world.process(), world.process()
    world.channel.down = True
    with pytest.raises(DeliveryFailed):
        await process.take(message("a"))
    world.channel.down = False
    store.fails = {store.commits + 2}  # after the claim: the receipt
    async with asyncio.timeout(LEASE):
        await other.take(message("b"))
    assert world.channel.received == {"c": FIRST + SECOND}
    await process.stop()
    await other.stop()


async def test_a_renewal_that_is_being_written_is_waited_for(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)
    monkeypatch.setattr(sender, "LEASE", 0.02)
    process = world.process()
    renewing, answered = asyncio.Event(), asyncio.Event()
    store.then[2], store.late[2] = renewing.set, answered
    send = process.connector.send

    async def slow_send(*arguments: Any, **named: Any) -> str | None:
        await renewing.wait()
        return await send(*arguments, **named)

    monkeypatch.setattr(process.connector, "send", slow_send)
    turn = asyncio.ensure_future(process.take(message("a")))
    try:
        async with asyncio.timeout(5):
            while world.channel.received != {"c": FIRST}:  # noqa: ASYNC110 - they are on their way
                await asyncio.sleep(0)
            answered.set()  # all is sent, and only now does the process hear of its renewal
            await turn
            await process.take(message("b"))
    finally:
        renewing.set()  # where it does not hold, it is not to hang
        answered.set()
    assert world.channel.received == {"c": FIRST + SECOND}
    await process.stop()


async def test_who_has_lost_what_it_sent_to_another_process_waits_for_that(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, other = world.process(), world.process()
    store.fails = {2}
    await process.take(message("a"))  # sent, and nobody else knows it
    world.now += LEASE + 1
    sending, go_on = asyncio.Event(), asyncio.Event()
    send = other.connector.send

    async def slow_send(*arguments: Any, **named: Any) -> str | None:
        sending.set()
        await go_on.wait()
        return await send(*arguments, **named)

    monkeypatch.setattr(other.connector, "send", slow_send)
    again = asyncio.create_task(other.take(message("a")))
    await sending.wait()
    store.reads = 0
    following = asyncio.create_task(process.take(message("b")))
    looks = asyncio.create_task(store.read_often.wait())
    async with asyncio.timeout(10):
        await asyncio.wait({looks, following}, return_when=asyncio.FIRST_COMPLETED)
        assert not following.done()
        go_on.set()
        await asyncio.gather(again, following)
    assert world.channel.received == {"c": FIRST + FIRST + SECOND}
    await process.stop()
    await other.stop()


async def test_where_two_processes_take_turns_each_finds_the_receipt_of_the_other(
    world: World,
) -> None:
    process, other = world.process(), world.process()
    await other.take(message("a"))
    answers = process.bot.on_turn
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def busy(context: TurnContext) -> None:
        if context.activity.conversation.id == "another":
            reached.set()
            await go_on.wait()
        await answers(context)

    process.bot.on_turn = busy
    elsewhere = asyncio.create_task(process.take(message("x", conversation="another")))
    await reached.wait()  # now the process has more to do than this one turn
    await process.take(message("b"))
    ledger = Ledger.read(KEY, (await world.storage.fetch([KEY]))[KEY])
    assert ledger.owed is None
    go_on.set()
    await elsewhere
    await process.stop()
    await other.stop()
