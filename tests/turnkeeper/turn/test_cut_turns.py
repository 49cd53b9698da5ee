"""A turn cut at every step: nobody asks, and what is committed is sent; redelivered it is known."""

import asyncio
from dataclasses import dataclass

import pytest

from tests.turnkeeper.turn.world import Crash, Process, World, log_of, message
from turnkeeper.delivery.lease import LEASE
from turnkeeper.errors import StorageUnavailable

CONVERSATION, USER = "msteams/conversations/c", "msteams/users/ada"
TAKEN_OVER = LEASE + 2.5


@dataclass(frozen=True)
class Cut:
    """Where the process dies: at this call to store or channel, before or after its effect."""

    step: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} step {self.step}"

    @property
    def committed(self) -> bool:
        return (self.step, self.after) >= (2, True)

    @property
    def on_the_wire(self) -> bool:
        """Whether a reply has left and is not written down."""
        return (self.step, self.after) in {(3, True), (4, False), (5, True), (6, False)}


# read, commit, and twice a reply and its receipt
CUTS = [Cut(step, after) for step in range(1, 7) for after in (False, True)]
REPLIES = ["1: a", "end of 1"]


async def run_into(process: Process, cut: Cut) -> None:
    process.steps.plan(cut.step, after=cut.after)
    with pytest.raises(Crash):
        await process.take(message("a"))
    await process.stop()


def without_repeats(texts: list[str]) -> list[str]:
    return [text for n, text in enumerate(texts) if text not in texts[:n]]


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_what_is_committed_is_sent_by_another_process_and_nobody_asks(cut: Cut) -> None:
    world = World()
    fresh = world.process()
    await fresh.dispatch()
    await run_into(world.process(), cut)
    await asyncio.sleep(TAKEN_OVER)
    replies = world.channel.received.get("c", [])
    assert without_repeats(replies) == (REPLIES if cut.committed else [])
    # Only what may not have left is sent again.
    assert len(replies) - len(without_repeats(replies)) == cut.on_the_wire
    await fresh.stop()


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_the_redelivery_finds_the_same_state_and_every_reply_is_delivered(cut: Cut) -> None:
    world = World()
    await run_into(world.process(), cut)
    fresh = world.process()
    await fresh.dispatch()
    await fresh.take(message("a"))
    await fresh.take(message("b"))
    await asyncio.sleep(TAKEN_OVER)
    await fresh.stop()

    assert await log_of(world, CONVERSATION) == ["a", "b"]
    assert await log_of(world, USER) == ["a", "b"]
    replies = world.channel.received["c"]
    assert without_repeats(replies) == [*REPLIES, "2: b", "end of 2"]
    assert len(replies) == 4 + cut.on_the_wire


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_the_person_may_also_go_on_before_the_redelivery(cut: Cut) -> None:
    world = World()
    await run_into(world.process(), cut)
    fresh = world.process()
    await fresh.dispatch()
    await fresh.take(message("b"))
    await fresh.take(message("a"))
    await asyncio.sleep(TAKEN_OVER)
    await fresh.stop()

    order = ["a", "b"] if cut.committed else ["b", "a"]
    assert await log_of(world, CONVERSATION) == order
    assert without_repeats(world.channel.received["c"]) == [
        line for n, text in enumerate(order, 1) for line in (f"{n}: {text}", f"end of {n}")
    ]


@pytest.mark.parametrize(
    "cut", [Cut(step, after) for step in range(1, 9) for after in (False, True)]
)
async def test_a_cut_of_who_takes_over_is_made_up_for_as_well(cut: Cut) -> None:
    world = World()
    await run_into(world.process(), Cut(3, after=True))  # the first reply has left
    second, third = world.process(), world.process()
    second.steps.plan(cut.step, after=cut.after)
    await second.dispatch()
    await asyncio.sleep(TAKEN_OVER)
    await third.dispatch()
    await asyncio.sleep(TAKEN_OVER)
    await second.stop()
    await third.stop()
    assert await log_of(world, CONVERSATION) == ["a"]
    replies = world.channel.received["c"]
    assert without_repeats(replies) == REPLIES
    assert len(replies) <= 4


async def test_a_commit_whose_answer_is_lost_has_taken_effect_all_the_same() -> None:
    world = World()
    process = world.process()
    await process.dispatch()
    records, lost = process.records, 0

    async def commit(changes: object) -> dict[str, str]:
        nonlocal lost
        e_tags = await type(records).commit(records, changes)  # type: ignore[arg-type]
        if not lost:
            lost += 1
            raise StorageUnavailable("the answer is lost")
        return e_tags

    records.commit = commit  # type: ignore[method-assign]
    assert await process.take(message("a")) is None  # it is answered as any other
    await process.take(message("a"))
    await asyncio.sleep(TAKEN_OVER)
    assert await log_of(world, CONVERSATION) == ["a"]
    assert world.channel.received == {"c": REPLIES}
    await process.stop()


async def test_one_that_has_not_taken_effect_is_refused() -> None:
    world = World()
    process = world.process()

    async def commit(changes: object) -> dict[str, str]:
        raise StorageUnavailable("away")

    process.records.commit = commit  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable):
        await process.take(message("a"))
    del process.records.commit
    assert await log_of(world, CONVERSATION) == []
    await process.take(message("a"))
    assert world.channel.received == {"c": REPLIES}
    await process.stop()
