"""The first start on an earlier version's store: what it owes is sent, and it is marked as new."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext

from tests.turnkeeper.contract.owing import Owing, queue_in
from turnkeeper import Host, Settings
from turnkeeper.address import Address
from turnkeeper.storage import ANY, Change, MemoryStorage
from turnkeeper.storage.format import FORMAT, KEY, format_of
from turnkeeper.storage.namespace import Namespace
from turnkeeper.testing import Cloud

ADA = Address.of("", "msteams", "c", "ada")
MARKED = f"the store is of format {FORMAT} now; earlier versions refuse it"
MOVED = "what 1 conversations owed is taken over from an earlier version"


async def bot(context: TurnContext) -> None:
    """Say nothing."""


def left_by_0_4(cloud: Cloud) -> list[Change]:
    """A store of 0.4 in which a turn still owes the second of its replies."""
    known = {
        "type": "message",
        "serviceUrl": cloud.service_url,
        "channelId": "msteams",
        "from": {"id": "bot"},
        "recipient": {"id": "ada"},
        "conversation": {"id": "c"},
    }
    activities = [{**known, "text": text} for text in ("one", "two")]
    effects = [
        {"do": "send", "id": str(n), "conversation": "c", "reply_to": "", "body": json.dumps(one)}
        for n, one in enumerate(activities)
    ]
    owed = {"turn": "00", "effects": effects, "sent": 1, "until": 0}
    turns = {"seen": " 00", "holder": "h", "owed": owed}
    return [
        Change(KEY, '{"v":1,"state":{"format":2}}', ANY),
        Change(ADA.ledger_key, json.dumps({"v": 1, "state": {"turns": turns}}), ANY, ADA.owner),
    ]


async def serve(storage: MemoryStorage, cloud: Cloud, *, name: str = "", texts: int) -> None:
    """Serve the bot until so many texts have reached the conversation."""
    host = Host(Settings(bot_name=name), storage=storage)
    async with TestServer(host.app(bot)), asyncio.timeout(10):
        while len(cloud.texts("c")) < texts:  # noqa: ASYNC110 - the dispatcher is at it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["", "shop"])
async def test_what_an_earlier_version_owes_is_sent_without_being_asked(
    cloud: Cloud, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.INFO)
    storage = MemoryStorage()
    mark, ledger = left_by_0_4(cloud)
    await storage.commit([mark])
    await (Namespace(storage, name) if name else storage).commit([ledger])
    await serve(storage, cloud, name=name, texts=1)
    assert cloud.texts("c") == ["two"]
    assert await format_of(storage) == FORMAT
    assert [text for text in caplog.messages if text in (MOVED, MARKED)] == [MOVED, MARKED]
    await serve(storage, cloud, name=name, texts=1)
    assert cloud.texts("c") == ["two"]
    assert caplog.messages.count(MARKED) == 1


async def test_a_new_store_is_marked_without_a_word(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    storage = MemoryStorage()
    await serve(storage, cloud, texts=0)
    assert await format_of(storage) == FORMAT
    assert MARKED not in caplog.messages


async def test_a_script_beside_a_bot_of_an_earlier_version_does_not_mark_its_store(
    cloud: Cloud,
) -> None:
    storage = MemoryStorage()
    await storage.commit(left_by_0_4(cloud))
    async with Host(Settings(), storage=storage):
        pass
    assert await format_of(storage) < FORMAT


async def test_with_dispatch_off_it_sends_what_its_own_turns_owe_and_no_more(cloud: Cloud) -> None:
    storage, owing = MemoryStorage(), Owing()
    left = owing.turn("left by another process", person="ada")
    await owing.store(storage)

    async def echo(context: TurnContext) -> None:
        await context.send_activity(context.activity.text)

    host = Host(Settings(dispatch=False), storage=storage)
    async with TestServer(host.app(echo)) as server:
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))
        for text in ("a", "b"):
            assert await person.says(text) == [text]
    assert list(await storage.fetch([left])) == [left]
    assert (await queue_in(storage, owing.key)).beat == 0  # nobody has claimed it
