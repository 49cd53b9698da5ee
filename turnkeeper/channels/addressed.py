"""Whether a message among several people is meant for the bot, and whether it is its own echo."""

from __future__ import annotations

import re
from collections.abc import Container
from html import unescape
from typing import Final

from botbuilder.schema import Activity, ActivityTypes, DeliveryModes

from turnkeeper.channels.entities import entities_of, field_in, text_in
from turnkeeper.channels.place import several_people_in
from turnkeeper.channels.said.payload import pressed

_SAID: Final = frozenset({ActivityTypes.message.value, ActivityTypes.message_update.value})
_TEAMS_QUOTE: Final = re.compile(r'<quoted\s[^<>]{0,200}?messageId\s*=\s*"([^"<>]{1,100})"', re.I)
_MOST_QUOTES: Final = 8
_LONGEST_NAME: Final = 200


def is_for_bot(activity: Activity, replies: Container[str] = ()) -> bool:
    """Return whether the bot is meant by an activity. Never raises.

    Alone with the bot, a person means the bot. Where several people talk, a message is for the bot
    if it mentions it, replies to something that it said, is a command of Telegram's that no other
    bot is named in, or comes from a button or a card. What is no message is always for the bot, and
    so is what asks for its answer in the HTTP response.

    :param activity: any incoming activity, its text as the channel sent it.
    :param replies: the channel's ids of what the bot said last.
    """
    return is_addressed(activity) or any(one in replies for one in replied_to(activity))


def is_addressed(activity: Activity) -> bool:
    """Return whether the bot is meant by an activity, whatever that replies to. Never raises.

    :param activity: any incoming activity, its text as the channel sent it.
    """
    if activity.type not in _SAID or not several_people_in(activity):
        return True
    return (
        activity.delivery_mode == DeliveryModes.expect_replies.value
        or _is_pressed(activity)
        or _mentions_bot(activity)
        or _telegram_reply(activity)
        or _commands_bot(activity)
    )


def replied_to(activity: Activity) -> frozenset[str]:
    """Return the ids of the messages that a message replies to or quotes. Never raises.

    :param activity: any incoming activity, its text as the channel sent it.
    """
    ids = {activity.reply_to_id} if isinstance(activity.reply_to_id, str) else set()
    for quoted in entities_of(activity, "quotedReply"):
        ids |= {text_in(quoted, "messageId"), text_in(quoted, "quotedReply", "messageId")}
    text = activity.text
    if isinstance(text, str) and "<quoted" in text and activity.channel_id == "msteams":
        ids.update(_TEAMS_QUOTE.findall(text)[:_MOST_QUOTES])
    return frozenset(ids - {""})


def is_echo(activity: Activity) -> bool:
    """Return whether a message is what the bot itself said, sent back by the channel.

    :param activity: any incoming activity.
    """
    if activity.type not in _SAID:
        return False
    bot = text_in(activity.recipient, "id")
    if bot and text_in(activity.from_property, "id") == bot:
        return True
    return field_in(field_in(activity.channel_data, "message"), "is_echo") is True


def _is_pressed(activity: Activity) -> bool:
    """Return whether it comes from a button; what a person writes has no value."""
    return activity.value is not None or pressed(activity)


def _mentions_bot(activity: Activity) -> bool:
    bot, names = text_in(activity.recipient, "id"), _names(activity)
    told = False
    for mention in entities_of(activity, "mention"):
        mentioned = text_in(mention, "mentioned", "id")
        if mentioned == bot if mentioned else _name_in(mention) in names:
            return bool(bot or names)
        told = told or bool(mentioned)
    text = activity.text
    if told or not isinstance(text, str):
        return False  # the channel tells who is mentioned, and it is somebody else
    # Channels such as GroupMe and LINE have no entities.
    text = text.casefold()
    if "<at" in text and activity.channel_id == "msteams":
        return any(f"<at>{name}</at>" in unescape(text) for name in names)
    return "@" in text and any(
        re.search(rf"(?<!\w)@{re.escape(name)}(?![\w-])", text) for name in names
    )


def _names(activity: Activity) -> set[str]:
    """Return what the bot is called, without case."""
    account = activity.recipient
    known = {text_in(account, "id"), text_in(account, "name").strip()}
    return {name.casefold() for name in known if 0 < len(name) <= _LONGEST_NAME}


def _name_in(mention: object) -> str:
    return text_in(mention, "mentioned", "name").strip().casefold()


def _telegram_reply(activity: Activity) -> bool:
    """Telegram tells in its own message who wrote what is replied to."""
    if activity.channel_id != "telegram":
        return False
    for kind in ("message", "edited_message"):
        message = field_in(activity.channel_data, kind)
        author = field_in(field_in(message, "reply_to_message"), "from")
        if field_in(author, "is_bot") is True:
            told = {text_in(author, "username").casefold(), str(field_in(author, "id"))}
            return bool(told & _names(activity))
    return False


def _commands_bot(activity: Activity) -> bool:
    """Of Telegram's commands those of nobody else: "/help", "/help@TestBot"."""
    text = activity.text
    if activity.channel_id != "telegram" or not isinstance(text, str) or text[:1] != "/":
        return False
    _, at, named = text[: 2 * _LONGEST_NAME].split(maxsplit=1)[0].partition("@")
    return not at or named.casefold() in _names(activity)
