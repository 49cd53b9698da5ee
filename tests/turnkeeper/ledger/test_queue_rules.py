"""Whatever is heard in whatever order: rules that always hold of what a conversation owes."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.ledger.facts import Fact, Failed, Place, Refused, Sent, Wait
from turnkeeper.ledger.open_turn import GIVEN_UP
from turnkeeper.ledger.queue import Queue

NOW, TTL = 1_700_000_000.0, 3600.0

places = st.builds(
    lambda number, index: Place(number, f"t{number}", index), st.integers(1, 3), st.integers(0, 1)
)
times = st.floats(NOW, NOW + 9 * TTL)
facts: st.SearchStrategy[Fact] = st.one_of(
    st.builds(Sent, places),
    st.builds(Refused, places, missed=st.booleans()),
    st.builds(
        Failed,
        places,
        st.sampled_from([None, 429, 500, 503]),
        times,
        asked=st.booleans(),
        of_the_bot=st.booleans(),
    ),
    st.builds(Wait, times),
)
heard = st.lists(st.tuples(facts, times), max_size=30)


def owing() -> Queue:
    queue = Queue()
    for number in range(1, 4):
        queue.enter(f"t{number}", f"person {number % 2}", 2, NOW)
    return queue


@given(heard)
@settings(max_examples=200, deadline=None)
def test_a_mark_that_is_set_stays_and_tries_only_rise(story: list[tuple[Fact, float]]) -> None:
    queue = owing()
    for fact, now in story:
        before = copy.deepcopy(queue)
        told = queue.note(fact, now, TTL)
        assert queue.not_before >= before.not_before
        changed = 0
        for number, one in queue.open.items():
            for old, new in zip(before.open[number].marks, one.marks, strict=True):
                assert old >= 0 or new == old
                assert new < 0 or new in (old, old + 1)
                changed += new != old
        assert changed == told
        again = copy.deepcopy(queue)
        if not isinstance(fact, Failed):  # what was heard twice is known
            assert not queue.note(fact, now, TTL)
            assert queue == again


@given(heard)
@settings(max_examples=200, deadline=None)
def test_nothing_leaves_but_what_is_done_and_it_comes_back_as_it_was(
    story: list[tuple[Fact, float]],
) -> None:
    queue = owing()
    for fact, now in story:
        queue.note(fact, now, TTL)
        marks = {number: list(one.marks) for number, one in queue.open.items()}
        closed = queue.close(NOW)
        assert closed == [number for number, of in marks.items() if max(of) < 0]
        assert list(queue.open) == sorted(set(marks) - set(closed))
        assert Queue.from_json(queue.to_json()) == queue
        if head := queue.head():
            assert head[0] == min(queue.open)


@given(st.lists(st.tuples(st.sampled_from([429, 503, None]), st.floats(0, 2 * TTL)), max_size=30))
@settings(max_examples=200, deadline=None)
def test_what_waits_as_it_is_told_is_not_given_up(tries: list[tuple[int | None, float]]) -> None:
    queue, now = owing(), NOW
    for status, wait in tries:
        queue.note(Failed(Place(1, "t1", 0), status, now + wait, asked=True), now, TTL)
        now = max(now, queue.not_before)
    assert GIVEN_UP not in queue.open[1].marks
