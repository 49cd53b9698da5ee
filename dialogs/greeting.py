"""The greeting of a person whom the bot knows."""

from __future__ import annotations

from datetime import UTC, datetime

from botbuilder.schema import Activity

from dialogs.messages import Words
from state.models import UserProfile
from turnkeeper.channels import (
    Scope,
    Zone,
    channel_name,
    limits_of,
    place_of,
    several_people_in,
    shortened,
    text_for_bot,
    units,
    without_controls,
)

LONGEST_ECHO = 2000  # UTF-16 code units of what a person sent
_MARKS = 16  # of what tells directions apart: three a line, two around what was sent


def greeting_text(  # noqa: PLR0913 - what is told is made of these
    words: Words, name: str, activity: Activity, *, when: str, where: str, first: str = ""
) -> str:
    """Return the three lines: what was sent, when, and from where.

    What was sent is shortened, so that the whole fits into a message of the channel.

    :param words: the person's language.
    :param name: the person's.
    :param activity: their message.
    :param when: the moment it was sent, in words.
    :param where: the place it was sent from, in words.
    :param first: what goes in front, with the line break after it.
    """
    rest = "\n" + words("received_at", when=when) + "\n" + words("received_from", where=where)
    what, longest = _what_was_sent(words, activity), limits_of(activity).longest_text
    text = first + words("sent", name=name, what=what) + rest
    if words.right_to_left or not what.isascii():
        longest -= _MARKS
    # A code point is one or two units: most texts need no counting.
    if 2 * len(what) <= LONGEST_ECHO and 2 * len(text) <= longest:
        return text
    frame = first + words("sent", name=name, what="") + rest
    what = shortened(what, max(1, min(LONGEST_ECHO, longest - units(frame))))
    return first + words("sent", name=name, what=what) + rest


def welcome_back_text(words: Words, profile: UserProfile, activity: Activity, zone: Zone) -> str:
    """Return the line for a person who comes back.

    Only in a personal chat it tells where and when the person was before, and only of another
    personal chat: a group is none of the business of anybody elsewhere.

    :param words: the person's language.
    :param profile: of a person with a name, from before this message.
    :param activity: their message.
    :param zone: the person's own, now.
    """
    if several_people_in(activity) or profile.last_visit_at is None:
        return words("welcome_back_group", name=profile.name)
    when = words.moment(datetime.fromtimestamp(profile.last_visit_at, UTC), zone)
    return words("welcome_back", name=profile.name, when=when, where=profile.last_visit_channel)


def place_text(words: Words, activity: Activity) -> str:
    """Return where a message was sent: "Microsoft Teams (msteams), group chat".

    :param words: the person's language.
    :param activity: any incoming activity.
    """
    channel = channel_name(activity.channel_id)
    if not several_people_in(activity):
        return channel
    place = place_of(activity)
    if place.scope is Scope.GROUP_CHAT:
        return words("in_group_chat", channel=channel)
    name = place.channel_name or (words("general_channel") if place.general else "")
    if not name:
        return words("in_channel", channel=channel)
    if not place.team_name:
        return words("in_named_channel", channel=channel, name=name)
    return words("in_channel_of_team", channel=channel, name=name, team=place.team_name)


def _what_was_sent(words: Words, activity: Activity) -> str:
    # What is cut later anyway need not be looked at: a message may have 250,000 characters.
    text = _one_line(text_for_bot(activity)[: 2 * LONGEST_ECHO])
    if text:
        return text
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
    # What turns the direction would do so to the rest of the line.
    line = without_controls(" ".join(text.splitlines()))
    # A lone surrogate cannot be sent as UTF-8.
    whole = line.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return "".join(char for char in whole if char >= " " and not "\x7f" <= char <= "\x9f").strip()
