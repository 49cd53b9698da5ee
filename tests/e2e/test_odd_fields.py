"""What channels send and nobody understands costs a person nothing."""

from __future__ import annotations

from typing import Any

import pytest

from config import Config
from tests.bot import cloud_around

ODD: list[dict[str, Any]] = [
    {"entities": [{"type": "clientInfo", "timezone": 5}, {"type": "mention", "text": "hi"}, {}]},
    {"locale": 5, "localTimezone": 5, "timestamp": 1764500000000, "localTimestamp": 1764500000000},
    {"semanticAction": "x", "textHighlights": [{"text": 5}], "suggestedActions": "x"},
    {"attachments": [None, "x"], "reactionsAdded": [None], "membersAdded": "x", "channelData": 5},
]
CHANNELS = ["msteams", "webchat", "directline", "slack", "telegram"]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("odd", ODD, ids=", ".join)
async def test_it_asks_remembers_and_greets_whatever_else_is_sent(
    odd: dict[str, Any], channel: str
) -> None:
    async with cloud_around() as cloud:
        person = cloud.person(channel=channel)
        assert await person.says("hi", **odd) == ["What is your name?"]
        assert (await person.says("Ada", **odd))[0].startswith("Thanks Ada.")
        [greeting] = await person.says("nice \ud83d", **odd)
        assert greeting.startswith("Ada sent: nice \ufffd")


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("sender", [{"from": None}, {"from": {}}, {"from": {"name": "Ada"}}])
async def test_what_nobody_sent_is_taken_and_asks_nobody_anything(
    sender: dict[str, Any], channel: str
) -> None:
    async with cloud_around(Config(forget_on_uninstall=True)) as cloud:
        person = cloud.person(channel=channel)
        welcome = await person.joins(**sender)
        assert len(welcome) == 1
        for kind in ("typing", "event", "endOfConversation", "messageReaction"):
            turn = await person.sends(person.activity(kind, **sender))
            assert (turn.status, turn.texts) == (201, [])
        for action in ("add", "remove"):
            installs = person.activity("installationUpdate", action=action, **sender)
            assert (await person.sends(installs)).status == 201
        await person.says("hi")
        assert (await person.says("Ada"))[0].startswith("Thanks Ada.")
