"""Conversation and user state.

The SDK's names and signatures, without its surprises: reading an unknown person creates no record,
cleared state stays cleared, falsy defaults are kept, two saves in a turn work.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import count
from typing import Any, ClassVar, Literal
from weakref import WeakValueDictionary

from botbuilder.core import BotState, TurnContext

from turnkeeper.address import Address
from turnkeeper.state.accessor import CachedState, StateProperty
from turnkeeper.state.items import unreadable
from turnkeeper.state.people.succession import carry_over, introduce, origin
from turnkeeper.state.services import address_in, transaction_in
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import Record, RecordStorage

_log = logging.getLogger(__name__)


class ScopedState(BotState):  # type: ignore[misc]  # the SDK is untyped
    """A state scope: one record, found by a key made from the turn's address.

    :param storage: where its records are.
    :param slot: the name under which a turn caches it.
    :param ttl: seconds an unused record is kept; None for ever.
    :param personal: whether a record is the person's even where the activity is a join.
    """

    _made: ClassVar[WeakValueDictionary[int, ScopedState]] = WeakValueDictionary()
    _numbers: ClassVar[Iterator[int]] = count()

    def __init__(
        self,
        storage: TypedStorage | RecordStorage,
        slot: str,
        ttl: float | None = None,
        *,
        personal: bool = False,
    ) -> None:
        self.storage = TypedStorage.of(storage)
        super().__init__(self.storage, slot)
        self._slot = slot
        self._ttl = ttl
        self._personal = personal
        self._made[next(self._numbers)] = self

    @classmethod
    def made(cls) -> list[ScopedState]:
        """Return all states of the process, in the order in which they were made."""
        return [state for _, state in sorted(cls._made.items())]

    def storage_key(self, address: Address) -> str | None:
        """Return the key of the record of an address; None where it has none."""
        raise NotImplementedError

    def get_storage_key(self, turn_context: TurnContext) -> str:
        """Return the key of this turn's record.

        :raises TypeError: it is a person's, and the activity is nobody's.
        """
        return self._key_of(address_in(turn_context))

    def create_property(self, name: str) -> StateProperty:
        """Return an accessor for one property of this state."""
        if not name:
            raise TypeError("create_property() needs a name")
        return StateProperty(self, name)

    def snapshot(self, turn_context: TurnContext) -> dict[str, Any]:
        """Return what the turn has of this state as JSON, with the tags that name types.

        It is a copy, for a trace or a log; empty where the state is not loaded.
        """
        cached = self.loaded(turn_context)
        body = cached.body() if cached else None
        state: dict[str, Any] = json.loads(body)["state"] if body else {}
        return state

    def loaded(self, turn_context: TurnContext) -> CachedState | None:
        """Return this turn's state, None where it is not loaded. Asked first it spares an await."""
        cached: CachedState | None = turn_context.turn_state.get(self._slot)
        return cached

    async def cached(self, turn_context: TurnContext) -> CachedState:
        """Return this turn's state, loaded where it was not.

        :raises UnreadableRecord: the record is of an unknown format; it is left alone.
        """
        await self.load(turn_context)
        cached: CachedState = turn_context.turn_state[self._slot]
        return cached

    async def load(self, turn_context: TurnContext, force: bool = False) -> None:
        """Read the state unless the turn has it; forced, anew, without the turn's changes."""
        if not force and self._slot in turn_context.turn_state:
            return
        transaction, address = transaction_in(turn_context, self.storage.records)
        key = self._key_of(address)
        if force or not transaction.has(key):
            await transaction.load([key], again=force)
        codec = self.storage.codec
        if address.old_user_key:
            await carry_over(transaction, address, codec)
        body, lies_at = transaction.body(key), origin(transaction, address, key)
        state = codec.decode_state(body, key=lies_at) if body is not None else {}
        turn_context.turn_state[self._slot] = CachedState(key, state, codec, body)

    async def save_changes(self, turn_context: TurnContext, force: bool = False) -> None:
        """Have the state written as it is now; one that was not loaded or is unreadable stays.

        An empty state has no record. ``force`` is accepted for the SDK's sake: an unchanged
        record is never rewritten. What was written through the storage stays, unless changed here.

        :raises UnreadableRecord: an unreadable record was cleared, and something set anew.
        """
        cached = self.loaded(turn_context)
        if cached is None:
            return
        transaction, address = transaction_in(turn_context, self.storage.records)
        key = cached.key
        owner = address.user_key if self._personal else address.owner
        if not transaction.has(key):
            await transaction.load([key])
        if address.old_user_key:
            await carry_over(transaction, address, cached.codec)
            await introduce(transaction, address, cached, owner, self._ttl)
        if cached.unread and self._is_unreadable(transaction.record(key), cached):
            return
        body = cached.body()
        whole = cached.merged(transaction.body(key)) if key in transaction.items else body
        transaction.put(key, whole, owner=owner, ttl=self._ttl)
        cached.base = body
        if not transaction.hosted:
            await transaction.commit()

    @staticmethod
    def _is_unreadable(record: Record | None, cached: CachedState) -> bool:
        """Return whether a record that the turn has not read stays, since it cannot be read.

        :raises UnreadableRecord: it would be written over.
        """
        error = unreadable(cached.codec, cached.key, record)
        if error and cached.body() is not None:
            raise error
        if error:
            _log.warning("not deleted: %s", error)
        return error is not None

    async def clear_state(self, turn_context: TurnContext) -> None:
        """Empty the state for the rest of the turn; the record goes when the state is saved.

        An unreadable record stays.
        """
        transaction, address = transaction_in(turn_context, self.storage.records)
        key = self._key_of(address)
        cached = self.loaded(turn_context)
        unread = cached is None or cached.unread or cached.key != key
        base = transaction.body(key) if transaction.has(key) else None
        empty = CachedState(key, {}, self.storage.codec, base, unread)
        turn_context.turn_state[self._slot] = empty

    async def delete(self, turn_context: TurnContext) -> None:
        """Empty the state and delete its record, saved or not. An unreadable record stays."""
        await self.clear_state(turn_context)
        await self.save_changes(turn_context)

    async def get_property_value(self, turn_context: TurnContext, property_name: str) -> Any:
        """Return the value of a property. :raises KeyError: there is none."""
        return (await self.cached(turn_context)).state[property_name]

    async def set_property_value(
        self, turn_context: TurnContext, property_name: str, value: object
    ) -> None:
        """Set a property."""
        await StateProperty(self, property_name).set(turn_context, value)

    async def delete_property_value(self, turn_context: TurnContext, property_name: str) -> None:
        """Remove a property; an absent one is no error."""
        await StateProperty(self, property_name).delete(turn_context)

    def _key_of(self, address: Address) -> str:
        key = self.storage_key(address)
        if key is None:
            raise TypeError(
                f"invalid activity-missing from_property.id: {type(self).__name__} is a person's"
            )
        return key


