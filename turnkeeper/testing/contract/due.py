"""What is due is found when its time has come, and what is not due is not."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.storage.namespace import Namespace
from turnkeeper.testing.clock import Clock
from turnkeeper.testing.contract.lifecycle import Another

HOUR: Final = 3600.0
STALE: Final = "0123456789abcdef"


async def due_keys(storage: RecordStorage, prefix: str = "", limit: int = 100) -> list[str]:
    """Return the keys of what is due."""
    return [key for key, _ in await storage.due(prefix=prefix, limit=limit)]


async def put_due(storage: RecordStorage, **due_in: float | None) -> dict[str, str]:
    """Store records that are due in so many seconds and return their e_tags."""
    return await storage.commit(
        [Change(key, "{}", ANY, due_in=seconds) for key, seconds in due_in.items()]
    )


@pytest.mark.asyncio
class Due:
    """A record is due from its time on, until it is written again or is gone."""

    async def test_nothing_is_due_unless_told(self, storage: RecordStorage) -> None:
        assert await storage.due() == []
        await put_due(storage, quiet=None, later=HOUR)
        assert await storage.due() == []

    async def test_what_is_due_at_once_is_found_at_once_and_until_it_is_written_again(
        self, storage: RecordStorage
    ) -> None:
        await put_due(storage, k=0, quiet=None)
        for _ in range(2):
            [(key, late)] = await storage.due()
            assert key == "k"
            assert 0 <= late < HOUR
        await put_due(storage, k=None)
        assert await storage.due() == []

    async def test_the_longest_due_comes_first_with_how_long_it_has_been(
        self, storage: RecordStorage
    ) -> None:
        for key, seconds in (("b", -20), ("c", -10), ("d", HOUR), ("a", -30)):
            await put_due(storage, **{key: seconds})
        found = await storage.due()
        assert [key for key, _ in found] == ["a", "b", "c"]
        for (_, late), least in zip(found, (30, 20, 10), strict=True):
            assert least <= late < least + HOUR

    async def test_at_most_limit_are_found_and_100_unless_told(
        self, storage: RecordStorage
    ) -> None:
        keys = [f"k{n:03}" for n in range(101)]
        await put_due(storage, **{key: n - 1000.0 for n, key in enumerate(keys)})
        for limit in (1, 7, 101, 1000):
            assert await due_keys(storage, limit=limit) == keys[:limit]
        assert await due_keys(storage) == keys[:100]

    async def test_of_a_prefix_what_is_due_is_found_behind_what_others_have(
        self, storage: RecordStorage
    ) -> None:
        await put_due(storage, **{f"a/{n}": -2000.0 for n in range(150)})
        await put_due(storage, **{"b%": -90, "b%/2": -80, "b": -70, "b/1": -60, "B%": -50})
        assert await due_keys(storage, "b%") == ["b%", "b%/2"]
        assert await due_keys(storage, "b") == ["b%", "b%/2", "b", "b/1"]
        assert await due_keys(storage, "b", limit=3) == ["b%", "b%/2", "b"]
        assert await due_keys(storage, "none") == []

    async def test_a_record_says_whether_it_is_due(self, storage: RecordStorage) -> None:
        await put_due(storage, early=-HOUR, late=0, quiet=None)
        found = await storage.fetch(["early", "late", "quiet"])
        assert found == dict(await storage.scan())
        assert found["quiet"].due_at is None
        early, late = found["early"].due_at, found["late"].due_at
        assert early is not None
        assert late is not None
        assert HOUR - 60 < late - early < HOUR + 60

    async def test_it_says_so_beside_its_owner_and_its_expiry(self, storage: RecordStorage) -> None:
        e_tags = await storage.commit([Change("k", '{"v":1}', None, "ada", 4e9 + 0.25, -10)])
        record = (await storage.fetch(["k"]))["k"]
        assert record[:4] == ('{"v":1}', e_tags["k"], "ada", 4e9 + 0.25)
        assert [key for key, _ in await storage.scan(owner="ada")] == await due_keys(storage)

    @pytest.mark.parametrize("known", [True, False], ids=["on what was read", "on whatever is"])
    async def test_each_write_tells_anew_when_it_is_due(
        self, storage: RecordStorage, known: bool
    ) -> None:
        e_tag: str | None = None
        for due_in in (0, None, HOUR, 0, -10, HOUR, None):
            change = Change("k", "{}", e_tag if known else ANY, due_in=due_in)
            e_tag = (await storage.commit([change]))["k"]
            there = due_in is not None and due_in <= 0
            assert await due_keys(storage) == ["k"] * there
            due_at = (await storage.fetch(["k"]))["k"].due_at
            assert (due_at is None) is (due_in is None)

    async def test_what_is_deleted_is_due_no_more(self, storage: RecordStorage) -> None:
        e_tags = await put_due(storage, a=0, b=0, c=0)
        await storage.commit([Change("a", None, e_tags["a"]), Change("b", None, ANY)])
        assert await due_keys(storage) == ["c"]
        await storage.commit([Change("a", "{}", None)])
        assert await due_keys(storage) == ["c"]

    async def test_what_has_expired_is_never_due(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        past, future = clock() - 1, clock() + HOUR
        changes = [Change(f"past{n}", "{}", ANY, "o", past, -2000) for n in range(150)]
        await storage.commit([*changes, Change("lives", "{}", ANY, "o", future, -10)])
        assert await due_keys(storage) == ["lives"]
        assert await storage.sweep() == 150
        assert await due_keys(storage) == ["lives"]

    @pytest.mark.parametrize("swept", [True, False], ids=["swept", "overwritten"])
    async def test_what_comes_after_an_expired_record_is_not_due_for_it(
        self, storage: RecordStorage, clock: Clock, swept: bool
    ) -> None:
        await storage.commit([Change("k", "{}", ANY, "o", clock() - 1, -10)])
        if swept:
            assert await storage.sweep() == 1
        await storage.commit([Change("k", "{}", None)])
        assert await storage.due() == []
        await put_due(storage, k=0)
        assert await due_keys(storage) == ["k"]

    async def test_a_refused_commit_changes_nothing_of_what_is_due(
        self, storage: RecordStorage
    ) -> None:
        await put_due(storage, due=-10, later=HOUR, quiet=None, gone=-20)
        before = await storage.scan()
        with pytest.raises(WriteConflict):
            await storage.commit(
                [
                    Change("due", "{}", ANY),
                    Change("later", "{}", ANY, due_in=0),
                    Change("quiet", "{}", ANY, due_in=0),
                    Change("gone", None, ANY),
                    Change("new", "{}", None, due_in=0),
                    Change("stale", "{}", STALE, due_in=0),
                ]
            )
        assert await due_keys(storage) == ["gone", "due"]
        assert await storage.scan() == before

    async def test_the_records_of_a_commit_are_due_together(self, storage: RecordStorage) -> None:
        async def write(n: int) -> None:
            due_in = -10.0 if n % 2 else None
            await put_due(storage, a=due_in, b=due_in)

        looks = [storage.due() for _ in range(30)]
        doing = [task for n, look in enumerate(looks) for task in (write(n), look)]
        seen = [sorted(key for key, _ in found) for found in await asyncio.gather(*doing) if found]
        assert [keys for keys in seen if keys != ["a", "b"]] == []
        await write(1)
        assert sorted(await due_keys(storage)) == ["a", "b"]

    async def test_a_namespace_sees_what_is_due_in_it_alone(self, storage: RecordStorage) -> None:
        one, two = Namespace(storage, "one"), Namespace(storage, "two")
        await put_due(one, k=-20, later=HOUR)
        await put_due(two, k=-30, l=-10)
        await put_due(storage, k=-40)
        assert await due_keys(one) == ["k"]
        assert await due_keys(two) == ["k", "l"]
        assert await due_keys(two, "l") == ["l"]
        await put_due(one, k=None)
        assert await due_keys(one) == []
        assert await due_keys(two, limit=1) == ["k"]

    async def test_two_storages_find_the_same(
        self, storage: RecordStorage, another: Another
    ) -> None:
        other = another()
        await other.open()
        try:
            await put_due(storage, a=-20, b=-10)
            assert await due_keys(other) == ["a", "b"]
            await put_due(other, a=None, c=0)
            assert await due_keys(storage) == ["b", "c"]
            await other.commit([Change("b", None, ANY)])
            assert await due_keys(storage) == ["c"]
        finally:
            await other.close()

    async def test_a_record_is_due_when_its_time_comes(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        await put_due(storage, at_once=0, soon=90, later=HOUR)
        assert await storage.due() == [("at_once", 0)]
        moved_clock.move(seconds=89)
        assert await storage.due() == [("at_once", 89)]
        moved_clock.move(seconds=1)
        assert await storage.due() == [("at_once", 90), ("soon", 0)]
        await put_due(storage, at_once=90)
        moved_clock.move(seconds=90.5)
        assert await storage.due() == [("soon", 90.5), ("at_once", 0.5)]

    async def test_now_is_the_time_that_records_are_due_by(self, storage: RecordStorage) -> None:
        for namespace in (storage, Namespace(storage, "one")):
            await namespace.due()
            before = namespace.now()
            await put_due(namespace, k=2)
            due_at = (await namespace.fetch(["k"]))["k"].due_at
            assert due_at is not None
            assert before - 1 < due_at - 2 < namespace.now() + 1

    async def test_now_goes_on_as_the_stores_time_does(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        for seconds in (HOUR, 0.5):
            moved_clock.move(seconds=seconds)
            assert storage.now() == moved_clock()
            await storage.due()
            assert storage.now() == moved_clock()

    async def test_what_expires_before_its_time_comes_is_not_due(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        end = moved_clock() + HOUR
        await storage.commit(
            [Change("k", "{}", None, "", end, HOUR), Change("l", "{}", None, "", end, HOUR - 1)]
        )
        moved_clock.move(seconds=HOUR - 1)
        assert await due_keys(storage) == ["l"]
        moved_clock.move(seconds=1)
        assert await storage.due() == []
