"""The body of an incoming request: bytes of any kind go in, an activity or a refusal comes out.

One odd field costs nothing but itself. :mod:`turnkeeper.wire.activity` leaves out what is of a
wrong type; here is which fields must be there, and what an id may hold. The fields are those of
https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount, Entity, TextHighlight

from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.document import MENDED, read_document
from turnkeeper.wire.activity import WireError, decode_activity

MAX_BODY: Final = 256 * 1024  #: bytes
MAX_ID: Final = 1000  #: bytes in UTF-8
MAX_TYPE: Final = 100  #: characters
MAX_URL: Final = 2048  #: characters

_CHANNEL: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CARD_ACTION: Final = "adaptiveCard/action"
_ANSWERED: Final = frozenset({ActivityTypes.message.value, ActivityTypes.invoke.value})
"""Activities that are somebody's: they are to be answered, so they need a sender."""

_NOBODYS: Final = frozenset(
    {
        ActivityTypes.conversation_update.value,
        ActivityTypes.installation_update.value,
        ActivityTypes.end_of_conversation.value,
    }
)
"""Activities that tell of the conversation as a whole, so that they mean something without one."""

_MENTION: Final = "mention"
_ENTITY_TEXTS: Final = {
    _MENTION: ("text",),
    "clientinfo": ("locale", "country", "platform", "timezone"),
}
"""Fields of entities that readers of the SDK take for a text, or nothing."""


def read_activity(body: bytes, content_type: str | None) -> Activity:
    """Read the activity out of a request.

    What cannot be understood is left out, unless an answer needs it. Types of activities and fields
    that nobody knows are let through. Half of a surrogate pair becomes U+FFFD in a text; in an id
    it is refused, since two ids must not become one. Only a message and an invoke must have a
    sender; elsewhere ``from`` may be an empty account.

    :param body: the request's body.
    :param content_type: its ``Content-Type`` header, or None if there is none.
    :raises RequestRefused: 413, 415, or 400 for what is not JSON or not an activity.
    """
    if len(body) > MAX_BODY:
        raise RequestRefused(413, "too_large", f"The body may have {MAX_BODY} bytes.")
    if content_type is None or not _is_json(content_type):
        raise RequestRefused(
            415, "unsupported_media_type", "The content type must be application/json in UTF-8."
        )
    data, mended = read_document(body)
    try:
        activity = decode_activity(data)
    except WireError as fault:
        raise _bad_activity(str(fault)) from None
    _check(activity, mended=mended)
    _leave_out(activity)
    if mended:
        _leave_out_mended(activity)
    return activity


def is_for_the_bot(activity: Activity) -> bool:
    """Return whether the bot is to see an activity that was read here.

    Without a sender a join, an install and the end of a conversation still say something. Typing,
    a reaction and the like do not: they are accepted, and nothing is done.
    """
    sender = activity.from_property
    return bool(sender and sender.id) or activity.type in _NOBODYS


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = content_type.lower().split(";")
    if media_type.strip() != "application/json":
        return False
    named = (parameter.partition("=") for parameter in parameters)
    charsets = {value.strip().strip('"') for name, _, value in named if name.strip() == "charset"}
    return charsets <= {"utf-8", "utf8"}


def _bad_activity(what: str) -> RequestRefused:
    return RequestRefused(400, "bad_activity", f"{what[0].upper()}{what[1:]}.")


def _text(limit: int) -> Callable[[str], bool]:
    def check(value: str) -> bool:
        # Printable text is recognised fast; what is not printable need not be a control character.
        return len(value) <= limit and (value.isprintable() or not _CONTROL.search(value))

    return check


def _is_channel(value: str) -> bool:
    return _CHANNEL.fullmatch(value) is not None


_is_short = _text(MAX_ID)


def _is_id(value: str) -> bool:
    # In bytes: two ids and a service URL must fit into a request line, percent-encoded.
    return _is_short(value) and (value.isascii() or len(value.encode()) <= MAX_ID)


_FIELDS: Final = (
    # Name, whether it is required, what it may hold. In the order of the values in _check().
    ("type", True, _text(MAX_TYPE)),
    ("channelId", True, _is_channel),
    ("serviceUrl", True, _text(MAX_URL)),
    ("conversation.id", True, _is_id),
    ("from.id", False, _is_id),
    ("recipient.id", False, _is_id),
    ("id", False, _is_id),
)


def _check(activity: Activity, *, mended: bool) -> None:
    """Check what an answer needs. :raises RequestRefused: 400, with the name of the field."""
    conversation, person, bot = activity.conversation, activity.from_property, activity.recipient
    if person is None:
        activity.from_property = person = ChannelAccount()  # bot code takes it for granted
    values = (
        activity.type,
        activity.channel_id,
        activity.service_url,
        conversation and conversation.id,
        person.id,
        bot and bot.id,
        activity.id,
    )
    for value, (name, required, is_valid) in zip(values, _FIELDS, strict=True):
        if value:
            if not is_valid(value) or (mended and MENDED in value):
                raise _bad_activity(f"{name} is too long or holds characters that it must not")
        elif required:
            raise _bad_activity(f"{name} is required")
    if not person.id and activity.type in _ANSWERED:
        raise _bad_activity("from.id is required")


def _leave_out(activity: Activity) -> None:
    """Leave out what is of the right type and yet cannot be understood."""
    if activity.reply_to_id and not _is_id(activity.reply_to_id):
        activity.reply_to_id = None
    if activity.entities:
        activity.entities = [entity for entity in activity.entities if _is_understood(entity)]
    if activity.members_added:
        activity.members_added = _known(activity.members_added)
    if activity.members_removed:
        activity.members_removed = _known(activity.members_removed)
    if activity.text_highlights:
        activity.text_highlights = [each for each in activity.text_highlights if _is_shown(each)]
    if (
        activity.name == _CARD_ACTION
        and type(activity.value) is dict
        and type(activity.value.get("action")) is not dict
    ):  # the SDK's ActivityHandler takes its type for granted
        activity.value.pop("action", None)


def _known(members: list[ChannelAccount]) -> list[ChannelAccount]:
    return [member for member in members if member.id and _is_id(member.id)]


def _is_understood(entity: Entity) -> bool:
    if not entity.type:
        return False
    kind, fields = entity.type.lower(), entity.additional_properties  # the SDK looks at no case
    for name in _ENTITY_TEXTS.get(kind, ()):
        if type(fields.get(name)) not in (str, type(None)):
            del fields[name]
    return kind != _MENTION or _names_somebody(fields)


def _names_somebody(mention: dict[str, Any]) -> bool:
    mentioned = mention.get("mentioned")
    if type(mentioned) is not dict or type(mentioned.get("id")) is not str:
        return False
    if not mention.get("text") and type(mentioned.get("name")) is not str:
        mentioned["name"] = ""  # remove_recipient_mention() of the SDK takes it for granted
    return True


def _is_shown(highlight: TextHighlight) -> bool:
    return bool(highlight.text) and (highlight.occurrence or 0) >= 0


def _leave_out_mended(activity: Activity) -> None:
    """Leave out the ids that were mended: each may be that of anybody else by now."""
    for account in (activity.from_property, activity.conversation):
        if MENDED in (account.aad_object_id or ""):
            account.aad_object_id = None
    if MENDED in (activity.conversation.tenant_id or ""):
        activity.conversation.tenant_id = None
        activity.conversation.additional_properties.pop("tenantId", None)
    if MENDED in (activity.reply_to_id or ""):
        activity.reply_to_id = None
    for members in (activity.members_added or [], activity.members_removed or []):
        members[:] = [member for member in members if MENDED not in member.id]
