"""A store as the SDK sees it: objects go in and out, by the types that the bot named."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from botbuilder.core import Storage

from turnkeeper.address import Address
from turnkeeper.errors import WriteConflict
from turnkeeper.keys import named_in, owner_named_in
from turnkeeper.state.items import decoded, e_tag_of, encoded, hold, unreadable
from turnkeeper.state.people.succession import carry_over
from turnkeeper.state.services import UnderWay, turn_under_way
from turnkeeper.storage import ANY, Change, Record, RecordStorage
from turnkeeper.storage.connection import Connection
from turnkeeper.storage.namespace import Namespace
from turnkeeper.storage.transaction import Transaction
from turnkeeper.wire.codec import Codec

_log = logging.getLogger(__name__)


class Lifetimes(NamedTuple):
    """How long records of state are kept that are not used, in seconds; None is for ever.

    :param conversation: of a conversation, or of a person's place in it.
    :param person: of a person.
    """

    conversation: float | None = None
    person: float | None = None

    def of(self, key: str, channel: str) -> float | None:
        """Return the lifetime of a record.

        :param channel: only its keys are keys of state; all others are the bot's own, for ever.
        """
        if not key.startswith(f"{channel}/"):
            return None
        named = named_in(key)
        if named.conversation:
            return self.conversation
        return self.person if named.person else None


class Item(NamedTuple):
    """What is to be written.

    :param key: of its record.
    :param item: as it was handed in; it will hold the new e_tag.
    :param e_tag: which the record must have; None where any will do.
    :param body: of its record.
    """

    key: str
    item: Any
    e_tag: str | None
    body: str


class TypedStorage(Storage):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's ``Storage`` over a store of records, for stock BotState and a bot's own records.

    Within a turn of a host on the same store all is part of the turn: it reads each record once and
    then what it wrote itself, and what it writes and deletes is committed with it, or not at all. A
    new record is the person's whose turn it is. Outside, and when the turn has ended, a write is
    done at once, and a record is nobody's.

    :param records: the store.
    :param codec: what may be stored, and how.
    :param lifetimes: of what turns write under the keys of states.
    """

    def __init__(
        self,
        records: RecordStorage,
        codec: Codec | None = None,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self.records = records
        self.codec = codec or Codec()
        self.lifetimes = lifetimes or Lifetimes()

    @classmethod
    def of(cls, storage: TypedStorage | RecordStorage) -> TypedStorage:
        """Return a storage as it is, or over a store of records one for the built-in types.

        :raises TypeError: it is a storage of the SDK, such as its ``MemoryStorage``.
        """
        if isinstance(storage, cls):
            return storage
        if not isinstance(storage, RecordStorage):
            raise TypeError(
                f"{type(storage).__name__} is no storage of turnkeeper; give the state "
                "open_storage(types=Types(...)) in its place, or host.storage"
            )
        return cls(storage)

    async def close(self) -> None:
        """Close the store, unless others in the process have it open. Its next use opens it."""
        store = self.records.storage if isinstance(self.records, Namespace) else self.records
        await (store.close_idle() if isinstance(store, Connection) else store.close())

    async def read(self, keys: Iterable[str]) -> dict[str, Any]:
        """Return decoded items with their ``e_tag`` inside; an absent one is left out.

        An object is one of the class that was written.

        :raises TypeError: ``keys`` is None.
        :raises UnreadableRecord: a record is of an unknown format or holds an unknown tag.
        """
        if keys is None:
            raise TypeError("Keys are required when reading")
        wanted = list(dict.fromkeys(keys))
        found: dict[str, tuple[str, str | None]] = {}
        if turn := turn_under_way(self.records, wanted):
            lies_at = await self._begin(turn, wanted)
            await turn.transaction.load(dict.fromkeys(lies_at.values()))
            for key in wanted:
                body = turn.transaction.body(lies_at[key])
                if body is not None:
                    found[key] = (body, turn.transaction.e_tag(lies_at[key]))
        elif wanted:
            for key, record in (await self.records.fetch(wanted)).items():
                found[key] = (record.body, record.e_tag)
        return {key: decoded(self.codec, key, *held) for key, held in found.items()}

    async def write(self, changes: Mapping[str, Any]) -> None:
        """The SDK's ``Storage.write``, all or none.

        An item without ``e_tag``, or with "*", overwrites. After the write each item in
        ``changes`` holds its new ``e_tag``, so that a second write in the same turn passes.

        :raises TypeError: ``changes`` is None, or an item neither a dict nor an object.
        :raises CodecError: something in an item may not be stored.
        :raises WriteConflict: an item's ``e_tag`` is not the stored one.
        :raises UnreadableRecord: in a turn, where it would overwrite one that cannot be read.
        :raises TurnEnded: the turn in which it was called ended before it was done.
        """
        if changes is None:
            raise TypeError("Changes are required when writing")
        if not changes:
            return
        items = [
            Item(key, item, e_tag_of(key, item), encoded(self.codec, item))
            for key, item in changes.items()
        ]
        if turn := turn_under_way(self.records, changes):
            await self._write_in(turn, items)
            return
        batch = [Change(one.key, one.body, one.e_tag or ANY) for one in items]
        e_tags = await self.records.commit(batch)
        for one in items:
            hold(one.item, e_tags[one.key])

    async def delete(self, keys: Collection[str]) -> None:
        """The SDK's ``Storage.delete``: whatever is stored goes; an absent key is no error.

        In a turn a record that cannot be read stays, with a WARNING.

        :raises TypeError: ``keys`` is None.
        :raises TurnEnded: the turn in which it was called ended before it was done.
        """
        if keys is None:
            raise TypeError("Keys are required when deleting")
        unwanted = list(dict.fromkeys(keys))
        if turn := turn_under_way(self.records, unwanted):
            lies_at = await self._begin(turn, unwanted)
            gone = dict.fromkeys(lies_at.values())
            unread = {key for key in gone if not turn.transaction.has(key)}
            await turn.transaction.load(gone)
            turn.check()
            for key in gone:
                if not self._is_unreadable(key, turn.transaction.record(key)):
                    turn.transaction.put_item(key, None, blindly=key in unread)
        elif unwanted:
            await self.records.commit([Change(key, None, ANY) for key in unwanted])

    def _is_unreadable(self, key: str, record: Record | None) -> bool:
        """Whether a record stays though a turn deletes it, since it cannot be read."""
        error = unreadable(self.codec, key, record)
        if error:
            _log.warning("not deleted: %s", error)
        return error is not None

    async def _begin(self, turn: UnderWay, keys: Iterable[str]) -> dict[str, str]:
        """Return where records lie that bot code names: who the turn's person is, the SDK's own
        classes know by the channel's id alone.
        """
        if turn.address.old_user_key:
            await carry_over(turn.transaction, turn.address, self.codec)
        return {key: turn.address.key_of(key) for key in keys}

    async def _write_in(self, turn: UnderWay, items: list[Item]) -> None:
        transaction, address = turn.transaction, turn.address
        lies_at = await self._begin(turn, (one.key for one in items))
        named = {lies_at[one.key]: one.key for one in items}
        items = [one._replace(key=lies_at[one.key]) for one in items]
        # What the turn has not read it overwrites, whoever else changes it meanwhile.
        blind = {one.key for one in items if one.e_tag is None and not transaction.has(one.key)}
        await transaction.load([one.key for one in items])
        turn.check()
        for one in items:
            if one.e_tag not in (None, transaction.e_tag(one.key)):
                raise WriteConflict(one.key)
            if record := transaction.record(one.key):
                self.codec.decode_state(record.body, key=one.key)
        for key, item, _, body in items:
            ttl = self.lifetimes.of(named[key], address.channel)
            owner = _owner_of(key, transaction, address)
            transaction.put_item(key, body, owner=owner, ttl=ttl, blindly=key in blind)
            hold(item, transaction.e_tag(key))
            transaction.tell(key, partial(hold, item))


def _owner_of(key: str, transaction: Transaction, address: Address) -> str:
    """Return whose a record is that a turn writes; "" leaves it whose it is.

    Under the key of a state it is whose the state is. Any other record stays whose it was, or
    nobody's; a new one is the person's whose turn it is.
    """
    if named := owner_named_in(key, address.channel):
        return address.key_of(named)
    state = key in (address.conversation_key, address.place_key)
    return address.owner if state or not transaction.record(key) else ""
