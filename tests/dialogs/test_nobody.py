"""Activities that come from nobody: they open and end conversations, and nothing else."""

from __future__ import annotations

import pytest
from botbuilder.core import AutoSaveStateMiddleware
from botbuilder.core.adapters import TestAdapter
from botbuilder.schema import Activity, ChannelAccount, ConversationReference

from app import TYPES, make_bot
from config import Config
from turnkeeper import Host, Settings

BOT, ADA = ChannelAccount(id="bot"), ChannelAccount(id="ada")
WELCOME = "Hello! I ask for your name once"


@pytest.mark.parametrize("nobody", [ChannelAccount(), ChannelAccount(id="")])
@pytest.mark.parametrize(
    ("fields", "welcomed"),
    [
        ({"type": "conversationUpdate", "members_added": [ADA, BOT]}, True),
        ({"type": "conversationUpdate", "members_removed": [BOT]}, False),
        ({"type": "installationUpdate", "action": "add"}, True),
        ({"type": "installationUpdate", "action": "remove"}, False),
        ({"type": "event", "name": "webchat/join"}, True),
        ({"type": "endOfConversation"}, False),
        ({"type": "typing"}, False),
        ({"type": "messageUpdate", "text": "Ada"}, False),
    ],
)
async def test_they_are_taken_as_a_strangers(
    nobody: ChannelAccount, fields: dict[str, object], welcomed: bool
) -> None:
    host = Host(Settings(storage_url="memory:"), types=TYPES)
    bot = make_bot(host, Config(forget_on_uninstall=True))
    adapter = TestAdapter(bot.on_turn, ConversationReference(channel_id="webchat"))
    adapter.use(AutoSaveStateMiddleware([host.conversation_state]))
    await adapter.receive_activity(Activity(from_property=nobody, **fields))
    told = [reply.text for reply in adapter.activity_buffer]
    assert len(told) == welcomed
    assert all(text.startswith(WELCOME) for text in told)
