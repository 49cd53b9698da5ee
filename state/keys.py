"""Under which key a thing is stored.

One-to-one keys are the SDK's own: ``channel/conversations/id`` and ``channel/users/id``. Keys the
SDK does not have get a second segment of their own, so that no id can be made to collide.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from botbuilder.schema import Activity, ActivityTypes

from channels.scopes import place_of

_SHARED_EVENTS: Final = frozenset(
    {ActivityTypes.conversation_update.value, ActivityTypes.installation_update.value}
)


def several_people(activity: Activity) -> bool:
    """Whether the conversation has several people: a group chat, or a channel of a team."""
    return place_of(activity).several_people


def conversation_key(activity: Activity) -> str:
    """The SDK's key of the conversation as a whole."""
    return f"{activity.channel_id}/conversations/{activity.conversation.id}"


def place_key(activity: Activity) -> str:
    """The key of a person's place in the conversation.

    Where a conversation has several people each has a place of their own. Joins and installs
    concern the conversation as a whole.
    """
    if several_people(activity) and activity.type not in _SHARED_EVENTS:
        conversation = quote(activity.conversation.id, safe="")
        return (
            f"{activity.channel_id}/members/{conversation}/"
            f"{quote(activity.from_property.id, safe='')}"
        )
    return conversation_key(activity)


def user_key(activity: Activity) -> str:
    """The SDK's key of the person in this channel; also the ``owner`` of the person's records."""
    return f"{activity.channel_id}/users/{activity.from_property.id}"


def ledger_key(activity: Activity) -> str:
    """The key of the conversation's ledger of turns."""
    return f"{activity.channel_id}/turns/{activity.conversation.id}"


def owner(activity: Activity) -> str:
    """Whose the records of this turn are: the person who spoke, or "" for joins and installs."""
    return "" if activity.type in _SHARED_EVENTS else user_key(activity)
