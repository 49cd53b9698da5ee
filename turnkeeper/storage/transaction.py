"""What one turn has read and what it will write: one read, one atomic write."""

from __future__ import annotations

import asyncio
import hashlib
import random
import time
from collections.abc import Callable, Iterable
from typing import Final

from turnkeeper.errors import WriteConflict
from turnkeeper.storage.expiry import full_hour, lasts
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage

Revision = Callable[[Record | None], Iterable[Change]]
"""Makes of a record, as it is now, the changes that a commit is to write."""

REVISIONS: Final = 20
"""How often the records to revise are read anew where others keep writing them."""


class Transaction:
    """An optimistic transaction over a storage.

    Records are written under the e_tags they were read with, so a commit succeeds only if
    nobody changed one of them in between. Records that are not changed are not written.

    :param storage: where the records are.
    :param hosted: True where the host commits at the end of the turn; else each save commits.
    :param clock: seconds since the epoch.
    :ivar forgets: whether the commit erases the person of the turn.
    :ivar items: by the keys of records that others than the states have put, who is to be told.
    :ivar carried: older keys of people from which the commit carries over what they have.
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
        self._revisions: dict[str, Revision] = {}
        self.carried: set[str] = set()
        self.forgets = False
        self._unchecked: set[str] = set()
        self.items: dict[str, list[tuple[str | None, Callable[[str], None]]]] = {}

    async def load(self, keys: Iterable[str], *, again: bool = False) -> None:
        """Read records in one round trip, except those read before.

        :param again: read all anew, but for those that were put: they would be written.
        """
        wanted = [key for key in keys if key not in (self._changes if again else self._records)]
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
        """The record as it was read; None where there is none. :raises KeyError: it was not."""
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
        """
        if key not in self._changes:
            record = self._records[key]
            return record.e_tag if record else None
        body = self._changes[key].body
        return None if body is None else f"turn:{hashlib.sha256(body.encode()).hexdigest()[:32]}"

    def put(
        self,
        key: str,
        body: str | None,
        *,
        owner: str = "",
        ttl: float | None = None,
        blindly: bool = False,
    ) -> None:
        """Have a loaded record written, or deleted, at the commit. The last put of a key counts.

        :param body: the new body; None deletes. The body that was read writes nothing, except
            when half of the record's time to live has passed.
        :param owner: the user-state key of the person it is about; "" keeps the owner it has.
        :param ttl: seconds until the record expires if it is not written again; None for never.
        :param blindly: whatever others have made of the record meanwhile; else that is a conflict.
        """
        record = self._records[key]
        owner = "" if body is None else owner or (record.owner if record else "")
        e_tag = record.e_tag if record else None
        if body is None:
            same = record is None
        else:
            known = record is not None and (record.body, record.owner) == (body, owner)
            same = known and lasts(record, ttl, self._clock())
        if same and not blindly:
            self._changes.pop(key, None)
        else:
            expires_at = None if body is None else self.expiry(ttl)
            self._changes[key] = Change(key, body, ANY if blindly else e_tag, owner, expires_at)

    def stage(self, change: Change) -> None:
        """Have a loaded record changed at the commit, unless something is put for it."""
        self._changes.setdefault(change.key, change)

    def revise(self, key: str, revision: Revision) -> None:
        """Have a loaded record written as it is found at the commit.

        What others make of it meanwhile is no conflict: it alone is read anew, and the revision
        asked again. Such a record is the engine's own: no turn depends on what it read there.

        :param revision: gives the changes of this record, and of others that nobody else writes. It
            may raise :class:`turnkeeper.errors.WriteConflict`, which ends the commit.
        """
        self._revisions[key] = revision

    def leave_unchecked(self, key: str) -> None:
        """Have the commit not depend on a record that was read."""
        self._unchecked.add(key)

    def know(self, key: str, record: Record | None) -> None:
        """Take a record as read just now: it was learned from a write of this process."""
        self._records[key] = record

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
        return bool(self._changes or self._revisions or self.forgets)

    def discard(self) -> None:
        """Forget everything that was put; what was read stays."""
        for put in (self._changes, self._revisions, self.items, self.carried):
            put.clear()
        self.forgets = False

    async def commit(self) -> None:
        """Write what was put and revised, all or none. Nothing is written where nothing changed.

        Where the host commits, what was read and not changed is checked too: nobody has changed it.

        :raises WriteConflict: somebody else was first; begin the turn again.
        :raises StorageUnavailable: the store does not answer.
        """
        try:
            changes = self._composed()
            for tries in range(1, REVISIONS + 1):
                if not changes:
                    return
                try:
                    e_tags = await self.storage.commit([*changes.values(), *self._checks(changes)])
                    break
                except WriteConflict as conflict:
                    revised = changes.keys() - self._changes.keys()
                    if tries == REVISIONS or conflict.key not in revised:
                        raise
                await asyncio.sleep(random.uniform(0, 0.001 * min(tries, 5)))  # noqa: S311
                await self.load(list(self._revisions), again=True)
                changes = self._composed()
        except BaseException:
            self.discard()  # nobody may write it later, unasked
            raise
        self._committed(changes, e_tags)

    def _composed(self) -> dict[str, Change]:
        """Return what is to be written, with what the revisions make of the newest records."""
        changes = self._changes.copy()
        for key, revision in self._revisions.items():
            for change in revision(self._records[key]):
                changes[change.key] = change
        return changes

    def _checks(self, changes: dict[str, Change]) -> list[Change]:
        if not self.hosted:
            return []
        left = self._records.keys() - changes.keys() - self._unchecked - self._revisions.keys()
        return [Change.unchanged(key, self._records[key]) for key in left]

    def _committed(self, changes: dict[str, Change], e_tags: dict[str, str]) -> None:
        for key, (_, body, _, owner, expires_at, due_in, _) in changes.items():
            # When it is due is as near as this process can tell.
            due_at = None if due_in is None else self.storage.now() + due_in
            self._records[key] = (
                None if body is None else Record(body, e_tags[key], owner, expires_at, due_at)
            )
        for key, told in self.items.items():
            for body, tell in told:
                if key in e_tags and self._changes[key].body == body:
                    tell(e_tags[key])
        self.discard()

    def expiry(self, ttl: float | None) -> float | None:
        """Return when what is written now expires: in so many seconds; None for never."""
        return None if ttl is None else full_hour(self._clock() + ttl)
