"""What a turn says: how it is addressed, by which id it is known, and what of it leaves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import (
    Activity,
    ChannelAccount,
    ConversationParameters,
    ConversationReference,
)

from tests.turnkeeper.turn.world import Process, message
from turnkeeper import Host, Settings
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Cloud

Logic = Callable[[TurnContext], Awaitable[None]]


class Bot:
    """A bot that is a function."""

    def __init__(self, logic: Logic) -> None:
        self.on_turn = logic


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """An open host that nobody posts to."""
    async with Host(Settings(), storage=MemoryStorage()) as host:
        yield host


def incoming(cloud: Cloud) -> Activity:
    """A message of Ada's, over the fake cloud."""
    activity = message("hi", id="in-1", locale="fr-FR")
    activity.service_url = cloud.service_url
    return activity


async def test_a_reply_goes_from_the_bot_to_who_spoke_and_names_what_it_answers(
    cloud: Cloud, host: Host
) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity("hello")

    await host.adapter.process_activity(None, incoming(cloud), bot)
    [reply] = cloud.sent("c")
    assert (reply["from"]["id"], reply["recipient"]["id"]) == ("bot", "ada")
    assert (reply["type"], reply["replyToId"], reply["locale"]) == ("message", "in-1", "fr-FR")
    assert (reply["channelId"], reply["serviceUrl"]) == ("msteams", cloud.service_url)
    assert "id" not in json.loads(cloud.connector.requests[-1].body)  # the channel gives it one
    [request] = cloud.connector.requests
    assert request.rest == ("activities", "in-1")


async def test_what_is_said_about_a_join_or_of_the_bots_own_accord_answers_nothing(
    cloud: Cloud, host: Host
) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity("hello")

    join = incoming(cloud)
    join.type = "conversationUpdate"
    await host.adapter.process_activity(None, join, bot)
    reference: ConversationReference = TurnContext.get_conversation_reference(incoming(cloud))
    await host.adapter.continue_conversation(reference, bot)
    parameters = ConversationParameters(
        bot=ChannelAccount(id="bot"), members=[ChannelAccount(id="ada")]
    )
    await host.adapter.create_conversation("", bot, parameters, "msteams", cloud.service_url)
    replies = [*cloud.sent("c"), *cloud.sent("conversation-3")]
    assert [reply["text"] for reply in replies] == ["hello"] * 3
    assert not [reply for reply in replies if "replyToId" in reply]


async def test_a_conversation_that_the_bot_begins_has_its_service_url_in_its_identity(
    cloud: Cloud, host: Host
) -> None:
    claims: list[dict[str, str]] = []

    async def bot(context: TurnContext) -> None:
        claims.append(context.turn_state[host.adapter.BOT_IDENTITY_KEY].claims)

    parameters = ConversationParameters(
        bot=ChannelAccount(id="bot"), members=[ChannelAccount(id="ada")]
    )
    await host.adapter.create_conversation("", bot, parameters, "msteams", cloud.service_url)
    assert [one["serviceurl"] for one in claims] == [cloud.service_url]


async def test_each_reply_of_a_turn_has_an_id_of_its_own(process: Process) -> None:
    async def bot(context: TurnContext) -> None:
        first = await context.send_activity("first")
        second = await context.send_activity("second")
        assert first.id != second.id
        await context.update_activity(Activity(type="message", id=first.id, text="1st"))
        await context.delete_activity(second.id)

    process.bot = Bot(bot)
    await process.take(message("a"))
    said = ["first", "second", "update channel-1: 1st", "delete channel-2"]
    assert process.world.channel.received["c"] == said


@pytest.mark.parametrize(
    ("asked", "kept"),
    [(1, 1), (5_000, 5_000), (5_001, 5_000), (3_600_000, 5_000), (-1, 0), (None, 1_000)],
)
async def test_a_delay_lasts_five_seconds_at_most(
    process: Process, asked: int | None, kept: int
) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity("one")
        await context.send_activity(Activity(type="delay", value=asked))

    process.bot = Bot(bot)
    process.world.channel.down = True
    await process.take(message("a"))
    records = dict(await process.world.storage.scan())
    owed = json.loads(records["owed//msteams/c/1"].body)["state"]["owed"]
    assert owed["effects"][1] == {"do": "delay", "ms": kept}


async def test_a_trace_is_no_response(process: Process) -> None:
    responded: list[bool] = []

    async def bot(context: TurnContext) -> None:
        await context.send_trace_activity("seen", {})
        responded.append(context.responded)
        await context.send_activity("said")
        responded.append(context.responded)

    process.bot = Bot(bot)
    await process.take(message("a"))
    assert responded == [False, True]


@pytest.mark.parametrize(("channel", "expected"), [("msteams", ["message"]), ("emulator", None)])
async def test_expected_replies_hold_no_trace_but_for_the_emulator(
    process: Process, channel: str, expected: list[str] | None
) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_trace_activity("seen", {})
        await context.send_activity("said")

    process.bot = Bot(bot)
    activity = message("a", delivery_mode="expectReplies")
    activity.channel_id = channel
    response = await process.take(activity)
    assert response is not None
    kinds = [reply["type"] for reply in response.body["activities"]]
    assert kinds == (expected or ["trace", "message"])


async def test_an_invoke_that_nothing_answers_is_not_implemented(process: Process) -> None:
    async def bot(_: TurnContext) -> None:
        pass

    process.bot = Bot(bot)
    activity = message("a")
    activity.type = "invoke"
    response = await process.take(activity)
    assert response is not None
    assert (response.status, response.body) == (501, None)
