"""A copy has the owners and expiries of its source, and nothing of what others write is lost."""

from __future__ import annotations

from collections.abc import Collection

from turnkeeper.operator.migration import copy
from turnkeeper.storage import ANY, Change, MemoryStorage, Record

ADA = "msteams/users/ada"


class Busy(MemoryStorage):
    """A store to which a bot writes right after it was looked at.

    :ivar meanwhile: what the bot writes, once.
    """

    meanwhile: Change | None = None

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        found = await super().fetch(keys)
        if (change := self.meanwhile) is not None:
            self.meanwhile = None
            await super().commit([change])
        return found


def ignore(_: int) -> None:
    """Tell nobody how far it is."""


async def test_owner_and_expiry_are_those_of_the_source() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    await source.commit(
        [Change(ADA, '"a"', None, ADA, 4e9), Change("msteams/ledgers/c/", '"b"', None)]
    )
    done = await copy(source, target, overwrite=False, progress=ignore)
    assert done.copied == 2
    shown = [(key, *record[:1], *record[2:]) for key, record in await target.scan()]
    assert shown == [("msteams/ledgers/c/", '"b"', "", None), (ADA, '"a"', ADA, 4e9)]


async def test_what_a_bot_writes_to_the_target_meanwhile_stays() -> None:
    source, target = MemoryStorage(), Busy()
    await source.commit([Change("1", '"old"', None), Change("2", '"old"', None)])
    target.meanwhile = Change("1", '"new"', ANY)
    done = await copy(source, target, overwrite=False, progress=ignore)
    assert [(key, record.body) for key, record in await target.scan()] == [
        ("1", '"new"'),
        ("2", '"old"'),
    ]
    assert (done.copied, done.overwritten) == (1, 0)
