"""The address of an activity."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Final

from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.address import Address
from turnkeeper.channels.entities import text_in
from turnkeeper.channels.place import several_people_in, tenant_of

_SHARED: Final = frozenset(
    {ActivityTypes.conversation_update.value, ActivityTypes.installation_update.value}
)
_TEAMS: Final = "msteams"
_GUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# There a page names its visitor, and may name anybody. An id that a token was made for begins so.
_CHOSEN_ON: Final = frozenset({"directline", "webchat"})
_PROVEN: Final = "dl_"


def address_of(activity: Activity, bot: str = "", trusted: Container[str] = ()) -> Address:
    """Return where an activity belongs.

    :param activity: any, with a channel and a conversation.
    :param bot: the bot's app id; "" in local mode.
    :param trusted: channels whose ids are believed also where a page may choose them.
    """
    sender, channel = activity.from_property, activity.channel_id
    person = (sender.id or "") if sender else ""
    return Address.of(
        bot,
        channel,
        activity.conversation.id,
        person,
        several_people_in(activity),
        activity.type in _SHARED,
        account_of(activity) if channel == _TEAMS and person else "",
        channel in _CHOSEN_ON and not person.startswith(_PROVEN) and channel not in trusted,
    )


def account_of(activity: Activity) -> str:
    """Return the Entra account of a sender in Teams, ``aad:<tenant>:<object id>``, or "".

    It is the same for every bot, and stays when the bot moves to another registration, which
    changes the channel's own id of everybody. To begin a conversation with somebody, Teams takes
    the object id in place of that id.
    """
    sender, tenant = activity.from_property, tenant_of(activity)
    account = text_in(sender, "aad_object_id") or text_in(sender, "id")
    return account_named(tenant, account)


def account_named(tenant: str, object_id: str) -> str:
    """Return the account of a tenant and an object id; "" where one of them is no GUID."""
    if not (_GUID.fullmatch(tenant) and _GUID.fullmatch(object_id)):
        return ""
    return f"aad:{tenant.lower()}:{object_id.lower()}"
