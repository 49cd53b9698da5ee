"""How long a call is put off: longer and longer, up to a limit, however often it has failed."""

from __future__ import annotations

from turnkeeper.outbound.backoff import Backoff


def test_it_doubles_up_to_its_limit_and_stays_there() -> None:
    backoff = Backoff(base=0.5, cap=4.0, random=lambda: 1.0)
    waits = [backoff.wait(tries, None, 60.0) for tries in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 4.0, 4.0]
    assert backoff.wait(1_000_000, None, 60.0) == 4.0


def test_there_is_no_wait_that_would_end_after_the_deadline() -> None:
    backoff = Backoff(base=0.5, cap=4.0, random=lambda: 1.0)
    assert backoff.wait(4, None, 4.0) is None
    assert backoff.wait(4, None, 4.1) == 4.0
