"""The contract every storage keeps: versioned records under string keys, written all or none."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from botbuilder.core import Storage

from turnkeeper.errors import StorageError
from turnkeeper.wire import codec

ANY: Final = "*"
"""The e_tag that matches whatever is stored, as in the SDK: last write wins."""


class Record(NamedTuple):
    """One stored record.

    :param body: JSON text as :func:`turnkeeper.wire.codec.encode_state` writes it.
    :param e_tag: opaque; a new one at each write, never used again for the same key.
    :param owner: the user-state key of the person it is about, or "".
    :param expires_at: seconds since the epoch (UTC) from which it counts as absent, or None.
    """

    body: str
    e_tag: str
    owner: str = ""
    expires_at: float | None = None


class Change(NamedTuple):
    """One record to write or delete.

    :param key: the record's key.
    :param body: the new JSON text; None deletes the record.
    :param e_tag: the e_tag the stored record must have; None where it must not exist;
        :data:`ANY` to overwrite or delete whatever is there.
    :param owner: the user-state key of the person it is about, or "".
    :param expires_at: seconds since the epoch (UTC), or None for a record that stays.
    """

    key: str
    body: str | None
    e_tag: str | None
    owner: str = ""
    expires_at: float | None = None


class RecordStorage(Storage):  # type: ignore[misc]  # the SDK is untyped
    """A store of versioned records; also the SDK's ``Storage``, so stock BotState works on it.

    Every method raises :class:`turnkeeper.errors.StorageUnavailable` when the store does not
    answer.
    A record past its ``expires_at`` counts as absent everywhere.
    """

    @abstractmethod
    async def open(self) -> None:
        """Connect, and make what is missing (folder, table). Call once before anything else.

        :raises SettingsError: the URL can never work (no such driver, wrong path).
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
        """Write and delete many records, all or none, in one transaction.

        :param changes: at most one a key. Deleting an absent record under ``ANY`` is no error.
        :returns: the new e_tag of each record written (not of those deleted).
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

    # The SDK's Storage, for stock BotState classes and the bot's own records.

    async def read(self, keys: Sequence[str]) -> dict[str, Any]:
        """The SDK's ``Storage.read``: decoded items with their ``e_tag`` inside.

        :raises UnreadableRecord: a record is of an unknown format or holds an unknown tag.
        """
        items: dict[str, Any] = {}
        for key, record in (await self.fetch(keys) if keys else {}).items():
            item = codec.decode_state(record.body, key=key)
            item["e_tag"] = record.e_tag
            items[key] = item
        return items

    async def write(self, changes: Mapping[str, Any]) -> None:
        """The SDK's ``Storage.write``, all or none.

        An item without ``e_tag``, or with "*", overwrites. After the write each dict in
        ``changes`` holds its new ``e_tag``, so that a second write in the same turn passes.

        :raises WriteConflict: an item's ``e_tag`` is not the stored one.
        """
        batch: list[Change] = []
        for key, item in changes.items():
            fields = dict(item if isinstance(item, Mapping) else vars(item))
            e_tag = fields.pop("e_tag", None)
            if e_tag == "":
                raise StorageError(f"{key}: e_tag is empty; leave it out, or use '*' to overwrite")
            batch.append(Change(key, codec.encode_state(fields), e_tag or ANY))
        for key, e_tag in (await self.commit(batch) if batch else {}).items():
            item = changes[key]
            if isinstance(item, dict):
                item["e_tag"] = e_tag
            else:
                item.e_tag = e_tag

    async def delete(self, keys: Collection[str]) -> None:
        """The SDK's ``Storage.delete``: whatever is stored goes; an absent key is no error."""
        if keys:
            await self.commit([Change(key, None, ANY) for key in dict.fromkeys(keys)])
