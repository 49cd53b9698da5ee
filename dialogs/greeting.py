"""The greeting of a person whom the bot knows."""

from __future__ import annotations

from datetime import UTC, datetime

import regex  # type: ignore[import-untyped]
from botbuilder.schema import Activity

from channels.mentions import text_for_bot
from channels.names import channel_name
from channels.scopes import Scope, place_of
from channels.time_zone import Zone
from dialogs.messages import Words
from state.models import UserProfile

# In UTF-16 code units, as channels count. With the longest name twice and all lines the greeting
# stays below the 1,600 of an SMS, the smallest limit of a channel.
LONGEST_ECHO = 1000

_CLUSTER = regex.compile(r"\X")


def greeting_text(words: Words, name: str, activity: Activity, *, when: str, where: str) -> str:
    """Return the three lines: what was sent, when, and from where.

    :param words: the person's language.
    :param name: the person's.
    :param activity: their message.
    :param when: the moment it was sent, in words.
    :param where: the place it was sent from, in words.
    """
    return "\n".join(
        (
            words("sent", name=name, what=_what_was_sent(words, activity)),
            words("received_at", when=when),
            words("received_from", where=where),
        )
    )


def welcome_back_text(words: Words, profile: UserProfile, zone: Zone) -> str:
    """Return the line for a person who comes back.

    :param words: the person's language.
    :param profile: of a person with a name who was seen before.
    :param zone: the person's own, now.
    """
    seen_at = datetime.fromtimestamp(profile.last_seen_at or 0, UTC)
    when = words.moment(seen_at, zone)
    return words("welcome_back", name=profile.name, when=when, where=profile.last_channel)


def place_text(words: Words, activity: Activity) -> str:
    """Return where a message was sent: "Microsoft Teams (msteams), group chat".

    :param words: the person's language.
    :param activity: any incoming activity.
    """
    channel = channel_name(activity.channel_id)
    place = place_of(activity)
    if place.scope is Scope.PERSONAL:
        return channel
    if place.scope is Scope.GROUP_CHAT:
        return words("in_group_chat", channel=channel)
    name = place.channel_name or (words("general_channel") if place.general else "")
    if not name:
        return words("in_channel", channel=channel)
    if not place.team_name:
        return words("in_named_channel", channel=channel, name=name)
    return words("in_channel_of_team", channel=channel, name=name, team=place.team_name)


def shortened(text: str, limit: int = LONGEST_ECHO) -> str:
    """Return a text that is at most ``limit`` UTF-16 code units long, with "…" for what is cut.

    What a person sees as one character is kept whole or left out.

    :param text: any text without lone surrogates.
    :param limit: 1 or more.
    """
    # A code point is one or two units: most texts need no counting.
    if 2 * len(text) <= limit or _units(text) <= limit:
        return text
    end = units = 0
    for cluster in _CLUSTER.finditer(text, 0, limit):
        units += _units(cluster.group())
        if units >= limit:
            break
        end = cluster.end()
    return text[:end].rstrip() + "…"


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _what_was_sent(words: Words, activity: Activity) -> str:
    text = _one_line(text_for_bot(activity))
    if text:
        return shortened(text)
    if activity.value is not None:
        return words("a_card")
    # Teams attaches the HTML of a message to it, even if only the bot was mentioned.
    kinds = [getattr(attachment, "content_type", None) for attachment in activity.attachments or ()]
    if any(kind != "text/html" for kind in kinds):
        return words("an_attachment")
    return words("an_empty_message")


def _one_line(text: str) -> str:
    """Return a text without line breaks and control characters, else as it stands."""
    if text.isprintable():
        return text.strip()
    line = " ".join(text.splitlines())
    # A lone surrogate cannot be sent as UTF-8.
    whole = line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in whole if char >= " " and not "\x7f" <= char <= "\x9f").strip()
