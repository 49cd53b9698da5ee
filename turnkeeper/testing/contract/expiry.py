"""A record past its time counts as absent everywhere, and is swept."""

from __future__ import annotations

from typing import Final

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.testing.clock import Clock

HOUR: Final = 3600


@pytest.mark.asyncio
class Expiry:
    """Nobody can tell an expired record from none."""

    async def test_an_expired_record_counts_as_absent_to_fetch_and_scan(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        await storage.commit(
            [
                Change("past", "{}", ANY, owner="o", expires_at=clock() - 1),
                Change("long past", "{}", ANY, owner="o", expires_at=0),
                Change("future", "{}", ANY, owner="o", expires_at=clock() + HOUR),
                Change("never", "{}", ANY, owner="o"),
            ]
        )
        keys = ["past", "long past", "future", "never"]
        assert set(await storage.fetch(keys)) == {"future", "never"}
        assert [key for key, _ in await storage.scan()] == ["future", "never"]
        assert [key for key, _ in await storage.scan(owner="o", limit=1)] == ["future"]
        assert [key for key, _ in await storage.scan(prefix="past")] == []

    async def test_an_expired_record_is_overwritten_as_if_it_were_not_there(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        await storage.commit([Change("k", '{"old":1}', ANY, "ada", clock() - 1)])
        e_tags = await storage.commit([Change("k", '{"new":1}', None)])
        record = (await storage.fetch(["k"]))["k"]
        assert (record.body, record.e_tag, record.owner) == ('{"new":1}', e_tags["k"], "")

    async def test_the_e_tag_of_an_expired_record_is_stale(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        gone = clock() - 1
        e_tags = await storage.commit([Change("k", "{}", ANY, expires_at=gone)])
        for body, expires_at in (
            ('{"v":2}', None),
            ('{"v":2}', gone),
            ('{"v":2}', clock() + HOUR),
            (None, None),
        ):
            with pytest.raises(WriteConflict):
                await storage.commit([Change("k", body, e_tags["k"], expires_at=expires_at)])

    @pytest.mark.parametrize("swept", [True, False], ids=["swept", "overwritten"])
    async def test_the_e_tag_of_an_expired_record_stays_stale_for_the_next_one(
        self, storage: RecordStorage, clock: Clock, swept: bool
    ) -> None:
        old = await storage.commit([Change("k", "{}", ANY, expires_at=clock() - 1)])
        if swept:
            assert await storage.sweep() == 1
        new = await storage.commit([Change("k", "{}", None)])
        assert new["k"] != old["k"]
        for body in ('{"v":2}', None):
            with pytest.raises(WriteConflict):
                await storage.commit([Change("k", body, old["k"])])
        assert (await storage.fetch(["k"]))["k"].e_tag == new["k"]

    async def test_an_expired_record_may_be_deleted_as_absent(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        for e_tag in (ANY, None):
            await storage.commit([Change("k", "{}", ANY, expires_at=clock() - 1)])
            await storage.commit([Change("k", None, e_tag)])
            assert await storage.sweep() == 0

    @pytest.mark.parametrize(
        "known", [True, False], ids=["on what was read", "on whatever is there"]
    )
    async def test_a_later_write_gives_it_a_new_time_and_owner(
        self, storage: RecordStorage, clock: Clock, known: bool
    ) -> None:
        past, future = clock() - 1, clock() + HOUR
        e_tag: str | None = None
        for owner, expires_at in (
            ("a", future),
            ("a", None),
            ("a", future),
            ("b", future),
            ("", future),
            ("", past),
        ):
            e_tags = await storage.commit(
                [Change("k", "{}", e_tag if known else ANY, owner=owner, expires_at=expires_at)]
            )
            e_tag = e_tags["k"]
            lives = expires_at != past
            assert ("k" in await storage.fetch(["k"])) is lives
            assert [key for key, _ in await storage.scan(owner=owner)] == ["k"] * lives
            assert await storage.sweep() == (0 if lives else 1)

    async def test_a_record_expires_when_its_time_comes(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        e_tags = await storage.commit(
            [Change("k", "{}", None, "o", moved_clock() + HOUR), Change("stays", "{}", None)]
        )
        moved_clock.move(seconds=HOUR - 1)
        before = await storage.scan()
        assert [key for key, _ in before] == ["k", "stays"]
        assert await storage.fetch(["k", "stays"]) == dict(before)
        assert await storage.sweep() == 0
        moved_clock.move(seconds=1)
        assert list(await storage.fetch(["k", "stays"])) == ["stays"]
        assert [key for key, _ in await storage.scan()] == ["stays"]
        assert await storage.scan(owner="o") == []
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", '{"v":2}', e_tags["k"])])
        assert await storage.sweep() == 1
        assert [key for key, _ in await storage.scan()] == ["stays"]

    async def test_a_record_written_again_in_time_lives_on(
        self, storage: RecordStorage, moved_clock: Clock
    ) -> None:
        for _ in range(3):
            change = Change("k", "{}", ANY, expires_at=moved_clock() + HOUR)
            e_tags = await storage.commit([change])
            moved_clock.move(seconds=HOUR - 1)
        assert await storage.sweep() == 0
        assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]

    async def test_the_expired_are_swept_in_batches_and_no_other(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        past, future = clock() - 1, clock() + HOUR
        await storage.commit(
            [Change(f"past{n:02}", "{}", ANY, owner="o", expires_at=past - n) for n in range(25)]
            + [Change(f"future{n}", "{}", ANY, owner="o", expires_at=future + n) for n in range(5)]
            + [Change(f"never{n}", "{}", ANY, owner="o") for n in range(5)]
        )
        assert [await storage.sweep(10) for _ in range(5)] == [10, 10, 5, 0, 0]
        assert len(await storage.scan()) == len(await storage.scan(owner="o")) == 10

    async def test_a_sweep_deletes_at_most_500_unless_told(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        past = clock() - 1
        await storage.commit([Change(f"k{n}", "{}", ANY, expires_at=past) for n in range(501)])
        assert [await storage.sweep() for _ in range(3)] == [500, 1, 0]

    async def test_a_refused_commit_leaves_nothing_to_sweep(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        e_tags = await storage.commit([Change("k", "{}", None)])
        with pytest.raises(WriteConflict):
            await storage.commit(
                [
                    Change("new", "{}", None, "o", clock() - 1),
                    Change("k", "{}", e_tags["k"], "o", clock() - 1),
                    Change("stale", "{}", "0123456789abcdef"),
                ]
            )
        assert await storage.sweep() == 0
        assert await storage.scan(owner="o") == []
        assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]

    async def test_expired_records_among_the_living_do_not_shorten_a_page(
        self, storage: RecordStorage, clock: Clock
    ) -> None:
        past, future = clock() - 1, clock() + HOUR
        await storage.commit(
            [
                Change(f"k{n:03}", "{}", ANY, owner="o", expires_at=past if n % 3 else future)
                for n in range(90)
            ]
        )
        living = [f"k{n:03}" for n in range(0, 90, 3)]
        for owner in (None, "o"):
            page = [key for key, _ in await storage.scan(owner=owner, limit=20)]
            assert page == living[:20]
            page = [key for key, _ in await storage.scan(owner=owner, limit=20, after=page[-1])]
            assert page == living[20:]
