"""The types that every bot may store: Python's, the SDK's models, and what its dialogs keep."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from botbuilder import schema as models
from botbuilder.core import StoreItem

from turnkeeper.errors import CodecError
from turnkeeper.wire import activity
from turnkeeper.wire.values import Registry


def _add_dialog_types(registry: Registry) -> None:
    """Add what the SDK's dialogs and prompts put into state.

    Late, since a bot without dialogs need not import them: that takes half a second.
    """
    from botbuilder.dialogs import DialogInstance, DialogState, PromptOptions  # noqa: PLC0415
    from botbuilder.dialogs.choices import Choice, ListStyle  # noqa: PLC0415

    registry.add(
        DialogState,
        "DialogState",
        lambda value: {"stack": value.dialog_stack},
        lambda data: DialogState(data["stack"]),
    )
    registry.add(
        ListStyle, "ListStyle", lambda v: {"value": v.value}, lambda d: ListStyle(d["value"])
    )
    _add_attributes(registry, DialogInstance, "id", "state")
    _add_attributes(
        registry,
        PromptOptions,
        *("prompt", "retry_prompt", "choices", "style", "validations", "number_of_attempts"),
    )
    _add_attributes(registry, Choice, "value", "action", "synonyms")


def _add_attributes(registry: Registry, cls: type, *names: str) -> None:
    """Add a class made without arguments; a record that lacks an attribute is unreadable."""

    def make(data: dict[str, Any]) -> Any:
        value = cls()
        for name in names:
            setattr(value, name, data[name])
        return value

    registry.add_attributes(cls, cls.__name__, names, make)


def _add_model(registry: Registry, cls: type) -> None:
    # Behind "data" no tags are looked for: a channel's JSON may hold keys of any name.
    registry.add(
        cls,
        f"schema.{cls.__name__}",
        lambda value: {"data": json.dumps(_document(value))},
        lambda data: activity.decode(cls, json.loads(data["data"])),
    )


def _document(model: Any) -> dict[str, Any]:
    try:
        return activity.encode(model)
    except activity.WireError as error:
        refusal = CodecError(f"only {error.expected} can be stored here")
        refusal.inside(error.path)
        raise refusal from None


def _built_in() -> Registry:
    registry = Registry()
    registry.add(int, "int", lambda value: {"digits": str(value)}, lambda d: int(d["digits"]))
    registry.add(
        Decimal, "Decimal", lambda value: {"digits": str(value)}, lambda d: Decimal(d["digits"])
    )
    registry.add(
        datetime,
        "datetime",
        lambda value: {"iso": value.isoformat()},
        lambda data: datetime.fromisoformat(data["iso"]),
    )
    registry.add(StoreItem, "StoreItem", vars, lambda data: StoreItem(**data))
    for model in (
        models.Activity,
        models.Attachment,
        models.CardAction,
        models.ChannelAccount,
        models.ConversationAccount,
        models.ConversationReference,
        models.SuggestedActions,
        models.TokenResponse,
    ):
        _add_model(registry, model)
    return registry


_BUILT_IN = _built_in()


def built_in() -> Registry:
    """Return a new registry of the types that every bot may store."""
    return Registry(_BUILT_IN, late=_add_dialog_types)
