"""What the ledger knows of whether somebody has seen what was said last."""

from __future__ import annotations

import pytest

from turnkeeper.ledger.facts import Failed, Place, Refused, Sent
from turnkeeper.ledger.queue import Arrival, Queue

NOW = 1000.0
TTL = 3600.0


def said(*people: str) -> Queue:
    """A conversation in which these people have a turn each, whose reply is on its way."""
    queue = Queue()
    for person in people:
        queue.enter(f"turn of {person}", person, 1, NOW)
    queue.take("token")
    return queue


def is_answered(queue: Queue, number: int, person: str, *, taken: bool) -> None:
    """Have the channel take what a turn has said, or refuse it."""
    place = Place(number, f"turn of {person}", 0)
    queue.note(Sent(place) if taken else Refused(place), NOW, TTL)
    queue.close(NOW)


def test_what_is_on_its_way_is_seen() -> None:
    assert said("ada").arrival(None, NOW) is Arrival.SEEN


def test_what_waits_or_has_failed_is_owed_with_all_behind_it() -> None:
    queue = said("ada", "bob")
    queue.note(Failed(Place(1, "turn of ada", 0), 503, NOW), NOW, TTL)
    assert queue.arrival("ada", NOW) is Arrival.OWED
    assert queue.arrival("bob", NOW) is Arrival.OWED
    queue = said("ada")
    queue.not_before = NOW + 1
    assert queue.arrival(None, NOW) is Arrival.OWED
    assert queue.arrival(None, NOW + 1) is Arrival.SEEN


def test_what_was_refused_is_lost_for_its_person() -> None:
    queue = said("ada", "bob")
    is_answered(queue, 1, "ada", taken=False)
    assert queue.arrival("ada", NOW) is Arrival.LOST
    assert queue.arrival("bob", NOW) is Arrival.SEEN
    assert queue.arrival(None, NOW) is Arrival.LOST


@pytest.mark.parametrize("who", [None, "ada"])
def test_since_a_turn_earlier_ones_do_not_count_and_later_ones_do(who: str | None) -> None:
    queue = said("ada", "ada", "ada")
    is_answered(queue, 1, "ada", taken=False)
    assert queue.arrival(who, NOW, 2) is Arrival.SEEN
    is_answered(queue, 2, "ada", taken=True)
    assert queue.arrival(who, NOW, 2) is Arrival.SEEN
    is_answered(queue, 3, "ada", taken=False)
    assert queue.arrival(who, NOW, 2) is Arrival.LOST


@pytest.mark.parametrize("taken", [True, False])
def test_the_turn_itself_counts_whosever_it_was(taken: bool) -> None:
    queue = said("bob", "bob")
    is_answered(queue, 1, "bob", taken=taken)
    assert queue.arrival("ada", NOW, 1) is (Arrival.SEEN if taken else Arrival.LOST)
    queue.note(Failed(Place(2, "turn of bob", 0), 503, NOW), NOW, TTL)
    assert queue.arrival("ada", NOW, 2) is Arrival.OWED


def test_where_numbers_have_begun_anew_all_counts() -> None:
    queue = said("ada")
    is_answered(queue, 1, "ada", taken=False)
    assert queue.arrival("ada", NOW, 500) is Arrival.LOST


def test_it_is_remembered_of_the_last_20_people() -> None:
    people = [f"{number}" for number in range(25)]
    queue = said(*people)
    for number, person in enumerate(people, 1):
        is_answered(queue, number, person, taken=False)
    queue = Queue.from_json(queue.to_json())
    lost = [person for person in people if queue.arrival(person, NOW) is Arrival.LOST]
    assert lost == people[5:]


def test_when_a_late_reply_has_left_is_remembered() -> None:
    queue = said("ada", "bob")
    is_answered(queue, 1, "ada", taken=True)
    assert queue.late == []
    queue.note(Failed(Place(2, "turn of bob", 0), 503, NOW + 9, asked=True), NOW, TTL)
    queue.note(Sent(Place(2, "turn of bob", 0)), NOW + 9, TTL)
    queue.close(NOW + 9)
    assert Queue.from_json(queue.to_json()).late == [2, NOW + 9]
