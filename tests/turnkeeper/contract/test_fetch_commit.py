"""What every storage promises of fetch and commit: all or none, and only on what was read."""

from __future__ import annotations

import asyncio

import pytest

from turnkeeper.errors import WriteConflict
from turnkeeper.storage import ANY, Change, Record, RecordStorage

ABSENT = None
UNUSUAL_KEYS = [
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
BODIES = {
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
    return {key: record.body for key, record in (await storage.fetch(keys)).items()}


async def test_a_record_is_read_as_it_was_written(storage: RecordStorage) -> None:
    change = Change("k", '{"v":1}', ABSENT, owner="msteams/users/29:a", expires_at=4e9 + 0.25)
    e_tags = await storage.commit([change])
    assert await storage.fetch(["k"]) == {
        "k": Record('{"v":1}', e_tags["k"], "msteams/users/29:a", 4e9 + 0.25)
    }


async def test_owner_and_expiry_may_be_left_out_and_taken_away(storage: RecordStorage) -> None:
    await storage.commit([Change("k", "{}", ABSENT, owner="o", expires_at=4e9)])
    e_tags = await storage.commit([Change("k", "{}", ANY)])
    assert await storage.fetch(["k"]) == {"k": Record("{}", e_tags["k"], "", None)}


async def test_absent_records_are_left_out(storage: RecordStorage) -> None:
    await put(storage, "here")
    assert list(await storage.fetch(["gone", "here", "never"])) == ["here"]
    assert await storage.fetch(["gone"]) == {}
    assert await storage.fetch([]) == {}


async def test_any_collection_of_keys_may_be_asked_for(storage: RecordStorage) -> None:
    e_tags = await put(storage, *(f"k{n}" for n in range(2000)))
    for keys in (e_tags.keys(), set(e_tags), tuple(e_tags), [*e_tags, "k0", "k0"]):
        records = await storage.fetch(keys)
        assert {key: record.e_tag for key, record in records.items()} == e_tags


async def test_a_commit_of_nothing_writes_nothing(storage: RecordStorage) -> None:
    assert await storage.commit([]) == {}
    assert await storage.scan() == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_bodies_come_back_byte_for_byte(storage: RecordStorage, body: str) -> None:
    await storage.commit([Change("k", body, ABSENT)])
    assert await bodies(storage, "k") == {"k": body}


async def test_every_key_is_a_key_of_its_own(storage: RecordStorage) -> None:
    expected = {key: f'{{"n":{n}}}' for n, key in enumerate(UNUSUAL_KEYS)}
    await storage.commit([Change(key, body, ABSENT) for key, body in expected.items()])
    assert await bodies(storage, *UNUSUAL_KEYS) == expected
    for key in UNUSUAL_KEYS:
        await storage.commit([Change(key, None, ANY)])
        del expected[key]
        assert await bodies(storage, *UNUSUAL_KEYS) == expected


async def test_the_e_tag_returned_is_the_one_fetched_and_new_at_each_write(
    storage: RecordStorage,
) -> None:
    seen: set[str] = set()
    for n in range(5):
        e_tags = await storage.commit([Change("k", f'{{"n":{n}}}', ANY)])
        assert (await storage.fetch(["k"]))["k"].e_tag == e_tags["k"]
        assert e_tags["k"] not in seen | {"", ANY}
        seen.add(e_tags["k"])


async def test_a_record_of_the_e_tag_read_is_overwritten_once(storage: RecordStorage) -> None:
    read = await put(storage, "k")
    await storage.commit([Change("k", '{"v":2}', read["k"])])
    with pytest.raises(WriteConflict) as refused:
        await storage.commit([Change("k", '{"v":3}', read["k"])])
    assert refused.value.key == "k"
    assert await bodies(storage, "k") == {"k": '{"v":2}'}


async def test_e_tag_none_means_it_must_not_exist(storage: RecordStorage) -> None:
    await storage.commit([Change("k", '{"v":1}', ABSENT)])
    with pytest.raises(WriteConflict):
        await storage.commit([Change("k", '{"v":2}', ABSENT)])
    assert await bodies(storage, "k") == {"k": '{"v":1}'}


async def test_an_e_tag_of_an_absent_record_is_stale(storage: RecordStorage) -> None:
    with pytest.raises(WriteConflict):
        await storage.commit([Change("k", "{}", "0123456789abcdef")])
    assert await storage.fetch(["k"]) == {}


async def test_any_overwrites_what_is_there_and_creates_what_is_not(storage: RecordStorage) -> None:
    for body in ('{"v":1}', '{"v":2}'):
        await storage.commit([Change("k", body, ANY)])
        assert await bodies(storage, "k") == {"k": body}


async def test_an_e_tag_is_not_valid_again_after_delete_and_create(storage: RecordStorage) -> None:
    first = await put(storage, "k")
    await storage.commit([Change("k", None, first["k"])])
    await storage.commit([Change("k", '{"v":1}', ABSENT)])
    with pytest.raises(WriteConflict):
        await storage.commit([Change("k", '{"v":2}', first["k"])])


async def test_deletes_heed_the_e_tag(storage: RecordStorage) -> None:
    old = await put(storage, "k")
    new = await put(storage, "k")
    for e_tag in (old["k"], ABSENT):
        with pytest.raises(WriteConflict):
            await storage.commit([Change("k", None, e_tag)])
        assert "k" in await storage.fetch(["k"])
    assert await storage.commit([Change("k", None, new["k"])]) == {}
    assert await storage.fetch(["k"]) == {}


async def test_deleting_what_is_absent(storage: RecordStorage) -> None:
    assert await storage.commit([Change("k", None, ANY), Change("l", None, ABSENT)]) == {}
    with pytest.raises(WriteConflict):
        await storage.commit([Change("k", None, "0123456789abcdef")])


@pytest.mark.parametrize("culprit", range(5))
async def test_one_conflict_leaves_every_record_as_it_was(
    storage: RecordStorage, culprit: int
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
    changes[-1] = Change(stale.key, stale.body, "0123456789abcdef")
    with pytest.raises(WriteConflict) as refused:
        await storage.commit(changes)
    assert refused.value.key == stale.key
    assert await storage.scan() == before


async def test_one_commit_writes_creates_and_deletes(storage: RecordStorage) -> None:
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


async def test_of_many_commits_at_once_on_one_record_one_passes(storage: RecordStorage) -> None:
    read = await put(storage, "k")
    results = await asyncio.gather(
        *(
            storage.commit(
                [Change(f"own{n}", "{}", ABSENT), Change("k", f'{{"n":{n}}}', read["k"])]
            )
            for n in range(20)
        ),
        return_exceptions=True,
    )
    winners = [n for n, result in enumerate(results) if isinstance(result, dict)]
    assert len(winners) == 1
    assert sum(isinstance(result, WriteConflict) for result in results) == 19
    expected = {"k": f'{{"n":{winners[0]}}}', f"own{winners[0]}": "{}"}
    assert {key: record.body for key, record in await storage.scan()} == expected


async def test_commits_at_once_on_different_records_all_pass(storage: RecordStorage) -> None:
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", ABSENT)]) for n in range(50)))
    assert len(await storage.scan()) == 50


async def test_ping_returns_and_leaves_no_record(storage: RecordStorage) -> None:
    await storage.commit([Change("k", "{}", ABSENT)])
    before = await storage.scan()
    for _ in range(3):
        await storage.ping()
    assert await storage.scan() == before
    assert await storage.sweep() == 0
