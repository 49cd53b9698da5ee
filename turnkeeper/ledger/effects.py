"""What a turn wants done once it is committed, as types; in the store they are JSON objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from turnkeeper.wire import json_text


@dataclass(frozen=True, slots=True)
class Send:
    """Send an activity.

    :param id: by which the bot knows the reply; the channel's is not known before it has left.
    :param conversation: the conversation's id.
    :param reply_to: the id of the activity that it answers, or "".
    :param body: the activity as JSON text. It is made once, then stored and sent as it is.
    """

    id: str
    conversation: str
    reply_to: str
    body: str

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "do": "send",
            "id": self.id,
            "conversation": self.conversation,
            "reply_to": self.reply_to,
            "body": self.body,
        }


@dataclass(frozen=True, slots=True)
class Update:
    """Replace an activity that was sent before.

    :param activity: the id by which the bot knows it.
    :param conversation: the conversation's id.
    :param body: the new activity as JSON text.
    """

    activity: str
    conversation: str
    body: str

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "do": "update",
            "activity": self.activity,
            "conversation": self.conversation,
            "body": self.body,
        }


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete an activity that was sent before.

    :param activity: the id by which the bot knows it.
    :param conversation: the conversation's id.
    """

    activity: str
    conversation: str

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"do": "delete", "activity": self.activity, "conversation": self.conversation}


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait before the next effect.

    :param ms: milliseconds.
    """

    ms: float

    def to_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {"do": "delay", "ms": self.ms}


Effect = Send | Update | Delete | Delay

_BY_NAME: Final[dict[str, type[Effect]]] = {
    "send": Send,
    "update": Update,
    "delete": Delete,
    "delay": Delay,
}


def effect_from_json(stored: dict[str, Any]) -> Effect:
    """Return the effect that is stored.

    :raises ValueError: it is none that this version knows.
    :raises TypeError, KeyError: it is not whole.
    """
    kind = _BY_NAME.get(stored["do"])
    if kind is None:
        raise ValueError("an unknown effect")
    values = {name: stored[name] for name in kind.__dataclass_fields__}
    body = values.get("body", "")
    if not isinstance(body, str):  # a ledger of the first days holds the activity as an object
        values["body"] = json_text.encode(body)
    return kind(**values)
