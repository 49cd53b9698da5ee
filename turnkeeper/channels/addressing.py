"""The address of an activity."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from botbuilder.schema import Activity, ActivityTypes, ChannelAccount

from turnkeeper.address import Address
from turnkeeper.channels.entities import text_in
from turnkeeper.channels.place import several_people_in, tenant_of
from turnkeeper.variables import CHOSEN_ON, is_guid

_SHARED: Final = frozenset(
    {ActivityTypes.conversation_update.value, ActivityTypes.installation_update.value}
)
_TEAMS: Final = "msteams"
# What an id begins with that a token was made for: the page cannot have chosen it.
_PROVEN: Final = "dl_"


def address_of(activity: Activity, bot: str = "", trusted: Container[str] = ()) -> Address:
    """Return where an activity belongs.

    :param activity: any, with a channel and a conversation.
    :param bot: the bot's app id; "" in local mode.
    :param trusted: channels whose ids are believed also where a page may choose them.
    """
    sender, channel = activity.from_property, activity.channel_id
    person = (sender.id or "") if sender else ""
    tenant = tenant_of(activity) if channel == _TEAMS else ""
    return Address.of(
        bot,
        channel,
        activity.conversation.id,
        person,
        several_people_in(activity),
        activity.type in _SHARED,
        account_of(sender, tenant) if tenant else "",
        channel in CHOSEN_ON and not person.startswith(_PROVEN) and channel not in trusted,
        tenant,
    )


def address_anew(activity: Activity, address: Address) -> Address:
    """Return where another activity of a turn belongs: bot code has put it in place of the turn's.

    :param address: the turn's.
    """
    channel = address.channel
    trusted = not address.chosen and channel in CHOSEN_ON and not address.person.startswith(_PROVEN)
    return address_of(activity, address.bot, (channel,) if trusted else ())


def account_of(sender: ChannelAccount | None, tenant: str) -> str:
    """Return the Entra account of a sender in Teams, ``aad:<tenant>:<object id>``, or "".

    It is the same for every bot, and stays when the bot moves to another registration, which
    changes the channel's own id of everybody. To begin a conversation with somebody, Teams takes
    the object id in place of that id.

    :param tenant: theirs, as the activity tells it.
    """
    account = text_in(sender, "aad_object_id") or text_in(sender, "id")
    return account_named(tenant, account)


def account_named(tenant: str, object_id: str) -> str:
    """Return the account of a tenant and an object id; "" where one of them is no GUID."""
    if not (is_guid(tenant) and is_guid(object_id)):
        return ""
    return f"aad:{tenant.lower()}:{object_id.lower()}"
