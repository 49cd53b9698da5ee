"""What belongs to whom and for how long, whoever writes it; and whose a store is."""

from __future__ import annotations

import pytest

from tests.turnkeeper.clock import Clock
from turnkeeper.errors import SettingsError, UnreadableRecord
from turnkeeper.state.people.erasure import erase
from turnkeeper.storage import Change, MemoryStorage
from turnkeeper.storage.format import FORMAT, KEY, format_of, mark
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.server_url import ServerUrl
from turnkeeper.storage.transaction import Transaction

ADA = "msteams/users/ada"


async def test_a_record_keeps_its_owner_in_a_turn_that_has_none() -> None:
    storage = MemoryStorage()
    for owner, body in ((ADA, "1"), ("", "2")):
        transaction = Transaction(storage)
        await transaction.load(["k"])
        transaction.put("k", body, owner=owner)
        await transaction.commit()
    record = (await storage.fetch(["k"]))["k"]
    assert (record.body, record.owner) == ("2", ADA)


async def test_in_memory_too_a_record_is_gone_from_the_very_moment() -> None:
    clock = Clock(1_000.0)
    storage = MemoryStorage(clock)
    await storage.commit([Change("k", "{}", None, expires_at=1_001.0)])
    clock.now = 1_000.9
    assert await storage.fetch(["k"])
    clock.now = 1_001.0
    assert await storage.fetch(["k"]) == {}
    assert await storage.sweep() == 1


async def test_who_is_erased_in_one_bot_is_known_in_the_others() -> None:
    storage = MemoryStorage()
    one, two = Namespace(storage, "one"), Namespace(storage, "two")
    for bot in (one, two, storage):
        await bot.commit([Change(ADA, "{}", None, ADA), Change("place", "{}", None, ADA)])
    assert await erase(one, ADA) == 2
    assert await one.scan() == []
    for bot in (two, storage):
        found = dict(await bot.scan(owner=ADA))
        assert {ADA, "place"} <= found.keys()
        assert all(record.owner == ADA for record in found.values())


async def test_a_store_of_a_later_format_is_not_written_into() -> None:
    storage = MemoryStorage()
    assert await format_of(storage) == 0
    await mark(storage)
    assert await format_of(storage) == FORMAT
    body = f'{{"v":1,"state":{{"format":{FORMAT + 1}}}}}'
    record = (await storage.fetch([KEY]))[KEY]
    await storage.commit([Change(KEY, body, record.e_tag)])
    with pytest.raises(SettingsError, match=f"format {FORMAT + 1}, and this version knows"):
        await format_of(storage)
    assert (await storage.fetch([KEY]))[KEY].body == body


@pytest.mark.parametrize("body", ["", "{}", '{"state":{"format":"2"}}', '{"state":[]}'])
async def test_a_mark_that_cannot_be_read_is_no_mark(body: str) -> None:
    storage = MemoryStorage()
    await storage.commit([Change(KEY, body, None)])
    with pytest.raises(UnreadableRecord):
        await format_of(storage)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot:12/34secret@db.example/bot",
        "postgresql://bot:12?34secret@db.example/bot",
        "postgresql://bot:12#34secret@db.example/bot",
    ],
)
def test_a_password_that_looks_like_a_port_is_shown_in_no_part(url: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        ServerUrl.parse(url)
    assert "secret" not in str(refusal.value)
