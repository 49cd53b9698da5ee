"""Odd fields and activities that nobody sent, over HTTP, with bots as their owners write them."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.schema import Activity, ChannelAccount

from tests.turnkeeper.bot import StartBot
from tests.turnkeeper.stock.bot import attached, make_adapter, make_bot
from turnkeeper import ConversationState, Host, Settings, UserState
from turnkeeper.testing import Cloud

APP_ID, PASSWORD = "b0b0b0b0-0000-4000-8000-000000000000", "not a secret"
WITHOUT_SENDER: list[dict[str, Any]] = [{"from": None}, {"from": {}}, {"from": {"name": "x"}}]


@pytest.mark.parametrize(
    "odd",
    [
        {"entities": [{"type": "clientInfo", "timezone": 5}, {"type": "mention"}, {}]},
        {"semanticAction": "x", "textHighlights": [{"text": 5}], "suggestedActions": "x"},
        {"timestamp": 1764500000000, "localTimestamp": 1764500000000, "expiration": 5},
        {"attachments": [None, "x", {}], "reactionsAdded": [None], "membersAdded": "x"},
        {"locale": 5, "localTimezone": 5, "deliveryMode": 5, "replyToId": 5, "recipient": 5},
        {"summary": "half \ud83d", "channelData": {"half": "\ude00"}},
    ],
    ids=", ".join,
)
async def test_a_message_with_odd_fields_is_answered(
    cloud: Cloud, bot: str, odd: dict[str, Any]
) -> None:
    ada = cloud.person("Ada", channel="msteams", bot_url=bot)
    assert await ada.says("hi", **odd) == ["Who are you?"]
    assert await ada.says("Ada", **odd) == ["Hello Ada."]
    assert await ada.says("nice \ud83d", **odd) == ["Ada 1: nice \ufffd"]


class Watching(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Asks of each activity what samples of the SDK ask of it, and counts them."""

    def __init__(self, conversation_state: ConversationState, user_state: UserState) -> None:
        self.seen: list[str] = []
        self.states = (conversation_state, user_state)
        self.visits = conversation_state.create_property("visits")

    async def on_turn(self, turn_context: TurnContext) -> None:
        activity = turn_context.activity
        assert activity.from_property.id != activity.recipient.id
        self.seen.append(activity.type)
        await super().on_turn(turn_context)
        for state in self.states:
            await state.save_changes(turn_context)

    async def on_members_added_activity(
        self, members_added: list[ChannelAccount], turn_context: TurnContext
    ) -> None:
        for member in members_added:
            if member.id != turn_context.activity.recipient.id:
                await self.visits.set(turn_context, 1)
                await turn_context.send_activity(f"Welcome {member.id}")

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity("Installed")

    async def on_end_of_conversation_activity(self, turn_context: TurnContext) -> None:
        await self.visits.delete(turn_context)
        await turn_context.send_activity("Good bye")


def watching(host: Host) -> Watching:
    """A bot on a host."""
    return Watching(host.conversation_state, host.user_state)


@pytest.mark.parametrize("sender", WITHOUT_SENDER, ids=str)
@pytest.mark.parametrize("channel", ["msteams", "webchat"])
async def test_a_join_an_install_and_an_end_that_nobody_sent_reach_the_bot(
    sender: dict[str, Any], channel: str
) -> None:
    host = Host(Settings())
    bot = watching(host)
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada", channel=channel, id="ada")
        joining = ada.joining(membersAdded=[{"name": "no id"}, {"id": "ada"}], **sender)
        for activity, said in (
            (joining, "Welcome ada"),
            (ada.activity("installationUpdate", action="add", **sender), "Installed"),
            (ada.activity("endOfConversation", **sender), "Good bye"),
        ):
            turn = await ada.sends(activity)
            assert (turn.status, turn.texts) == (201, [said])
            assert "recipient" not in turn.replies[0]
            assert turn.replies[0]["conversation"]["id"] == ada.conversation.id
        assert bot.seen == ["conversationUpdate", "installationUpdate", "endOfConversation"]
        assert [key for key, _ in await host.storage.records.scan() if "/users/" in key] == []


