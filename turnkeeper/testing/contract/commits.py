"""A commit is all or none, and only on what was read."""

from __future__ import annotations

from typing import Final

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, RecordStorage
from turnkeeper.testing.contract.records import bodies, put

ABSENT: Final = None
STALE: Final = "0123456789abcdef"


@pytest.mark.asyncio
class Commits:
    """A commit writes all of its records if every e_tag matches, and else none."""

    async def test_the_e_tag_returned_is_the_one_fetched_and_new_at_each_write(
        self,
        storage: RecordStorage,
    ) -> None:
        seen: set[str] = set()
        for n in range(5):
            e_tags = await storage.commit([Change("k", f'{{"n":{n}}}', ANY)])
            assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]
            assert e_tags["k"] not in seen | {"", ANY}
            seen.add(e_tags["k"])

    async def test_whatever_a_write_changes_its_e_tag_is_new(self, storage: RecordStorage) -> None:
        seen: set[str] = set()
        for owner, expires_at in (("", None), ("", None), ("o", None), ("o", 4e9), ("", None)):
            e_tags = await storage.commit([Change("k", "{}", ANY, owner, expires_at)])
            assert e_tags["k"] not in seen
            seen.add(e_tags["k"])

    async def test_a_record_of_the_e_tag_read_is_overwritten_once(
        self, storage: RecordStorage
    ) -> None:
        read = await put(storage, "k")
        await storage.commit([Change("k", '{"v":2}', read["k"])])
        with pytest.raises(WriteConflict) as refused:
            await storage.commit([Change("k", '{"v":3}', read["k"])])
        assert refused.value.key == "k"
        assert await bodies(storage, "k") == {"k": '{"v":2}'}

    async def test_e_tag_none_means_it_must_not_exist(self, storage: RecordStorage) -> None:
        await storage.commit([Change("k", '{"v":1}', ABSENT)])
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", '{"v":2}', ABSENT)])
        assert await bodies(storage, "k") == {"k": '{"v":1}'}

    async def test_an_e_tag_of_an_absent_record_is_stale(self, storage: RecordStorage) -> None:
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", "{}", STALE)])
        assert await storage.fetch(["k"]) == {}

    async def test_any_overwrites_what_is_there_and_creates_what_is_not(
        self, storage: RecordStorage
    ) -> None:
        for body in ('{"v":1}', '{"v":2}'):
            await storage.commit([Change("k", body, ANY)])
            assert await bodies(storage, "k") == {"k": body}

    async def test_an_e_tag_is_not_valid_again_after_delete_and_create(
        self, storage: RecordStorage
    ) -> None:
        first = await put(storage, "k")
        await storage.commit([Change("k", None, first["k"])])
        await storage.commit([Change("k", '{"v":1}', ABSENT)])
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", '{"v":2}', first["k"])])

    async def test_deletes_heed_the_e_tag(self, storage: RecordStorage) -> None:
        old = await put(storage, "k")
        new = await put(storage, "k")
        for e_tag in (old["k"], ABSENT):
            with pytest.raises(WriteConflict):
                await storage.commit([Change("k", None, e_tag)])
            assert "k" in await storage.fetch(["k"])
        assert await storage.commit([Change("k", None, new["k"])]) == {}
        assert await storage.fetch(["k"]) == {}

    async def test_deleting_what_is_absent(self, storage: RecordStorage) -> None:
        assert await storage.commit([Change("k", None, ANY), Change("l", None, ABSENT)]) == {}
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", None, STALE)])

    @pytest.mark.parametrize("culprit", range(5))
    async def test_one_conflict_leaves_every_record_as_it_was(
        self, storage: RecordStorage, culprit: int
    ) -> None:
        e_tags = await put(storage, *"abcd")
        before = await storage.scan()
        changes = [
            Change("a", '{"v":2}', e_tags["a"]),
            Change("b", None, e_tags["b"]),
            Change("c", '{"v":2}', ANY),
            Change("d", None, ANY),
            Change("e", '{"v":2}', ABSENT),
        ]
        stale = changes[culprit]
        changes.append(changes.pop(culprit))
        changes[-1] = Change(stale.key, stale.body, STALE)
        with pytest.raises(WriteConflict) as refused:
            await storage.commit(changes)
        assert refused.value.key == stale.key
        assert await storage.scan() == before

    async def test_one_commit_writes_creates_and_deletes(self, storage: RecordStorage) -> None:
        e_tags = await put(storage, "changed", "deleted", "kept")
        new = await storage.commit(
            [
                Change("changed", '{"v":2}', e_tags["changed"]),
                Change("deleted", None, e_tags["deleted"]),
                Change("created", '{"v":3}', ABSENT),
            ]
        )
        records = await storage.fetch(["changed", "deleted", "created", "kept"])
        assert {key: record.e_tag for key, record in records.items()} == {
            "changed": new["changed"],
            "created": new["created"],
            "kept": e_tags["kept"],
        }
