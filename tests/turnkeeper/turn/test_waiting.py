"""How many activities may wait for a conversation's turn, and who counts among them."""

from __future__ import annotations

import asyncio

import pytest

from turnkeeper.errors import RequestRefused
from turnkeeper.observing.metrics import Metrics
from turnkeeper.turn.order import WAITING, TurnOrder
from turnkeeper.turn.slots import Slots


async def wait_for_turn(order: TurnOrder, had: list[int], number: int) -> None:
    """Wait for the conversation's turn, and note that it came."""
    async with order.turn("c"):
        had.append(number)


async def test_fifty_may_wait_for_one_conversation_and_no_more() -> None:
    assert WAITING == 50
    order, had = TurnOrder(Slots(512, Metrics())), list[int]()
    async with order.turn("c"):
        waiting = [
            asyncio.create_task(wait_for_turn(order, had, number)) for number in range(WAITING)
        ]
        await asyncio.sleep(0)  # now they wait
        one_more = asyncio.create_task(wait_for_turn(order, had, WAITING))
        await asyncio.sleep(0)
        assert one_more.done()  # it is refused at once
        with pytest.raises(RequestRefused) as refusal:
            await one_more
        assert (refusal.value.status, refusal.value.code) == (503, "conversation_busy")
        assert refusal.value.retry_after == 2
        assert had == []
        async with order.turn("another"):  # waits for none of them
            assert len(order) == 2
    await asyncio.gather(*waiting)
    assert had == list(range(WAITING))
    await asyncio.create_task(wait_for_turn(order, had, WAITING))  # there is room again
    assert len(order) == 0


async def test_who_gives_up_waiting_makes_room_for_another() -> None:
    order, had = TurnOrder(Slots(512, Metrics())), list[int]()
    async with order.turn("c"):
        waiting = [
            asyncio.create_task(wait_for_turn(order, had, number)) for number in range(WAITING)
        ]
        await asyncio.sleep(0)  # now they wait
        waiting[0].cancel()
        await asyncio.wait([waiting[0]])
        another = asyncio.create_task(wait_for_turn(order, had, WAITING))
        await asyncio.sleep(0)
        assert not another.done()  # it waits, and is not refused
    await asyncio.gather(*waiting[1:], another)
    assert had == [*range(1, WAITING), WAITING]
    assert not order.busy("c")
    assert len(order) == 0
