"""Unwrapping: any name in any channel's wrapping comes out as it is, once."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ChannelAccount, Mention
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.turnkeeper.channels.said.sent import BOT, html, mention, sent
from turnkeeper.channels import text_for_bot, unwrap, utterance
from turnkeeper.wire.activity import copy_activity, encode_activity

SLACK = {"id": "B1:T1", "name": "testbot"}
TELEGRAM = {"id": "TestBot", "name": "TestBot"}


def slack(text: str) -> str:
    """Return a text as Slack escapes it."""
    return escape(text, quote=False)


WRAPPERS: dict[str, Callable[[str], Activity]] = {
    "plain": lambda name: sent(name, "webchat"),
    "teams": lambda name: sent(escape(name)),
    "teams in front": lambda name: sent(f"<at>Test Bot</at> {escape(name)}", entities=[mention()]),
    "teams behind": lambda name: sent(f"{escape(name)} <at>Test Bot</at>", entities=[mention("")]),
    "teams without an entity": lambda name: sent(f"<at>Test Bot</at>&nbsp;{escape(name)}&nbsp;"),
    "teams quoted": lambda name: sent(f'<quoted messageId="17"/> {escape(name)}'),
    "teams quoted and mentioned": lambda name: sent(
        f'<quoted messageId="17"/> <at>Test Bot</at> {escape(name)}', entities=[mention(None)]
    ),
    "a page": lambda name: sent(None, attachments=html(f"<div><p>{escape(name)}</p></div>")),
    "a page with a mention": lambda name: sent(
        None, attachments=html(f"<p><at>Test Bot</at> {escape(name)}</p>"), entities=[mention()]
    ),
    "slack": lambda name: sent(slack(name), "slack"),
    "slack mentioned": lambda name: sent(
        f"@testbot {slack(name)}", "slack", recipient=SLACK, entities=[mention("@testbot", **SLACK)]
    ),
    "telegram mentioned": lambda name: sent(
        f"@TestBot {name}",
        "telegram",
        recipient=TELEGRAM,
        entities=[mention("TestBot", **TELEGRAM)],
    ),
    "xml": lambda name: sent(escape(name), "webchat", textFormat="xml"),
}
LETTERS = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters="@"), min_size=1, max_size=12
)
WORDS = LETTERS | st.sampled_from(
    [
        "Test Bot",
        "testbot",
        "TestBot",
        "testbot2",
        "Test Bottoms",
        "TestBotond",
        "O'Brien",
        "R&D",
        "&amp;",
        "<at>",
        "Jr.",
    ]
)
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@given(name=NAMES)
def test_a_name_in_any_wrapping_comes_back(wrapper: str, name: str) -> None:
    activity = WRAPPERS[wrapper](name)
    assert text_for_bot(activity) == name
    unwrap(activity)
    assert activity.text == name


@pytest.mark.parametrize("wrapper", WRAPPERS)
@given(name=NAMES)
def test_a_name_is_read_without_the_full_stop_of_dictation(wrapper: str, name: str) -> None:
    assume(name[0] not in ",;:،、，：")
    stopped = f"{name} said so"
    assert utterance(WRAPPERS[wrapper](f"{stopped}.")) == stopped
    assert utterance(WRAPPERS[wrapper](stopped)) == stopped


@pytest.mark.parametrize("signed", ["", "\n\nSent from my iPhone", "\nMit freundlichen Grüßen,\nX"])
@pytest.mark.parametrize("salutation", ["", "Hello,\n\n", "Guten Tag,\r\n\r\n"])
@given(name=NAMES)
def test_a_name_in_any_letter_comes_back(salutation: str, signed: str, name: str) -> None:
    letter = f"{salutation}I am {name} x{signed}"
    assert utterance(sent(letter, "email")) == f"I am {name} x"


@given(name=NAMES)
def test_a_command_of_telegram_keeps_its_argument(name: str) -> None:
    assert text_for_bot(sent(f"/call@TestBot {name}", "telegram")) == f"/call {name}"


@pytest.mark.parametrize("wrapper", WRAPPERS)
@given(name=NAMES)
def test_what_is_unwrapped_stays_so(wrapper: str, name: str) -> None:
    activity = WRAPPERS[wrapper](name)
    unwrap(activity)
    unwrap(activity)
    assert text_for_bot(activity) == activity.text == name
    copy = copy_activity(activity)
    unwrap(copy)
    assert copy.text == name
    assert set(encode_activity(activity)) <= {
        "type", "channelId", "recipient", "text", "entities", "attachments", "textFormat"
    }  # fmt: skip


def test_escapes_are_not_decoded_twice() -> None:
    activity = sent("<at>Test Bot</at> &amp;amp;lt;")
    unwrap(activity)
    unwrap(activity)
    assert text_for_bot(activity) == activity.text == "&amp;lt;"


def test_a_mention_alone_does_not_turn_into_the_page_beside_it() -> None:
    activity = sent("<at>Test Bot</at>", attachments=html("<p>Bob</p>"))
    unwrap(activity)
    assert text_for_bot(activity) == activity.text == ""


def test_a_text_that_is_set_later_is_read_anew() -> None:
    activity = sent("<at>Test Bot</at> Ada", entities=[mention()])
    unwrap(activity)
    activity.text = "<at>Test Bot</at> O&#39;Brien"
    assert text_for_bot(activity) == "O'Brien"
    unwrap(activity)
    assert activity.text == "O'Brien"


@pytest.mark.parametrize("text", ["<at>Ann</at> Annabel", "Annabel", "Annabel <at>Ann</at>"])
@pytest.mark.parametrize("spelling", ["<at>Ann</at>", "@Ann", "", None])
def test_the_sdk_may_take_the_mention_out_afterwards(text: str, spelling: str | None) -> None:
    bot = {"id": "28:ann", "name": "Ann"}
    activity = sent(text, recipient=bot, entities=[mention(spelling, **bot)])
    unwrap(activity)
    assert TurnContext.remove_recipient_mention(activity) == "Annabel"
    assert text_for_bot(activity) == "Annabel"


def test_mentions_made_in_code_are_unwrapped_too() -> None:
    bot = ChannelAccount(id="28:ann", name="Ann")
    own = Mention(type="mention", mentioned=bot, text="<at>Ann</at>")
    plain = {"type": "mention", "mentioned": {"id": "28:ann"}, "text": "<at>Ann</at>"}
    activity = Activity(text="<at>Ann</at> Annabel", recipient=bot, entities=[own, plain])
    unwrap(activity)
    assert activity.text == "Annabel"
    assert own.text == plain["text"] == "@Ann"


@pytest.mark.parametrize("text", ["", None, " Ada ", "<b>", "a & b", "ada@example.org", "1/2"])
def test_where_nothing_is_wrapped_nothing_changes(text: str | None) -> None:
    activity = sent(text, "webchat")
    unwrap(activity)
    assert activity.text == text
    assert text_for_bot(activity) == (text or "")


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["mention", "text/html", "<p>a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "mentioned",
                    "text",
                    "id",
                    "name",
                    "contentType",
                    "content_type",
                    "content",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    text=JUNK | st.text(),
    channel=JUNK | st.sampled_from(["msteams", "telegram", "slack", "email"]),
    recipient=JUNK,
    entities=JUNK,
    attachments=JUNK,
    text_format=JUNK,
)
def test_no_shape_of_fields_is_an_error(
    text: object, channel: object, recipient: object, **fields: Any
) -> None:
    activity = Activity(text=text, channel_id=channel, recipient=recipient, **fields)
    assert isinstance(text_for_bot(activity), str)
    assert isinstance(utterance(activity), str)
    unwrap(activity)
    assert text_for_bot(activity) == (activity.text if isinstance(activity.text, str) else "")


@given(text=st.text(), channel=st.sampled_from(["webchat", "telegram", "line", "sms"]))
def test_a_plain_text_is_read_to_the_letter(text: str, channel: str) -> None:
    fields: dict[str, Any] = {"recipient": {"id": BOT["id"]}}
    assert text_for_bot(sent(text, channel, **fields)) == text
