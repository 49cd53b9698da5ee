"""A store of 40 lines that keeps the contract: records in a dict."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence

from turnkeeper import Change, Record, RecordStorage
from turnkeeper.errors import WriteConflict


class DictStore(RecordStorage):
    """Records in a dict, with the numbers of the writes as e_tags."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.records: dict[str, Record] = {}
        self.writes = itertools.count()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def ping(self) -> None: ...

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        return {key: self.records[key] for key in keys if self.lives(key)}

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        for change in changes:
            if change.e_tag not in ("*", self.e_tag(change.key)):
                raise WriteConflict(change.key)
        changes = [one for one in changes if not one.keep]
        written = {one.key: self.new_e_tag(one) for one in changes if one.body is not None}
        for key, body, _, owner, expires_at, due_in, _ in changes:
            self.records.pop(key, None)
            if body is not None:
                due_at = None if due_in is None else self.clock() + due_in
                self.records[key] = Record(body, written[key], owner, expires_at, due_at)
        return written

    async def scan(
        self, *, prefix: str = "", owner: str | None = None, after: str = "", limit: int = 500
    ) -> list[tuple[str, Record]]:
        keys = [key for key in self.records if key.startswith(prefix) and key > after]
        found = await self.fetch(sorted(keys))
        return [(key, one) for key, one in found.items() if owner in (None, one.owner)][:limit]

    async def sweep(self, limit: int = 500) -> int:
        expired = [key for key in self.records if not self.lives(key)][:limit]
        for key in expired:
            del self.records[key]
        return len(expired)

    def now(self) -> float:
        return self.clock()

    def lives(self, key: str) -> bool:
        """Return whether there is a record that has not expired."""
        expires_at = self.records[key].expires_at if key in self.records else 0
        return expires_at is None or expires_at > self.clock()

    def e_tag(self, key: str) -> str | None:
        """Return the e_tag of what is stored; None where nothing is."""
        return self.records[key].e_tag if self.lives(key) else None

    def new_e_tag(self, change: Change) -> str:
        """Return the e_tag of a record that is written now."""
        return f"{next(self.writes)}"
