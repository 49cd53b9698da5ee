"""A bot that fails tells the person and the operator, and is well again with the next message."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest
from botbuilder.core import TurnContext

from bots.turn_error import turn_error_handler
from turnkeeper import Change, Host, Settings
from turnkeeper.testing import Cloud, Person

SORRY = "Sorry, something went wrong. Please try that again."


class FailingBot:
    """Keeps each text in both states, opens a dialog, says two things, saves; then it may fail.

    :ivar error: with what it fails next, once all that is done; None for not at all.
    """

    def __init__(self, host: Host) -> None:
        self._states = (host.conversation_state, host.user_state)
        self._here = host.conversation_state.create_property("heard_here")
        self._dialog = host.conversation_state.create_property("DialogState")
        self._of_person = host.user_state.create_property("heard_of_person")
        self.error: Exception | None = None

    async def on_turn(self, turn_context: TurnContext) -> None:
        text = turn_context.activity.text
        here = await self._here.get(turn_context, list)
        here.append(text)
        (await self._of_person.get(turn_context, list)).append(text)
        await self._dialog.set(turn_context, "open")
        await turn_context.send_activity(f"{len(here)}: {text}")
        await turn_context.send_activity(f"end of {len(here)}")
        for state in self._states:
            await state.save_changes(turn_context)
        if self.error is not None:
            error, self.error = self.error, None
            raise error


@pytest.fixture
def host() -> Host:
    host = Host(Settings(storage_url="memory:"))
    host.adapter.on_turn_error = turn_error_handler(host.conversation_state)
    return host


@pytest.fixture
def bot(host: Host) -> FailingBot:
    return FailingBot(host)


@pytest.fixture
async def cloud(host: Host, bot: FailingBot) -> AsyncIterator[Cloud]:
    async with Cloud(host, bot) as cloud:
        yield cloud


@pytest.fixture
def ada(cloud: Cloud) -> Person:
    return cloud.person("Ada", channel="msteams")


@pytest.mark.parametrize("error", [RuntimeError("secret"), KeyError("x"), TimeoutError()], ids=repr)
async def test_the_person_is_told_in_one_sentence_and_nothing_else_is_said_or_kept(
    cloud: Cloud, bot: FailingBot, ada: Person, error: Exception
) -> None:
    bot.error = error
    await ada.says("a")
    assert cloud.texts(ada.conversation.id) == [SORRY]
    for name in ("heard_here", "heard_of_person", "DialogState"):
        assert await ada.state(name) is None


async def test_the_next_message_is_taken_as_if_nothing_had_happened(
    bot: FailingBot, ada: Person
) -> None:
    bot.error = RuntimeError()
    assert await ada.says("a") == [SORRY]
    assert await ada.says("b") == ["1: b", "end of 1"]
    assert await ada.state("heard_here") == await ada.state("heard_of_person") == ["b"]


async def test_a_failed_turn_is_not_run_again_when_it_is_delivered_again(
    cloud: Cloud, bot: FailingBot, ada: Person
) -> None:
    bot.error = RuntimeError()
    await ada.says("a")
    await ada.repeats()
    assert cloud.texts(ada.conversation.id) == [SORRY]
    assert await ada.state("heard_here") is None


async def test_an_open_dialog_is_closed_so_that_the_error_does_not_come_back(
    bot: FailingBot, ada: Person
) -> None:
    await ada.says("a")
    assert await ada.state("DialogState") == "open"
    bot.error = RuntimeError()
    assert await ada.says("b") == [SORRY]
    assert await ada.state("DialogState") is None
    assert await ada.state("heard_here") == ["a"]


async def test_the_operator_sees_the_error_and_the_activity(
    bot: FailingBot, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    bot.error = error = RuntimeError("the reason")
    await ada.says("a", id="activity-7")
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "activity-7" in record.getMessage()
    assert "the reason" not in record.getMessage()
    assert record.exc_info
    assert record.exc_info[1] is error


async def test_the_emulator_gets_the_trace_it_shows(cloud: Cloud, bot: FailingBot) -> None:
    ada = cloud.person("Ada", channel="emulator")
    bot.error = RuntimeError("the reason")
    turn = await ada.sends(ada.message("a", deliveryMode="expectReplies"))
    sorry, trace = turn.replies
    assert sorry["text"] == SORRY
    assert (trace["name"], trace["label"]) == ("on_turn_error Trace", "TurnError")
    assert trace["valueType"] == "https://www.botframework.com/schemas/error"
    assert "the reason" in trace["value"]


async def test_an_invoke_that_fails_is_answered_500_as_the_protocol_says(
    bot: FailingBot, ada: Person
) -> None:
    bot.error = RuntimeError()
    turn = await ada.invokes("adaptiveCard/action", {})
    assert (turn.status, turn.replies, turn.body) == (500, [], None)


async def test_an_unreadable_record_is_told_about_and_never_written_over(
    cloud: Cloud, host: Host, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    key, body = "msteams/users/Ada", '{"v": 1, "state": {"heard_of_person": {"$": "Trojan"}}}'
    await host.storage.records.commit([Change(key, body, None)])
    for text in ("a", "b"):
        [reply] = await ada.says(text)
        assert reply.startswith("Sorry, I cannot read what I remember about you")
    assert len(cloud.sent(ada.conversation.id)) == 2
    assert (await host.storage.records.fetch([key]))[key].body == body
    assert f"python -m turnkeeper show {key}" in caplog.text


async def test_without_a_handler_the_error_reaches_the_host_and_the_turn_may_be_taken_again(
    cloud: Cloud, host: Host, bot: FailingBot, ada: Person, caplog: pytest.LogCaptureFixture
) -> None:
    host.adapter.on_turn_error = None
    bot.error = RuntimeError("the reason")
    turn = await ada.sends(ada.message("a"))
    assert turn.status == 500
    assert "RuntimeError: the reason" in caplog.text
    assert cloud.sent(ada.conversation.id) == []
    assert await ada.repeats() == ["1: a", "end of 1"]


async def test_nothing_is_said_about_what_nobody_said(
    cloud: Cloud, bot: FailingBot, ada: Person
) -> None:
    bot.error = RuntimeError()
    await ada.joins()
    assert bot.error is None  # it has failed
    assert cloud.sent(ada.conversation.id) == []