class ConversationState(ScopedState):
    """A conversation, or a person's place in it.

    :param storage: where its records are.
    :param group_state: where several people talk, "person" gives each a record of their own, so
        that one's answer is never taken for another's; "conversation" is one record for all, as in
        the SDK.
    :param ttl: seconds an unused record is kept; by default as the storage keeps such records.
    """

    def __init__(
        self,
        storage: TypedStorage | RecordStorage,
        *,
        group_state: Literal["person", "conversation"] = "conversation",
        ttl: float | None = None,
    ) -> None:
        if group_state not in ("person", "conversation"):
            raise ValueError(f'group_state must be "person" or "conversation", not {group_state!r}')
        storage = TypedStorage.of(storage)
        ttl = storage.lifetimes.conversation if ttl is None else ttl
        super().__init__(storage, "turnkeeper.ConversationState", ttl)
        self._by_person = group_state == "person"

    def storage_key(self, address: Address) -> str:
        """Return the key of the record of an address."""
        return address.place_key if self._by_person else address.conversation_key


class UserState(ScopedState):
    """A person in a channel. Where an activity is nobody's, to ask for it raises TypeError.

    :param storage: where its records are.
    :param namespace: as in the SDK it is kept, and in no key.
    :param ttl: seconds an unused record is kept; by default as the storage keeps such records.
    """

    def __init__(
        self,
        storage: TypedStorage | RecordStorage,
        namespace: str = "",
        *,
        ttl: float | None = None,
    ) -> None:
        self.namespace = namespace
        storage = TypedStorage.of(storage)
        ttl = storage.lifetimes.person if ttl is None else ttl
        super().__init__(storage, "turnkeeper.UserState", ttl)

    def storage_key(self, address: Address) -> str | None:
        """Return the key of the record of an address; None where it is nobody's."""
        return address.user_key if address.person else None
