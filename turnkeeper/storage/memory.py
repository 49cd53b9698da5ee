"""Storage in this process's memory: for tests, gone with the process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Sequence

from turnkeeper.errors import WriteConflict
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage


class MemoryStorage(RecordStorage):
    """Records in a dict. Bodies are text, so nothing read is shared with what is stored.

    :param clock: seconds since the epoch; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._records: dict[str, Record] = {}
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
        e_tag = secrets.token_hex(8)
        for change in changes:
            if change.body is None:
                self._records.pop(change.key, None)
            else:
                self._records[change.key] = Record(
                    change.body, e_tag, change.owner, change.expires_at
                )
        return {change.key: e_tag for change in changes if change.body is not None}

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
            del self._records[key]
        return len(gone)

    def _live(self, key: str) -> Record | None:
        record = self._records.get(key)
        if record and record.expires_at is not None and record.expires_at <= self._clock():
            return None
        return record
