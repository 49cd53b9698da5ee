"""A store against a plain dict, over any order of commits, reads, scans, sweeps and waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from turnkeeper.errors import WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.testing.clock import Clock

T = TypeVar("T")

KEYS: Final = ["a", "a/1", "a/é", "a%", "b", "b/𐍈", "\uffff"]
STALE: Final = "0123456789abcdef"
PAST, SOON, FUTURE = -1000, 3_600, 1_000_000  # seconds from now
_Drawn = tuple[str, str | None, str, str, float | None, float | None, bool]

keys = st.sampled_from(KEYS)
owners = st.sampled_from(["", "ada", "grace"])
changes = st.lists(
    st.tuples(
        keys,
        st.sampled_from([None, "{}", '{"v":1}', '{"v":2}']),
        st.sampled_from([*["current"] * 8, "absent", "any", "stale", "previous"]),
        owners,
        st.sampled_from([None, PAST, SOON, FUTURE]),
        st.sampled_from([None, None, PAST, 0, SOON, FUTURE]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda change: change[0],
)


class Agreement(RuleBasedStateMachine):
    """Does to a store and to a dict the same, and compares what both then hold.

    :cvar storage: the store.
    :cvar loop: the loop that it was opened in; the machine runs in a thread beside it.
    :cvar clock: the time.
    :cvar moves: whether the store reads that clock.
    """

    storage: RecordStorage
    loop: asyncio.AbstractEventLoop
    clock: Clock
    moves: bool

    def run(self, action: Coroutine[Any, Any, T]) -> T:
        """Return what an action on the store returns."""
        return asyncio.run_coroutine_threadsafe(action, self.loop).result()

    @initialize()
    def clear(self) -> None:
        """Begin with nothing."""
        self.run(TypedStorage(self.storage).delete(KEYS))
        self.stored: dict[str, Record] = {}
        self.previous: dict[str, str] = {}
        self.used: set[tuple[str, str]] = set()

    def living(self, key: str) -> Record | None:
        """Return the record that everybody sees under a key."""
        record = self.stored.get(key)
        if record and record.expires_at is not None and record.expires_at <= self.clock():
            return None
        return record

    @rule(drawn=changes)
    def commit(self, drawn: list[_Drawn]) -> None:
        """Commit changes under e_tags that match, and under others."""
        batch: list[Change] = []
        conflict = False
        for key, body, kind, owner, after, due_in, keep in drawn:
            current = self.living(key)
            e_tag = {
                "current": current.e_tag if current else None,
                "absent": None,
                "any": ANY,
                "stale": STALE,
                "previous": self.previous.get(key, STALE),
            }[kind]
            conflict |= e_tag not in (ANY, current.e_tag if current else None)
            expires_at = None if after is None else self.clock() + after
            batch.append(Change(key, body, e_tag, owner, expires_at, due_in, keep))
        if conflict:
            with pytest.raises(WriteConflict):
                self.run(self.storage.commit(batch))
            return
        e_tags = self.run(self.storage.commit(batch))
        written = [change for change in batch if not change.keep]
        assert set(e_tags) == {change.key for change in written if change.body is not None}
        assert not self.used & set(e_tags.items())
        self.used |= set(e_tags.items())
        found = self.run(self.storage.fetch([change.key for change in written]))
        for key, body, _, owner, expires_at, due_in, _ in written:
            if gone := self.stored.pop(key, None):
                self.previous[key] = gone.e_tag
            if body is not None:
                due_at = self.due_at(due_in, found.get(key))
                self.stored[key] = Record(body, e_tags[key], owner, expires_at, due_at)
        if any(body is None and e_tag is None for _, body, e_tag, *_ in written):
            # Whether this leaves what has expired is the store's choice.
            self.run(self.storage.sweep())
            for key in [key for key in self.stored if not self.living(key)]:
                self.previous[key] = self.stored.pop(key).e_tag

    def due_at(self, due_in: float | None, found: Record | None) -> float | None:
        """Return when a record is due; by a clock of the store's own it alone can tell."""
        if due_in is None:
            return None
        if self.moves:
            return self.clock() + due_in
        assert found is None or found.due_at is not None
        return found.due_at if found else None

    @rule(asked=st.lists(keys))
    def fetch(self, asked: list[str]) -> None:
        """Fetch any keys."""
        assert self.run(self.storage.fetch(asked)) == {
            key: record for key in asked if (record := self.living(key))
        }

    @rule(
        prefix=st.sampled_from(["", "a", "a/", "a%", "b", "\uffff", "z"]),
        owner=st.none() | owners,
        after=st.just("") | keys,
        limit=st.integers(1, 8),
    )
    def scan(self, prefix: str, owner: str | None, after: str, limit: int) -> None:
        """Scan any page."""
        page = self.run(self.storage.scan(prefix=prefix, owner=owner, after=after, limit=limit))
        assert (
            page
            == [
                (key, record)
                for key in sorted(self.stored)
                if key.startswith(prefix)
                and key > after
                and (record := self.living(key))
                and owner in (None, record.owner)
            ][:limit]
        )

    @rule(limit=st.integers(1, 8))
    def sweep(self, limit: int) -> None:
        """Sweep some of the expired, or all."""
        expired = [key for key in self.stored if not self.living(key)]
        swept = self.run(self.storage.sweep(limit))
        assert swept == min(limit, len(expired))
        if swept < len(expired):
            # Which of them went is the store's choice; sweep the rest to know where we are.
            assert self.run(self.storage.sweep()) == len(expired) - swept
        for key in expired:
            self.previous[key] = self.stored.pop(key).e_tag

    @rule(prefix=st.sampled_from(["", "a", "a/", "a%", "z"]), limit=st.integers(1, 8))
    def due(self, prefix: str, limit: int) -> None:
        """Ask what is due. Of what is due at the same moment any may come first."""
        found = self.run(self.storage.due(prefix=prefix, limit=limit))
        now = self.clock() + (0 if self.moves else SOON / 2)
        times = {
            key: record.due_at
            for key in self.stored
            if key.startswith(prefix)
            and (record := self.living(key))
            and record.due_at is not None
            and record.due_at <= now
        }
        assert len(dict(found)) == len(found)
        assert [times[key] for key, _ in found] == sorted(times.values())[:limit]
        if self.moves:
            assert [late for _, late in found] == [now - times[key] for key, _ in found]

    @precondition(lambda self: self.moves)
    @rule()
    def wait(self) -> None:
        """Let so much time pass that some records expire."""
        self.clock.move(seconds=SOON)


@pytest.mark.asyncio
class Model:
    """Whatever is done to a store, it holds what a dict would hold."""

    async def test_any_order_of_actions_leaves_what_a_dict_would_hold(
        self, storage: RecordStorage, request: pytest.FixtureRequest
    ) -> None:
        class OnThisStorage(Agreement):
            pass

        # Asked before the clock is: whether the fixture storage takes it.
        OnThisStorage.moves = "clock" in request.fixturenames
        OnThisStorage.clock = request.getfixturevalue("clock")
        OnThisStorage.storage, OnThisStorage.loop = storage, asyncio.get_running_loop()
        search: Callable[..., None] = run_state_machine_as_test
        await asyncio.to_thread(
            search,
            OnThisStorage,
            settings=settings(
                max_examples=60,
                stateful_step_count=25,
                deadline=None,
                # One failure, as short as can be, is enough; to explain it may take minutes.
                report_multiple_bugs=False,
                phases=set(Phase) - {Phase.explain},
            ),
        )
