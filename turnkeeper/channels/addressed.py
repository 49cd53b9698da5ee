"""Whether a message among several people is meant for the bot, and whether it is its own echo."""

from __future__ import annotations

import re
from collections.abc import Container
from html import unescape
from typing import Final

from botbuilder.schema import Activity, ActivityTypes, DeliveryModes

from turnkeeper.channels.entities import entities_of, field_in, text_in
from turnkeeper.channels.place import several_people_in

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
    if activity.type not in _SAID or not several_people_in(activity):
        return True
    if activity.delivery_mode == DeliveryModes.expect_replies.value:
        return True
    return (
        _is_pressed(activity)
        or _mentions_bot(activity)
        or _replies_to_bot(activity, replies)
        or _commands_bot(activity)
    )


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
    """A card's button has a value and no text; a person who writes has a text."""
    data = activity.channel_data
    if activity.value is not None and not activity.text:
        return True
    pressed = ("postback", "callback_query", "Payload", "postBack")
    return any(field_in(data, name) for name in (*pressed, "messageBack"))


def _mentions_bot(activity: Activity) -> bool:
    bot = text_in(activity.recipient, "id")
    name = text_in(activity.recipient, "name").strip()[:_LONGEST_NAME].casefold()
    for mention in entities_of(activity, "mention"):
        mentioned = text_in(mention, "mentioned", "id")
        if mentioned == bot if mentioned else _is_named(mention, name):
            return bool(bot or name)
    text = activity.text
    if not name or not isinstance(text, str):
        return False
    # Channels of their own, such as GroupMe and LINE, have no entities.
    text = text.casefold()
    if f"<at>{name}</at>" in text or f"<at>{name}</at>" in unescape(text):
        return bool(activity.channel_id == "msteams")
    return "@" in text and bool(re.search(rf"(?<!\w)@{re.escape(name)}(?![\w-])", text))


def _is_named(mention: object, name: str) -> bool:
    return bool(name) and text_in(mention, "mentioned", "name").strip().casefold() == name


def _replies_to_bot(activity: Activity, replies: Container[str]) -> bool:
    if activity.reply_to_id and activity.reply_to_id in replies:
        return True
    for quoted in entities_of(activity, "quotedReply"):
        ids = (text_in(quoted, "messageId"), text_in(quoted, "quotedReply", "messageId"))
        if any(one and one in replies for one in ids):
            return True
    text = activity.text
    if isinstance(text, str) and "<quoted" in text and activity.channel_id == "msteams":
        found = _TEAMS_QUOTE.findall(text)[:_MOST_QUOTES]
        if any(one in replies for one in found):
            return True
    return _telegram_reply(activity)


def _telegram_reply(activity: Activity) -> bool:
    """Telegram tells in its own message who wrote what is replied to."""
    message = field_in(activity.channel_data, "message")
    author = field_in(field_in(message, "reply_to_message"), "from")
    if field_in(author, "is_bot") is not True:
        return False
    known = {text_in(activity.recipient, "id"), text_in(activity.recipient, "name")} - {""}
    number = field_in(author, "id")
    return bool(known & {text_in(author, "username"), str(number)})


def _commands_bot(activity: Activity) -> bool:
    """Of Telegram's commands those of nobody else: "/help", "/help@TestBot"."""
    text = activity.text
    if activity.channel_id != "telegram" or not isinstance(text, str) or text[:1] != "/":
        return False
    _, at, named = text.partition(" ")[0].partition("@")
    known = {text_in(activity.recipient, "id"), text_in(activity.recipient, "name")} - {""}
    return not at or named.casefold() in {one.casefold() for one in known}
