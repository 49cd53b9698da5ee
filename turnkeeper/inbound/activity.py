"""The body of an incoming request: bytes of any kind go in, an activity or a refusal comes out.

Types of fields are checked by :mod:`turnkeeper.wire.activity`; here is what the JSON may look
like, which fields must be there, and what an id may hold. The fields are those of
https://github.com/microsoft/botframework-sdk/blob/main/specs/botframework-activity/botframework-activity.md
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import orjson
from botbuilder.schema import Activity, ChannelAccount, Entity

from turnkeeper.errors import RequestRefused
from turnkeeper.wire.activity import WireError, decode_activity

logger = logging.getLogger(__name__)

MAX_BODY: Final = 256 * 1024  #: bytes
MAX_DEPTH: Final = 32  #: levels of objects and lists
MAX_CONTAINERS: Final = 2_000  #: objects and lists in one body; each takes time to decode
MAX_VALUES: Final = 10_000  #: values in one body; each takes time to parse
MAX_ID: Final = 1000  #: bytes in UTF-8
MAX_TYPE: Final = 100  #: characters
MAX_URL: Final = 2048  #: characters

_CHANNEL: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_FOLD: Final = bytes.maketrans(b"{}", b"[]")
_NOISE: Final = bytes(set(range(256)) - set(b'[]{},"'))
_CARD_ACTION: Final = "adaptiveCard/action"
_TIMES: Final = frozenset({"timestamp", "localTimestamp", "expiration"})


def read_activity(body: bytes, content_type: str | None) -> Activity:
    """Read the activity out of a request.

    A timestamp that cannot be read is dropped, since the bot can do without it. Types of
    activities and fields that nobody knows are let through.

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
    activity = _decode(_parse(body))
    _check(activity)
    return activity


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    media_type, *parameters = content_type.lower().split(";")
    if media_type.strip() != "application/json":
        return False
    named = (parameter.partition("=") for parameter in parameters)
    charsets = {value.strip().strip('"') for name, _, value in named if name.strip() == "charset"}
    return charsets <= {"utf-8", "utf8"}


def _parse(body: bytes) -> Any:
    """The JSON value of ``body``. Of two members of one name the last counts, as in the SDK."""
    _check_structure(body)
    try:
        # It refuses what is not in RFC 8259: NaN, a byte order mark, halves of surrogate pairs,
        # which no store and no channel would take.
        return orjson.loads(body)
    except ValueError:
        raise _bad_json("the body must be JSON (RFC 8259)") from None


def _check_structure(body: bytes) -> None:
    """Refuse what is nested too deep or would take long to parse. :raises RequestRefused: 400."""
    brackets = body.count(b"{") + body.count(b"[")
    if brackets <= MAX_DEPTH and body.count(b",") <= MAX_VALUES:
        return
    # What stands outside of the strings, in time that grows with the body and no faster.
    structure = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_FOLD, _NOISE)
    structure = b"".join(structure.replace(b'""', b"").split(b'"')[::2])
    if structure.count(b",") > MAX_VALUES:
        raise _bad_json(f"the body may hold {MAX_VALUES} values")
    if structure.count(b"[") > MAX_CONTAINERS:
        raise _bad_json(f"the body may hold {MAX_CONTAINERS} objects and lists")
    structure = structure.replace(b",", b"")
    for _ in range(MAX_DEPTH - 1):
        structure = structure.replace(b"[]", b"")  # takes the innermost level away
    if b"[[" in structure:
        raise _bad_json(f"the body may be nested {MAX_DEPTH} levels deep")


def _decode(data: Any) -> Activity:
    while True:
        try:
            return decode_activity(data)
        except WireError as fault:
            if fault.path not in _TIMES or type(data[fault.path]) is not str:
                raise _bad_activity(str(fault)) from None
            logger.debug("a %s that cannot be read is dropped", fault.path)
            del data[fault.path]


def _bad_json(what: str) -> RequestRefused:
    return RequestRefused(400, "bad_json", f"{what[0].upper()}{what[1:]}.")


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
    ("from.id", True, _is_id),
    ("recipient.id", False, _is_id),
    ("id", False, _is_id),
    ("replyToId", False, _is_id),
)
_ENTITY_TEXTS: Final = {
    "mention": ("text",),
    "clientInfo": ("locale", "country", "platform", "timezone"),
}


def _check(activity: Activity) -> None:
    """Check what the types do not say. :raises RequestRefused: 400, with the name of the field."""
    conversation, person, bot = activity.conversation, activity.from_property, activity.recipient
    values = (
        activity.type,
        activity.channel_id,
        activity.service_url,
        conversation and conversation.id,
        person and person.id,
        bot and bot.id,
        activity.id,
        activity.reply_to_id,
    )
    for value, (name, required, is_valid) in zip(values, _FIELDS, strict=True):
        if value:
            if not is_valid(value):
                raise _bad_activity(f"{name} is too long or holds characters that it must not")
        elif required:
            raise _bad_activity(f"{name} is required")
    if activity.members_added:
        _check_members("membersAdded", activity.members_added)
    if activity.members_removed:
        _check_members("membersRemoved", activity.members_removed)
    for entity in activity.entities or ():
        _check_entity(entity)
    if (
        activity.name == _CARD_ACTION
        and type(activity.value) is dict
        and type(activity.value.get("action")) not in (dict, type(None))
    ):  # the SDK's ActivityHandler takes its type for granted
        raise _bad_activity("action of an adaptiveCard/action must be an object")


def _check_members(name: str, members: list[ChannelAccount]) -> None:
    for member in members:
        if not member.id or not _is_id(member.id):
            raise _bad_activity(f"each of {name} must have an id")


def _check_entity(entity: Entity) -> None:
    if not entity.type:
        raise _bad_activity("each of entities must have a type")
    fields = entity.additional_properties
    for name in _ENTITY_TEXTS.get(entity.type, ()):
        if type(fields.get(name)) not in (str, type(None)):
            raise _bad_activity(f"{name} of a {entity.type} must be a string")
    if entity.type == "mention":
        mentioned = fields.get("mentioned")
        if type(mentioned) is not dict or type(mentioned.get("id")) is not str:
            raise _bad_activity("mentioned of a mention must be an object with an id")
