"""A turn cut at every step: redelivered to a fresh process it comes out the same."""

from dataclasses import dataclass

import pytest

from tests.turnkeeper.turn.world import Crash, Process, World, log_of, message

CONVERSATION, USER = "msteams/conversations/c", "msteams/users/ada"
LONGER_THAN_A_DELIVERY = 20.0


@dataclass(frozen=True)
class Cut:
    """Where the process dies: at this call to store or channel, before or after its effect."""

    step: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} step {self.step}"


# read, commit, two replies, and the note of what was sent
CUTS = [Cut(step, after) for step in range(1, 6) for after in (False, True)]


async def run_into(process: Process, cut: Cut) -> None:
    process.steps.plan(cut.step, after=cut.after)
    try:
        await process.take(message("a"))
        await process.adapter.close()
    except Crash:
        pass
    assert process.steps.dead, "the turn has fewer steps than this"


def without_repeats(texts: list[str]) -> list[str]:
    return [text for n, text in enumerate(texts) if text not in texts[:n]]


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_the_redelivery_finds_the_same_state_and_delivers_every_reply(
    cut: Cut,
) -> None:
    world = World()
    await run_into(world.process(), cut)
    fresh = world.process()
    world.now += LONGER_THAN_A_DELIVERY
    await fresh.take(message("a"))
    await fresh.take(message("b"))
    await fresh.stop()

    assert await log_of(world, CONVERSATION) == ["a", "b"]
    assert await log_of(world, USER) == ["a", "b"]
    replies = world.channel.received["c"]
    assert without_repeats(replies) == ["1: a", "end of 1", "2: b", "end of 2"]
    # Only what may not have left is sent again.
    assert len(replies) <= 6
    assert replies[-2:] == ["2: b", "end of 2"]


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_the_person_may_also_go_on_before_the_redelivery(cut: Cut) -> None:
    world = World()
    await run_into(world.process(), cut)
    took_effect = await log_of(world, CONVERSATION) == ["a"]
    world.now += LONGER_THAN_A_DELIVERY
    fresh = world.process()
    await fresh.take(message("b"))
    await fresh.take(message("a"))
    await fresh.stop()

    order = ["a", "b"] if took_effect else ["b", "a"]
    assert await log_of(world, CONVERSATION) == order
    assert without_repeats(world.channel.received["c"]) == [
        line for n, text in enumerate(order, 1) for line in (f"{n}: {text}", f"end of {n}")
    ]


@pytest.mark.parametrize("cut", CUTS, ids=str)
async def test_a_cut_in_the_redelivery_is_made_up_for_as_well(cut: Cut) -> None:
    world = World()
    await run_into(world.process(), Cut(3, after=True))  # the first reply has left
    world.now += LONGER_THAN_A_DELIVERY
    second = world.process()
    second.steps.plan(cut.step, after=cut.after)
    try:
        await second.take(message("a"))
        await second.stop()
    except Crash:
        pass
    world.now += LONGER_THAN_A_DELIVERY
    third = world.process()
    await third.take(message("a"))
    await third.stop()
    assert await log_of(world, CONVERSATION) == ["a"]
    assert without_repeats(world.channel.received["c"]) == ["1: a", "end of 1"]
