"""Every storage against a plain dict, over any order of commits, reads, scans and sweeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from turnkeeper.errors import WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, Record, RecordStorage, open_storage

T = TypeVar("T")

KEYS = ["a", "a/1", "a/é", "a%", "b", "b/𐍈", "\uffff"]
STALE = "0123456789abcdef"
PAST, FUTURE = time.time() - 1000, time.time() + 1_000_000

keys = st.sampled_from(KEYS)
owners = st.sampled_from(["", "ada", "grace"])
changes = st.lists(
    st.tuples(
        keys,
        st.none() | st.text("xyz", max_size=3).map('{{"v":"{}"}}'.format),
        st.sampled_from(["current", "current", "current", "absent", "any", "stale", "previous"]),
        owners,
        st.sampled_from([None, PAST, FUTURE]),
    ),
    max_size=5,
    unique_by=lambda change: change[0],
)


class Agreement(RuleBasedStateMachine):
    """Does to a storage and to a dict the same, and compares what both then hold."""

    storage: RecordStorage
    runner: asyncio.Runner

    def run(self, action: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(action)

    @initialize()
    def clear(self) -> None:
        self.run(TypedStorage(self.storage).delete(KEYS))
        self.stored: dict[str, Record] = {}
        self.previous: dict[str, str] = {}

    def living(self, key: str) -> Record | None:
        record = self.stored.get(key)
        return None if record is None or record.expires_at == PAST else record

    @rule(drawn=changes)
    def commit(self, drawn: list[tuple[str, str | None, str, str, float | None]]) -> None:
        batch: list[Change] = []
        conflict = False
        for key, body, kind, owner, expires_at in drawn:
            current = self.living(key)
            e_tag = {
                "current": current.e_tag if current else None,
                "absent": None,
                "any": ANY,
                "stale": STALE,
                "previous": self.previous.get(key, STALE),
            }[kind]
            conflict |= e_tag not in (ANY, current.e_tag if current else None)
            batch.append(Change(key, body, e_tag, owner, expires_at))
        if conflict:
            with pytest.raises(WriteConflict):
                self.run(self.storage.commit(batch))
            return
        e_tags = self.run(self.storage.commit(batch))
        assert set(e_tags) == {change.key for change in batch if change.body is not None}
        for change in batch:
            if gone := self.stored.pop(change.key, None):
                self.previous[change.key] = gone.e_tag
            if change.body is not None:
                self.stored[change.key] = Record(
                    change.body, e_tags[change.key], change.owner, change.expires_at
                )

    @rule(asked=st.lists(keys))
    def fetch(self, asked: list[str]) -> None:
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
        expired = [key for key in self.stored if not self.living(key)]
        swept = self.run(self.storage.sweep(limit))
        assert swept == min(limit, len(expired))
        if swept == len(expired):
            for key in expired:
                self.previous[key] = self.stored.pop(key).e_tag
        else:
            # Which of them went is the storage's choice; sweep the rest to know where we are.
            assert self.run(self.storage.sweep()) == len(expired) - swept
            for key in expired:
                self.previous[key] = self.stored.pop(key).e_tag


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as own_loop:
        yield own_loop


def test_any_order_of_actions_leaves_what_a_dict_would_hold(
    storage_url: str, runner: asyncio.Runner
) -> None:
    shared_storage, shared_runner = open_storage(storage_url), runner

    class OnThisStorage(Agreement):
        storage, runner = shared_storage, shared_runner

    runner.run(shared_storage.open())
    try:
        run_state_machine_as_test(
            OnThisStorage,
            settings=settings(max_examples=60, stateful_step_count=25, deadline=None),
        )
    finally:
        runner.run(shared_storage.close())
