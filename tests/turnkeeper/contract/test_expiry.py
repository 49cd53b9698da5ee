"""What every storage promises of expiry: a record past its time counts as absent everywhere."""

from __future__ import annotations

import time

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage

HOUR = 3600


def past() -> float:
    return time.time() - 1


def future() -> float:
    return time.time() + HOUR


async def test_it_counts_as_absent_to_fetch_and_scan(storage: RecordStorage) -> None:
    await storage.commit(
        [
            Change("past", "{}", ANY, owner="o", expires_at=past()),
            Change("long past", "{}", ANY, owner="o", expires_at=0),
            Change("future", "{}", ANY, owner="o", expires_at=future()),
            Change("never", "{}", ANY, owner="o"),
        ]
    )
    assert set(await storage.fetch(["past", "long past", "future", "never"])) == {"future", "never"}
    assert [key for key, _ in await storage.scan()] == ["future", "never"]
    assert [key for key, _ in await storage.scan(owner="o", limit=1)] == ["future"]
    assert [key for key, _ in await storage.scan(prefix="past")] == []


async def test_it_is_overwritten_as_if_it_were_not_there(storage: RecordStorage) -> None:
    await storage.commit([Change("k", '{"old":1}', ANY, owner="ada", expires_at=past())])
    e_tags = await storage.commit([Change("k", '{"new":1}', None)])
    record = (await storage.fetch(["k"]))["k"]
    assert (record.body, record.e_tag, record.owner) == ('{"new":1}', e_tags["k"], "")


async def test_its_e_tag_is_stale(storage: RecordStorage) -> None:
    gone = past()
    e_tags = await storage.commit([Change("k", "{}", ANY, expires_at=gone)])
    for body, expires_at in (
        ('{"v":2}', None),
        ('{"v":2}', gone),
        ('{"v":2}', future()),
        (None, None),
    ):
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", body, e_tags["k"], expires_at=expires_at)])


async def test_it_may_be_deleted_as_absent(storage: RecordStorage) -> None:
    for e_tag in (ANY, None):
        await storage.commit([Change("k", "{}", ANY, expires_at=past())])
        await storage.commit([Change("k", None, e_tag)])
        assert await storage.sweep() == 0


@pytest.mark.parametrize("known", [True, False], ids=["on what was read", "on whatever is there"])
async def test_a_later_write_gives_it_a_new_time_and_owner(
    storage: RecordStorage, known: bool
) -> None:
    e_tag: str | None = None
    for owner, expires_at in (
        ("a", future()),
        ("a", None),
        ("a", future()),
        ("b", future()),
        ("", future()),
        ("", past()),
    ):
        e_tags = await storage.commit(
            [Change("k", "{}", e_tag if known else ANY, owner=owner, expires_at=expires_at)]
        )
        e_tag = e_tags["k"]
        lives = expires_at is None or expires_at > time.time()
        assert ("k" in await storage.fetch(["k"])) is lives
        assert [key for key, _ in await storage.scan(owner=owner)] == ["k"] * lives
        assert await storage.sweep() == (0 if lives else 1)


async def test_the_expired_are_swept_in_batches_and_no_other(storage: RecordStorage) -> None:
    await storage.commit(
        [Change(f"past{n:02}", "{}", ANY, owner="o", expires_at=past() - n) for n in range(25)]
        + [Change(f"future{n}", "{}", ANY, owner="o", expires_at=future() + n) for n in range(5)]
        + [Change(f"never{n}", "{}", ANY, owner="o") for n in range(5)]
    )
    assert [await storage.sweep(10) for _ in range(5)] == [10, 10, 5, 0, 0]
    assert len(await storage.scan()) == len(await storage.scan(owner="o")) == 10


async def test_expired_records_among_the_living_do_not_shorten_a_page(
    storage: RecordStorage,
) -> None:
    await storage.commit(
        [
            Change(f"k{n:03}", "{}", ANY, owner="o", expires_at=past() if n % 3 else future())
            for n in range(90)
        ]
    )
    living = [f"k{n:03}" for n in range(0, 90, 3)]
    for owner in (None, "o"):
        page = [key for key, _ in await storage.scan(owner=owner, limit=20)]
        assert page == living[:20]
        page = [key for key, _ in await storage.scan(owner=owner, limit=20, after=page[-1])]
        assert page == living[20:]
