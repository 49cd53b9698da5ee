"""What is written is what is read: bodies, keys, owners, times."""

from __future__ import annotations

from typing import Final

import pytest

from turnkeeper.storage import ANY, Change, Record, RecordStorage

UNUSUAL_KEYS: Final = [
    "emulator/conversations/1f0|livechat/users/a b",
    "msteams/conversations/19:x@thread.tacv2;messageid=1",
    "../../etc/passwd",
    "/",
    " ",
    "trailing ",
    "trailing",
    "'; DROP TABLE records; --",
    'double " quote',
    "back\\slash",
    "percent%under_score*star?mark[a-z]",
    "{a}{b}",
    "line\nfeed\ttab",
    "\u00e9",  # the same letter composed ...
    "e\u0301",  # ... and decomposed: two keys
    "Case",
    "case",
    "日本語",
    "\uffff",
    "🧑\u200d🚀",
    "k" * 1000,
    "鍵" * 1000,
]
BODIES: Final = {
    "empty object": "{}",
    "spacing is kept": '{ "b" : 1,\n"a": [ ] }',
    "escapes": '{"nul":"\\u0000","lone":"\\ud800","quote":"\\"","slash":"\\\\"}',
    "non-ASCII": '{"name":"Zoë 日本語 🧑\u200d🚀 \uffff"}',
    "one megabyte": '{"text":"' + "x" * 1_000_000 + '"}',
    "big number": '{"n":123456789012345678901234567890.10}',
}


async def put(storage: RecordStorage, *keys: str) -> dict[str, str]:
    """Store a record under each key and return the e_tags."""
    return await storage.commit([Change(key, '{"v":1}', ANY) for key in keys])


async def bodies(storage: RecordStorage, *keys: str) -> dict[str, str]:
    """Return the bodies of the records that are there."""
    return {key: record.body for key, record in (await storage.fetch(keys)).items()}


@pytest.mark.asyncio
class Records:
    """A record comes back as it was written, and nothing else does."""

    async def test_a_record_is_read_as_it_was_written(self, storage: RecordStorage) -> None:
        change = Change("k", '{"v":1}', None, owner="msteams/users/29:a", expires_at=4e9 + 0.25)
        e_tags = await storage.commit([change])
        assert await storage.fetch(["k"]) == {
            "k": Record('{"v":1}', e_tags["k"], "msteams/users/29:a", 4e9 + 0.25)
        }

    async def test_owner_and_expiry_may_be_left_out_and_taken_away(
        self, storage: RecordStorage
    ) -> None:
        await storage.commit([Change("k", "{}", None, owner="o", expires_at=4e9)])
        e_tags = await storage.commit([Change("k", "{}", ANY)])
        assert await storage.fetch(["k"]) == {"k": Record("{}", e_tags["k"], "", None)}

    async def test_absent_records_are_left_out(self, storage: RecordStorage) -> None:
        await put(storage, "here")
        assert list(await storage.fetch(["gone", "here", "never"])) == ["here"]
        assert await storage.fetch(["gone"]) == {}
        assert await storage.fetch([]) == {}

    async def test_any_collection_of_keys_may_be_asked_for(self, storage: RecordStorage) -> None:
        e_tags = await put(storage, *(f"k{n}" for n in range(2000)))
        for keys in (e_tags.keys(), set(e_tags), tuple(e_tags), [*e_tags, "k0", "k0"]):
            records = await storage.fetch(keys)
            assert {key: record.e_tag for key, record in records.items()} == e_tags

    async def test_a_commit_of_nothing_writes_nothing(self, storage: RecordStorage) -> None:
        assert await storage.commit([]) == {}
        assert await storage.scan() == []

    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
    async def test_bodies_come_back_byte_for_byte(self, storage: RecordStorage, body: str) -> None:
        await storage.commit([Change("k", body, None)])
        assert await bodies(storage, "k") == {"k": body}

    async def test_every_key_is_a_key_of_its_own(self, storage: RecordStorage) -> None:
        expected = {key: f'{{"n":{n}}}' for n, key in enumerate(UNUSUAL_KEYS)}
        await storage.commit([Change(key, body, None) for key, body in expected.items()])
        assert await bodies(storage, *UNUSUAL_KEYS) == expected
        for key in UNUSUAL_KEYS:
            await storage.commit([Change(key, None, ANY)])
            del expected[key]
            assert await bodies(storage, *UNUSUAL_KEYS) == expected

    async def test_every_owner_is_an_owner_of_its_own(self, storage: RecordStorage) -> None:
        await storage.commit(
            [Change(f"k{n}", "{}", None, owner) for n, owner in enumerate(UNUSUAL_KEYS)]
        )
        for n, owner in enumerate(UNUSUAL_KEYS):
            [(key, record)] = await storage.scan(owner=owner)
            assert (key, record.owner) == (f"k{n}", owner)

    async def test_ping_returns_and_leaves_no_record(self, storage: RecordStorage) -> None:
        await storage.commit([Change("k", "{}", None)])
        before = await storage.scan()
        for _ in range(3):
            await storage.ping()
        assert await storage.scan() == before
        assert await storage.sweep() == 0
