"""The clock of leases: no setting of a clock makes an old write look young."""

from __future__ import annotations

import time
from math import inf

import pytest

from tests.turnkeeper.clock import Clock
from turnkeeper.delivery.lease import BEAT, FRESH, LEASE, LeaseClock, steady


def clocks() -> tuple[Clock, Clock, LeaseClock]:
    one, other = Clock(100.0), Clock(1_700_000_000.0)
    return one, other, LeaseClock(one, other)


def test_a_moment_is_as_old_as_both_clocks_say() -> None:
    by_steady, by_wall, clock = clocks()
    moment = clock.now()
    assert clock.age(moment) == 0
    by_steady.now += 1.5
    by_wall.now += 1.75
    assert clock.age(moment) == 1.5


@pytest.mark.parametrize("step", [1.1, 3600, -1.1, -3600])
def test_where_they_differ_by_more_than_a_second_it_is_old_for_ever(step: float) -> None:
    by_steady, by_wall, clock = clocks()
    moment = clock.now()
    by_steady.now += 1
    by_wall.now += 1 + step
    assert clock.age(moment) == inf
    later = clock.now()  # by then all is as it was
    assert clock.age(later) == 0


def test_a_holder_stops_a_second_before_others_go_on_and_may_miss_one_beat() -> None:
    assert FRESH + 1 <= LEASE
    assert 2 * BEAT <= FRESH


def test_the_steady_one_counts_suspended_time_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def gettime(clock: int) -> float:
        asked.append(clock)
        return 7.0

    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 77, raising=False)
    monkeypatch.setattr(time, "clock_gettime", gettime)
    assert steady() == 7.0
    assert asked == [77]
    monkeypatch.delattr(time, "CLOCK_BOOTTIME")
    assert abs(steady() - time.monotonic()) < 60
