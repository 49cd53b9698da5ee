"""The states of a bot as one set: one read, one atomic write a turn."""

from __future__ import annotations

from botbuilder.core import BotStateSet, TurnContext

from turnkeeper.address import Address
from turnkeeper.state.scope import ScopedState
from turnkeeper.state.services import transaction_in
from turnkeeper.state.typed_storage import TypedStorage


class TurnState(BotStateSet):  # type: ignore[misc]  # the SDK is untyped
    """The states of a bot, loaded in one read and written in one transaction.

    :param states: scopes on one storage.
    :param storage: the same; by default that of the first one.
    """

    def __init__(self, *states: ScopedState, storage: TypedStorage | None = None) -> None:
        super().__init__(states)
        self.storage = storage or states[0].storage

    def storage_keys(self, address: Address) -> list[str]:
        """Return the keys of the records of a turn; one that is nobody's has none of a person."""
        keys = [key for state in self.bot_states if (key := state.storage_key(address))]
        return [*keys, address.old_user_key] if address.old_user_key else keys

    async def load_all(self, turn_context: TurnContext, force: bool = False) -> None:
        """Read all states that the turn has in one round trip, unless they are read already."""
        transaction, address = transaction_in(turn_context, self.storage.records)
        await transaction.load(self.storage_keys(address), again=force)
        for state in self.bot_states:
            if state.storage_key(address):
                await state.load(turn_context, force)

    async def save_all_changes(self, turn_context: TurnContext, force: bool = False) -> None:
        """Write all changed states, all or none."""
        transaction, _ = transaction_in(turn_context, self.storage.records)
        hosted, transaction.hosted = transaction.hosted, True
        try:
            for state in self.bot_states:
                await state.save_changes(turn_context, force)
        finally:
            transaction.hosted = hosted
        if not hosted:
            await transaction.commit()


class UnknownStates(TurnState):
    """The states of a bot that makes them beside its adapter, and saves them itself.

    :param storage: where they are.
    """

    def __init__(self, storage: TypedStorage) -> None:
        super().__init__(storage=storage)

    def storage_keys(self, address: Address) -> list[str]:
        """Return the keys that the SDK gives to the records of a turn."""
        return [address.conversation_key, *(_of_person(address) if address.person else [])]


def _of_person(address: Address) -> list[str]:
    """Return the keys under which a person may be held; the older one is read beside the other."""
    return [key for key in (address.user_key, address.old_user_key) if key]
