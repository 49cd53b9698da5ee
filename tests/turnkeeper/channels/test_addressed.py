"""Whether a message among several people is for the bot."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels import is_echo, is_for_bot
from turnkeeper.wire.activity import decode_activity

BOT = {"id": "28:bot", "name": "Test Bot"}
REPLIES = ("17", "18")


def message(
    text: str | None = "lunch?", channel: str = "slack", sender: Any = None, **fields: Any
) -> Any:
    """Return a message in a group as a channel sends it, decoded."""
    group = {"id": "g", "isGroup": True}
    told = {
        "type": "message",
        "channelId": channel,
        "text": text,
        "from": sender or {"id": "ada"},
        "recipient": BOT,
        "conversation": group,
    }
    return decode_activity(told | fields)


def mention(mentioned: Any = BOT, **fields: Any) -> dict[str, Any]:
    return {"type": "mention", "mentioned": mentioned, **fields}


@pytest.mark.parametrize("channel", ["slack", "telegram", "groupme", "line", "msteams"])
@pytest.mark.parametrize("text", ["lunch at 12?", "sure", "great", "Test Bot is slow", ""])
def test_what_colleagues_say_to_each_other_is_not(channel: str, text: str) -> None:
    assert not is_for_bot(message(text, channel), REPLIES)


@pytest.mark.parametrize(
    "told",
    [
        message("hi <at>Test Bot</at>", "msteams", entities=[mention(text="<at>Test Bot</at>")]),
        message("hi", entities=[mention()]),
        message("hi", entities=[mention(mentioned={"name": "test bot"})]),
        message("hi <at>Test Bot</at>", "msteams"),
        message("@Test Bot hi", "groupme"),
        message("well, @test bot, hi", "line"),
        message("hi", replyToId="17"),
        message('<quoted messageId="18"/> Ada', "msteams"),
        message("Ada", "msteams", entities=[{"type": "quotedReply", "messageId": "17"}]),
        message(
            "Ada",
            "msteams",
            entities=[{"type": "quotedReply", "quotedReply": {"messageId": "17"}}],
        ),
        message(
            "Ada",
            "telegram",
            channelData={
                "message": {"reply_to_message": {"from": {"is_bot": True, "username": "Test Bot"}}}
            },
        ),
        message("/help", "telegram"),
        message("/help@Test Bot".replace(" ", ""), "telegram", recipient={"id": "TestBot"}),
        message(None, value={"x": 1}),
        message("Yes", value={"x": 1}),
        message("@mytestbot Ada", "telegram", recipient={"id": "mytestbot", "name": "My Bot"}),
        message("/help@mytestbot\nx", "telegram", recipient={"id": "mytestbot"}),
        message(
            "Ada",
            "telegram",
            channelData={
                "edited_message": {"reply_to_message": {"from": {"is_bot": True, "id": 5}}}
            },
            recipient={"id": "5"},
        ),
        message("GO", channelData={"Payload": {"a": 1}}),
        message("hi", deliveryMode="expectReplies"),
        message("hi", conversation={"id": "p"}),
        message(None, type="event", name="paid"),
        message(None, type="messageReaction"),
        message(None, type="invoke", name="task/fetch"),
    ],
    ids=lambda told: f"{told.channel_id}-{told.type}-{told.text}",
)
def test_what_mentions_it_or_replies_to_it_or_comes_from_a_button_is(told: Any) -> None:
    assert is_for_bot(told, REPLIES)


@pytest.mark.parametrize(
    "told",
    [
        message("hi @Ann", entities=[mention({"id": "ann", "name": "Ann"}, text="@Ann")]),
        message("hi", replyToId="16"),
        message('<quoted messageId="16"/> Ada', "msteams"),
        message('<quoted messageId="17"/> Ada', "slack"),
        message("/help@OtherBot", "telegram"),
        message("/help", "slack"),
        message("mail test@Test Bot", "line"),
        message("@Test Bots", "line"),
        message(
            "<at>Test Bot</at> hi",
            "msteams",
            entities=[mention({"id": "28:other", "name": "Test Bot"}, text="<at>Test Bot</at>")],
        ),
        message("hi", entities=[mention(mentioned=5), mention(mentioned=None)]),
        message(
            "Ada",
            "telegram",
            channelData={
                "message": {"reply_to_message": {"from": {"is_bot": True, "username": "Other"}}}
            },
        ),
    ],
    ids=lambda told: f"{told.channel_id}-{told.text}",
)
def test_what_is_for_others_is_not(told: Any) -> None:
    assert not is_for_bot(told, REPLIES)


@pytest.mark.parametrize(
    ("told", "is_own"),
    [
        (message("hi", "facebook", channelData={"message": {"is_echo": True}}), True),
        (message("hi", sender=BOT), True),
        (message("hi"), False),
        (message("hi", recipient=None), False),
        (message(None, type="event", sender=BOT), False),
        (message("hi", "facebook", channelData={"message": {"is_echo": "true"}}), False),
    ],
)
def test_an_echo_is_the_bots_own_message(told: Any, is_own: bool) -> None:
    assert is_echo(told) is is_own


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(data=JSON, value=JSON, text=st.text(max_size=20))
def test_nothing_that_a_channel_sends_makes_it_fail(data: Any, value: Any, text: str) -> None:
    told = message(text, channelData={"message": data, "SlackMessage": data}, value=value)
    assert is_for_bot(told) in (True, False)
    assert not is_echo(told) or data
