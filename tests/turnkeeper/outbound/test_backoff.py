"""How long a call is put off: longer and longer, up to a limit, however often it has failed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.outbound.backoff import Backoff, backoff


def test_it_doubles_up_to_its_limit_and_stays_there() -> None:
    backoff = Backoff(base=0.5, cap=4.0, random=lambda: 1.0)
    waits = [backoff.wait(tries, None, 60.0) for tries in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert backoff.wait(1_000_000, None, 60.0) == 4.0


def test_there_is_no_wait_that_would_end_after_the_deadline() -> None:
    backoff = Backoff(base=0.5, cap=4.0, random=lambda: 1.0)
    assert backoff.wait(4, None, 4.0) is None
    assert backoff.wait(4, None, 4.1) == 4.0


def test_a_new_failure_is_tried_again_soon_and_an_old_one_rarely() -> None:
    new = [backoff(tries, 1.0, lambda: 1.0) for tries in range(1, 8)]
    assert new == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0]
    old = [backoff(tries, 60.0, lambda: 1.0) for tries in range(1, 10)]
    assert old == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert backoff(9, 60.0, lambda: 0.0) == 30.0
    assert backoff(9, 59.9, lambda: 0.0) == 0.0


@given(
    tries=st.integers(1) | st.integers(1, 20),
    failing_for=st.floats(0, allow_nan=False),
    luck=st.floats(0, 1, exclude_max=True),
)
def test_a_wait_is_within_its_bounds_however_long_it_has_failed(
    tries: int, failing_for: float, luck: float
) -> None:
    wait = backoff(tries, failing_for, lambda: luck)
    assert 0 <= wait <= min(60.0, 0.5 * 2.0 ** min(tries - 1, 100))
    if failing_for < 60:
        assert wait <= 5.0
    elif tries >= 8:
        assert wait >= 30.0


@given(tries=st.integers(1, 20), failing_for=st.sampled_from([0.0, 60.0]))
def test_who_failed_together_do_not_come_again_together(tries: int, failing_for: float) -> None:
    waits = [backoff(tries, failing_for, iter([luck]).__next__) for luck in (0.0, 0.5, 1.0)]
    assert waits == sorted(set(waits))
    assert waits[1] - waits[0] == pytest.approx(waits[2] - waits[1])


def test_chance_decides_where_nobody_else_does() -> None:
    assert len({backoff(8, 100.0) for _ in range(50)}) > 1
