"""The parts of a host: what is open with it, how long they keep what they keep, and their end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference

from tests.turnkeeper.clock import Clock
from tests.turnkeeper.turn.world import Memory
from turnkeeper import Host, Settings
from turnkeeper.errors import DeliveryFailed, StorageUnavailable
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.ledger.queue import Queue
from turnkeeper.storage import Change, MemoryStorage
from turnkeeper.testing import Answer, Cloud

SECRET = "secret"  # noqa: S105 - of nothing

LATE = {"type": "message", "text": "late", "from": {"id": "28:bot"}, "conversation": {"id": "c"}}
NOW, HOUR, DAY = 1_700_000_000.0, 3600.0, 86_400.0


@pytest.fixture
async def bot_cloud() -> AsyncIterator[Cloud]:
    """A cloud that asks for tokens."""
    async with Cloud(app_id="app", app_password=SECRET) as cloud:
        yield cloud


def settings_in(cloud: Cloud) -> Settings:
    """The settings of a bot with credentials."""
    return Settings(
        app_id=cloud.app_id,
        app_password="secret",  # noqa: S106 - of a fake cloud
        login_url=cloud.url,
        open_id_metadata_url=cloud.open_id_metadata_url,
        service_hosts=("127.0.0.1",),
    )


def reference_to(service_url: str) -> ConversationReference:
    """A conversation with Ada."""
    return ConversationReference(
        bot=ChannelAccount(id="28:bot"),
        channel_id="msteams",
        service_url=service_url,
        user=ChannelAccount(id="ada"),
        conversation=ConversationAccount(id="c"),
    )


async def greet(context: TurnContext) -> None:
    """Say something."""
    await context.send_activity("Good morning.")


def left_since(before: set[asyncio.Task[object]]) -> list[str]:
    """The tasks of the engine that have begun since then and go on."""
    return [repr(task) for task in asyncio.all_tasks() - before if "turnkeeper" in repr(task)]


async def test_what_works_in_the_background_ends_with_it(bot_cloud: Cloud) -> None:
    before = asyncio.all_tasks()
    host = Host(settings_in(bot_cloud), storage=MemoryStorage())
    for _ in range(2):
        async with asyncio.timeout(10), host:
            assert left_since(before)
            await host.adapter.continue_conversation(reference_to(bot_cloud.service_url), greet)
        assert left_since(before) == []
    assert bot_cloud.texts("c") == ["Good morning."] * 2


async def test_a_token_that_is_on_its_way_is_waited_for_no_more(bot_cloud: Cloud) -> None:
    before = asyncio.all_tasks()
    asked, never = asyncio.Event(), asyncio.Event()
    bot_cloud.login.faults.always(Answer(reached=asked, after=never))
    host = Host(settings_in(bot_cloud), storage=MemoryStorage())
    async with host:
        turn = asyncio.ensure_future(
            host.adapter.continue_conversation(reference_to(bot_cloud.service_url), greet)
        )
        await asked.wait()
        turn.cancel()
        with suppress(asyncio.CancelledError, DeliveryFailed):
            await turn
    assert left_since(before) == []
    never.set()


async def test_no_connection_to_a_channel_stays_open() -> None:
    async def take(_: web.Request) -> web.Response:
        return web.json_response({"id": "1"})

    channel = web.Application()
    channel.router.add_post("/v3/conversations/{id}/activities", take)
    async with TestServer(channel) as server:
        assert server.runner is not None
        assert server.runner.server is not None
        async with Host(Settings(), storage=MemoryStorage()) as host:
            url = str(server.make_url("")).rstrip("/")
            await host.adapter.continue_conversation(reference_to(url), greet)
            assert len(server.runner.server.connections) == 1  # for what comes next
        async with asyncio.timeout(10):
            while server.runner.server.connections:  # noqa: ASYNC110 - the channel is to see it
                await asyncio.sleep(0)


async def test_what_has_expired_is_swept_while_it_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    class Store(MemoryStorage):
        swept = asyncio.Event()

        async def sweep(self, limit: int = 500) -> int:
            count = await super().sweep(limit)
            if count:
                self.swept.set()
            return count

    monkeypatch.setattr("random.uniform", lambda low, high: 0.0)  # the sweeper's pause
    storage = Store(Clock(NOW))
    await storage.commit([Change("old", "{}", None, expires_at=NOW - 1)])
    async with Host(Settings(), storage=storage), asyncio.timeout(5):
        await storage.swept.wait()


async def test_what_was_sent_is_written_down_at_its_end(cloud: Cloud) -> None:
    class Store(MemoryStorage):
        away = False
        refused = asyncio.Event()

        async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
            if self.away:
                self.refused.set()
                raise StorageUnavailable("it takes turns, and no receipts")
            e_tags = await super().commit(changes)
            self.away = any(change.key.startswith("owed/") for change in changes)
            return e_tags

    storage = Store()
    host = Host(Settings(), storage=storage)
    seen = host.user_state.create_property("seen")

    async def bot(context: TurnContext) -> None:
        await seen.set(context, True)
        await context.send_activity("hello")

    async with host:
        there = reference_to(cloud.service_url)
        speaking = asyncio.create_task(host.adapter.continue_conversation(there, bot))
        await storage.refused.wait()  # the bot asks it again, a while later
        assert cloud.texts("c") == ["hello"]
        ledger = dict(await storage.scan())["msteams/ledgers/c/"]
        assert list(Ledger.read("", ledger).queue.open) == [1]
        speaking.cancel()
        storage.away = False
    ledger = dict(await storage.scan())["msteams/ledgers/c/"]
    assert Ledger.read("", ledger).queue == Queue(next=2, beat=2)
    assert await storage.scan(prefix="owed/") == []


async def silent(_: TurnContext) -> None:
    """A bot that says nothing."""


async def test_what_a_process_before_it_owes_is_sent_when_it_starts(cloud: Cloud) -> None:
    storage = MemoryStorage()
    body = json.dumps(LATE)
    owed = Owed("t", cloud.service_url, [Send("r", "c", "", body)])
    ledger = Ledger()
    ledger.queue.enter("t", "", 1, storage.now())
    await storage.commit(
        [
            Change("msteams/ledgers/c/", ledger.body(), None, due_in=0.0),
            Change("owed//msteams/c/1", owed.body(), None),
        ]
    )
    off = Host(Settings(dispatch=False), storage=storage)
    async with TestServer(off.app(silent)):
        await asyncio.sleep(0.05)
    async with Host(Settings(), storage=storage):  # in a script
        await asyncio.sleep(0.05)
    assert cloud.texts("c") == []
    async with TestServer(Host(Settings(), storage=storage).app(silent)):
        await cloud.connector.wait_until(lambda: cloud.texts("c") == ["late"], 10)


async def test_what_an_earlier_version_owes_is_taken_over_at_the_first_start(cloud: Cloud) -> None:
    body = json.dumps(LATE | {"serviceUrl": cloud.service_url})
    effect = {"do": "send", "id": "r", "conversation": "c", "reply_to": "", "body": body}
    owed = {"turn": "00", "effects": [effect], "sent": 0, "holder": "h", "until": 1.0}
    turns = {"seen": " 00", "holder": "h", "owed": owed}
    storage = MemoryStorage()
    old = json.dumps({"v": 1, "state": {"turns": turns}})
    mark = '{"v":1,"state":{"format":2}}'
    await storage.commit([Change("msteams/ledgers/c/", old, None), Change("~/format", mark, None)])
    async with TestServer(Host(Settings(), storage=storage).app(silent)):
        await cloud.connector.wait_until(lambda: cloud.texts("c") == ["late"], 10)
    records = dict(await storage.scan())
    assert '"format":4' in records["~/format"].body
    assert Ledger.read("", records["msteams/ledgers/c/"]).knows("00")


@pytest.mark.parametrize("people_for", [None, 7 * DAY])
async def test_conversations_and_people_are_kept_as_long_as_the_settings_say(
    cloud: Cloud, people_for: float | None
) -> None:
    clock = Clock(NOW)
    storage = Memory(clock)
    settings = Settings(conversation_ttl=DAY, profile_ttl=people_for)
    host = Host(settings, storage=storage, clock=clock)
    properties = [
        state.create_property("seen") for state in (host.conversation_state, host.user_state)
    ]

    async def bot(context: TurnContext) -> None:
        for seen in properties:
            await seen.set(context, True)
        await context.send_activity("hello")

    async with host:
        await host.adapter.continue_conversation(reference_to(cloud.service_url), bot)
    records = dict(await storage.scan())
    conversation = [records["msteams/conversations/c"], records["msteams/ledgers/c/"]]
    for record in conversation:
        assert record.expires_at is not None
        assert DAY <= record.expires_at - NOW <= DAY + HOUR
    person = records["msteams/users/ada"].expires_at
    if people_for is None:
        assert person is None
    else:
        assert person is not None
        assert people_for <= person - NOW <= people_for + HOUR
