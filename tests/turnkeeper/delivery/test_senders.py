"""One sender for a conversation: who takes it, who only adds, who lets go and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.turnkeeper.delivery.store import Store, key
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.connector.outcome import Failed, Outcome
from turnkeeper.delivery.lease import FRESH, LEASE
from turnkeeper.errors import RequestRefused
from turnkeeper.ledger.queue import MOST_OPEN

FIRST, SECOND = ["1: a", "end of 1"], ["2: b", "end of 2"]


class Gate:
    """Holds back what a process sends.

    :ivar sending: is set when something is about to leave.
    """

    def __init__(self, process: Process) -> None:
        self.sending, self.open = asyncio.Event(), asyncio.Event()
        process.connector.hold = self._hold

    async def _hold(self, _: str) -> None:
        self.sending.set()
        await self.open.wait()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
async def one(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()


@pytest.fixture
async def two(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()


def now() -> float:
    return asyncio.get_running_loop().time()


# Commits.


async def test_a_commit_takes_a_conversation_that_nobody_holds(
    store: Store, world: World, one: Process
) -> None:
    gate = Gate(one)
    taking = asyncio.create_task(one.take(message("a")))
    await gate.sending.wait()
    [keys] = store.written
    assert sorted(keys) == [
        "msteams/conversations/c",
        key(),
        "msteams/users/ada",
        "owed//msteams/c/1",
    ]
    queue = (await store.ledger()).queue
    assert queue.holder != ""
    assert one.adapter.senders.holds(key())
    gate.open.set()
    await taking
    assert world.channel.received == {"c": FIRST}
    assert not one.adapter.senders.holds(key())


async def test_what_is_held_elsewhere_it_only_adds_to(
    store: Store, world: World, one: Process, two: Process
) -> None:
    gate = Gate(one)
    first = asyncio.create_task(one.take(message("a")))
    await gate.sending.wait()
    before = (await store.ledger()).queue
    second = asyncio.create_task(two.take(message("b")))
    while len((await store.ledger()).queue.open) < 2:  # noqa: ASYNC110 - it is on its way
        await asyncio.sleep(0)
    queue = (await store.ledger()).queue
    assert (queue.holder, queue.beat) == (before.holder, before.beat)
    assert list(queue.open) == [1, 2]
    assert not two.adapter.senders.holds(key())
    gate.open.set()
    await asyncio.gather(first, second)
    assert world.channel.received == {"c": FIRST + SECOND}
    assert one.figure("bot_delivery_seconds_count") == 4  # all of it was sent by the one


async def test_another_process_s_turn_is_no_sign_of_the_holders_life(
    store: Store, one: Process, two: Process
) -> None:
    gate = Gate(one)
    await one.begin(message("a"))
    await gate.sending.wait()
    due = (await store.fetch([key()]))[key()].due_at
    await asyncio.sleep(0.5)
    await two.begin(message("b"))
    assert (await store.fetch([key()]))[key()].due_at == due
    gate.open.set()


async def test_turns_commit_while_the_replies_of_earlier_ones_leave_in_order(
    store: Store, world: World, one: Process
) -> None:
    gate = Gate(one)
    taking = [asyncio.create_task(one.take(message(f"{n}"))) for n in range(10)]
    while len((await store.ledger()).queue.open) < 10:  # noqa: ASYNC110 - they are on their way
        await asyncio.sleep(0.001)
    assert world.channel.received == {}
    assert now() < 1
    gate.open.set()
    await asyncio.gather(*taking)
    await asyncio.sleep(9)
    texts = [line for n in range(10) for line in (f"{n + 1}: {n}", f"end of {n + 1}")]
    assert world.channel.received == {"c": texts}


async def test_at_most_seven_effects_a_second_are_begun_in_a_conversation(
    one: Process, world: World
) -> None:
    begun: list[float] = []

    async def note(_: str) -> None:
        begun.append(now())

    one.connector.hold = note
    await asyncio.gather(*(one.take(message(f"{n}")) for n in range(10)))
    await asyncio.sleep(10)
    assert len(begun) == 20
    assert all(later - earlier >= 1 for earlier, later in zip(begun, begun[7:], strict=False))
    assert begun[6] - begun[0] < 0.2  # at first they go as they come
    assert begun[-1] < 3.5


async def test_another_conversation_has_a_pace_of_its_own(one: Process, world: World) -> None:
    await asyncio.gather(*(one.take(message("a", conversation=f"{n}")) for n in range(20)))
    assert now() < 0.5
    assert len(world.channel.received) == 20


async def test_with_fifty_open_a_message_is_refused_before_the_bot_runs(
    store: Store, world: World, one: Process
) -> None:
    world.channel.down = True
    for number in range(MOST_OPEN):
        await one.take(message(f"{number}"))
    runs = len(await store.fetch(["msteams/conversations/c"]))
    ran: list[str] = []

    async def bot(context: object) -> None:
        ran.append("ran")

    one.bot.on_turn = bot
    with pytest.raises(RequestRefused) as refusal:
        await one.take(message("one too many"))
    assert (refusal.value.status, refusal.value.code) == (503, "replies_owed")
    assert (runs, ran) == (1, [])
    await one.take(message("elsewhere", conversation="d"))
    assert ran == ["ran"]


async def test_who_is_answered_waits_for_its_replies_two_seconds_at_most(
    world: World, one: Process
) -> None:
    gate = Gate(one)
    assert await one.take(message("a")) is None
    assert 2 <= now() < 2.3
    assert world.channel.received == {}
    gate.open.set()
    await asyncio.sleep(1)
    assert world.channel.received == {"c": FIRST}


async def test_who_is_answered_also_waits_for_what_another_process_sends(
    world: World, one: Process, two: Process
) -> None:
    gate = Gate(one)
    await one.begin(message("a"))
    await gate.sending.wait()
    second = await two.begin(message("b"))
    await asyncio.sleep(1)
    assert not second.done()
    gate.open.set()
    await asyncio.sleep(0.6)
    assert second.done()
    assert world.channel.received == {"c": FIRST + SECOND}


# Waits.


async def answer(process: Process, *outcomes: Outcome) -> list[float]:
    """Have the channel answer so, and take everything afterwards; note when it is asked."""
    asked, left = list[float](), list(outcomes)
    attempt = process.connector.attempt_send

    async def attempt_send(*arguments: object, **named: object) -> Outcome:
        asked.append(now())
        if left:
            return left.pop(0)
        return await attempt(*arguments, **named)  # type: ignore[arg-type]

    process.connector.attempt_send = attempt_send  # type: ignore[method-assign]
    return asked


async def test_a_long_wait_lets_go_and_comes_back_by_itself(
    store: Store, world: World, one: Process
) -> None:
    asked = await answer(one, Failed("busy", 429, 14.0))
    await one.take(message("a"))
    assert not one.adapter.senders.holds(key())
    assert (await store.ledger()).queue.holder == ""
    await asyncio.sleep(20)
    assert world.channel.received == {"c": FIRST}
    assert 14 <= asked[1] - asked[0] <= 15


async def test_the_next_message_does_not_undercut_it(world: World, one: Process) -> None:
    asked = await answer(one, Failed("busy", 429, 14.0))
    await one.take(message("a"))
    await one.take(message("b"))
    await asyncio.sleep(20)
    assert 14 <= asked[1] - asked[0] <= 15
    assert world.channel.received == {"c": FIRST + SECOND}


async def test_a_turn_in_a_wait_only_adds_to_what_is_owed(store: Store, one: Process) -> None:
    await answer(one, Failed("busy", 429, 14.0))
    await one.take(message("a"))
    before, writes = (await store.ledger()).queue, len(store.written)
    await one.take(message("b"))
    queue = (await store.ledger()).queue
    assert (queue.holder, queue.beat, list(queue.open)) == ("", before.beat, [1, 2])
    assert len(store.written) == writes + 1


async def test_nor_does_another_process(world: World, one: Process, two: Process) -> None:
    asked = await answer(one, Failed("busy", 429, 14.0))
    others = await answer(two)
    await two.dispatch()
    await one.take(message("a"))
    await two.take(message("b"))
    await asyncio.sleep(20)
    assert world.channel.received == {"c": FIRST + SECOND}
    assert min([*asked[1:], *others]) - asked[0] >= 14


async def test_a_short_wait_is_kept_by_the_holder(store: Store, world: World, one: Process) -> None:
    asked = await answer(one, Failed("busy", 429, 1.0))
    taking = asyncio.create_task(one.take(message("a")))
    await asyncio.sleep(0.9)
    assert one.adapter.senders.holds(key())
    await taking
    assert 1 <= asked[1] - asked[0] <= 2
    assert world.channel.received == {"c": FIRST}


async def test_what_the_channel_says_of_typing_counts_for_replies(
    store: Store, world: World, one: Process
) -> None:
    one.adapter.senders.hear_wait(key(), 30.0)
    await one.take(message("a"))
    assert world.channel.received == {}
    await asyncio.sleep(31)
    assert world.channel.received == {"c": FIRST}


async def test_tries_are_ever_further_apart_and_at_most_a_minute(
    world: World, one: Process
) -> None:
    asked = await answer(one, *[Failed("down", 503)] * 60)
    await one.take(message("a"))
    await asyncio.sleep(1800)
    waits = [later - earlier for earlier, later in zip(asked, asked[1:], strict=False)]
    assert all(wait <= 5.5 for at, wait in zip(asked, waits, strict=False) if at - asked[0] < 59)
    assert max(waits) <= 61
    assert max(waits) > 30


# Claims.


async def owed_by_nobody(world: World, store: Store) -> None:
    """A turn that is committed, and whose process lets go before anything has left."""
    process = world.process()
    world.channel.down = True
    await process.take(message("a"))
    await process.stop()
    world.channel.down = False
    await store.change("c", lambda ledger: setattr(ledger.queue, "not_before", 0.0))


async def test_one_of_two_who_claim_a_conversation_is_its_sender(
    store: Store, world: World, one: Process, two: Process
) -> None:
    await owed_by_nobody(world, store)
    senders = [process.adapter.senders for process in (one, two)]
    claims = await asyncio.gather(*(each.claim(key()) for each in senders))
    assert sorted(claims) == [False, True]
    await asyncio.sleep(1)
    assert world.channel.received == {"c": FIRST}


async def test_a_claim_of_a_holder_that_has_written_since_fails(
    store: Store, world: World, one: Process, two: Process
) -> None:
    gate = Gate(one)
    await one.begin(message("a"))
    await gate.sending.wait()
    queue = (await store.ledger()).queue
    seen = (queue.holder, queue.beat)
    await asyncio.sleep(1.5)
    assert not await two.adapter.senders.claim(key(), seen)
    assert not await two.adapter.senders.claim(key())
    assert (await store.ledger()).queue.holder == seen[0]
    gate.open.set()


async def test_nothing_is_claimed_that_waits_or_owes_nothing(
    store: Store, world: World, one: Process, two: Process
) -> None:
    await answer(one, Failed("busy", 429, 14.0))
    await one.take(message("a"))
    assert not await two.adapter.senders.claim(key())
    assert not await two.adapter.senders.claim(key("nobody"))
    assert store.written[-1] != [key("nobody")]
    assert (await store.ledger()).queue.holder == ""


async def test_an_effect_that_has_waited_for_its_connection_too_long_does_not_leave(
    store: Store, world: World, one: Process
) -> None:
    gate = Gate(one)
    await one.begin(message("a"))
    await gate.sending.wait()
    store.away = True  # no beat is confirmed any more
    await asyncio.sleep(FRESH)
    gate.open.set()
    await asyncio.sleep(LEASE)
    assert world.channel.received == {}
    store.away = False
    await asyncio.sleep(LEASE)
    assert world.channel.received == {"c": FIRST}


async def test_who_has_lost_the_conversation_begins_nothing_more(
    store: Store, world: World, one: Process
) -> None:
    gate = Gate(one)
    await one.begin(message("a"))
    await gate.sending.wait()
    await store.change("c", lambda ledger: ledger.queue.take("another's"))
    await asyncio.sleep(1.5)  # a beat finds it
    gate.open.set()
    await asyncio.sleep(10)
    assert world.channel.received == {}
    assert (await store.ledger()).queue.open[1].marks == [0, 0]


async def test_one_task_of_a_conversation_that_fails_takes_no_other_with_it(
    world: World, one: Process, caplog: pytest.LogCaptureFixture
) -> None:
    async def hold(conversation: str) -> None:
        if conversation == "bad":
            raise RuntimeError("a slip of ours")

    one.connector.hold = hold
    await one.begin(message("a", conversation="bad"))
    await one.take(message("a"))
    assert world.channel.received == {"c": FIRST}
    assert not one.adapter.senders.holds(key("bad"))
    assert "msteams/ledgers/bad/: sending failed" in caplog.text


# The end.


async def test_an_end_sends_for_a_moment_more_and_lets_go_with_empty_hands(
    store: Store, world: World
) -> None:
    process = world.process()

    async def slow(_: str) -> None:
        await asyncio.sleep(0.9)

    process.connector.hold = slow
    await process.begin(message("a"))
    await process.begin(message("b"))
    await asyncio.sleep(0)
    await process.stop()
    queue = (await store.ledger()).queue
    assert queue.holder == ""
    assert world.channel.received == {"c": FIRST}
    assert list(queue.open) == [2]
    assert [due for due, _ in await store.due()] == [key()]


async def test_an_end_waits_for_what_is_on_the_wire_and_not_for_ever(
    store: Store, world: World
) -> None:
    process = world.process()
    Gate(process)
    await process.begin(message("a"))
    await process.stop()
    assert now() < 9
    queue = (await store.ledger()).queue
    assert queue.open[1].marks == [0, 0]
    assert queue.holder != ""  # who knows what became of it: the others wait for the lease


async def test_after_its_end_a_process_takes_nothing(store: Store, world: World) -> None:
    await owed_by_nobody(world, store)
    process = world.process()
    await process.stop()
    assert not await process.adapter.senders.claim(key())
    await process.begin(message("b"))
    await asyncio.sleep(1)
    assert (await store.ledger()).queue.holder == ""
    assert world.channel.received == {}


async def test_nothing_is_kept_of_conversations_at_rest(one: Process) -> None:
    for number in range(30):
        await one.take(message("a", conversation=f"{number}"))
    await asyncio.sleep(1)
    assert one.figure("bot_turns_owing") == 0
    assert one.adapter.senders.own == set()
    tasks = len(asyncio.all_tasks())
    await asyncio.sleep(60)
    assert len(asyncio.all_tasks()) <= tasks
    assert tasks == 1
