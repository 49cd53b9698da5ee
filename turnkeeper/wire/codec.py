"""State as typed JSON with an allow-list: stored bytes never decide which class is made.

A record's body is ``{"v": 1, "state": {property: value}}``. Values are plain JSON, or an object
with the key ``"$"`` that names one of the types registered below. An unknown tag, a newer format
or a broken body raises :class:`turnkeeper.errors.UnreadableRecord` and nothing is instantiated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from botbuilder import schema as models
from botbuilder.core import StoreItem
from botbuilder.dialogs import DialogInstance, DialogState, PromptOptions
from botbuilder.dialogs.choices import Choice, ListStyle

from state.models import ConversationData, UserProfile
from turnkeeper.errors import CodecError, UnreadableRecord
from turnkeeper.wire import activity as wire
from turnkeeper.wire import json_text
from turnkeeper.wire.values import (
    key_error,
    pack,
    register,
    register_attributes,
    register_dataclass,
    unpack,
)

FORMAT: Final = 1
"""The format written today. Raise it with a change old versions must not overwrite."""

UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From format N to N + 1: takes and returns the raw JSON ``state``, before any object is made."""

MAX_BODY: Final = 4 * 1024 * 1024
"""The longest body read or written, in characters."""

_BROKEN = (
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    ArithmeticError,  # of Decimal
    RecursionError,
    CodecError,
)


def encode_state(state: dict[str, Any]) -> str:
    """The body of a record, JSON, the same for equal states.

    :param state: property names to values.
    :raises CodecError: a value is of a type that is not registered, not finite, too deep,
        or the whole is longer than :data:`MAX_BODY`.
    """
    return body_of((name, encode_value(name, value)) for name, value in state.items())


def encode_value(name: str, value: Any) -> str:
    """The JSON text of one property's value, the same for equal values.

    :param name: the property's, for the error.
    :raises CodecError: as :func:`encode_state`.
    """
    try:
        packed = pack(value, 1)
    except CodecError as error:
        if type(name) is str:  # what else it may be is refused by body_of()
            error.inside(name)
        raise
    return json_text.encode(packed)


def body_of(properties: Iterable[tuple[str, str]]) -> str:
    """The body of a record made of names and the texts of :func:`encode_value`.

    :raises CodecError: it is longer than :data:`MAX_BODY`.
    """
    texts = ",".join([f"{_name(name)}:{text}" for name, text in properties])
    body = f'{{"v":{FORMAT},"state":{{{texts}}}}}'
    if len(body) > MAX_BODY:
        raise CodecError(f"the state is {len(body)} characters long; at most {MAX_BODY} are kept")
    return body


@lru_cache(maxsize=256)
def _name(name: str) -> str:
    if type(name) is not str:
        raise key_error(name)
    return json_text.encode(name)


def decode_state(body: str, *, key: str = "") -> dict[str, Any]:
    """The state in a body that :func:`encode_state` wrote, in this or an earlier format.

    :param key: the record's key, for the error.
    :raises UnreadableRecord: see the module's text; the body is not changed.
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
        return {name: unpack(value, 0) for name, value in state.items()}
    except UnreadableRecord as error:
        raise UnreadableRecord(key, error.reason) from None
    except _BROKEN as error:
        raise UnreadableRecord(key, f"not readable ({type(error).__name__})") from error


def _register_model(cls: type) -> None:
    # Behind "data" no tags are looked for: a channel's JSON may hold keys of any name.
    register(
        cls,
        f"schema.{cls.__name__}",
        lambda value: {"data": json.dumps(_document(value))},
        lambda data: wire.decode(cls, json.loads(data["data"])),
    )


def _document(model: Any) -> dict[str, Any]:
    try:
        return wire.encode(model)
    except wire.WireError as error:
        refusal = CodecError(f"only {error.expected} can be stored here")
        refusal.inside(error.path)
        raise refusal from None


register(int, "int", lambda value: {"digits": str(value)}, lambda data: int(data["digits"]))
# What the SDK's NumberPrompt gives.
register(
    Decimal,
    "Decimal",
    lambda value: {"digits": str(value)},
    lambda data: Decimal(data["digits"]),
)
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
register_attributes(DialogInstance, "id", "state")
register_attributes(
    PromptOptions,
    "prompt",
    "retry_prompt",
    "choices",
    "style",
    "validations",
    "number_of_attempts",
)
register_attributes(Choice, "value", "action", "synonyms")
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
