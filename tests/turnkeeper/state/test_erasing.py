"""An erasure outside of a turn: what is written meanwhile goes too, what cannot be read stays."""

from __future__ import annotations

from collections.abc import Sequence

from turnkeeper.state.people.erasure import erase
from turnkeeper.storage import ANY, Change, MemoryStorage

ADA = "msteams/users/ada"
GROUP = "msteams/ledgers/group/"


class Busy(MemoryStorage):
    """A store to which a turn writes more of Ada while she is erased.

    :ivar more: what it writes, one record after each commit.
    """

    def __init__(self, *more: str) -> None:
        super().__init__()
        self.more = list(more)

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        e_tags = await super().commit(changes)
        if self.more and all(change.body is None for change in changes):
            await super().commit([Change(self.more.pop(0), "{}", ANY, ADA)])
        return e_tags


async def test_what_is_written_while_a_person_is_erased_goes_too() -> None:
    storage = Busy("msteams/conversations/1", "msteams/conversations/2")
    await storage.commit([Change(ADA, "{}", None, ADA)])
    assert await erase(storage, ADA) == 3
    assert await storage.scan() == []


async def test_a_groups_ledger_that_cannot_be_read_stays_as_it_is() -> None:
    storage = MemoryStorage()
    body = '{"v":99,"state":{"turns":{"answers":{}}}}'
    await storage.commit([Change(ADA, "{}", None, ADA), Change(GROUP, body, None)])
    assert await erase(storage, ADA) == 1
    assert [(key, record.body) for key, record in await storage.scan()] == [(GROUP, body)]
