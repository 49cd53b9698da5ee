"""The types that every bot may store: Python's, the SDK's models, and what its dialogs keep.

The SDK's are found by class or by tag when they are first met: to import its dialogs takes half a
second, and a bot without dialogs need not.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from importlib import import_module
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botbuilder import schema as models
from msrest.serialization import Model

from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire import activity
from turnkeeper.wire.by_name import add_enum, add_plain
from turnkeeper.wire.sdk import attributes_of
from turnkeeper.wire.values import COLLECTIONS, ESCAPED, TAG, Registry

_MODULES: Final = {
    "model": "botbuilder.schema",
    "model.teams": "botbuilder.schema.teams",
    "model.token": "botframework.connector.token_api.models",
}
"""Modules whose models and enums may be stored, by the tag in front of a class's name."""

_CHOICES: Final = "botbuilder.dialogs.choices."
_KEPT: Final[dict[str, tuple[str, str]]] = {
    "DialogInstance": ("botbuilder.dialogs", "id state"),
    "DialogState": ("botbuilder.dialogs", ""),
    "ListStyle": (_CHOICES + "list_style", ""),
    "PromptOptions": (
        "botbuilder.dialogs",
        "prompt retry_prompt choices style validations number_of_attempts",
    ),
    "Choice": (_CHOICES + "choice", "value action synonyms"),
    "StoreItem": ("botbuilder.core", ""),
    "sdk.BeginSkillDialogOptions": ("botbuilder.dialogs.skills", "activity"),
    "sdk.BotFrameworkSkill": ("botbuilder.core.skills", "id app_id skill_endpoint"),
    "sdk.CallerInfo": ("botbuilder.dialogs.prompts.oauth_prompt", "caller_service_url scope"),
    "sdk.DateTimeResolution": ("botbuilder.dialogs.prompts", "value start end timex"),
    "sdk.DialogEvents": ("botbuilder.dialogs", ""),
    "sdk.DialogReason": ("botbuilder.dialogs", ""),
    "sdk.DialogTurnStatus": ("botbuilder.dialogs", ""),
    "sdk.FoundChoice": (_CHOICES + "found_choice", "value index score synonym"),
    "sdk.FoundValue": (_CHOICES + "found_value", "value index score"),
    "sdk.InspectionSessionsByStatus": (
        "botbuilder.core.inspection.inspection_sessions_by_status",
        "opened_sessions attached_sessions",
    ),
    "sdk.IntentScore": ("botbuilder.core", ""),
    "sdk.ModelResult": (_CHOICES + "model_result", "text start end type_name resolution"),
    "sdk.RecognizerResult": ("botbuilder.core", ""),
    "sdk.SkillConversationReference": (
        "botbuilder.core.skills",
        "conversation_reference oauth_scope",
    ),
}
"""Further classes of the SDK, by tag: where each is, and the attributes that it always has."""

_MORE: Final = "additional_properties"
_PYTHON: Final = frozenset({"int", "Decimal", "datetime", ESCAPED})
_RESERVED: Final = ("py.", "sdk.", "schema.", "model.")


def built_in() -> Registry:
    """Return a new registry of the types that every bot may store."""
    return Registry(_BUILT_IN, late=_add_late)


def is_reserved(tag: str) -> bool:
    """Whether a tag is, or may come to be, that of a type that is built in."""
    return tag in _PYTHON or tag in _KEPT or tag.startswith(_RESERVED)


def _add_late(registry: Registry, met: type | str) -> bool:
    """Add a type of the SDK that is met for the first time; return whether it is one."""
    tag = met if isinstance(met, str) else _tag_of(met)
    cls = _class_of(tag)
    if cls is None or (met is not tag and met is not cls):
        return False
    if tag == "DialogState":
        registry.add(cls, tag, _stack_of, lambda data: cls(_as_list(data["stack"])))
    elif tag == "ListStyle":
        registry.add(cls, tag, lambda v: [("value", v.value)], lambda data: cls(data["value"]))
    elif issubclass(cls, Enum):
        add_enum(registry, cls, tag)
    elif issubclass(cls, Model):
        _add_model(registry, cls, tag)
    else:
        add_plain(registry, cls, tag, needed=frozenset(_KEPT[tag][1].split()))
    return True


def _tag_of(cls: type) -> str:
    """Return the tag that a class would have, or ""."""
    if not cls.__module__.startswith(("botbuilder.", "botframework.")):
        return ""
    for prefix, module in _MODULES.items():
        if getattr(sys.modules.get(module), cls.__name__, None) is cls:
            return f"{prefix}.{cls.__name__}"
    names = (cls.__name__, f"sdk.{cls.__name__}")
    return next((name for name in names if name in _KEPT), "")


