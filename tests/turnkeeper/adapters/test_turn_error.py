"""What a bot does that fails and has no ``on_turn_error`` of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from tests.turnkeeper.said import APOLOGY, UNREADABLE
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper import Host, Settings
from turnkeeper.adapters.turn_error import default_on_turn_error
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, MemoryStorage
from turnkeeper.testing import Cloud

KEY = "msteams/conversations/c"


class Failing:
    """A bot that keeps and says something, and then fails."""

    def __init__(self, host: Host) -> None:
        self.conversation_state = host.conversation_state
        self._data = host.conversation_state.create_property("kept")
        self._dialog = host.conversation_state.create_property("DialogState")

    async def on_turn(self, context: TurnContext) -> None:
        await self._data.set(context, "new")
        await self._dialog.set(context, "new")
        await context.send_activity("half said")
        raise RuntimeError("the reason")


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    """A process with a host's own adapter, as the host makes it."""
    process = World().process()
    host = Host(Settings(), storage=process.records)
    host.adapter.open(process.connector)
    process.adapter, process.bot = host.adapter, Failing(host)
    yield process
    await process.stop()


async def test_the_person_is_told_and_nothing_else_is_said_or_kept(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    store = TypedStorage(process.world.storage)
    await store.write({KEY: {"DialogState": "open", "kept": "old"}})
    await process.take(message("a", id="activity-7"))
    assert process.world.channel.received == {"c": [APOLOGY]}
    item = (await store.read([KEY]))[KEY]
    assert item["kept"] == "old"
    assert "DialogState" not in item  # else the error would come back with the next message
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.name == "turnkeeper.adapters.bot_run"
    assert record.exc_info
    assert "activity-7" in record.getMessage()
    assert "the reason" not in record.getMessage()


async def test_an_invoke_is_answered_500(process: Process) -> None:
    activity = message("a")
    activity.type = "invoke"
    response = await process.take(activity)
    assert response is not None
    assert (response.status, response.body) == (500, None)
    assert process.world.channel.received == {}


async def test_nothing_is_said_about_what_nobody_said(process: Process) -> None:
    activity: Activity = message("a")
    activity.type = "conversationUpdate"
    await process.take(activity)
    assert process.world.channel.received == {}


async def test_an_unreadable_record_is_told_of_and_not_written_over(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    body = '{"v":99}'
    await process.world.storage.commit([Change(KEY, body, ANY)])
    await process.take(message("a"))
    assert process.world.channel.received == {"c": [UNREADABLE]}
    assert (await process.world.storage.fetch([KEY]))[KEY].body == body
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert f"show {KEY}" in record.getMessage()
    assert record.exc_info is None


async def test_an_unreadable_record_stays_where_the_bots_own_handler_deletes_it(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(process.bot, Failing)
    state = process.bot.conversation_state

    async def on_turn_error(context: TurnContext, error: Exception) -> None:  # as the SDK's samples
        await context.send_activity("sorry")
        await state.delete(context)

    process.adapter.on_turn_error = on_turn_error
    body = '{"v":1,"state":{"DialogState":{"$":"Later"}}}'
    await process.world.storage.commit([Change(KEY, body, ANY)])
    await process.take(message("a"))
    assert process.world.channel.received == {"c": ["sorry"]}
    assert (await process.world.storage.fetch([KEY]))[KEY].body == body
    assert f"not deleted: {KEY}: unknown tag 'Later'" in caplog.text
    # A record that can be read goes, though this turn has not read it.
    await process.world.storage.commit([Change(KEY, '{"v":1,"state":{"kept":1}}', ANY)])
    await process.take(message("b"))
    assert KEY not in await process.world.storage.fetch([KEY])


async def test_the_emulator_gets_the_trace_it_shows(process: Process) -> None:
    activity = message("a", delivery_mode="expectReplies")
    activity.channel_id = "emulator"
    response = await process.take(activity)
    assert response is not None
    sorry, trace = response.body["activities"]
    assert sorry["text"] == APOLOGY
    assert (trace["name"], trace["label"]) == ("on_turn_error Trace", "TurnError")
    assert "RuntimeError: the reason" in json.dumps(trace["value"])


async def test_without_any_handler_the_error_reaches_who_has_the_turn_taken(
    process: Process,
) -> None:
    process.adapter.on_turn_error = None
    with pytest.raises(RuntimeError, match="the reason"):
        await process.take(message("a"))
    assert process.world.channel.received == {}
    assert await process.world.storage.fetch([KEY]) == {}


class AwaitsWhatIsCancelled:
    """A bot that keeps something, and then awaits a task that somebody has cancelled."""

    def __init__(self, host: Host) -> None:
        self._data = host.conversation_state.create_property("kept")
        self.runs = 0

    async def on_turn(self, context: TurnContext) -> None:
        self.runs += 1
        await self._data.set(context, "new")
        await context.send_activity("half said")
        task = asyncio.ensure_future(asyncio.Event().wait())
        task.cancel()
        await task


async def test_a_bot_that_awaits_a_cancelled_task_has_failed_and_the_channel_is_answered(
    cloud: Cloud,
) -> None:
    host = Host(Settings(), storage=MemoryStorage())
    bot = AwaitsWhatIsCancelled(host)
    async with TestServer(host.app(bot)) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/api/messages"))
        person = cloud.person(channel="msteams", bot_url=url)
        activity = person.message("hi")
        turn = await person.sends(activity)
        assert (turn.status, turn.texts) == (201, [APOLOGY])
        assert (await host.storage.read([f"msteams/conversations/{person.conversation.id}"])) == {}
        again = await person.sends(activity)
        assert (again.status, again.texts, bot.runs) == (201, [], 1)
        async with session.get(server.make_url("/metrics")) as answer:
            figures = await answer.text()
        assert re.search(r"^bot_turn_errors_total 1\.0$", figures, re.MULTILINE)


async def test_what_was_awaited_in_vain_is_in_the_log(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    process.bot = AwaitsWhatIsCancelled(Host(Settings(), storage=process.records))
    await process.take(message("a"))
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info
    assert record.exc_info[1]
    assert isinstance(record.exc_info[1].__cause__, asyncio.CancelledError)


async def test_a_turn_that_the_server_cancels_is_no_failure_and_is_not_committed(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    reached = asyncio.Event()
    failing = process.bot

    class Hanging:
        async def on_turn(self, context: TurnContext) -> None:
            await context.send_activity("half said")
            reached.set()
            await asyncio.Event().wait()

    process.bot = Hanging()
    turn = asyncio.ensure_future(process.take(message("a")))
    await reached.wait()
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert process.world.channel.received == {}
    assert await process.world.storage.scan() == []
    assert not caplog.records
    process.bot = failing
    await process.take(message("a"))  # delivered again, it is taken
    assert process.world.channel.received == {"c": [APOLOGY]}


async def test_a_bot_that_thinks_for_too_long_is_stopped() -> None:
    process = World().process(time_limit=0.01)
    process.adapter.on_turn_error = default_on_turn_error(process.states[0])

    async def never(_: TurnContext) -> None:
        await asyncio.Event().wait()

    await process.adapter.process_activity(None, message("a"), never)
    assert process.world.channel.received == {"c": [APOLOGY]}
    await process.stop()
