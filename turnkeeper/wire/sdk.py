"""The private names of the SDK that the engine cannot do without, each in one place.

The SDK has had its last release, 4.17.1, and is pinned: what is here does not change any more.
"""

from __future__ import annotations

from typing import Any, Final

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, AdaptiveCardInvokeResponse

INVOKE_RESPONSE: Final[str] = BotAdapter._INVOKE_RESPONSE_KEY
"""Where in a turn's services the answer to an invoke is kept."""


def attributes_of(model: Any) -> dict[str, dict[str, str]]:
    """Return the attributes of a model, or of its class: each with its JSON key and its type."""
    attributes: dict[str, dict[str, str]] = model._attribute_map
    return attributes


def models_beside(cls: Any) -> dict[str, type]:
    """Return the classes of the module that a model class is in, by name."""
    models: dict[str, type] = cls._infer_class_models()
    return models


def has_rules(cls: Any) -> bool:
    """Return whether a model class validates values, or stands for its subtypes."""
    return bool(cls._validation or cls._subtype_map)


def hooks_of(context: TurnContext) -> tuple[list[Any], list[Any], list[Any]]:
    """Return the handlers of sends, of updates and of deletions that middleware has added."""
    return (
        context._on_send_activities,
        context._on_update_activity,
        context._on_delete_activity,
    )


def send_handlers(context: TurnContext) -> list[Any]:
    """Return the handlers of ``on_send_activities``, in the order in which they were added."""
    handlers: list[Any] = context._on_send_activities
    return handlers


def steps_of(waterfall: Any) -> list[Any]:
    """Return the steps of a ``WaterfallDialog``."""
    steps: list[Any] = waterfall._steps
    return steps


def dialogs_of(component: Any) -> Any:
    """Return the set of dialogs inside of a ``ComponentDialog``."""
    return component._dialogs


def default_choices_of(prompt: Any) -> dict[str, Any]:
    """Return what a ``ConfirmPrompt`` offers by itself, by locale: yes, no and how they look."""
    choices: dict[str, Any] = prompt._default_choice_options
    return choices


MODELS: Final = models_beside(Activity)
"""The models of ``botbuilder.schema``, by name."""

# Declared as a dict alone, though a text answers an Action.Execute too. ActivityHandler serializes
# it before anybody else sees it, so only the declaration can be put right. A dict is as it was.
attributes_of(AdaptiveCardInvokeResponse)["value"]["type"] = "object"