def _class_of(tag: str) -> Any:
    prefix, _, name = tag.rpartition(".")
    module = _KEPT[tag][0] if tag in _KEPT else _MODULES.get(prefix)
    if module is None:
        return None
    cls = getattr(import_module(module), name, None)
    if tag in _KEPT or (isinstance(cls, type) and issubclass(cls, (Model, Enum))):
        return cls
    return None


def _add_model(registry: Registry, cls: Any, tag: str) -> None:
    """Add a model as its attributes: its own class and all it holds come back as they were."""
    try:
        names = tuple(vars(cls()))
    except TypeError:  # a constructor that always fails, of a class for Teams
        names = tuple(attributes_of(cls))
    names = tuple(name for name in names if name != _MORE)
    known = frozenset((*names, _MORE))

    def apart(value: Any) -> list[tuple[str, Any]]:
        held = vars(value)
        found = [(name, held[name]) for name in names if held.get(name) is not None]
        if more := held.get(_MORE):
            if type(more) is not dict:
                raise CodecError(f"{cls.__qualname__}.{_MORE} must be a dict")
            found.append((_MORE, more))
        found += [(name, held[name]) for name in held if name not in known]  # put there by a bot
        if TAG in held:
            raise CodecError(f"{cls.__qualname__} has an attribute called {TAG!r}")
        return found

    def make(data: dict[str, Any]) -> Any:
        more = data.pop(_MORE, {})
        if type(more) is not dict:
            raise UnreadableRecord("", f"{tag}.{_MORE} is no object")
        value = object.__new__(cls)
        value.__dict__ = {_MORE: more, **dict.fromkeys(names), **data}
        return value

    registry.add(cls, tag, apart, make)


def _stack_of(value: Any) -> list[tuple[str, Any]]:
    if type(value.dialog_stack) is not list:
        raise CodecError("the stack of a DialogState must be a list")
    return [("stack", value.dialog_stack)]


def _as_list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise UnreadableRecord("", "what must be a list is none")
    return value


def _written(value: date | time) -> list[tuple[str, Any]]:
    """Take a date, a time or both apart: as ISO 8601, with the zone by name where it has one."""
    found: list[tuple[str, Any]] = [("iso", value.isoformat())]
    zone = None if type(value) is date else value.tzinfo  # type: ignore[union-attr]
    named = zone.key if type(zone) is ZoneInfo else None
    if named:
        found.append(("zone", named))
    elif zone is not None and value.utcoffset() is None:  # type: ignore[union-attr]
        raise CodecError(f"a {type(value).__name__} whose time zone does not tell its offset")
    if type(value) is not date and value.fold:  # type: ignore[union-attr]
        found.append(("fold", 1))
    return found


def _read(kind: Any) -> Callable[[dict[str, Any]], Any]:
    def make(data: dict[str, Any]) -> Any:
        value = kind.fromisoformat(data["iso"])
        if "fold" in data:
            value = value.replace(fold=data["fold"])
        if "zone" in data:
            try:
                value = value.replace(tzinfo=ZoneInfo(data["zone"]))
            except ZoneInfoNotFoundError:  # of a newer list of zones; it has its offset
                if value.tzinfo is None:
                    raise
        return value

    return make


def _add_python(registry: Registry) -> None:
    def read_int(data: dict[str, Any]) -> int:
        return int(data["hex"], 16) if "hex" in data else int(data["digits"])

    def whole(value: timedelta) -> list[tuple[str, Any]]:
        return [(name, getattr(value, name)) for name in ("days", "seconds", "microseconds")]

    registry.add_tag("int", read_int)
    registry.add(Decimal, "Decimal", lambda v: [("digits", str(v))], lambda d: Decimal(d["digits"]))
    registry.add(datetime, "datetime", _written, _read(datetime))
    registry.add(date, "py.date", _written, _read(date))
    registry.add(time, "py.time", _written, _read(time))
    registry.add(timedelta, "py.timedelta", whole, lambda data: timedelta(**data))
    registry.add(UUID, "py.uuid", lambda v: [("hex", v.hex)], lambda data: UUID(hex=data["hex"]))
    registry.add(
        bytes, "py.bytes", lambda v: [("hex", v.hex())], lambda data: bytes.fromhex(data["hex"])
    )
    for kind, tag in COLLECTIONS.items():
        registry.add_tag(tag, _collection(kind))


def _add_read_only(registry: Registry) -> None:
    """Add the models as versions up to 0.3 stored them: as JSON in JSON."""
    for name in (
        *("Activity", "Attachment", "CardAction", "ChannelAccount", "ConversationAccount"),
        *("ConversationReference", "SuggestedActions", "TokenResponse"),
    ):
        registry.add_tag(f"schema.{name}", _from_json(getattr(models, name)))


def _collection(kind: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda data: kind(_as_list(data["items"]))


def _from_json(cls: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda data: activity.decode(cls, json.loads(data["data"]))


_BUILT_IN = Registry()
_add_python(_BUILT_IN)
_add_read_only(_BUILT_IN)
