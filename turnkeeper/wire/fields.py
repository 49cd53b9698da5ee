"""The fields of the SDK's models, and how values that hold no model are read and written.

The types are the words msrest uses in ``_attribute_map`` (``str``, ``iso-8601``, ``object``, ...).
What is common on the wire takes a short way here; everything else is left to msrest itself, so
that the result is msrest's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any, NamedTuple

from msrest.serialization import Deserializer, Serializer

from turnkeeper.errors import BotError, path_from
from turnkeeper.wire.sdk import attributes_of, has_rules

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]

ATOMS = frozenset({str, int, float, bool, type(None)})
"""The classes of the JSON values that hold no other value."""

MAX_NESTING = 100
"""Levels of lists and objects allowed inside one free-form field, such as ``channelData``."""

# Exactly the texts for which datetime.fromisoformat and isodate (which msrest uses) agree. They do
# not of 24:00, which isodate refuses and Python takes from 3.14 on.
_LONGEST_TIMESTAMP = 64  # characters
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class WireError(BotError, ValueError):
    """A document does not have the shape of the model, or a model cannot be written as JSON.

    The message names the place and what belongs there, and never what was found: it may be logged
    and sent to the caller.

    :ivar path: where, in the words of the JSON document, such as ``entities[2].type``.
    :ivar expected: what belongs there, such as ``a string``.
    """

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.path = ""

    def __str__(self) -> str:
        return f"{self.path or 'the document'}: expected {self.expected}"

    def inside(self, place: str | int) -> None:
        """Put ``place`` (a key, or an index of a list) in front of the path."""
        self.path = path_from(place, self.path)


class Shape(NamedTuple):
    """What a model class looks like.

    :ivar fields: its attributes, each with its JSON key and its type.
    :ivar blank: the ``__dict__`` of a model made of an empty document.
    """

    fields: dict[str, tuple[str, str]]
    blank: dict[str, Any]


def shape_of(cls: Any) -> Shape | None:
    """The shape of a model class, or None if msrest must read and write it.

    That is for nested, repeated or empty keys, computed attributes, read-only fields, subtypes and
    XML, and for constructors that lose what they are given or always fail (some of the SDK's Teams
    models). No class of what an Activity holds is among them.
    """
    fields = {name: (field["key"], field["type"]) for name, field in attributes_of(cls).items()}
    keys = {key for key, _ in fields.values()}
    simple = (
        len(keys) == len(fields)
        and all(key and "." not in key for key in keys)
        and all(isinstance(kind, str) for _, kind in fields.values())
        and not any(hasattr(cls, name) for name in fields)
        and not (has_rules(cls) or cls.is_xml_model())
    )
    if not simple:
        return None
    marks = {name: object() for name in fields}
    try:
        marked, blank, bare = vars(cls(**marks)), vars(cls(**dict.fromkeys(fields))), vars(cls())
    except Exception:
        return None
    usual = (
        marks.items() <= marked.items()
        and marked.keys() == blank.keys() == bare.keys()
        and all(value is None or value == {} for value in blank.values())
    )
    return Shape(fields, blank) if usual else None


def copy_json(value: Any, room: int = MAX_NESTING) -> Any:
    """Copy a JSON value.

    :param room: levels of nesting still allowed.
    :raises RecursionError: it is nested deeper.
    :raises WireError: it is not made of what ``json.loads`` makes.
    """
    kind = value.__class__
    if kind in ATOMS:
        return value
    if kind is not dict and kind is not list:
        raise WireError("a JSON value")
    if not room:
        raise RecursionError
    room -= 1
    if kind is dict:
        return {k: v if v.__class__ in ATOMS else copy_json(v, room) for k, v in value.items()}
    return [v if v.__class__ in ATOMS else copy_json(v, room) for v in value]


def sdk_reader(type_name: str, models: dict[str, type]) -> Read:
    """Reading by msrest itself, for a type or a value off the short way."""
    deserializer = Deserializer(models)

    def read(value: Any) -> Any:
        try:
            return deserializer.deserialize_data(value, type_name)
        except Exception:  # msrest lets ArithmeticError, KeyError and others through
            raise WireError(f"a value of type {type_name}") from None

    return read


def _exact(kind: type, otherwise: Read) -> Read:
    def read(value: Any) -> Any:
        return value if value.__class__ is kind else otherwise(value)

    return read


def _refuse(expected: str) -> Read:
    def read(value: Any) -> Any:
        raise WireError(expected)

    return read


def _read_timestamp(value: Any) -> datetime:
    if value.__class__ is not str:
        raise WireError("an ISO 8601 date and time")
    if len(value) > _LONGEST_TIMESTAMP:
        raise WireError("an ISO 8601 date and time")
    if _TIMESTAMP.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:  # such as 23:59:60: isodate has the last word
            pass
        else:
            if MINYEAR < moment.year < MAXYEAR:  # there msrest looks whether UTC overflows
                return moment
    try:
        return Deserializer.deserialize_iso(value)  # type: ignore[no-any-return]
    except Exception:
        raise WireError("an ISO 8601 date and time") from None


def _read_number(value: Any) -> float:
    if value.__class__ is not int and value.__class__ is not float:
        raise WireError("a number")
    try:
        return float(value)
    except OverflowError:
        raise WireError("a number below 1e309") from None


def _read_base64(value: Any) -> Any:
    if value.__class__ is not str:
        raise WireError("a base64 string")
    return _SDK_READERS["bytearray"](value)


_SDK_READERS = {
    name: sdk_reader(name, {}) for name in ("str", "bool", "int", "long", "float", "bytearray")
}

LENIENT_READERS: dict[str, Read] = {
    "str": _exact(str, _SDK_READERS["str"]),
    "bool": _exact(bool, _SDK_READERS["bool"]),
    "int": _exact(int, _SDK_READERS["int"]),
    "long": _exact(int, _SDK_READERS["long"]),
    "float": _exact(float, _SDK_READERS["float"]),
    "bytearray": _SDK_READERS["bytearray"],
    "iso-8601": _read_timestamp,
    "object": copy_json,
}
"""Readers that turn a value of another type into the declared one where msrest does."""

STRICT_READERS: dict[str, Read] = {
    "str": _exact(str, _refuse("a string")),
    "bool": _exact(bool, _refuse("true or false")),
    "int": _exact(int, _refuse("a whole number")),
    "long": _exact(int, _refuse("a whole number")),
    "float": _exact(float, _read_number),
    "bytearray": _read_base64,
    "iso-8601": _read_timestamp,
    "object": copy_json,
}
"""Readers that take a value of the declared JSON type and no other."""


def write_text(value: Any) -> Any:
    """Write a value of a ``str`` field as msrest does: an enum by its value, the rest by str()."""
    return value if value.__class__ is str else Serializer.serialize_unicode(value)


def write_timestamp(value: Any) -> Any:
    """Write a date and time as msrest does: in UTC, with three to six digits of the second.

    :raises ValueError, TypeError: it is no date and time, or is out of range in UTC.
    """
    if value.__class__ is not datetime:
        return Serializer.serialize_iso(value)
    offset = value.utcoffset()
    moment = value.replace(tzinfo=None)
    if offset:
        try:
            moment -= offset
        except OverflowError:
            return Serializer.serialize_iso(value)
        if offset.microseconds:  # msrest takes the fraction of the local time
            return Serializer.serialize_iso(value)
    if moment.microsecond % 1000:
        return moment.isoformat(timespec="microseconds").rstrip("0") + "Z"
    return moment.isoformat(timespec="milliseconds") + "Z"


WRITERS: dict[str, Write] = {
    "str": write_text,
    "bool": bool,
    "int": int,
    "long": int,
    "float": float,
    "bytearray": Serializer.serialize_bytearray,
    "iso-8601": write_timestamp,
}
"""Writers of the types that hold no model."""
