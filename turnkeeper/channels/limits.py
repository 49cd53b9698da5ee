"""The limits of each channel: how long, with which buttons, cards, files, voice and format."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from botbuilder.schema import Activity, ActivityTypes, TextFormatTypes

from turnkeeper.channels.direction import in_order
from turnkeeper.channels.markdown import as_markdown, in_playground
from turnkeeper.channels.place import several_people_in
from turnkeeper.channels.shortening import shortened, units

# Plain strings: an enum looks its value up each time.
_MESSAGE, _PLAIN = ActivityTypes.message.value, TextFormatTypes.plain.value
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel takes.

    :param longest_text: of a message, in UTF-16 code units.
    :param suggestions: how many suggested actions it shows; 0 where it shows none.
    :param cards: whether it shows Adaptive Cards that the bot may use.
    :param files: whether a file may come as an attachment with a ``data:`` URI.
    :param speaks: whether it reads messages aloud.
    :param markdown: whether it takes a text without buttons for Markdown, whatever ``textFormat``
        says.
    """

    longest_text: int = 1600
    suggestions: int = 0
    cards: bool = False
    files: bool = False
    speaks: bool = False
    markdown: bool = False


UNKNOWN: Final = Limits()
"""A channel that is not in the table: as careful as with an SMS."""

# The numbers of suggested actions are those of the SDK's Channel.supports_suggested_actions,
# Teams' is from https://learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/suggested-actions
_TABLE: Final = {
    "alexa": Limits(6000, speaks=True),
    # A file by data: URI is known to arrive in these, and no limit of a text is documented.
    "directline": Limits(16_000, suggestions=100, files=True),
    "directlinespeech": Limits(8000, suggestions=100, speaks=True),
    "email": Limits(20_000),
    "emulator": Limits(16_000, suggestions=100, files=True),
    # https://developers.facebook.com/docs/messenger-platform/reference/send-api (2,000 characters)
    "facebook": Limits(2000, suggestions=10),
    "groupme": Limits(1000),  # https://dev.groupme.com/docs/v3
    "kik": Limits(1600, suggestions=20),
    # https://developers.line.biz/en/reference/messaging-api/#text-message (5,000 UTF-16 units)
    "line": Limits(5000, suggestions=13),
    # 80 KB as UTF-16 for the whole message, here half of it:
    # https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
    "msteams": Limits(20_000, suggestions=3, cards=True),
    "skype": Limits(8000, suggestions=10),
    "slack": Limits(
        4000
    ),  # https://api.slack.com/changelog/2018-04-truncating-really-long-messages
    "sms": Limits(1600),  # https://www.twilio.com/docs/api/errors/21617
    "telegram": Limits(4096, suggestions=100),  # https://core.telegram.org/bots/api#sendmessage
    "telephony": Limits(4000, speaks=True),
    "test": Limits(16_000, suggestions=100, files=True),
    "twilio-sms": Limits(1600),
    "webchat": Limits(16_000, suggestions=100, files=True),
}
_IN_GROUPS: Final = {name: replace(limits, suggestions=0) for name, limits in _TABLE.items()}
# Microsoft 365 Agents Playground 0.2.28 plays these. A text with suggested actions it shows plain,
# line breaks lost; where it plays Web Chat it shows no suggested actions. Of a file it shows none.
_PLAYED: Final = {
    name: replace(limits, files=False, markdown=True)
    for name, limits in (_TABLE | {n: _IN_GROUPS[n] for n in ("directline", "webchat")}).items()
}
_PLAYED_IN_GROUPS: Final = {name: replace(one, suggestions=0) for name, one in _PLAYED.items()}


def limits_of(activity: Activity) -> Limits:
    """Return what the channel of an activity takes. Never raises.

    Where several people talk nothing is suggested: in a Teams group a click sends a message that
    does not mention the bot, and in a Teams channel the whole message does not show.

    :param activity: any incoming activity.
    """
    if in_playground(activity):
        table = _PLAYED_IN_GROUPS if several_people_in(activity) else _PLAYED
    else:
        table = _IN_GROUPS if several_people_in(activity) else _TABLE
    channel = activity.channel_id
    return table.get(channel.casefold(), UNKNOWN) if isinstance(channel, str) else UNKNOWN


def fit(reply: Activity, limits: Limits, language: str) -> None:
    """Make a message fit its channel: short enough, in order, with a voice where it speaks.

    In a plain text lines that run from right to left are marked as such; where the channel takes
    it for Markdown it becomes Markdown that shows the same.

    :param reply: any activity about to be sent; it is changed.
    :param limits: the channel's.
    :param language: the BCP 47 tag of what the message says.
    """
    if reply.type != _MESSAGE or not reply.text:
        return
    # A code point is one or two units: most texts need no counting.
    if 2 * len(reply.text) > limits.longest_text and units(reply.text) > limits.longest_text:
        reply.text = shortened(reply.text, limits.longest_text)
    if limits.speaks and not reply.speak:
        reply.speak = spoken(reply.text, language)
    if reply.text_format == _PLAIN:
        reply.text = _marked(reply.text, limits.longest_text)
        if limits.markdown and not reply.suggested_actions:
            reply.text, reply.text_format = as_markdown(reply.text), TextFormatTypes.markdown.value


def spoken(text: str, language: str) -> str:
    """Return a text as SSML, in which nothing of it is markup.

    :param text: any text.
    :param language: its BCP 47 tag.
    """
    return (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" '
        f"xml:lang={quoteattr(language)}>{escape(_NOT_XML.sub(' ', text))}</speak>"
    )


def _marked(text: str, longest: int) -> str:
    """Return a text with its right-to-left lines marked, still short enough."""
    marked, limit = in_order(text), longest
    while marked is not text and units(marked) > longest:
        limit = limit * longest // units(marked)
        marked = in_order(shortened(text, limit))
    return marked
