"""What a turn is called in its conversation's ledger."""

from __future__ import annotations

import secrets
from typing import Final

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.ledger.ledger import digest

_EDITS: Final = frozenset({ActivityTypes.message_update.value, ActivityTypes.message_delete.value})


def turn_of(activity: Activity) -> str:
    """What a turn is called in the ledger: the same for each delivery of its activity.

    An edit of a message has the id of that message, and so has the next edit. An activity without
    an id is never a delivery of another, so its turn has a new name each time.
    """
    if not activity.id:
        return secrets.token_hex(8)
    sender = (activity.from_property and activity.from_property.id) or ""
    name = f"{activity.type}\n{sender}\n{activity.id}"
    if activity.type in _EDITS:
        name = f"{name}\n{activity.timestamp}\n{activity.text}"
    return digest(name)


def edited_turn(activity: Activity) -> str:
    """Return the name of the turn whose message an activity edits or deletes; "" for no such."""
    if activity.type not in _EDITS or not activity.id:
        return ""
    sender = activity.from_property and activity.from_property.id
    return digest(f"{ActivityTypes.message.value}\n{sender}\n{activity.id}")
