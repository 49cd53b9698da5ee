"""A bot that fails tells the person and the operator, and is well again with the next message."""

import asyncio
import logging

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from bots.turn_error import turn_error_handler
from tests.turnkeeper.turn.world import Process, World, log_of, message
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change

SORRY = "Sorry, something went wrong. Please try that again."


@pytest.fixture
def process() -> Process:
    process = World().process()
    process.adapter.on_turn_error = turn_error_handler(process.states[0])
    return process


def fail_after_everything(process: Process, error: BaseException) -> None:
    """Have the bot fail once, after it has kept and said what it wanted."""
    healthy = process.bot.on_turn

    async def on_turn(context: TurnContext) -> None:
        process.bot.on_turn = healthy
        await process.states[0].create_property("DialogState").set(context, 1)
        await healthy(context)
        raise error

    process.bot.on_turn = on_turn


@pytest.mark.parametrize("error", [RuntimeError("secret"), KeyError("x"), TimeoutError()], ids=repr)
async def test_the_person_is_told_in_one_sentence_and_nothing_else_is_said_or_kept(
    process: Process, error: Exception
) -> None:
    fail_after_everything(process, error)
    await process.take(message("a"))
    assert process.world.channel.received == {"c": [SORRY]}
    assert await log_of(process.world, "msteams/conversations/c") == []
    assert await log_of(process.world, "msteams/users/ada") == []


async def test_the_next_message_is_taken_as_if_nothing_had_happened(process: Process) -> None:
    fail_after_everything(process, RuntimeError())
    await process.take(message("a"))
    await process.take(message("b"))
    assert process.world.channel.received["c"][1:] == ["1: b", "end of 1"]


async def test_a_failed_turn_is_not_run_again_when_it_is_delivered_again(process: Process) -> None:
    fail_after_everything(process, RuntimeError())
    for _ in range(2):
        await process.take(message("a"))
    assert process.world.channel.received == {"c": [SORRY]}


async def test_an_open_dialog_is_closed_so_that_the_error_does_not_come_back(
    process: Process,
) -> None:
    key = "msteams/conversations/c"
    store = TypedStorage(process.world.storage)
    await store.write({key: {"DialogState": "open", "kept": 1}})
    fail_after_everything(process, RuntimeError())
    await process.take(message("a"))
    item = (await store.read([key]))[key]
    assert "DialogState" not in item
    assert item["kept"] == 1


async def test_the_operator_sees_the_error_and_the_activity(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    fail_after_everything(process, RuntimeError("the reason"))
    await process.take(message("a", id="activity-7"))
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "activity-7" in record.getMessage()
    assert record.exc_info  # what of it the log shows: tests/turnkeeper/observing/test_logs.py
    assert "the reason" not in record.getMessage()


async def test_the_emulator_gets_the_trace_it_shows(process: Process) -> None:
    activity = message("a", delivery_mode="expectReplies")
    activity.channel_id = "emulator"
    fail_after_everything(process, RuntimeError("the reason"))
    response = await process.take(activity)
    assert response is not None
    sorry, trace = response.body["activities"]
    assert sorry["text"] == SORRY
    assert (trace["name"], trace["label"]) == ("on_turn_error Trace", "TurnError")
    assert trace["valueType"] == "https://www.botframework.com/schemas/error"
    assert "the reason" in trace["value"]


async def test_an_invoke_that_fails_is_answered_500_as_the_protocol_says(process: Process) -> None:
    activity = message("a")
    activity.type = "invoke"
    fail_after_everything(process, RuntimeError())
    response = await process.take(activity)
    assert response is not None
    assert (response.status, response.body) == (500, None)


async def test_an_unreadable_record_is_told_about_and_never_written_over(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    key, body = "msteams/users/ada", '{"v": 1, "state": {"log": {"$": "Trojan"}}}'
    await process.world.storage.commit([Change(key, body, ANY)])
    for text in ("a", "b"):
        await process.take(message(text))
    assert len(process.world.channel.received["c"]) == 2
    assert all(text.startswith("Sorry") for text in process.world.channel.received["c"])
    assert (await process.world.storage.fetch([key]))[key].body == body
    assert f"python -m turnkeeper show {key}" in caplog.text


async def test_a_bot_that_thinks_for_too_long_is_stopped(process: Process) -> None:
    async def never(_: TurnContext) -> None:
        await asyncio.Event().wait()

    process.adapter._time_limit = 0.01
    process.bot.on_turn = never
    await process.take(message("a"))
    assert process.world.channel.received == {"c": [SORRY]}


async def test_without_a_handler_the_error_reaches_the_host(process: Process) -> None:
    process.adapter.on_turn_error = None
    fail_after_everything(process, RuntimeError("the reason"))
    with pytest.raises(RuntimeError, match="the reason"):
        await process.take(message("a"))
    assert process.world.channel.received == {}


async def test_nothing_is_said_about_what_nobody_said(process: Process) -> None:
    activity: Activity = message("a")
    activity.type = "conversationUpdate"
    fail_after_everything(process, RuntimeError())
    await process.take(activity)
    assert process.world.channel.received == {}
