"""Storage in this process's memory: for tests, gone with the process."""

from __future__ import annotations

import secrets
import time
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Sequence

from turnkeeper.errors import WriteConflict
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage


class MemoryStorage(RecordStorage):
    """Records in a dict. Bodies are text, so nothing read is shared with what is stored.

    :param clock: seconds since the epoch; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._records: dict[str, Record] = {}
        self._due: list[tuple[float, str]] = []  # in order
        self._clock = clock

    async def open(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to disconnect from; the records stay until the object goes."""

    async def ping(self) -> None:
        """Memory always takes writes."""

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return {key: record for key in keys if (record := self._live(key))}

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        for change in changes:
            record = self._live(change.key)
            if change.e_tag not in (ANY, record.e_tag if record else None):
                raise WriteConflict(change.key)
        e_tag, now = secrets.token_hex(8), self._clock()
        written = [change for change in changes if not change.keep]
        for key, body, _, owner, expires_at, due_in, _ in written:
            self._drop(key)
            if body is not None:
                due_at = None if due_in is None else now + due_in
                self._records[key] = Record(body, e_tag, owner, expires_at, due_at)
                if due_at is not None:
                    insort(self._due, (due_at, key))
        return {change.key: e_tag for change in written if change.body is not None}

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        page: list[tuple[str, Record]] = []
        for key in sorted(self._records):
            if len(page) == limit:
                break
            record = self._live(key)
            if record and key.startswith(prefix) and key > after and owner in (None, record.owner):
                page.append((key, record))
        return page

    async def sweep(self, limit: int = 500) -> int:
        gone = [key for key in self._records if not self._live(key)][:limit]
        for key in gone:
            self._drop(key)
        return len(gone)

    async def due(self, *, prefix: str = "", limit: int = 100) -> list[tuple[str, float]]:
        now = self._clock()
        found: list[tuple[str, float]] = []
        for due_at, key in self._due:
            if due_at > now or len(found) == limit:
                break
            if key.startswith(prefix) and self._live(key):
                found.append((key, now - due_at))
        return found

    def now(self) -> float:
        return self._clock()

    def _drop(self, key: str) -> None:
        record = self._records.pop(key, None)
        if record and record.due_at is not None:
            del self._due[bisect_left(self._due, (record.due_at, key))]

    def _live(self, key: str) -> Record | None:
        record = self._records.get(key)
        if record and record.expires_at is not None and record.expires_at <= self._clock():
            return None
        return record
