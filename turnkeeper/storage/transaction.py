"""What one turn has read and what it will write: one read, one atomic write."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from turnkeeper.storage.records import ANY, Change, Record, RecordStorage

_HOUR: Final = 3600.0


class Transaction:
    """An optimistic transaction over a storage.

    Records are written under the e_tags they were read with, so a commit succeeds only if
    nobody changed one of them in between. Records that are not changed are not written.

    :param storage: where the records are.
    :param hosted: True where the host commits at the end of the turn; else each save commits.
    :param clock: seconds since the epoch.
    :ivar items: by the keys of records that others than the states have put, who is to be told.
    """

    def __init__(
        self,
        storage: RecordStorage,
        *,
        hosted: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.storage = storage
        self.hosted = hosted
        self._clock = clock
        self._records: dict[str, Record | None] = {}
        self._changes: dict[str, Change] = {}
        self.items: dict[str, list[tuple[str | None, Callable[[str], None]]]] = {}

    async def load(self, keys: Iterable[str], *, again: bool = False) -> None:
        """Read records in one round trip, except those read before.

        :param again: read all of them anew, but for those that were put: they would be written.
        """
        wanted = [
            key for key in keys if key not in self._records or (again and key not in self._changes)
        ]
        if wanted:
            found = await self.storage.fetch(wanted)
            # Meanwhile another task may have read one, and have put something for it.
            held = self._changes if again else self._records
            for key in wanted:
                if key not in held:
                    self._records[key] = found.get(key)

    def now(self) -> float:
        """Return the seconds since the epoch, by the clock that records expire by."""
        return self._clock()

    def has(self, key: str) -> bool:
        """Whether the record, or that there is none, was read."""
        return key in self._records

    def record(self, key: str) -> Record | None:
        """The record as it was read; None where there is none.

        :raises KeyError: the key was not loaded.
        """
        return self._records[key]

    def body(self, key: str) -> str | None:
        """The record's body as this transaction sees it: as it was put, else as it was read.

        :raises KeyError: the key was not loaded.
        """
        if key in self._changes:
            return self._changes[key].body
        record = self._records[key]
        return record.body if record else None

    def e_tag(self, key: str) -> str | None:
        """The record's e_tag as this transaction sees it; None where there is none.

        Until the commit a record that was put has one that is good in this transaction alone.

        :raises KeyError: the key was not loaded.
        """
        if key not in self._changes:
            record = self._records[key]
            return record.e_tag if record else None
        body = self._changes[key].body
        return None if body is None else f"turn:{hashlib.sha256(body.encode()).hexdigest()[:32]}"

    def put(  # noqa: PLR0913 - each is a fact of its own
        self,
        key: str,
        body: str | None,
        *,
        owner: str = "",
        ttl: float | None = None,
        blindly: bool = False,
        due_in: float | None = None,
    ) -> None:
        """Have a loaded record written, or deleted, at the commit. The last put of a key counts.

        :param body: the new body; None deletes. The body that was read writes nothing, except
            when half of the record's time to live has passed, and where it is or was due.
        :param owner: the user-state key of the person it is about; "" keeps the owner it has.
        :param ttl: seconds until the record expires if it is not written again; None for never.
        :param blindly: whatever others have made of the record meanwhile; else that is a conflict.
        :param due_in: seconds from the commit on after which the record is due, by the store's
            clock; None where nothing is due, or not any more.
        """
        record = self._records[key]
        owner = owner or (record.owner if record else "")
        if blindly:
            self._changes[key] = Change(key, body, ANY, owner, self._expiry(ttl), due_in)
        elif body is None:
            if record:
                self._changes[key] = Change(key, None, record.e_tag)
            else:
                self._changes.pop(key, None)
        elif (
            record
            and record.body == body
            and owner == record.owner
            and due_in is None
            and record.due_at is None
            and self._lasts(record, ttl)
        ):
            self._changes.pop(key, None)
        else:
            self._changes[key] = Change(
                key, body, record.e_tag if record else None, owner, self._expiry(ttl), due_in
            )

    def rewrite(self, key: str, body: str) -> None:
        """Have a loaded record's body replaced; its owner, its expiry and when it is due stay."""
        if record := self._records[key]:
            due_in = None if record.due_at is None else record.due_at - self._clock()
            self._changes[key] = Change(
                key, body, record.e_tag, record.owner, record.expires_at, due_in
            )

    def put_item(
        self,
        key: str,
        body: str | None,
        *,
        owner: str = "",
        ttl: float | None = None,
        blindly: bool,
    ) -> None:
        """As :meth:`put`, for others than the states, which must not undo it."""
        self.put(key, body, owner=owner, ttl=ttl, blindly=blindly)
        self.items.setdefault(key, [])

    def tell(self, key: str, tell: Callable[[str], None]) -> None:
        """Have somebody told the e_tag that the commit gives to the item put last for a key."""
        if key in self._changes:
            self.items[key].append((self._changes[key].body, tell))

    def put_for(self, owner: str) -> list[str]:
        """The keys of the records put so far that would be this owner's."""
        return [key for key, change in self._changes.items() if change.owner == owner]

    @property
    def changed(self) -> bool:
        """Whether a commit would write anything."""
        return bool(self._changes)

    def deletes(self, key: str) -> bool:
        """Whether the commit would delete this record."""
        return key in self._changes and self._changes[key].body is None

    def discard(self) -> None:
        """Forget everything that was put; what was read stays."""
        self._changes.clear()
        self.items.clear()

    async def commit(self) -> None:
        """Write what was put, all or none. Nothing is written where nothing changed.

        :raises WriteConflict: somebody else was first; begin the turn again.
        :raises StorageUnavailable: the store does not answer.
        """
        await self.commit_together([self])

    @staticmethod
    async def commit_together(transactions: Sequence[Transaction]) -> None:
        """Write what was put into several transactions of one storage, all or none.

        :raises WriteConflict: in one of them somebody else was first.
        :raises StorageUnavailable: the store does not answer.
        """
        changes = [change for one in transactions for change in one._changes.values()]
        if not changes:
            return
        try:
            e_tags = await transactions[0].storage.commit(changes)
        except BaseException:
            for one in transactions:
                one.discard()  # nobody may write it later, unasked
            raise
        for one in transactions:
            one._committed(e_tags)

    def _committed(self, e_tags: dict[str, str]) -> None:
        for key, (_, body, _, owner, expires_at, due_in, _) in self._changes.items():
            # When it is due is as near as this process can tell.
            due_at = None if due_in is None else self._clock() + due_in
            self._records[key] = (
                None if body is None else Record(body, e_tags[key], owner, expires_at, due_at)
            )
        for key, told in self.items.items():
            for body, tell in told:
                if key in e_tags and self._changes[key].body == body:
                    tell(e_tags[key])
        self._changes.clear()
        self.items.clear()

    def _expiry(self, ttl: float | None) -> float | None:
        # Whole hours: a record written at every turn does not move in the index of expiries.
        return None if ttl is None else math.ceil((self._clock() + ttl) / _HOUR) * _HOUR

    def _lasts(self, record: Record, ttl: float | None) -> bool:
        if ttl is None or record.expires_at is None:
            return ttl is None and record.expires_at is None
        return record.expires_at - self._clock() > ttl / 2
