"""Plain texts in Microsoft 365 Agents Playground, which takes them for Markdown."""

from __future__ import annotations

import re

import pytest
from botbuilder.schema import Activity, ConversationAccount, SuggestedActions
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels import fit, limits_of
from turnkeeper.channels.markdown import as_markdown, in_playground

PLAYGROUND = "http://localhost:51929/_connector"
CHANNELS = ["emulator", "msteams", "webchat", "directline"]


def sent_from(service_url: object, channel: str = "webchat", kind: str = "personal") -> Activity:
    """Return a message of a channel that listens somewhere."""
    conversation = ConversationAccount(id="c", conversation_type=kind)
    return Activity(channel_id=channel, service_url=service_url, conversation=conversation)


@pytest.mark.parametrize(
    "url", [PLAYGROUND, PLAYGROUND + "/", "http://host.docker.internal:9000/_connector"]
)
def test_the_playground_is_known_by_the_path_at_which_it_listens(url: str) -> None:
    assert in_playground(sent_from(url))


@pytest.mark.parametrize(
    "url",
    [None, 7, "", "http://localhost:9000", "https://smba.trafficmanager.net/emea/", "http://["]
    + [
        "http://[/_connector",
        "http://x/?/_connector",
        "http://x/_connectors",
        "http://x/a/_connector",
    ],
)
def test_nothing_else_is_taken_for_it(url: object) -> None:
    assert not in_playground(sent_from(url))


@pytest.mark.parametrize("channel", CHANNELS)
def test_there_lines_break_and_nothing_is_markup(channel: str) -> None:
    reply = Activity(type="message", text="*Ada* sent: <b>\n- hi", text_format="plain")
    fit(reply, limits_of(sent_from(PLAYGROUND, channel)), "")
    assert (reply.text, reply.text_format) == (
        "\\*Ada\\* sent: \\<b\\>  \n\\- hi",
        "markdown",
    )


@pytest.mark.parametrize("channel", CHANNELS)
def test_elsewhere_a_plain_text_stays_as_it_is(channel: str) -> None:
    reply = Activity(type="message", text="*Ada*\n- hi", text_format="plain")
    fit(reply, limits_of(sent_from("http://localhost:58491", channel)), "")
    assert (reply.text, reply.text_format) == ("*Ada*\n- hi", "plain")


def test_a_text_with_buttons_it_shows_plain() -> None:
    buttons = SuggestedActions(actions=[])
    reply = Activity(type="message", text="*Ada*", text_format="plain", suggested_actions=buttons)
    fit(reply, limits_of(sent_from(PLAYGROUND, "msteams")), "")
    assert (reply.text, reply.text_format) == ("*Ada*", "plain")


@pytest.mark.parametrize("text_format", [None, "markdown"])
def test_what_a_bot_wrote_as_markdown_stays_so(text_format: str | None) -> None:
    reply = Activity(type="message", text="*Ada*", text_format=text_format)
    fit(reply, limits_of(sent_from(PLAYGROUND)), "")
    assert (reply.text, reply.text_format) == ("*Ada*", text_format)


@pytest.mark.parametrize("kind", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_it_shows_no_files_and_buttons_of_teams_and_the_emulator_alone(
    channel: str, kind: str
) -> None:
    limits = limits_of(sent_from(PLAYGROUND, channel, kind))
    assert not limits.files
    assert bool(limits.suggestions) == (kind == "personal" and channel in ("msteams", "emulator"))


def test_an_indent_is_kept() -> None:
    assert as_markdown('{\n  "name": "Ada"\n}') == '\\{  \n\u00a0\u00a0"name": "Ada"  \n\\}'


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("1. one", "1\\. one"),
        ("12) two", "12\\) two"),
        ("- one", "\\- one"),
        ("  + one", "\u00a0\u00a0\\+ one"),
        ("===", "\\==="),
        ("# one", "\\# one"),
        ("~~~", "\\~\\~\\~"),
        ("a\r\nb\rc", "a  \nb  \nc"),
        ("a\n\nb", "a  \n\u00a0  \nb"),
        ("&amp;", "\\&amp;"),
        ("a | b", "a \\| b"),
        ("6:44:54 AM (Europe/Paris).", "6:44:54 AM (Europe/Paris)."),
    ],
)
def test_what_would_be_markup_is_escaped(text: str, markdown: str) -> None:
    assert as_markdown(text) == markdown


@given(st.text(alphabet=st.sampled_from("\\`*_{}[]()<>#|~&!:@-+=1. ab\n")))
def test_every_sign_is_there_when_the_escapes_are_read(text: str) -> None:
    read = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", as_markdown(text).replace("  \n", "\n"))
    lines = [line or " " for line in text.split("\n")]
    assert [line.rstrip() for line in read.replace("\u00a0", " ").split("\n")] == [
        line.rstrip() for line in lines
    ]
