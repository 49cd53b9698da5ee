"""The rules by which what is owed is sent, each where breaking it shows: in virtual time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.turnkeeper.turn.virtual.bot import Message
from tests.turnkeeper.turn.virtual.truth import Effect
from tests.turnkeeper.turn.virtual.wires import Answer, Slip
from tests.turnkeeper.turn.virtual.world import VirtualWorld

ASKED = 14.0
LONGER_THAN_A_LEASE = 7.0
"""Seconds in which another process has seen that the holder stands still, and has gone on."""


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    """Two processes that have had their first look."""
    world = VirtualWorld()
    world.run(0.5)
    yield world
    world.end()


def say(  # noqa: PLR0913 - what the bot does about it
    world: VirtualWorld,
    side: int,
    text: str,
    replies: int = 1,
    *,
    judges: bool = False,
    typing: bool = False,
    thinks: float = 0.0,
) -> None:
    """Have Ada say something to a process."""
    world.say(side, Message(text, "ada", "with-ada", replies, judges, typing, thinks))


def posted(world: VirtualWorld) -> dict[str, int]:
    """How often the channel took each reply."""
    return {one.text: one.posted for effects in world.truth.effects.values() for one in effects}


def effect(world: VirtualWorld, text: str) -> Effect:
    """A reply, once the turn that owes it is committed."""
    world.run_until(lambda: text in posted(world))
    return world.truth.effect(text)


def test_a_receipt_that_the_store_does_not_take_is_kept(world: VirtualWorld) -> None:
    world.processes[0].store.slips.extend([Slip(), Slip(lost="write"), Slip(lost="answer")])
    say(world, 0, "a")
    world.run(20)
    assert posted(world) == {"a.0": 1}
    assert not world.owed()


def test_a_holder_that_beats_is_left_alone(world: VirtualWorld) -> None:
    world.kill(1)  # when it is back it looks at all that is owed
    world.channel.answers.append(Answer(slow=20.0))
    say(world, 0, "a")
    world.run(30)
    assert posted(world) == {"a.0": 1}


def test_who_lets_go_loses_nothing_that_came_meanwhile(world: VirtualWorld) -> None:
    world.processes[0].store.slips.extend([Slip(), Slip(there=0.5)])
    say(world, 0, "a")
    first = effect(world, "a.0")
    world.run_until(lambda: bool(first.posted))
    world.run(0.1)  # the receipt is on its way, and lets go
    say(world, 1, "b")
    world.run(20)
    assert posted(world) == {"a.0": 1, "b.0": 1}


def test_what_fails_again_and_again_is_tried_less_and_less(world: VirtualWorld) -> None:
    world.channel.down_until = world.time.now + 60
    say(world, 0, "a")
    world.run(60)
    assert 3 < len(effect(world, "a.0").tries) < 40  # in the last half of a minute
    world.run(10)
    assert posted(world) == {"a.0": 1}


def test_what_is_erased_while_the_channel_has_asked_to_wait_is_not_sent(
    world: VirtualWorld,
) -> None:
    world.channel.answers.append(Answer(429, ASKED))
    say(world, 0, "a")
    world.run(1)
    world.erase("ada")
    world.run(2 * ASKED)
    assert posted(world) == {"a.0": 0}


def test_a_wait_that_the_channel_asked_for_outlives_an_erasure(world: VirtualWorld) -> None:
    world.channel.answers.append(Answer(429, ASKED))
    say(world, 0, "a", 0, typing=True, thinks=0.5)
    world.run(2)
    world.erase("ada")
    world.run(1)
    say(world, 1, "b")
    world.run(ASKED - 4)
    assert posted(world) == {"b.0": 0}
    world.run(5)
    assert posted(world) == {"b.0": 1}


def test_nothing_is_begun_before_a_wait_that_was_heard_is_written(world: VirtualWorld) -> None:
    world.channel.answers.append(Answer(429, ASKED))
    world.processes[0].store.slips.append(Slip(lost="write"))  # that of the wait
    say(world, 0, "a", typing=True, thinks=0.3)
    world.run(ASKED - 1)
    assert posted(world) == {"a.0": 0}
    world.run(5)
    assert posted(world) == {"a.0": 1}


def test_who_stood_still_begins_nothing_before_it_has_looked(world: VirtualWorld) -> None:
    world.processes[0].store.slips.extend([Slip(), Slip(), Slip(there=0.5)])
    say(world, 0, "a", 2)
    first = effect(world, "a.0")
    world.run_until(lambda: first.closed)
    world.processes[0].host.stand(LONGER_THAN_A_LEASE)
    world.run(20)
    assert posted(world) == {"a.0": 1, "a.1": 1}


def test_who_was_suspended_begins_nothing_before_it_has_looked(world: VirtualWorld) -> None:
    world.processes[0].store.slips.extend([Slip(), Slip(), Slip(there=0.5)])
    say(world, 0, "a", 2)
    first = effect(world, "a.0")
    world.run_until(lambda: first.closed)
    world.processes[0].host.stand(LONGER_THAN_A_LEASE, suspended=True)
    world.run(20)
    assert posted(world) == {"a.0": 1, "a.1": 1}


def test_who_stands_still_before_a_post_leaves_doubles_that_one_alone(
    world: VirtualWorld,
) -> None:
    world.processes[0].host.armed = LONGER_THAN_A_LEASE
    say(world, 0, "a", 3)
    world.run(20)
    assert posted(world) == {"a.0": 2, "a.1": 1, "a.2": 1}


def test_nobody_lets_go_with_something_on_the_wire(world: VirtualWorld) -> None:
    world.channel.answers.append(Answer(slow=4.0))
    say(world, 0, "a")
    world.run(20)
    assert posted(world) == {"a.0": 1}


def test_a_beat_is_as_old_as_the_moment_it_was_begun(world: VirtualWorld) -> None:
    slips = [Slip(), Slip(back=LONGER_THAN_A_LEASE), Slip(there=0.5)]
    world.processes[0].store.slips.extend(slips)
    say(world, 0, "a", 2)
    world.run(20)
    assert posted(world) == {"a.0": 1, "a.1": 1}


def test_a_turn_takes_nothing_from_a_holder_that_lives(world: VirtualWorld) -> None:
    world.channel.answers.append(Answer(slow=1.5))
    say(world, 0, "a")
    first = effect(world, "a.0")
    world.run_until(lambda: bool(first.posted))
    say(world, 1, "b")
    world.run(1)
    assert posted(world) == {"a.0": 1, "b.0": 0}
    world.run(5)
    assert posted(world) == {"a.0": 1, "b.0": 1}


def test_the_next_effect_begins_when_the_receipt_before_it_is_written(
    world: VirtualWorld,
) -> None:
    world.processes[0].store.slips.extend([Slip(), Slip(there=1.0)])
    say(world, 0, "a", 2)
    first = effect(world, "a.0")
    world.run_until(lambda: first.closed)
    assert posted(world) == {"a.0": 1, "a.1": 0}
    world.run(1)
    assert posted(world) == {"a.0": 1, "a.1": 1}


def test_a_wait_is_written_also_by_who_has_lost_the_conversation(world: VirtualWorld) -> None:
    world.channel.answers.append(Answer(429, ASKED))
    say(world, 0, "a")
    world.run_until(lambda: not world.channel.answers)
    world.processes[0].host.stand(LONGER_THAN_A_LEASE)
    world.run(LONGER_THAN_A_LEASE + 1)
    assert posted(world) == {"a.0": 1}  # by the other, which cannot know of the wait
    say(world, 1, "b")
    world.run(ASKED - 2)
    assert posted(world) == {"a.0": 1, "b.0": 0}
    world.run(5)
    assert posted(world) == {"a.0": 1, "b.0": 1}


@pytest.mark.parametrize(("answer", "judged"), [(Answer(400, slow=0.3), False), (Answer(), True)])
def test_an_answer_to_a_question_refused_meanwhile_is_not_judged(
    world: VirtualWorld, answer: Answer, judged: bool
) -> None:
    world.channel.answers.append(answer)
    say(world, 0, "question")
    effect(world, "question.0")
    say(world, 0, "answer", judges=True, thinks=0.5)
    world.run(2)
    assert world.truth.taken["answer"] == 1
    assert ("answer" in world.truth.judged) == judged
