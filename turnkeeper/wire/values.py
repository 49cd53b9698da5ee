"""Values as plain JSON and back, for the types on the allow-list.

See :mod:`turnkeeper.wire.codec`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from enum import Enum
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from turnkeeper.errors import CodecError, UnreadableRecord

MAX_DEPTH: Final = 64
"""How deep values may nest."""

_TAG: Final = "$"
_ESCAPED: Final = "dict"  # a plain dict that has the key "$" itself
_SOME_KEY: Final = "[*]"  # for any key of a plain dict: it may be what a person said
_PLAIN: Final = frozenset({str, bool, type(None)})
_NESTING: Final = frozenset({dict, list})
_INTEGERS: Final = range(-(2**63), 2**63)  # what every JSON library keeps exactly
_Apart = Callable[[Any], dict[str, Any]]
_Make = Callable[[dict[str, Any]], Any]
_Pairs = Callable[[Any], Iterable[tuple[str, Any]]]
_apart: dict[type, tuple[str, _Pairs]] = {}
_makers: dict[str, _Make] = {}


def register(cls: type, tag: str, take_apart: _Apart, make: _Make) -> None:
    """Allow instances of ``cls`` (exactly, no subclass) in state.

    :param tag: the name in the stored JSON; it must stay the same for as long as records live.
    :param take_apart: the instance as a dict of allowed values.
    :param make: the instance from that dict; whatever it raises makes the record unreadable.
    """
    _register(cls, tag, lambda value: take_apart(value).items(), make)


def _register(cls: type, tag: str, pairs: _Pairs, make: _Make) -> None:
    if tag in _makers or tag == _ESCAPED:
        raise CodecError(f"{tag}: this tag is taken")
    _apart[cls] = (tag, pairs)
    _makers[tag] = make


def register_dataclass(cls: type, tag: str | None = None) -> None:
    """Allow a dataclass in state; fields a stored record lacks get their defaults.

    Fields that a record has and the class has not are dropped at the next write: raise
    :data:`turnkeeper.wire.codec.FORMAT` when an older version of the bot must not do that.
    """
    names = tuple(field.name for field in fields(cls))
    known = frozenset(names)

    def make(data: dict[str, Any]) -> Any:
        if data.keys() <= known:  # nearly always: the class is as it was
            return cls(**data)
        return cls(**{name: data[name] for name in names if name in data})

    _register(cls, tag or cls.__name__, _attributes(names), make)


def _attributes(names: tuple[str, ...]) -> _Pairs:
    """A function that gives the names of an object's attributes and what they are."""
    if len(names) < 2:  # noqa: PLR2004 - then attrgetter() gives no tuple
        return lambda value: [(name, getattr(value, name)) for name in names]
    get = attrgetter(*names)
    return lambda value: zip(names, get(value), strict=True)


def register_attributes(cls: type, *names: str) -> None:
    """Allow a class that is made without arguments in state.

    :param names: its attributes; a record that lacks one is unreadable.
    """

    def make(data: dict[str, Any]) -> Any:
        value = cls()
        for name in names:
            setattr(value, name, data[name])
        return value

    _register(cls, cls.__name__, _attributes(names), make)


def pack(value: Any, depth: int) -> Any:  # noqa: PLR0911 - a table of types
    """A value as plain JSON.

    :param depth: of what it is in.
    :raises CodecError: something in it may not be stored.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if value in _INTEGERS else {_TAG: "int", "digits": str(value)}
    if depth > MAX_DEPTH:
        raise CodecError(f"state nests deeper than {MAX_DEPTH}")
    if kind is dict:
        packed = _pack_dict(value, depth)
        return {_TAG: _ESCAPED, "items": packed} if _TAG in packed else packed
    if kind is list or kind is tuple:
        return _pack_list(value, depth)
    if kind is float:
        if not isfinite(value):
            raise CodecError(f"{value!r} cannot be stored in JSON; store a finite number, or None")
        return value
    if kind in _apart:
        tag, pairs = _apart[kind]
        return _pack_pairs(pairs(value), depth, {_TAG: tag})
    if isinstance(value, str) and isinstance(value, Enum):
        return value.value  # the SDK's enums equal their strings
    raise CodecError(
        f"{kind.__module__}.{kind.__qualname__} is not on the list of what may be stored; "
        "register the type at the end of state/codec.py"
    )


def _pack_list(value: Sequence[Any], depth: int) -> list[Any]:
    packed: list[Any] = []
    try:
        for item in value:
            packed.append(pack(item, depth + 1))
    except CodecError as error:
        error.inside(len(packed))
        raise
    return packed


def _pack_dict(value: dict[str, Any], depth: int) -> dict[str, Any]:
    return _pack_pairs(value.items(), depth, {}, _SOME_KEY)


def _pack_pairs(
    pairs: Iterable[tuple[str, Any]], depth: int, packed: dict[str, Any], step: str = ""
) -> dict[str, Any]:
    """Pack pairs into a dict.

    :param step: what stands for each name in the path of an error; by default the name.
    """
    name = ""
    try:
        for name, item in pairs:
            if type(name) is not str:
                raise key_error(name)
            packed[name] = item if type(item) in _PLAIN else pack(item, depth + 1)
    except CodecError as error:
        if type(name) is str:  # else it is this dict that is at fault
            error.inside(step or name)
        raise
    return packed


def key_error(name: object) -> CodecError:
    """The error for a key that is no string."""
    kind = type(name).__qualname__  # not the key itself: it may be what a person said
    return CodecError(
        f"a dict has a key of type {kind}; only strings can be stored, so make it one with str()"
    )


def unpack(value: Any, depth: int) -> Any:
    """The value that :func:`pack` made plain JSON; the JSON is used up.

    :raises UnreadableRecord: it has an unknown tag.
    :raises CodecError: it nests too deep.
    """
    if depth > MAX_DEPTH:
        raise CodecError("too deep")
    if type(value) is list:
        return [unpack(item, depth + 1) for item in value]
    if type(value) is not dict:
        return value
    tag = value.pop(_TAG, None)
    if tag == _ESCAPED:
        value, tag = value["items"], None
    items = {
        name: unpack(item, depth + 1) if type(item) in _NESTING else item
        for name, item in value.items()
    }
    if tag is None:
        return items
    make = _makers.get(tag) if type(tag) is str else None
    if make is None:
        raise UnreadableRecord("", f"unknown tag {str(tag)[:40]!r}")
    return make(items)