@pytest.mark.parametrize("sender", WITHOUT_SENDER, ids=str)
@pytest.mark.parametrize(
    "kind", ["typing", "event", "messageReaction", "messageUpdate", "trace", "somethingNew"]
)
async def test_what_nobody_sent_and_says_nothing_does_nothing(
    kind: str, sender: dict[str, Any]
) -> None:
    host = Host(Settings())
    bot = watching(host)
    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        before = await host.storage.records.scan()
        assert (await ada.sends(ada.activity(kind, **sender))).status == 201
        assert bot.seen == []
        assert await host.storage.records.scan() == before
        assert (await ada.sends(ada.activity(kind))).status == 201
        assert bot.seen == [kind]


@pytest.mark.parametrize("kind", ["message", "invoke"])
async def test_a_message_and_an_invoke_that_nobody_sent_are_refused(
    kind: str, cloud: Cloud, bot: str
) -> None:
    ada = cloud.person("Ada", channel="msteams", bot_url=bot)
    for sender in WITHOUT_SENDER:
        turn = await ada.sends(ada.activity(kind, text="hi", **sender))
        assert turn.status == 400
        assert turn.body["error"]["code"] == "bad_activity"


@pytest.mark.parametrize("action", [5, "x", [], None])
async def test_a_card_without_an_action_that_can_be_read_gets_the_sdks_answer(
    action: Any, cloud: Cloud, bot: str
) -> None:
    ada = cloud.person("Ada", channel="msteams", bot_url=bot)
    turn = await ada.invokes("adaptiveCard/action", {"action": action})
    assert (turn.status, turn.body["value"]["message"]) == (400, "Missing action property")


async def test_what_nobody_sent_needs_a_token_as_all_else(start_bot: StartBot) -> None:
    async with Cloud(app_id=APP_ID, app_password=PASSWORD) as cloud:
        bot = await start_bot(
            app_id=APP_ID,
            app_password=PASSWORD,
            open_id_metadata_url=cloud.open_id_metadata_url,
            login_url=cloud.url,
            service_hosts=("127.0.0.1",),
        )
        typing = cloud.person(channel="msteams", bot_url=bot).activity("typing", **{"from": None})
        assert (await cloud.post_to_bot(bot, typing)).status == 201
        assert (await cloud.post_to_bot(bot, typing, {"Authorization": ""})).status == 401


async def test_without_a_recipient_replies_come_from_the_app(start_bot: StartBot) -> None:
    async with Cloud(app_id=APP_ID, app_password=PASSWORD) as cloud:
        bot = await start_bot(
            app_id=APP_ID,
            app_password=PASSWORD,
            open_id_metadata_url=cloud.open_id_metadata_url,
            login_url=cloud.url,
            service_hosts=("127.0.0.1",),
        )
        ada = cloud.person("Ada", channel="msteams", bot_url=bot)
        assert await ada.says("hi", recipient=5) == ["Who are you?"]
        assert ada.last[-1]["from"] == {"id": APP_ID}


async def test_a_stock_bot_stands_what_nobody_sent(cloud: Cloud) -> None:
    async with TestServer(attached(make_bot("memory:"), make_adapter())) as server:
        ada = cloud.person("Ada", bot_url=str(server.make_url("/api/messages")))
        for activity in (ada.joining(), ada.activity("endOfConversation"), ada.activity("typing")):
            assert (await ada.sends(activity | {"from": None})).status == 201
        assert await ada.says("hi") == ["Your name?"]


async def test_an_activity_that_a_handler_has_read_itself_is_read_as_well(cloud: Cloud) -> None:
    adapter, bot = make_adapter(), make_bot("memory:")

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        await adapter.process_activity("", activity, bot.on_turn)
        return web.Response(status=201)

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    async with TestServer(app) as server:
        ada = cloud.person("Ada", bot_url=str(server.make_url("/api/messages")))
        odd: dict[str, Any] = {"entities": [None, {"type": "mention"}], "attachments": [None]}
        assert await ada.says("hi", **odd) == ["Your name?"]
        assert await ada.says("Ad\ud83d", **odd) == ["Hello Ad\ufffd"]
        assert (await ada.sends(ada.activity("typing", **{"from": None}))).status == 201
        same = ada.message("hi") | {"from": {"id": "ada\ud83d"}}
        assert (await ada.sends(same)).status == 400
