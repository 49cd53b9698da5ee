"""What versions 0.2 to 0.4 owe is found at the first start, and is sent as any other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.upgrade import upgrade
from turnkeeper.storage import ANY, Change, MemoryStorage, RecordStorage
from turnkeeper.storage.format import FORMAT, format_of, mark
from turnkeeper.storage.format import KEY as MARK
from turnkeeper.storage.sqlite.storage import SQLiteStorage

LEDGER, ADA = "msteams/ledgers/c/", "msteams/users/ada"


def earlier(owed: bool = True, sent: int = 1, service_url: str = "https://smba.example/") -> str:
    """A ledger as version 0.4 has it, with two replies, of which the first is sent."""
    body = {"type": "message", "text": "hi", "serviceUrl": service_url}
    effects = [
        {"do": "send", "id": f"r{n}", "conversation": "c", "reply_to": "", "body": json.dumps(body)}
        for n in range(2)
    ]
    debt = {"turn": "00", "effects": effects, "sent": sent, "holder": "h", "until": 1.0}
    turns = {"seen": " 00", "holder": "h", **({"owed": debt} if owed else {})}
    return json.dumps({"v": 1, "state": {"turns": turns}})


async def store(storage: RecordStorage, *keys: str, body: str | None = None) -> None:
    body = body or earlier()
    await storage.commit([Change(key, body, ANY, ADA) for key in keys])


async def ledger(storage: RecordStorage, key: str = LEDGER) -> Ledger:
    return Ledger.read(key, (await storage.fetch([key]))[key])


async def test_what_is_not_known_to_be_sent_becomes_a_record_and_is_due_at_once() -> None:
    storage = MemoryStorage()
    await store(storage, LEDGER)
    assert await upgrade(storage) == 1
    [number] = (moved := await ledger(storage)).queue.open
    assert moved.earlier is None
    assert (moved.queue.open[number].marks, moved.queue.open[number].who) == ([0], digest(ADA))
    assert moved.knows("00")
    key = f"owed//msteams/c/{number}"
    record = (await storage.fetch([key]))[key]
    owed = Owed.read(key, record)
    assert record.owner == ADA
    assert (owed.turn, owed.service_url, len(owed.effects)) == ("00", "https://smba.example/", 1)
    assert [due for due, _ in await storage.due()] == [LEDGER]
    assert (await storage.fetch([LEDGER]))[LEDGER].owner == ADA


async def test_it_may_be_done_again() -> None:
    storage = MemoryStorage()
    await store(storage, LEDGER)
    await upgrade(storage)
    before = await storage.scan()
    assert await upgrade(storage) == 0
    assert await storage.scan() == before


async def test_what_is_sent_owes_nothing() -> None:
    storage = MemoryStorage()
    await store(storage, LEDGER, body=earlier(sent=2))
    await upgrade(storage)
    assert (await ledger(storage)).queue.open == {}
    assert [key for key, _ in await storage.scan()] == [LEDGER]


async def test_all_bots_on_the_store_are_looked_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = SQLiteStorage(f"sqlite:///{tmp_path}/bot.db")
    await storage.open()
    names = [f"msteams/ledgers/{number}/bot" for number in range(450)]
    caplog.set_level("INFO")
    await store(storage, *names, "~support/msteams/ledgers/c/bot")
    await store(storage, "msteams/ledgers/quiet/", body=earlier(owed=False))
    assert await upgrade(storage) == 451
    assert "451 conversations" in caplog.text
    owed = [key for key, _ in await storage.scan(prefix="~support/owed/", limit=9)]
    assert owed == ["~support/owed/bot/msteams/c/1"]
    assert len(await storage.scan(prefix="owed/bot/msteams/", limit=999)) == 450
    await storage.close()


async def test_what_is_no_ledger_or_cannot_be_read_stays_as_it_is() -> None:
    storage = MemoryStorage()
    bodies = {
        "msteams/ledgers/later/": '{"v":9,"state":{"turns":{"seen":"","owed":1}}}',
        "msteams/conversations/c": '{"v":1,"state":{"owed":1}}',
        "msteams/turns/c": earlier(),  # of 0.1: moved when its bot meets it
    }
    await storage.commit([Change(key, body, ANY) for key, body in bodies.items()])
    before = await storage.scan()
    assert await upgrade(storage) == 0
    assert await storage.scan() == before


async def test_a_store_is_marked_once_and_then_known() -> None:
    storage = MemoryStorage()
    assert await format_of(storage) != FORMAT
    await storage.commit([Change(MARK, '{"v":1,"state":{"format":2}}', ANY)])
    assert await format_of(storage) != FORMAT
    await mark(storage)
    assert await format_of(storage) == FORMAT
    assert f'"format":{FORMAT}' in (await storage.fetch([MARK]))[MARK].body
