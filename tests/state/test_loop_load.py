"""A loop is full when its thread has worked nearly all the time of late."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.storage.sqlite.loop_load import FULL, WINDOW, LoopLoad


class Thread:
    """Time, and how much of it a thread has worked."""

    def __init__(self) -> None:
        self.now = 100.0
        self.worked = 7.0

    def go_on(self, seconds: float, *, load: float) -> None:
        """Let time pass, a part of it in work."""
        self.now += seconds
        self.worked += load * seconds


def load_of(thread: Thread) -> LoopLoad:
    return LoopLoad(lambda: thread.now, lambda: thread.worked)


def test_a_loop_that_has_just_begun_is_not_full() -> None:
    thread = Thread()
    load = load_of(thread)
    thread.go_on(WINDOW / 2, load=1)
    assert not load.is_full()


@given(load=st.floats(0, 1).filter(lambda load: abs(load - FULL) > 0.001))
def test_a_loop_is_full_that_worked_most_of_the_time(load: float) -> None:
    thread = Thread()
    loop_load = load_of(thread)
    thread.go_on(1.1 * WINDOW, load=load)
    assert loop_load.is_full() == (load > FULL)


def test_what_counts_is_the_time_since_it_was_looked_at_last() -> None:
    thread = Thread()
    load = load_of(thread)
    thread.go_on(60, load=0)
    assert not load.is_full()
    thread.go_on(1.1 * WINDOW, load=1)
    assert load.is_full()
    thread.go_on(WINDOW / 2, load=0)
    assert load.is_full()  # the window is not over
    thread.go_on(60, load=0.01)
    assert not load.is_full()


def test_rest_ends_it_however_much_was_done_before() -> None:
    thread = Thread()
    load = load_of(thread)
    thread.go_on(60, load=1)
    assert load.is_full()
    thread.go_on(1.1 * WINDOW, load=0)
    assert not load.is_full()


def test_a_loop_with_a_third_of_its_time_to_spare_is_not_full() -> None:
    thread = Thread()
    load = load_of(thread)
    thread.go_on(1, load=0.66)
    assert not load.is_full()
    thread.go_on(1, load=0.95)
    assert load.is_full()


def test_what_counts_is_the_work_of_the_loops_own_thread() -> None:
    assert LoopLoad()._worked is time.thread_time


def test_this_thread_is_full_while_it_counts() -> None:
    load = LoopLoad()
    give_up = time.monotonic() + 20
    while not load.is_full():
        assert time.monotonic() < give_up
