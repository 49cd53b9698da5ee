"""Expired records go in the background, a few at a time, whatever happens to the store.

Time is the test's own (:class:`Waits`): a wait is noted, and is over at once.
"""

from __future__ import annotations

import logging

import pytest

from tests.turnkeeper.clock import Clock
from turnkeeper.background.sweeper import BATCH, sweep_for_ever
from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage import Change, MemoryStorage

NOW = 1_000_000.0


class Enough(Exception):
    """The sweeper has waited as often as a test wants."""


class Waits:
    """Notes how long the sweeper waits, and ends it.

    :param most: so often.
    :ivar seconds: of each wait.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self._most:
            raise Enough


class Store(MemoryStorage):
    """A store that notes its sweeps.

    :ivar sweeps: how many records went, and how many might have gone; None where it was away.
    :ivar away: how many sweeps it does not answer from now on.
    """

    def __init__(self) -> None:
        super().__init__(Clock(NOW))
        self.sweeps: list[tuple[int | None, int]] = []
        self.away = 0

    async def sweep(self, limit: int = 500) -> int:
        if self.away:
            self.away -= 1
            self.sweeps.append((None, limit))
            raise StorageUnavailable("the store is away")
        count = await super().sweep(limit)
        self.sweeps.append((count, limit))
        return count

    async def keep(self, name: str, count: int, expires_at: float | None) -> None:
        """Keep so many records."""
        changes = [Change(f"{name}-{n}", "{}", None, expires_at=expires_at) for n in range(count)]
        await self.commit(changes)


async def sweep(store: Store, waits: int) -> list[float]:
    """Have the sweeper work until it has waited so often; return how long it waited."""
    wait = Waits(waits)
    with pytest.raises(Enough):
        await sweep_for_ever(store, sleep=wait)
    return wait.seconds


async def test_what_has_expired_goes_in_batches_and_all_else_stays() -> None:
    store = Store()
    await store.keep("gone", BATCH + 5, NOW - 1)
    await store.keep("there", 2, NOW + 1)
    await store.keep("for ever", 2, None)
    await sweep(store, 3)
    assert store.sweeps == [(BATCH, BATCH), (5, BATCH)]
    assert [key for key, _ in await store.scan()] == [
        "for ever-0",
        "for ever-1",
        "there-0",
        "there-1",
    ]


async def test_a_whole_batch_is_followed_by_the_next_after_a_moment() -> None:
    store = Store()
    await store.keep("gone", 2 * BATCH + 1, NOW - 1)
    pause, *moments, next_pause = await sweep(store, 4)
    assert all(moment < 1 < pause for moment in moments)  # in between turns are taken
    assert next_pause > 1


async def test_there_is_a_sweep_a_minute_and_not_in_all_processes_at_once() -> None:
    store = Store()
    pauses = await sweep(store, 20)
    assert all(30 <= pause <= 90 for pause in pauses)
    assert len(set(pauses)) > 1
    assert store.sweeps == [(0, BATCH)] * 19  # the first one comes after a pause as well


async def test_a_store_that_is_away_is_swept_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    await store.keep("gone", 1, NOW - 1)
    store.away = 2
    assert all(pause >= 30 for pause in await sweep(store, 4))
    assert [count for count, _ in store.sweeps] == [None, None, 1]
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "expired records were not swept: the store is away")
    ] * 2


async def test_the_log_tells_how_many_are_gone(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "turnkeeper")
    store = Store()
    await store.keep("gone", BATCH + 5, NOW - 1)
    await sweep(store, 5)
    assert [record.getMessage() for record in caplog.records] == [
        f"{count} expired records are gone" for count in (BATCH, 5)
    ]
