"""Erasing the person of a turn, and exporting what is held about them."""

from __future__ import annotations

from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount

from turnkeeper.state.people.erasure import stage_erasure
from turnkeeper.state.people.export import export
from turnkeeper.state.services import address_in, forget_states, transaction_in
from turnkeeper.state.typed_storage import TypedStorage


async def forget_person(context: TurnContext, storage: TypedStorage) -> None:
    """Erase the person of a turn: all records of theirs in the channel.

    It takes effect with the turn's commit. The rest of the turn begins with empty state; its
    replies are addressed by the person's id alone, without the name the channel has.

    :param storage: where the bot's states are.
    """
    await stage_erasure(*transaction_in(context, storage.records), storage.codec)
    forget_states(context)
    if sender := context.activity.from_property:
        context.activity.from_property = ChannelAccount(id=sender.id, role=sender.role)


async def export_person(context: TurnContext, storage: TypedStorage) -> dict[str, Any]:
    """Return everything stored about the person of a turn, as plain JSON.

    It is what was stored before the turn, without the replies that are kept or still owed.

    :param storage: where the bot's states are.
    """
    person, *older = address_in(context).user_keys
    return await export(storage.records, person, storage.codec, *older, replies=False)
