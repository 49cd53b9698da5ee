"""Stores that break the contract, each in a way of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tests.turnkeeper.contract.dict_store import DictStore
from turnkeeper import Change, Record
from turnkeeper.errors import WriteConflict


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


class KeepsUnseen(DictStore):
    """Leaves out what is kept before it compares."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one for one in changes if not one.keep])


class WritesKept(DictStore):
    """Knows nothing of what is kept."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one._replace(keep=False) for one in changes])


class ComparesBefore(DictStore):
    """Compares what is kept, lets others write, and then writes."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        await super().commit([one for one in changes if one.keep])
        await asyncio.sleep(0)
        return await super().commit([one for one in changes if not one.keep])


class TellsTheMachinesTime(DictStore):
    """Has no clock to tell but the machine's, and another that records are due by."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        times = [(one.due_at, key) for key, one in self.records.items() if one.due_at is not None]
        due = sorted((at, key) for at, key in times if at <= self.clock() and self.lives(key))
        return [(key, self.clock() - at) for at, key in due if key.startswith(prefix)][:limit]

    def now(self) -> float:
        return time.time()


class NeverDue(DictStore):
    """Knows nothing of what is due, as a store made for version 0.3."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one._replace(due_in=None) for one in changes])


class KeepsDue(DictStore):
    """Has a record be due as before where a write does not tell."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        return await super().commit([one._replace(due_in=self.due_in(one)) for one in changes])

    def due_in(self, change: Change) -> float | None:
        """Return in how many seconds it is due."""
        before = self.records.get(change.key)
        if change.due_in is None and before and before.due_at is not None:
            return before.due_at - self.clock()
        return change.due_in


class DueOnce(DictStore):
    """Takes what is due out of its index as it is found."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        found = await super().due(prefix=prefix, limit=limit)
        for key, _ in found:
            self.records[key] = self.records[key]._replace(due_at=None)
        return found


class DueEarly(DictStore):
    """Counts in whole minutes."""

    def now(self) -> float:
        return super().now() + 59


class DueAsWritten(DictStore):
    """Tells what is due in the order of the writes, the last first."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        found = dict(await super().due(prefix=prefix, limit=len(self.records)))
        return [(key, found[key]) for key in reversed(self.records) if key in found][:limit]


class DueWithoutEnd(DictStore):
    """Tells all that is due."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        return await super().due(prefix=prefix, limit=len(self.records))


class CountsOthersDue(DictStore):
    """Looks at as many as it may tell, whatever the prefix."""

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        found = await super().due(limit=limit)
        return [(key, late) for key, late in found if key.startswith(prefix)]


class WithIndex(DictStore):
    """Keeps what is due beside the records, and gets that right."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self.index: dict[str, float] = {}

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        e_tags = await super().commit(changes)
        self.enter(changes)
        return e_tags

    def enter(self, changes: Sequence[Change]) -> None:
        """Have the index say what these changes say."""
        for change in changes:
            self.index.pop(change.key, None)
            if change.body is not None and change.due_in is not None:
                self.index[change.key] = self.clock() + change.due_in

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        now = self.clock()
        times = sorted((at, key) for key, at in self.index.items() if self.is_due(key, at))
        return [(key, now - at) for at, key in times if key.startswith(prefix)][:limit]

    def is_due(self, key: str, at: float) -> bool:
        """Whether an entry is due by now, and its record is there."""
        return at <= self.clock() and self.lives(key)


class DueToo(WithIndex):
    """Writes its index before it knows that a commit is in conflict."""

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        try:
            return await super().commit(changes)
        except WriteConflict:
            self.enter(changes)
            raise


class StaysDue(WithIndex):
    """Takes nothing out of its index but by a time in its place."""

    def enter(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.due_in is not None:
                self.index[change.key] = self.clock() + change.due_in


class DueWhenExpired(WithIndex):
    """Looks into its index alone."""

    def is_due(self, key: str, at: float) -> bool:
        return at <= self.clock()
