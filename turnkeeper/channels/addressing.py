"""The address of an activity."""

from __future__ import annotations

from typing import Final

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.address import Address
from turnkeeper.channels.place import several_people_in

_SHARED: Final = frozenset(
    {ActivityTypes.conversation_update.value, ActivityTypes.installation_update.value}
)


def address_of(activity: Activity, bot: str = "") -> Address:
    """Return where an activity belongs.

    :param activity: any, with a channel and a conversation.
    :param bot: the bot's app id; "" in local mode.
    """
    person = activity.from_property
    return Address.of(
        bot,
        activity.channel_id,
        activity.conversation.id,
        (person.id or "") if person else "",
        several_people_in(activity),
        activity.type in _SHARED,
    )
