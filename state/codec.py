"""State as typed JSON with an allow-list: stored bytes never decide which class is made.

A record's body is ``{"v": 1, "state": {property: value}}``. Values are plain JSON, or an object
with the key ``"$"`` that names one of the types registered here. An unknown tag, a newer format
or a broken body raises :class:`errors.UnreadableRecord` and nothing is instantiated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import lru_cache
from math import isfinite
from operator import attrgetter
from typing import Any, Final

from botbuilder import schema as models
from botbuilder.core import StoreItem
from botbuilder.dialogs import DialogInstance, DialogState, PromptOptions
from botbuilder.dialogs.choices import Choice, ListStyle

from errors import CodecError, UnreadableRecord
from schema import json_text, wire
from state.models import ConversationData, UserProfile

FORMAT: Final = 1
"""The format written today. Raise it with a change old versions must not overwrite."""

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From format N to N + 1: takes and returns the raw JSON ``state``, before any object is made."""

MAX_BODY: Final = 4 * 1024 * 1024
"""The longest body read or written, in characters."""

MAX_DEPTH: Final = 64
"""How deep values may nest."""

_TAG: Final = "$"
_ESCAPED: Final = "dict"  # a plain dict that has the key "$" itself
_PLAIN: Final = frozenset({str, bool, type(None)})
_NESTING: Final = frozenset({dict, list})
_INTEGERS: Final = range(-(2**63), 2**63)  # what every JSON library keeps exactly
_Pack = Callable[[Any], dict[str, Any]]
_Unpack = Callable[[dict[str, Any]], Any]
_Pairs = Callable[[Any], Iterable[tuple[str, Any]]]
_packs: dict[type, tuple[str, _Pairs]] = {}
_unpacks: dict[str, _Unpack] = {}


def register(cls: type, tag: str, pack: _Pack, unpack: _Unpack) -> None:
    """Allow instances of ``cls`` (exactly, no subclass) in state.

    :param tag: the name in the stored JSON; it must stay the same for as long as records live.
    :param pack: the instance as a dict of allowed values.
    :param unpack: the instance from that dict; whatever it raises makes the record unreadable.
    """
    _register(cls, tag, lambda value: pack(value).items(), unpack)


def _register(cls: type, tag: str, pairs: _Pairs, unpack: _Unpack) -> None:
    if tag in _unpacks or tag == _ESCAPED:
        raise CodecError(f"{tag}: this tag is taken")
    _packs[cls] = (tag, pairs)
    _unpacks[tag] = unpack


def register_dataclass(cls: type, tag: str | None = None) -> None:
    """Allow a dataclass in state; fields a stored record lacks get their defaults.

    Fields that a record has and the class has not are dropped at the next write: raise
    :data:`FORMAT` when an older version of the bot must not do that.
    """
    names = tuple(field.name for field in fields(cls))
    known = frozenset(names)

    def unpack(data: dict[str, Any]) -> Any:
        if data.keys() <= known:
            return cls(**data)
        return cls(**{name: data[name] for name in names if name in data})

    _register(cls, tag or cls.__name__, _attributes(names), unpack)


def encode_state(state: dict[str, Any]) -> str:
    """The body of a record, JSON, the same for equal states.

    :param state: property names to values.
    :raises errors.CodecError: a value is of a type that is not registered, not finite, too deep,
        or the whole is longer than :data:`MAX_BODY`.
    """
    for name in state:
        if type(name) is not str:
            raise _no_string(name)
    return body_of((name, encode_value(value)) for name, value in state.items())


def encode_value(value: Any) -> str:
    """The JSON text of one property's value, the same for equal values.

    :raises errors.CodecError: as :func:`encode_state`.
    """
    return json_text.encode(value if type(value) in _PLAIN else _pack(value, 1))


def body_of(properties: Iterable[tuple[str, str]]) -> str:
    """The body of a record made of names and the texts of :func:`encode_value`.

    :raises errors.CodecError: it is longer than :data:`MAX_BODY`.
    """
    texts = ",".join([f"{_name(name)}:{text}" for name, text in properties])
    body = f'{{"v":{FORMAT},"state":{{{texts}}}}}'
    if len(body) > MAX_BODY:
        raise CodecError(f"the state is {len(body)} characters long; at most {MAX_BODY} are kept")
    return body


@lru_cache(maxsize=256)
def _name(name: str) -> str:
    return json_text.encode(name)


