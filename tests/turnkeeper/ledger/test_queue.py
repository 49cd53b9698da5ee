"""What a conversation owes: numbers and marks, waits, who sends, and what is known to be unseen."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from turnkeeper.ledger.facts import Fact, Failed, Place, Refused, Sent, Wait
from turnkeeper.ledger.open_turn import GIVEN_UP, REFUSED, SENT, Open
from turnkeeper.ledger.queue import ERRING, PROBATION, SHOWS, Arrival, Queue

NOW, TTL = 1_700_000_000.0, 3600.0
ADA, BOB = "a" * 16, "b" * 16


def owing(*effects: int, who: str = ADA) -> Queue:
    """A queue with a turn for each number of effects; they are called t1, t2 and so on."""
    queue = Queue()
    for number, count in enumerate(effects, 1):
        queue.enter(f"t{number}", who, count, NOW)
    return queue


def place(number: int = 1, index: int = 0) -> Place:
    return Place(number, f"t{number}", index)


def failed(  # noqa: PLR0913 - each says what a try came to
    number: int = 1,
    index: int = 0,
    *,
    status: int | None = 503,
    wait: float = 0,
    now: float = NOW,
    asked: bool = False,
    of_the_bot: bool = False,
) -> Failed:
    return Failed(place(number, index), status, now + wait, asked, of_the_bot)


def note(queue: Queue, *facts: Fact, now: float = NOW) -> list[bool]:
    return [queue.note(fact, now, TTL) for fact in facts]


def marks(queue: Queue) -> list[list[int]]:
    return [one.marks for one in queue.open.values()]


# Numbers and marks.


def test_numbers_rise_and_the_first_open_effect_of_the_lowest_is_next() -> None:
    queue = owing(2, 1)
    assert list(queue.open) == [1, 2]
    heads = []
    for at in (place(1, 0), place(1, 1), place(2, 0)):
        heads.append(queue.head())
        note(queue, Sent(at))
    assert heads == [(1, 0), (1, 1), (2, 0)]
    assert queue.head() is None
    assert queue.close(NOW) == [1, 2]
    assert queue.enter("t3", ADA, 1, NOW) == 3


@pytest.mark.parametrize(
    ("fact", "mark"),
    [
        (Sent(place()), SENT),
        (Refused(place()), REFUSED),
        (Refused(place(), missed=False), SENT),
        (failed(), 1),
    ],
)
def test_a_fact_of_an_open_effect_marks_it(fact: Fact, mark: int) -> None:
    queue = owing(2)
    assert note(queue, fact) == [True]
    assert marks(queue) == [[mark, 0]]


@pytest.mark.parametrize("late", [Sent(place()), Refused(place()), failed()])
def test_a_fact_of_what_is_done_or_gone_or_another_turns_tells_nothing(late: Fact) -> None:
    queue = owing(2)
    note(queue, Sent(place()))
    elsewhere = Sent(Place(1, "of an erased turn", 1)), Sent(Place(7, "t7", 0))
    assert note(queue, late, *elsewhere) == [False] * 3
    assert marks(queue) == [[SENT, 0]]


def test_a_turn_leaves_when_all_of_it_is_done() -> None:
    queue = owing(2, 1, 1)
    note(queue, Sent(place(1, 0)), Sent(place(2)), Refused(place(3)))
    assert queue.close(NOW) == [2, 3]
    assert list(queue.open) == [1]
    note(queue, Sent(place(1, 1)))
    assert queue.close(NOW) == [1]
    assert queue.close(NOW) == []


# Waits.


def test_the_latest_wait_counts_and_none_is_shortened() -> None:
    queue = owing(1)
    for wait, until in ((10, 10), (4, 10), (20, 20)):
        note(queue, Wait(NOW + wait))
        assert queue.not_before == NOW + until


def test_a_wait_counts_also_where_its_effect_does_not() -> None:
    queue = owing(1)
    note(queue, Sent(place()), failed(wait=7, asked=True), failed(9, wait=3))
    assert queue.not_before == NOW + 7


# Given up.


def fail_until(queue: Queue, end: float, *, every: float, **told: object) -> float:
    """Have an effect fail again and again; return when it was given up, or the end."""
    now = NOW
    while now < end and queue.open[1].marks[0] >= 0:
        now += every
        note(queue, failed(now=now, **told), now=now)  # type: ignore[arg-type]
    return now - NOW


def test_it_is_given_up_by_a_failed_try_later_than_its_time() -> None:
    queue = owing(1)
    assert TTL < fail_until(queue, NOW + 9_999, every=30) <= TTL + 30
    assert marks(queue) == [[GIVEN_UP]]


def test_a_500_all_the_time_is_given_up_after_a_quarter_of_an_hour() -> None:
    queue = owing(1)
    assert ERRING < fail_until(queue, NOW + 9_999, every=30, status=500) <= ERRING + 60
    assert ERRING == 15 * 60


def test_another_answer_in_between_begins_that_time_anew() -> None:
    queue = owing(1)
    for n in range(2 * int(ERRING / 30)):
        now = NOW + 30 * n
        note(queue, failed(now=now, status=500 if n % 20 else 503), now=now)
    assert marks(queue)[0][0] > 0


def test_each_effect_has_a_quarter_of_an_hour_of_its_own() -> None:
    queue = owing(2)
    note(queue, failed(status=500), now=NOW)
    note(queue, Sent(place()), now=NOW + ERRING)
    note(queue, failed(1, 1, status=500), now=NOW + ERRING + 1)
    assert marks(queue) == [[SENT, 1]]


def test_what_is_old_because_nobody_tried_has_a_minute() -> None:
    queue = owing(1)
    later = NOW + 10 * TTL
    note(queue, failed(), now=later)
    note(queue, failed(), now=later + PROBATION - 1)
    assert marks(queue) == [[2]]
    note(queue, failed(), now=later + PROBATION)
    assert marks(queue) == [[GIVEN_UP]]


@pytest.mark.parametrize("status", [429, 500])
def test_waits_that_the_channel_asks_for_do_not_count(status: int) -> None:
    queue, now = owing(1), NOW
    for _ in range(20):
        note(queue, failed(wait=TTL, now=now, asked=True, status=status), now=now)
        now = queue.not_before
    assert marks(queue) == [[20]]
    for tries in range(1, 200):
        now += 30
        note(queue, failed(now=now, status=503), now=now)
        assert (marks(queue) == [[GIVEN_UP]]) is (30 * tries > TTL)


def test_of_two_waits_at_once_what_they_have_in_common_counts_once() -> None:
    queue = owing(1)
    for _ in range(5):
        note(queue, failed(wait=100, asked=True))
    assert queue.open[1].at == NOW + 100


def test_where_the_bot_is_to_blame_it_is_never_given_up() -> None:
    queue = owing(1)
    end = 5 * TTL
    assert fail_until(queue, NOW + end, every=60, of_the_bot=True, status=500) == end


# Due.


def test_it_is_due_at_once_where_nobody_sends_else_a_second_after_the_last_write() -> None:
    assert Queue().due_in(NOW) is None
    queue = owing(1)
    assert queue.due_in(NOW) == 0
    queue.take("token")
    assert queue.due_in(NOW) == SHOWS
    queue.holder = ""
    note(queue, Wait(NOW + 10))
    assert queue.due_in(NOW + 4) == 6
    assert queue.due_in(NOW + 40) == 0
    queue.take("another")
    assert queue.due_in(NOW + 4) == 6
    note(queue, Sent(place()))
    queue.close(NOW)
    assert queue.due_in(NOW) is None


def test_each_taking_and_each_beat_is_told_from_the_one_before() -> None:
    queue, seen = owing(1), set[tuple[str, int]]()
    for token in ("one", "one", "two", "one"):
        queue.take(token)
        seen.add((queue.holder, queue.beat))
    assert len(seen) == 4


# Unseen.


def held(*effects: int, who: str = ADA) -> Queue:
    queue = owing(*effects, who=who)
    queue.take("token")
    return queue


def test_what_is_on_its_way_counts_as_seen() -> None:
    assert Queue().arrival(None, NOW) is Arrival.SEEN
    assert held(3).arrival(None, NOW) is Arrival.SEEN


@pytest.mark.parametrize("who", [None, ADA])
def test_what_has_failed_or_waits_is_owed(who: str | None) -> None:
    queue = held(1, 1)
    note(queue, failed(1))
    assert queue.arrival(who, NOW) is Arrival.OWED
    queue = held(1)
    note(queue, Wait(NOW + 9))
    assert queue.arrival(who, NOW + 8) is Arrival.OWED
    assert queue.arrival(who, NOW + 9) is Arrival.SEEN
    assert owing(1).arrival(who, NOW) is Arrival.OWED  # nobody sends it


@pytest.mark.parametrize("lost", [Refused(place(1)), failed(1, status=500)])
def test_what_was_refused_or_given_up_is_lost_until_something_else_is_said(lost: Fact) -> None:
    queue = held(2)
    note(queue, lost, now=NOW)
    note(queue, lost, now=NOW + ERRING + 1)
    assert queue.arrival(ADA, NOW) is Arrival.LOST
    assert queue.arrival(BOB, NOW) is Arrival.SEEN
    note(queue, Sent(place(1, 1)))
    queue.close(NOW)
    assert queue.arrival(ADA, NOW) is Arrival.LOST
    assert queue.arrival(None, NOW) is Arrival.LOST
    assert queue.arrival(BOB, NOW) is Arrival.SEEN
    queue.seen(BOB)
    assert queue.arrival(ADA, NOW) is Arrival.LOST
    queue.seen(ADA)
    assert queue.arrival(ADA, NOW) is Arrival.SEEN


def test_what_nobody_misses_is_not_lost() -> None:
    queue = held(1)
    note(queue, Refused(place(), missed=False))
    queue.close(NOW)
    assert queue.arrival(None, NOW) is Arrival.SEEN


def test_in_a_group_what_fails_behind_ones_own_is_no_matter() -> None:
    queue = held(1)
    queue.enter("t2", BOB, 1, NOW)
    note(queue, failed(2))
    assert queue.arrival(ADA, NOW) is Arrival.SEEN
    assert queue.arrival(BOB, NOW) is Arrival.OWED
    queue = held(1)
    queue.enter("t2", BOB, 1, NOW)
    note(queue, failed(1))
    assert queue.arrival(BOB, NOW) is Arrival.OWED  # it stands behind what has failed


def test_a_group_keeps_twenty_for_whom_something_was_lost() -> None:
    queue = Queue()
    for number in range(1, 26):
        queue.enter(f"t{number}", f"{number:016}", 1, NOW)
        note(queue, Refused(place(number)))
    queue.close(NOW)
    assert queue.unseen == {f"{number:016}": number for number in range(6, 26)}


# Erased.


def test_who_is_erased_is_owed_nothing_and_all_else_stays() -> None:
    queue = held(1)
    queue.enter("t2", BOB, 1, NOW)
    queue.enter("t3", ADA, 1, NOW)
    queue.unseen = {BOB: 1, ADA: 2}
    note(queue, Wait(NOW + 9))
    before = (queue.holder, queue.beat, queue.not_before, queue.next)
    assert queue.erase(ADA) == [1, 3]
    assert list(queue.open) == [2]
    assert queue.unseen == {BOB: 1}
    assert (queue.holder, queue.beat, queue.not_before, queue.next) == before
    assert ADA not in json.dumps(queue.to_json())
    assert note(queue, Sent(place(1))) == [False]


# Stored.


@pytest.mark.parametrize(
    "queue",
    [
        Queue(),
        Queue(next=7, not_before=NOW, holder="h", beat=3, unseen={ADA: 3}, expires=NOW),
        Queue(9, open={7: Open("t", [SENT, 2], NOW, ADA, NOW, NOW), 8: Open("u", [0], NOW)}),
        Queue(holder="", beat=4),
    ],
)
def test_it_comes_back_as_it_was(queue: Queue) -> None:
    assert Queue.from_json(json.loads(json.dumps(queue.to_json()))) == queue


def test_nothing_is_stored_that_says_nothing() -> None:
    assert Queue().to_json() == {"next": 1}
    assert owing(1, who="").to_json() == {
        "next": 2,
        "open": {"1": {"turn": "t1", "marks": [0], "at": NOW}},
    }


@pytest.mark.parametrize("stored", [{"colour": 1}, {"open": {"x": {}}}, {"open": [1]}])
def test_what_is_none_is_not_taken_for_one(stored: dict[str, object]) -> None:
    with pytest.raises((TypeError, ValueError, KeyError, AttributeError)):
        Queue.from_json(stored)


def test_order_of_facts_of_different_effects_does_not_matter() -> None:
    facts: Sequence[Fact] = [Sent(place(1)), Refused(place(2)), Wait(NOW + 5), Wait(NOW + 3)]
    one, two = owing(1, 1, 1), owing(1, 1, 1)
    note(one, *facts)
    note(two, *reversed(facts))
    assert one == two
