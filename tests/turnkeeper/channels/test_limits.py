"""The limits of each channel."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from botbuilder.schema import Activity, ConversationAccount
from hypothesis import example, given
from hypothesis import strategies as st

from turnkeeper.channels.limits import UNKNOWN, fit, limits_of, spoken
from turnkeeper.channels.shortening import units


def sent_on(channel: object, kind: str = "personal") -> Activity:
    """Return a message on a channel."""
    conversation = ConversationAccount(id="c", conversation_type=kind)
    return Activity(type="message", channel_id=channel, conversation=conversation)


@pytest.mark.parametrize(
    ("channel", "longest"),
    [("sms", 1600), ("facebook", 2000), ("telegram", 4096), ("line", 5000), ("msteams", 20_000)],
)
def test_a_message_is_as_long_as_the_channel_takes(channel: str, longest: int) -> None:
    for text, length in [("x" * longest, longest), ("x" * (longest + 1), longest), ("hi", 2)]:
        reply = Activity(type="message", text=text)
        fit(reply, limits_of(sent_on(channel)), "en")
        assert units(reply.text) == length
        assert reply.text.endswith("…") == (text != reply.text)


def test_teams_takes_80_kb_as_utf_16() -> None:
    assert limits_of(sent_on("msteams")).longest_text * 2 <= 80_000


@pytest.mark.parametrize("channel", ["emulator", "directline", "webchat", "telegram", "msteams"])
@pytest.mark.parametrize("kind", ["groupChat", "channel"])
def test_where_several_people_talk_nothing_is_suggested(channel: str, kind: str) -> None:
    assert limits_of(sent_on(channel)).suggestions >= 3
    assert limits_of(sent_on(channel, kind)).suggestions == 0


@pytest.mark.parametrize("channel", ["kiosk", "", None, 7])
def test_an_unknown_channel_gets_short_plain_text(channel: object) -> None:
    assert limits_of(sent_on(channel)) == UNKNOWN


@pytest.mark.parametrize("channel", ["directlinespeech", "alexa", "telephony"])
def test_a_channel_that_speaks_is_told_what_to_say(channel: str) -> None:
    reply = Activity(type="message", text="Ada & Bob")
    fit(reply, limits_of(sent_on(channel)), "en-GB")
    assert "Ada &amp; Bob" in reply.speak
    assert 'xml:lang="en-GB"' in reply.speak


def test_other_channels_are_not_told() -> None:
    for reply in (Activity(type="message", text="hi"), Activity(type="trace", text="x" * 90_000)):
        fit(reply, limits_of(sent_on("msteams")), "en")
        assert reply.speak is None
        assert len(reply.text) in (2, 90_000)


@given(st.text())
@example("<break time='9s'/> & \ufffe\x00\ud800")
def test_nothing_of_a_text_is_markup_when_spoken(text: str) -> None:
    root = ElementTree.fromstring(spoken(text, "en"))  # noqa: S314 - our own XML
    assert len(root) == 0
    visible = [char for char in text if char.isalnum()]
    assert [char for char in root.text or "" if char.isalnum()] == visible
