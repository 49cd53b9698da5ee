"""Typing is shown at once, before the turn is committed, and it alone; it may be lost."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes

from tests.turnkeeper.delivery.store import Store
from tests.turnkeeper.observing.test_counted import figures_of
from tests.turnkeeper.turn.world import CountingBot, Process, World, message
from turnkeeper import Host, Settings
from turnkeeper.delivery import typing_indicators
from turnkeeper.storage import Change, MemoryStorage, Record
from turnkeeper.testing import Answer, Cloud
from turnkeeper.testing.outside.faults import Drop

TYPING = "typing"
LEDGER = "msteams/ledgers/c/"
IN_RESPONSE: list[dict[str, Any]] = [{"deliveryMode": "expectReplies"}, {"type": "invoke"}]


def typing() -> Activity:
    """The activity that shows that somebody is typing."""
    return Activity(type=TYPING)


def kinds(cloud: Cloud, conversation: str) -> list[str]:
    """What the channel was sent, by its types."""
    return [one["type"] for one in cloud.sent(conversation)]


async def is_shown(cloud: Cloud, conversation: str) -> None:
    """Wait until typing is shown."""
    await cloud.connector.wait_until(lambda: TYPING in kinds(cloud, conversation), 10)


async def begun_by(sending: Any) -> None:
    """Do something and wait until all tasks that it has begun are done."""
    before = asyncio.all_tasks()
    await sending
    if begun := asyncio.all_tasks() - before:
        _, late = await asyncio.wait(begun, timeout=5)
        assert not late


async def test_it_is_shown_while_the_bot_works_and_is_in_no_ledger() -> None:
    async def bot(context: TurnContext) -> None:
        here = context.activity.conversation.id
        await context.send_activity(typing())
        await is_shown(cloud, here)
        assert await host.storage.records.scan(prefix="emulator/") == []
        if context.activity.text != "only":
            await context.send_activity("done")

    host = Host(Settings())
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("only") == []
        assert await host.storage.records.scan(prefix="emulator/") == []  # it is not entered
        bob = cloud.person("Bob")
        assert await bob.says("hi") == ["done"]
        [sign, reply] = cloud.sent(bob.conversation.id)
        assert (sign["type"], reply["type"]) == (TYPING, "message")
        fields = ("from", "recipient", "conversation", "replyToId", "channelId")
        assert [sign[name] for name in fields] == [reply[name] for name in fields]


async def test_nothing_else_leaves_before_the_commit() -> None:
    held_back = [kind.value for kind in ActivityTypes if kind.value != TYPING]
    assert "message" in held_back
    assert "trace" in held_back
    seen: list[int] = []

    async def bot(context: TurnContext) -> None:
        first = await context.send_activity("first")
        for kind in held_back:
            await context.send_activity(Activity(type=kind, text=kind, value={"status": 200}))
        await context.send_activity(Activity(type="delay", value=0))
        await context.send_activities([typing(), Activity(type="message", text="beside it")])
        await context.update_activity(Activity(type="message", id=first.id, text="1st"))
        await context.delete_activity(first.id)
        await is_shown(cloud, context.activity.conversation.id)
        seen.append(len(cloud.connector.requests))
        if context.activity.text == "fail":
            raise RuntimeError

    host = Host(Settings())
    host.adapter.on_turn_error = None
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")  # over the emulator, where traces leave too
        assert (await ada.sends(ada.message("fail"))).status == 500
        assert kinds(cloud, ada.conversation.id) == [TYPING]
        bob = cloud.person("Bob")
        await bob.says("hi")
        assert len(kinds(cloud, bob.conversation.id)) == 1 + len(held_back) - 1 + 2
        assert seen == [1, 2]


async def test_it_goes_to_the_channel_wherever_bot_code_would_have_it() -> None:
    async def bot(context: TurnContext) -> None:
        here = context.activity.service_url
        context.activity.service_url = "http://127.0.0.1:9"
        await context.send_activity(typing())
        await is_shown(cloud, context.activity.conversation.id)
        context.activity.service_url = here
        await context.send_activity("done")

    async with Cloud(Host(Settings()), bot) as cloud:
        assert await cloud.person("Ada").says("hi") == ["done"]


@pytest.mark.parametrize(
    "answer",
    [Answer(401), Answer(403), Answer(429), Answer(503), Answer(drop=Drop.BEFORE)],
    ids=lambda answer: str(answer.status or answer.drop),
)
async def test_one_that_the_channel_does_not_take_is_lost_and_nothing_else(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    async def bot(context: TurnContext) -> None:
        await begun_by(context.send_activity(typing()))
        await context.send_activity("done")

    async with Cloud(Host(Settings()), bot) as cloud:
        ada = cloud.person("Ada")
        cloud.faults.next(answer)
        assert await ada.says("hi") == ["done"]
        assert kinds(cloud, ada.conversation.id) == ["message"]
        assert len(cloud.connector.requests) == 2  # it was not tried again
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_a_channel_that_hangs_holds_up_no_turn_and_it_is_shown_no_more() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def bot(context: TurnContext) -> None:
        if context.activity.text == "hi":
            await context.send_activity(typing())
            await reached.wait()
        await context.send_activity("done")

    before = asyncio.all_tasks()
    async with Cloud(Host(Settings()), bot) as cloud:
        ada = cloud.person("Ada")
        cloud.faults.next(Answer(reached=reached, after=go_on))
        assert await ada.says("hi") == ["done"]
        assert [task for task in asyncio.all_tasks() - before if "_show" in repr(task)] == []
        go_on.set()
        assert await ada.says("more") == ["done"]


async def test_it_is_given_up_when_it_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typing_indicators, "LIMIT", 0.01)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def bot(context: TurnContext) -> None:
        await begun_by(context.send_activity(typing()))
        await context.send_activity("done")

    async with Cloud(Host(Settings()), bot) as cloud:
        cloud.faults.next(Answer(reached=reached, after=go_on))
        assert await cloud.person("Ada").says("hi") == ["done"]
        go_on.set()


async def test_it_counts_as_no_reply(cloud: Cloud) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity(typing())
        await is_shown(cloud, context.activity.conversation.id)
        await context.send_activity("done")

    async with TestServer(Host(Settings(), storage=MemoryStorage()).app(bot)) as server:
        ada = cloud.person("Ada", bot_url=str(server.make_url("/api/messages")))
        assert await ada.says("hi") == ["done"]
        figures = await figures_of(server)
    assert figures["bot_channel_calls_total"] == 1
    assert figures["bot_delivery_seconds_count"] == 1


@pytest.mark.parametrize("fields", IN_RESPONSE)
async def test_it_comes_to_nothing_where_the_answer_is_in_the_response(
    fields: dict[str, Any],
) -> None:
    async def bot(context: TurnContext) -> None:
        await begun_by(context.send_activity(typing()))
        await begun_by(context.adapter.send_activities(context, [_addressed(context)]))
        await context.send_activity("done")

    async with Cloud(Host(Settings()), bot) as cloud:
        ada = cloud.person("Ada")
        answer = await ada.sends(ada.message("hi", **fields))
        assert TYPING not in json.dumps(answer.body)
        assert TYPING not in kinds(cloud, ada.conversation.id)


def _addressed(context: TurnContext) -> Activity:
    """Typing as ShowTypingMiddleware has it sent, past the context."""
    reference = TurnContext.get_conversation_reference(context.activity)
    addressed: Activity = TurnContext.apply_conversation_reference(typing(), reference)
    return addressed


async def test_what_is_sent_for_it_by_a_timer_of_the_bot_after_the_turn_is_dropped() -> None:
    ended, timers = asyncio.Event(), list[asyncio.Task[None]]()

    async def show_for_ever(context: TurnContext) -> None:
        await ended.wait()
        while True:
            await context.send_activity(typing())

    async def bot(context: TurnContext) -> None:
        timers.append(asyncio.create_task(show_for_ever(context)))
        await context.send_activity("done")

    async with Cloud(Host(Settings()), bot) as cloud:
        ada = cloud.person("Ada")
        await ada.says("hi")
        await ada.sends(ada.message("hi", **IN_RESPONSE[0]))
        ended.set()
        await asyncio.wait(timers, timeout=10)
        assert [timer.cancelled() for timer in timers] == [True, True]  # and without an error
        assert kinds(cloud, ada.conversation.id) == ["message"]


async def test_a_turn_that_runs_again_shows_it_once() -> None:
    runs: list[str] = []

    async def bot(context: TurnContext) -> None:
        await begun_by(context.send_activity(typing()))
        key = host.user_state.get_storage_key(context)
        count = host.user_state.create_property("count")
        await count.set(context, await count.get(context, 0) + 1)
        runs.append(key)
        if len(runs) < 3:  # as another process that is quicker
            body = json.dumps({"v": 1, "state": {"count": len(runs)}})
            await host.storage.records.commit([Change(key, body, "*")])
        await context.send_activity("done")

    host = Host(Settings())
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["done"]
        assert len(runs) == 3
        assert kinds(cloud, ada.conversation.id) == [TYPING, "message"]


# Before what is owed, and beside the turn's own replies.


class Typist(CountingBot):
    """Counts as the other one does, but first shows typing and does what it is told."""

    def __init__(self, process: Process) -> None:
        super().__init__(*process.states)
        self.shown = asyncio.Event()
        self.first: Any = None

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        if self.first:
            await self.first()
        await begun_by(turn_context.send_activity(typing()))
        self.shown.set()
        await super().on_message_activity(turn_context)


async def test_it_is_not_shown_before_what_another_process_still_owes() -> None:
    world = World()
    process, other = world.process(), world.process()
    sending, go_on, others = asyncio.Event(), asyncio.Event(), list[asyncio.Task[Any]]()

    async def hold(_: str) -> None:
        sending.set()
        await go_on.wait()

    async def be_overtaken() -> None:
        if not others:
            others.append(asyncio.create_task(other.take(message("b"))))
            await sending.wait()  # it is committed, and nothing of it has left

    other.connector.hold = hold
    process.bot = bot = Typist(process)
    bot.first = be_overtaken
    taking = asyncio.create_task(process.take(message("a")))
    await bot.shown.wait()
    assert world.channel.received == {}
    go_on.set()
    await asyncio.gather(taking, *others)
    assert world.channel.received == {"c": ["1: b", "end of 1", "2: a", "end of 2"]}
    await process.stop()
    await other.stop()


class Slow(Store):
    """A store in which who reads a ledger alone has to wait.

    :ivar go_on: for this.
    """

    def __init__(self) -> None:
        super().__init__()
        self.go_on: asyncio.Event | None = None

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        if self.go_on and list(keys) == [LEDGER]:
            await self.go_on.wait()
        return await super().fetch(keys)


async def test_it_is_not_shown_any_more_when_the_reply_is_on_its_way() -> None:
    world = World(store := Slow())
    process = world.process()
    store.go_on = asyncio.Event()
    begun: list[asyncio.Task[Any]] = []

    async def bot(context: TurnContext) -> None:
        before = asyncio.all_tasks()
        await context.send_activity(typing())
        begun.extend(asyncio.all_tasks() - before)
        await context.send_activity("done")

    async def hold(_: str) -> None:
        assert store.go_on is not None
        store.go_on.set()
        await asyncio.wait(begun, timeout=10)

    process.bot.on_turn = bot
    process.connector.hold = hold
    await process.take(message("a"))
    assert world.channel.received == {"c": ["done"]}
    await process.stop()


async def test_nor_after_a_turn_that_says_nothing() -> None:
    world = World(store := Slow())
    process = world.process()
    store.go_on = asyncio.Event()
    begun: list[asyncio.Task[Any]] = []

    async def bot(context: TurnContext) -> None:
        before = asyncio.all_tasks()
        await context.send_activity(typing())
        begun.extend(asyncio.all_tasks() - before)

    process.bot.on_turn = bot
    await process.take(message("a"))
    store.go_on.set()
    await asyncio.wait(begun, timeout=10)
    assert world.channel.received == {}
    await process.stop()


@pytest.mark.parametrize("pause", [2_000, 0])
async def test_it_is_shown_in_a_pause_before_the_first_reply_and_not_after(pause: int) -> None:
    world = World(store := Slow())
    process = world.process()
    store.go_on = asyncio.Event()

    async def bot(context: TurnContext) -> None:
        await context.send_activities([typing(), Activity(type="delay", value=pause)])
        await context.send_activity("done")

    process.bot.on_turn = bot
    taking = await process.begin(message("a"))
    await asyncio.sleep(0.1)
    assert list((await store.ledger()).queue.open) == ([1] if pause else [])  # it is committed
    store.go_on.set()
    await taking
    await asyncio.sleep(1)
    assert world.channel.received == {"c": [TYPING, "done"] if pause else ["done"]}
    await process.stop()


async def test_what_the_channel_asks_to_wait_then_counts_for_replies() -> None:
    world = World()
    process = world.process()

    async def busy(*_: Any, **__: Any) -> float:
        return 20.0

    process.connector.send_at_best = busy  # type: ignore[method-assign]
    process.bot = Typist(process)
    await process.take(message("a"))
    assert world.channel.received == {}
    await asyncio.sleep(15)
    assert world.channel.received == {}
    await asyncio.sleep(6)
    assert world.channel.received == {"c": ["1: a", "end of 1"]}
    await process.stop()


async def test_it_is_not_shown_while_the_channel_has_asked_to_wait() -> None:
    world = World()
    process = world.process()
    process.adapter.senders.hear_wait(LEDGER, 20.0)
    await asyncio.sleep(1)
    process.bot = Typist(process)
    await process.take(message("a"))
    await asyncio.sleep(20)
    assert world.channel.received == {"c": ["1: a", "end of 1"]}
    await process.stop()
