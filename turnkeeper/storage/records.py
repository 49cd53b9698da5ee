"""The contract every storage keeps: versioned records under string keys, written all or none."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

ANY: Final = "*"
"""The e_tag that matches whatever is stored, as in the SDK: last write wins."""


class Record(NamedTuple):
    """One stored record.

    :param body: JSON text, ``{"v": format, "state": {...}}``.
    :param e_tag: opaque; a new one at each write, never used again for the same key.
    :param owner: the user-state key of the person it is about, or "".
    :param expires_at: seconds since the epoch (UTC) from which it counts as absent, or None.
    :param due_at: seconds since the epoch, by the store's clock, from which it is due, or None.
    """

    body: str
    e_tag: str
    owner: str = ""
    expires_at: float | None = None
    due_at: float | None = None


class Change(NamedTuple):
    """One record to write, to delete or to check.

    Without a body, and with an e_tag of None, it checks that the record is still absent.

    :param key: the record's key.
    :param body: the new JSON text; None deletes the record.
    :param e_tag: the e_tag the stored record must have; None where it must not exist;
        :data:`ANY` to overwrite or delete whatever is there.
    :param owner: the user-state key of the person it is about, or "".
    :param expires_at: seconds since the epoch (UTC), or None for a record that stays.
    :param due_in: seconds from this commit on, by the store's clock, after which the record is due:
        0 at once, below 0 so long ago. None, where nothing is due: then it is no more, if it was.
    :param keep: True: the record is not written, only its e_tag is checked. The other fields are
        as they were read, so that a store that knows nothing of this writes the same again.
    """

    key: str
    body: str | None
    e_tag: str | None
    owner: str = ""
    expires_at: float | None = None
    due_in: float | None = None
    keep: bool = False

    @classmethod
    def unchanged(cls, key: str, record: Record | None) -> Change:
        """Return what writes nothing, and holds only if a record is as it was read.

        :param record: as it was read; None where there was none.
        """
        if record is None:
            return cls(key, None, None, keep=True)
        body, e_tag, owner, expires_at, _ = record
        return cls(key, body, e_tag, owner, expires_at, keep=True)


class RecordStorage(ABC):
    """A store of versioned records. Derive from it to keep them in a store of your own.

    Every method raises :class:`turnkeeper.errors.StorageUnavailable` when the store does not
    answer. A record past its ``expires_at`` counts as absent everywhere.
    """

    @abstractmethod
    async def open(self) -> None:
        """Connect, and make what is missing (folder, table). Call once before anything else.

        :raises SettingsError: the settings can never work (no such driver, wrong path).
        :raises StorageUnavailable: the store is away now; may be called again.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish the writes under way and disconnect. May be called twice."""

    @abstractmethod
    async def ping(self) -> None:
        """Return when the store takes writes (for ``/readyz``).

        What it writes, if anything, is no record. It may be asked every few seconds.
        """

    @abstractmethod
    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        """Read many records in one round trip.

        :param keys: the keys wanted; an absent record is left out of the answer.
        """

    @abstractmethod
    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        """Write and delete many records, all or none, in one transaction, on what was read.

        Records that are kept are in that transaction: of two that each write what the other keeps
        only one passes.

        :param changes: at most one a key. Deleting an absent record under ``ANY`` is no error.
        :returns: the new e_tag of each record written (not of those deleted or kept).
        :raises WriteConflict: an e_tag did not match; nothing was written.
        """

    @abstractmethod
    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        """One page of records in ascending order of their keys (by code point).

        :param prefix: only keys that start with it.
        :param owner: only records of this owner.
        :param after: only keys greater than it: the last key of the page before.
        :param limit: at most so many.
        """

    @abstractmethod
    async def sweep(self, limit: int = 500) -> int:
        """Delete at most ``limit`` expired records for good and return how many it was."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        """Return the keys of records that are due, and for how many seconds each has been.

        The earliest comes first. A record stays due until it is written again or deleted.

        It is made to be asked every second, mostly in vain. This default reads the whole store for
        that, and is right where :meth:`scan` gives the ``due_at`` of records: have an index in its
        place.

        :param prefix: only keys that start with it.
        :param limit: at most so many.
        """
        now, after = self.now(), ""
        found: list[tuple[str, float]] = []
        while (page := await self.scan(prefix=prefix, after=after)) and page[-1][0] > after:
            found += [
                (key, now - record.due_at)
                for key, record in page
                if record.due_at is not None and record.due_at <= now
            ]
            after = page[-1][0]
        return sorted(found, key=lambda one: -one[1])[:limit]

    def now(self) -> float:
        """Return the seconds since the epoch by the store's clock, as near as this process knows.

        It asks nobody. A store with another clock than the machine's overrides it; where the clock
        is a server's, each :meth:`due` learns what time it is there.
        """
        return time.time()