def decode_state(body: str, *, key: str = "") -> dict[str, Any]:
    """The state in a body that :func:`encode_state` wrote, in this or an earlier format.

    :param key: the record's key, for the error.
    :raises errors.UnreadableRecord: see the module's text; the body is not changed.
    """
    try:
        if len(body) > MAX_BODY:
            raise UnreadableRecord(key, f"longer than {MAX_BODY} characters")
        data = json_text.decode(body)
        version, state = data["v"], data["state"]
        if type(version) is not int or version > FORMAT:
            raise UnreadableRecord(key, f"format {version!r} is not known; newest is {FORMAT}")
        for step in range(version, FORMAT):
            state = UPGRADES[step](state)
        return {name: _unpack(value, 0) for name, value in state.items()}
    except UnreadableRecord as error:
        raise UnreadableRecord(key, error.reason) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, CodecError) as error:
        raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error


def _pack(value: Any, depth: int) -> Any:  # noqa: PLR0911 - a table of types
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
        return [_pack(item, depth + 1) for item in value]
    if kind is float:
        if not isfinite(value):
            raise CodecError(f"{value!r} cannot be stored in JSON")
        return value
    if kind in _packs:
        tag, pairs = _packs[kind]
        return _pack_pairs(pairs(value), depth, {_TAG: tag})
    if isinstance(value, str) and isinstance(value, Enum):
        return value.value  # the SDK's enums equal their strings
    raise CodecError(
        f"{kind.__module__}.{kind.__qualname__} is not on the list of what may be stored; "
        "see state.codec.register"
    )


def _pack_dict(value: dict[str, Any], depth: int) -> dict[str, Any]:
    return _pack_pairs(value.items(), depth, {})


def _pack_pairs(
    pairs: Iterable[tuple[str, Any]], depth: int, packed: dict[str, Any]
) -> dict[str, Any]:
    for name, item in pairs:
        if type(name) is not str:
            raise _no_string(name)
        packed[name] = item if type(item) in _PLAIN else _pack(item, depth + 1)
    return packed


def _no_string(name: object) -> CodecError:
    return CodecError(f"a dict in state has the key {name!r}; only strings can be stored")


def _unpack(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise CodecError("too deep")
    if type(value) is list:
        return [_unpack(item, depth + 1) for item in value]
    if type(value) is not dict:
        return value
    tag = value.pop(_TAG, None)
    if tag == _ESCAPED:
        value, tag = value["items"], None
    items = {
        name: _unpack(item, depth + 1) if type(item) in _NESTING else item
        for name, item in value.items()
    }
    if tag is None:
        return items
    unpack = _unpacks.get(tag) if type(tag) is str else None
    if unpack is None:
        raise UnreadableRecord("", f"unknown tag {str(tag)[:40]!r}")
    return unpack(items)


def _attributes(names: tuple[str, ...]) -> _Pairs:
    """A function that gives the names of an object's attributes and what they are."""
    if len(names) < 2:  # noqa: PLR2004 - then attrgetter() gives no tuple
        return lambda value: [(name, getattr(value, name)) for name in names]
    get = attrgetter(*names)
    return lambda value: zip(names, get(value), strict=True)


def _register_attributes(cls: type, *names: str) -> None:
    def unpack(data: dict[str, Any]) -> Any:
        value = cls()
        for name in names:
            setattr(value, name, data[name])
        return value

    _register(cls, cls.__name__, _attributes(names), unpack)


def _register_model(cls: type) -> None:
    # Behind "data" no tags are looked for: a channel's JSON may hold keys of any name.
    register(
        cls,
        f"schema.{cls.__name__}",
        lambda value: {"data": json.dumps(wire.encode(value))},
        lambda data: wire.decode(cls, json.loads(data["data"])),
    )


register(int, "int", lambda value: {"digits": str(value)}, lambda data: int(data["digits"]))
register(
    datetime,
    "datetime",
    lambda value: {"iso": value.isoformat()},
    lambda data: datetime.fromisoformat(data["iso"]),
)
register(
    DialogState,
    "DialogState",
    lambda value: {"stack": value.dialog_stack},
    lambda data: DialogState(data["stack"]),
)
register(ListStyle, "ListStyle", lambda v: {"value": v.value}, lambda d: ListStyle(d["value"]))
register(StoreItem, "StoreItem", vars, lambda data: StoreItem(**data))
_register_attributes(DialogInstance, "id", "state")
_register_attributes(
    PromptOptions,
    "prompt",
    "retry_prompt",
    "choices",
    "style",
    "validations",
    "number_of_attempts",
)
_register_attributes(Choice, "value", "action", "synonyms")
for _model in (
    models.Activity,
    models.Attachment,
    models.CardAction,
    models.ChannelAccount,
    models.ConversationAccount,
    models.ConversationReference,
    models.SuggestedActions,
    models.TokenResponse,
):
    _register_model(_model)
register_dataclass(UserProfile)
register_dataclass(ConversationData)
