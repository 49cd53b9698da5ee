"""What a person may ask of the store: to be forgotten, and to be told everything it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount

from turnkeeper.state import erasure, keys
from turnkeeper.state.scope import TurnState
from turnkeeper.storage.records import RecordStorage
from turnkeeper.storage.transaction import Transaction


def forgetting(states: TurnState) -> Callable[[TurnContext], Awaitable[None]]:
    """Make a function that erases the person of a turn: all records of theirs in the channel.

    It takes effect with the turn's commit. The rest of the turn begins with empty state, and its
    replies are addressed by the person's id alone, without the name the channel has for them.

    :param states: the bot's, all on one storage.
    """

    async def forget(context: TurnContext) -> None:
        activity = context.activity
        transaction = Transaction.of(context, states.storage)
        await erasure.stage_erasure(
            transaction, keys.user_key(activity), ledger_key=keys.ledger_key(activity)
        )
        for state in states.bot_states:
            await state.clear_state(context)
        sender = activity.from_property
        activity.from_property = ChannelAccount(id=sender.id, role=sender.role)

    return forget


def exporting(storage: RecordStorage) -> Callable[[TurnContext], Awaitable[dict[str, Any]]]:
    """Make a function that returns everything stored about the person of a turn, as plain JSON.

    It is what was stored before the turn, without the replies that are kept or still owed.

    :param storage: where the bot's records are.
    """

    async def export(context: TurnContext) -> dict[str, Any]:
        return await erasure.export(storage, keys.user_key(context.activity), replies=False)

    return export
