"""What a button sends that the bot did not offer is no name; what it understands goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bot import cloud_around

ASKED = "What is your name?"
REFUSED = "That does not look like a name. I need just the name, such as Ada."


@pytest.mark.parametrize(
    ("channel", "payload", "data"),
    [
        ("facebook", "GET_STARTED", {"postback": {"payload": "GET_STARTED"}}),
        ("facebook", "Menu", {"postback": {"title": "Menu", "payload": "Menu"}}),
        ("facebook", "Red", {"message": {"text": "Red", "quick_reply": {"payload": "PICK_RED"}}}),
        ("webchat", "order pizza", {"postBack": True}),
        ("directline", "Ada", {"postBack": True}),
        ("telegram", "buy:7", {"callback_query": {"id": "1", "data": "buy:7"}}),
        ("slack", "approve", {"Payload": {"type": "interactive_message"}}),
        ("line", "action=buy", {"postback": {"data": "action=buy"}}),
    ],
)
async def test_a_payload_that_the_bot_did_not_offer_is_asked_again(
    channel: str, payload: str, data: dict[str, Any]
) -> None:
    async with cloud_around() as cloud:
        person = cloud.person("p", channel=channel, locale="en-US")
        assert await person.says("hi") == [ASKED]
        turn = await person.sends(person.message(payload, channelData=data))
        assert [reply["text"] for reply in turn.replies] == [REFUSED]
        profile = await person.state("UserProfile")
        assert not (profile and profile.name)
        (thanks,) = await person.says("Ada")
        assert thanks.startswith("Thanks Ada.")


@pytest.mark.parametrize(
    ("channel", "data"),
    [
        ("facebook", {"message": {"text": "Help", "quick_reply": {"payload": "Help"}}}),
        ("webchat", {"postBack": True}),
    ],
)
async def test_a_button_whose_text_the_bot_understands_is_understood(
    channel: str, data: dict[str, Any]
) -> None:
    async with cloud_around() as cloud:
        person = cloud.person("p", channel=channel, locale="en-US")
        assert await person.says("hi") == [ASKED]
        turn = await person.sends(person.message("Help", channelData=data))
        assert turn.replies[0]["text"].endswith(ASKED)
        turn = await person.sends(person.message("call me Grace", channelData=data))
        assert turn.replies[0]["text"] == REFUSED
