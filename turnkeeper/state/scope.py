"""Conversation and user state as one set: one read, one atomic write a turn.

The SDK's names and signatures, without its surprises: reading an unknown person creates no record,
cleared state stays cleared, falsy defaults are kept, two saves in a turn work, change detection
compares encoded bodies. Under the host's adapter ``save_changes`` hands the state to the turn's
transaction, which is committed before any reply leaves; elsewhere it writes at once.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from botbuilder.core import BotState, BotStateSet, StatePropertyAccessor, TurnContext
from botbuilder.schema import Activity

from turnkeeper.state import keys
from turnkeeper.storage.records import RecordStorage
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire import codec


@dataclass(slots=True)
class CachedState:
    """One scope's state during a turn.

    :param key: the record's.
    :param state: property names to values.
    :param defaults: encoded default values given out and not set; they are not stored unless
        the bot changed them.
    """

    key: str
    state: dict[str, Any]
    defaults: dict[str, str] = field(default_factory=dict)

    def body(self) -> str | None:
        """The record's body; None where there is nothing to store."""
        kept = []
        for name, value in self.state.items():
            text = codec.encode_value(name, value)
            if text != self.defaults.get(name):
                kept.append((name, text))
        return codec.body_of(kept) if kept else None


class StateProperty(StatePropertyAccessor):  # type: ignore[misc]  # the SDK is untyped
    """One property of a state scope.

    :param scope: the state it is part of.
    :param name: its name in the record.
    """

    def __init__(self, scope: ScopedState, name: str) -> None:
        self._scope = scope
        self.name = name

    async def get(self, turn_context: TurnContext, default_value_or_factory: Any = None) -> Any:
        """The value; a default where there is none.

        :param default_value_or_factory: a value (copied) or a function without arguments. It is
            what later calls in the turn get too, but it is stored only once it was changed.
        """
        cached = self._scope.loaded(turn_context) or await self._scope.cached(turn_context)
        if self.name not in cached.state and default_value_or_factory is not None:
            value = (
                default_value_or_factory()
                if callable(default_value_or_factory)
                else deepcopy(default_value_or_factory)
            )
            cached.state[self.name] = value
            cached.defaults[self.name] = codec.encode_value(self.name, value)
        return cached.state.get(self.name)

    async def set(self, turn_context: TurnContext, value: Any) -> None:
        """Set the value; it is written when the state is saved."""
        cached = self._scope.loaded(turn_context) or await self._scope.cached(turn_context)
        cached.defaults.pop(self.name, None)
        cached.state[self.name] = value

    async def delete(self, turn_context: TurnContext) -> None:
        """Remove the value; an absent one is no error."""
        cached = await self._scope.cached(turn_context)
        cached.defaults.pop(self.name, None)
        cached.state.pop(self.name, None)


