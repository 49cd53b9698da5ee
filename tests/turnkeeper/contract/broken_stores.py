"""Stores that break the contract, each in a way of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from tests.turnkeeper.contract.dict_store import DictStore
from turnkeeper import Change, Record


class OverwritesAll(DictStore):
    """Heeds no e_tag."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one._replace(e_tag="*") for one in changes])


class OverwritesWhatShouldBeNew(DictStore):
    """Takes an e_tag of None for any."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one._replace(e_tag=one.e_tag or "*") for one in changes])


class WritesHalf(DictStore):
    """Writes one change after another until one is in conflict."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        written: dict[str, str] = {}
        for change in changes:
            written |= await super().commit([change])
        return written


class HashesBodies(DictStore):
    """Makes its e_tags of the bodies, so that they come back."""

    def new_e_tag(self, change: Change) -> str:
        return f"{hash(change.body)}"


class CountsAnew(DictStore):
    """Counts the writes of a record, and forgets the count with the record."""

    def new_e_tag(self, change: Change) -> str:
        return f"{int(self.e_tag(change.key) or 0) + 1}"


class KeepsOrderOfWrites(DictStore):
    """Scans in the order in which the records were written."""

    async def scan(self, *, limit: int = 500, **asked: Any) -> list[tuple[str, Record]]:
        page = dict(await super().scan(limit=len(self.records), **asked))
        return [(key, page[key]) for key in self.records if key in page][:limit]


class BeginsAnew(DictStore):
    """Scans from the first key whatever was there before."""

    async def scan(self, *, after: str = "", **asked: Any) -> list[tuple[str, Record]]:
        return await super().scan(**asked)


class SkipsRecords(DictStore):
    """Counts the expired into a page."""

    async def scan(self, *, limit: int = 500, **asked: Any) -> list[tuple[str, Record]]:
        expired = [key for key in self.records if not self.lives(key)]
        page = await super().scan(limit=limit, **asked)
        return page[: max(0, limit - len(expired))]


class ShowsAllOwners(DictStore):
    """Scans for the owner "" as for anybody."""

    async def scan(self, *, owner: str | None = None, **asked: Any) -> list[tuple[str, Record]]:
        return await super().scan(owner=owner or None, **asked)


class FetchesExpired(DictStore):
    """Leaves out what has expired only where it scans."""

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return {key: self.records[key] for key in keys if key in self.records}


class SweepsAll(DictStore):
    """Sweeps without a limit."""

    async def sweep(self, limit: int = 500) -> int:
        return await super().sweep(len(self.records))


class ExpiresLate(DictStore):
    """Lets a record live at the very second of its end."""

    def lives(self, key: str) -> bool:
        ends_now = key in self.records and self.records[key].expires_at == self.clock()
        return ends_now or super().lives(key)


class PingsIntoRecords(DictStore):
    """Writes a record to see whether it can."""

    async def ping(self) -> None:
        await self.commit([Change("ping", "{}", "*")])
