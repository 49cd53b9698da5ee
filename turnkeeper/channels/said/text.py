"""What a person said, as a bot should read it."""

from __future__ import annotations

import re
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.entities import text_in
from turnkeeper.channels.said.cutting import Span, without
from turnkeeper.channels.said.escapes import decoded, folded, writes_html
from turnkeeper.channels.said.html_text import html_of, text_of_html
from turnkeeper.channels.said.mentions import drop_tags, own_mentions, spans_of_mentions

MAIL: Final = frozenset({"email", "outlook"})
"""The channels of mail."""

# One of these stands in all that a channel wraps around a text, unless entities tell of it.
_WRAPPING: Final = re.compile("[<&@/\u00a0]")
# https://github.com/microsoft/teams.py/pull/321
_QUOTED: Final = re.compile(r"<quoted\s[^<>]{0,300}>(?:\s{0,9}</quoted\s{0,9}>)?", re.IGNORECASE)
_COMMAND: Final = re.compile(r"\s*/\w{1,64}(@\w{1,64})(?!\w)")
_NO_WORD: Final = re.compile(r"\W+")
# Kept by a copy of the activity, and no part of what is sent.
_MARK: Final = "unwrapped_text"


def text_for_bot(activity: Activity) -> str:
    """Return what the person said, without what the channel wraps around it.

    The bot's own mention goes, wherever it stands, and the blanks around it become one: by a
    ``mention`` entity of the bot's id (or name, where no id is told), and on Teams by the tag
    alone, as people cannot write one there. Mentions of others stay, and so does "Annabel" for a
    bot called "Ann". Marks of quoted replies on Teams go, and ``@TheBot`` behind a command of
    Telegram. HTML escapes are decoded once where the channel writes them. A message that is
    nothing but an HTML attachment is read as text. All else stays to the letter. Never raises.
    (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/channel-and-group-conversations)

    :param activity: any incoming activity.
    :returns: the text, or "" where there is none.
    """
    text = activity.text
    if isinstance(text, str) and text and not (text.isspace() and activity.attachments):
        if not (_WRAPPING.search(text) or next(own_mentions(activity), None)):
            return text
        return text if vars(activity).get(_MARK) == text else _unwrapped(text, activity)
    said = text if isinstance(text, str) else ""
    if not activity.attachments or vars(activity).get(_MARK, ...) == text:
        return said
    html = html_of(activity)
    return _unwrapped_html(html, activity) if html else said


def unwrap(activity: Activity) -> None:
    """Set the activity's text to what the person said, as :func:`text_for_bot` reads it.

    The activity keeps in mind that its text is unwrapped: nothing is decoded twice. A text that
    is set later is read anew. The bot's own mention loses its tag in the entities as well, as
    ``TurnContext.remove_recipient_mention`` would take the bot's name out of all words with it.

    :param activity: any incoming activity; it is changed.
    """
    text = text_for_bot(activity)
    if text != activity.text and (text or isinstance(activity.text, str)):
        activity.text = text
    setattr(activity, _MARK, text)
    if activity.entities:
        drop_tags(activity)


def _unwrapped(text: str, activity: Activity) -> str:
    channel = text_in(activity, "channel_id").casefold()
    html = writes_html(channel, activity.text_format)
    spans: list[Span] = []
    on_teams = channel == "msteams"
    if on_teams and "<" in text:
        spans += [mark.span() for mark in _QUOTED.finditer(text)]
    if activity.entities or (on_teams and "<" in text):
        spans += spans_of_mentions(text, activity, tags_are_true=on_teams)
    if channel == "telegram":
        spans += _address_of_command(text, activity)
    return decoded(without(text, spans) if spans else text, channel, html=html)


def _unwrapped_html(html: str, activity: Activity) -> str:
    channel = text_in(activity, "channel_id").casefold()
    text = text_of_html(html, paragraphs=channel in MAIL)
    text = without(text, spans_of_mentions(text, activity, tags_are_true=True))
    return decoded(text, channel, html=True)


def _address_of_command(text: str, activity: Activity) -> list[Span]:
    """Return where a command says whose it is, if it is this bot's: ``/help@TestBot``."""
    command = _COMMAND.match(text)
    if not command:
        return []
    bot = activity.recipient
    names = [text_in(bot, "name"), text_in(bot, "id")]
    names += [text_in(mention, "text") for mention in own_mentions(activity)]
    # A name such as "Test Bot" is spelt without blanks there.
    addressee = command[1][1:].casefold()
    known = {_NO_WORD.sub("", folded(name)) for name in names}
    return [command.span(1)] if addressee in known else []
