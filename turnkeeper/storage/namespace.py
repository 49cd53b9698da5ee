"""Bots that share a store and nothing in it: each has a namespace of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from turnkeeper.errors import WriteConflict
from turnkeeper.storage.records import Change, Record, RecordStorage


class Namespace(RecordStorage):
    """The part of a store whose keys begin with a bot's name; its user sees the keys without it.

    Owners are in the namespace too, so that who is erased in one bot is not erased in another.
    The tilde is in no channel's id: no key outside of the namespace begins so.

    :ivar storage: the store.

    :param storage: the same.
    :param name: the bot's, one word without a slash.
    """

    def __init__(self, storage: RecordStorage, name: str) -> None:
        self.storage = storage
        self._prefix = f"~{name}/"

    async def open(self) -> None:
        await self.storage.open()

    async def close(self) -> None:
        await self.storage.close()

    async def ping(self) -> None:
        await self.storage.ping()

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        found = await self.storage.fetch([self._within(key) for key in keys])
        return {self._without(key): self._seen(record) for key, record in found.items()}

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        within = [
            change._replace(
                key=self._within(change.key),
                owner=self._within(change.owner) if change.owner else "",
            )
            for change in changes
        ]
        try:
            e_tags = await self.storage.commit(within)
        except WriteConflict as conflict:
            raise WriteConflict(self._without(conflict.key)) from conflict
        return {self._without(key): e_tag for key, e_tag in e_tags.items()}

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        page = await self.storage.scan(
            prefix=self._within(prefix),
            owner=self._within(owner) if owner else owner,
            after=self._within(after) if after else "",
            limit=limit,
        )
        return [(self._without(key), self._seen(record)) for key, record in page]

    async def sweep(self, limit: int = 500) -> int:
        return await self.storage.sweep(limit)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        found = await self.storage.due(prefix=self._within(prefix), limit=limit)
        return [(self._without(key), late) for key, late in found]

    def now(self) -> float:
        return self.storage.now()

    async def compact(self) -> None:
        """Leave no byte of an erased record, where the store can do that."""
        compact = getattr(self.storage, "compact", None)
        if compact is not None:
            await compact()

    def _within(self, key: str) -> str:
        return self._prefix + key

    def _without(self, key: str) -> str:
        return key[len(self._prefix) :]

    def _seen(self, record: Record) -> Record:
        return record._replace(owner=self._without(record.owner)) if record.owner else record
