"""How many slots one person's turns hold, and who waits for one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from botbuilder.core import TurnContext

from tests.turnkeeper.turn.world import World, message
from turnkeeper.errors import RequestRefused
from turnkeeper.observing.metrics import Metrics
from turnkeeper.turn import order as turn_order
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.slots import OF_ONE_PERSON, WAITING_FOR_ONE_PERSON, Slots

ADA, BOB = "msteams/users/ada", "msteams/users/bob"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def order(metrics: Metrics) -> TurnOrder:
    return TurnOrder(Slots(100, metrics))


async def all_of_ada(order: TurnOrder, stack: AsyncExitStack) -> None:
    """Take all slots that Ada may have, each in a conversation of its own."""
    for number in range(OF_ONE_PERSON):
        await stack.enter_async_context(order.turn(f"held {number}", ADA))


async def take(order: TurnOrder, conversation: str, person: str | None, had: list[str]) -> None:
    """Take a turn, and note in which conversation."""
    async with order.turn(conversation, person):
        had.append(conversation)


async def some_rounds() -> None:
    """Let the loop run what is ready."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_person_holds_eight_and_more_wait_in_order(
    order: TurnOrder, metrics: Metrics
) -> None:
    assert OF_ONE_PERSON == 8
    had: list[str] = []
    async with AsyncExitStack() as stack:
        await all_of_ada(order, stack)
        waiting = [asyncio.create_task(take(order, f"{number}", ADA, had)) for number in range(20)]
        await some_rounds()
        assert had == []
        assert metrics.under_way == OF_ONE_PERSON  # who waits holds none
        for person in (BOB, "", None):  # another, nobody, and the bot of its own accord
            await asyncio.create_task(take(order, "another", person, had))
        assert had == ["another"] * 3
    had.clear()
    await asyncio.gather(*waiting)
    assert had == [f"{number}" for number in range(20)]
    assert metrics.under_way == 0
    assert len(order) == 0


async def test_fifty_conversations_may_wait_for_one_person_and_no_more(order: TurnOrder) -> None:
    had: list[str] = []
    async with AsyncExitStack() as stack:
        await all_of_ada(order, stack)
        waiting = [
            asyncio.create_task(take(order, f"{number}", ADA, had))
            for number in range(WAITING_FOR_ONE_PERSON)
        ]
        await some_rounds()
        with pytest.raises(RequestRefused) as refusal:
            await take(order, "one more", ADA, had)
        assert (refusal.value.status, refusal.value.code) == (503, "person_busy")
        assert refusal.value.retry_after == 2
        assert not order.busy("one more")
        waiting[0].cancel()  # who gives up makes room
        await asyncio.wait([waiting[0]])
        waiting.append(asyncio.create_task(take(order, "one more", ADA, had)))
        await some_rounds()
        assert not waiting[-1].done()
    await asyncio.gather(*waiting[1:])
    assert had == [*(f"{number}" for number in range(1, WAITING_FOR_ONE_PERSON)), "one more"]


async def test_nobody_waits_without_end_for_a_slot(
    order: TurnOrder, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_order, "PATIENCE", 0.01)
    had: list[str] = []
    async with AsyncExitStack() as stack:
        await all_of_ada(order, stack)
        with pytest.raises(RequestRefused) as refusal:
            await asyncio.wait_for(take(order, "c", ADA, had), 5)
        assert (refusal.value.status, refusal.value.code) == (503, "conversation_busy")
    await take(order, "c", ADA, had)
    assert had == ["c"]
    assert metrics.under_way == 0


async def test_who_gives_up_waiting_for_a_slot_holds_up_their_conversation_no_longer(
    order: TurnOrder,
) -> None:
    had: list[str] = []
    async with AsyncExitStack() as stack:
        await all_of_ada(order, stack)
        waiting = asyncio.create_task(take(order, "c", ADA, had))
        behind = asyncio.create_task(take(order, "c", BOB, had))
        await some_rounds()
        assert had == []
        waiting.cancel()
        await asyncio.wait_for(behind, 5)
    assert had == ["c"]


async def test_a_slot_that_comes_just_as_its_turn_is_ended_is_passed_on(
    order: TurnOrder, metrics: Metrics
) -> None:
    had: list[str] = []
    async with AsyncExitStack() as stack:
        await all_of_ada(order, stack)
        ended, late, next_one = (
            asyncio.create_task(take(order, name, ADA, had)) for name in ("ended", "late", "next")
        )
        await some_rounds()
        ended.cancel()  # of this nobody has heard yet
        await stack.aclose()  # all eight, and the first two are for these two
        late.cancel()
        await asyncio.wait([ended, late, next_one])
    assert had == ["next"]
    async with asyncio.timeout(5), AsyncExitStack() as stack:
        await all_of_ada(order, stack)  # none is lost
    assert metrics.under_way == 0


async def test_who_has_waited_goes_on_though_others_have_taken_all_slots(
    metrics: Metrics,
) -> None:
    slots, had = Slots(1, metrics), list[str]()
    order = TurnOrder(slots)
    async with order.turn("c", ADA):
        with pytest.raises(RequestRefused) as refusal:
            slots.check()
        assert (refusal.value.status, refusal.value.code) == (503, "overloaded")
        waiting = asyncio.create_task(take(order, "c", BOB, had))
        await some_rounds()
    assert slots.take_free("carl")  # somebody is quicker
    await waiting
    assert had == ["c"]
    slots.leave("carl")
    assert metrics.under_way == 0


async def test_where_the_bot_speaks_first_it_takes_no_slot() -> None:
    world = World()
    process = world.process(max_turns=OF_ONE_PERSON)
    thinking, go_on = list[str](), asyncio.Event()

    async def think(context: TurnContext) -> None:
        thinking.append(context.activity.conversation.id)
        await go_on.wait()

    async def speak(context: TurnContext) -> None:
        await context.send_activity("news")

    process.bot.on_turn = think
    taking = [
        asyncio.create_task(process.take(message("a", conversation=f"{number}")))
        for number in range(OF_ONE_PERSON)
    ]
    async with asyncio.timeout(5):
        while len(thinking) < OF_ONE_PERSON:  # noqa: ASYNC110 - they are on their way
            await asyncio.sleep(0)
        there = TurnContext.get_conversation_reference(message("b"))
        await process.adapter.continue_conversation(there, speak, "app")
    assert world.channel.received == {"c": ["news"]}
    with pytest.raises(RequestRefused):
        await process.take(message("b"))
    go_on.set()
    await asyncio.gather(*taking)
    await process.stop()


async def test_who_waits_for_replies_to_leave_holds_no_slot() -> None:
    world = World()
    process = world.process(max_turns=OF_ONE_PERSON)
    world.channel.down = True
    taking = list[asyncio.Task[Any]]()
    for _ in range(3):
        taking += [
            asyncio.create_task(process.take(message("a", conversation=f"{len(taking) + number}")))
            for number in range(OF_ONE_PERSON)
        ]
        await asyncio.sleep(0.1)
    assert not any(task.done() for task in taking)
    await asyncio.gather(*taking)
    await process.stop()