class ScopedState(BotState):  # type: ignore[misc]  # the SDK is untyped
    """A state scope: one record, found by a key made from the activity.

    :param storage: where its records are.
    :param context_service_key: the name under which a turn caches it.
    :param key: makes the record's key from the activity.
    :param ttl: seconds an unused record is kept; None for ever.
    """

    def __init__(
        self,
        storage: RecordStorage,
        context_service_key: str,
        key: Callable[[Activity], str],
        ttl: float | None = None,
    ) -> None:
        super().__init__(storage, context_service_key)
        self.storage = storage
        self.storage_key = key
        self._ttl = ttl

    def get_storage_key(self, turn_context: TurnContext) -> str:
        """The key of this turn's record."""
        return self.storage_key(turn_context.activity)

    def create_property(self, name: str) -> StateProperty:
        """An accessor for one property of this state."""
        if not name:
            raise TypeError("create_property() needs a name")
        return StateProperty(self, name)

    def loaded(self, turn_context: TurnContext) -> CachedState | None:
        """This turn's state; None where it is not loaded. Asked for first, it spares an await."""
        cached: CachedState | None = turn_context.turn_state.get(self._context_service_key)
        return cached

    async def cached(self, turn_context: TurnContext) -> CachedState:
        """This turn's state, loaded where it was not.

        :raises UnreadableRecord: the record is of an unknown format; it is left alone.
        """
        await self.load(turn_context)
        cached: CachedState = turn_context.turn_state[self._context_service_key]
        return cached

    async def load(self, turn_context: TurnContext, force: bool = False) -> None:
        """Read the state unless the turn has it.

        :param force: read it anew and forget the turn's changes.
        """
        if not force and self._context_service_key in turn_context.turn_state:
            return
        key = self.get_storage_key(turn_context)
        transaction = Transaction.of(turn_context, self.storage)
        if force or not transaction.has(key):
            await transaction.load([key], again=force)
        body = transaction.body(key)
        turn_context.turn_state[self._context_service_key] = CachedState(
            key, codec.decode_state(body, key=key) if body is not None else {}
        )

    async def save_changes(self, turn_context: TurnContext, force: bool = False) -> None:
        """Have the state written as it is now; a state that was not loaded is left alone.

        An empty state has no record. ``force`` is accepted for the SDK's sake: an unchanged
        record is never rewritten.
        """
        cached = self.loaded(turn_context)
        if cached is None:
            return
        transaction = Transaction.of(turn_context, self.storage)
        if not transaction.has(cached.key):
            await transaction.load([cached.key])
        owner = keys.owner(turn_context.activity)
        transaction.put(cached.key, cached.body(), owner=owner, ttl=self._ttl)
        if not transaction.hosted:
            await transaction.commit()

    async def clear_state(self, turn_context: TurnContext) -> None:
        """Empty the state for the rest of the turn; the record goes when the state is saved."""
        key = self.get_storage_key(turn_context)
        turn_context.turn_state[self._context_service_key] = CachedState(key, {})

    async def delete(self, turn_context: TurnContext) -> None:
        """Empty the state and delete its record, saved or not."""
        await self.clear_state(turn_context)
        await self.save_changes(turn_context)

    async def get_property_value(self, turn_context: TurnContext, property_name: str) -> Any:
        """The value of a property. :raises KeyError: there is none."""
        return (await self.cached(turn_context)).state[property_name]

    async def set_property_value(
        self, turn_context: TurnContext, property_name: str, value: object
    ) -> None:
        """Set a property."""
        await StateProperty(self, property_name).set(turn_context, value)

    async def delete_property_value(self, turn_context: TurnContext, property_name: str) -> None:
        """Remove a property; an absent one is no error."""
        await StateProperty(self, property_name).delete(turn_context)


class ConversationState(ScopedState):
    """A person's place in a conversation; see :func:`turnkeeper.state.keys.place_key`."""

    def __init__(self, storage: RecordStorage, ttl: float | None = None) -> None:
        super().__init__(storage, "Internal.ConversationState", keys.place_key, ttl)


class UserState(ScopedState):
    """A person in a channel; see :func:`turnkeeper.state.keys.user_key`."""

    def __init__(self, storage: RecordStorage, ttl: float | None = None) -> None:
        super().__init__(storage, "Internal.UserState", keys.user_key, ttl)


class TurnState(BotStateSet):  # type: ignore[misc]  # the SDK is untyped
    """The states of a bot, loaded in one read and written in one transaction.

    :param states: scopes on one storage.
    """

    def __init__(self, *states: ScopedState) -> None:
        super().__init__(states)
        self.storage = states[0].storage

    def storage_keys(self, activity: Activity) -> list[str]:
        """The keys of the records of an activity's turn."""
        return [state.storage_key(activity) for state in self.bot_states]

    async def load_all(self, turn_context: TurnContext, force: bool = False) -> None:
        """Read all states in one round trip, unless the turn has them."""
        transaction = Transaction.of(turn_context, self.storage)
        await transaction.load(self.storage_keys(turn_context.activity), again=force)
        for state in self.bot_states:
            if force:
                turn_context.turn_state.pop(state._context_service_key, None)
            await state.load(turn_context)

    async def save_all_changes(self, turn_context: TurnContext, force: bool = False) -> None:
        """Write all changed states, all or none."""
        transaction = Transaction.of(turn_context, self.storage)
        hosted, transaction.hosted = transaction.hosted, True
        try:
            for state in self.bot_states:
                await state.save_changes(turn_context, force)
        finally:
            transaction.hosted = hosted
        if not hosted:
            await transaction.commit()
