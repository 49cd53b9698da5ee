"""A copy has the owners and expiries of its source, and nothing of what others write is lost."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from turnkeeper.operator.migration import copy, differences
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
    shown = [
        (key, record.body, record.owner, record.expires_at) for key, record in await target.scan()
    ]
    assert shown == [("msteams/ledgers/c/", '"b"', "", None), (ADA, '"a"', ADA, 4e9)]


async def test_what_is_due_is_due_in_the_target_at_the_same_time() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    times = {"late": -90.0, "now": 0.0, "soon": 90.0, "never": None}
    await source.commit([Change(key, "1", None, due_in=due) for key, due in times.items()])
    await copy(source, target, overwrite=False, progress=ignore)
    assert [key for key, _ in await target.due()] == ["late", "now"]
    assert await differences(source, target, progress=ignore) == []
    copied, there = dict(await target.scan()), dict(await source.scan())
    for key in ("late", "now", "soon"):
        assert copied[key].due_at == pytest.approx(there[key].due_at, abs=30)
    assert copied["never"].due_at is None


async def test_what_is_due_at_another_time_is_a_difference() -> None:
    source, target = MemoryStorage(), MemoryStorage()
    for storage, dues in ((source, (None, 0.0, 0.0)), (target, (0.0, None, 3600.0))):
        await storage.commit([Change(f"{n}", "1", None, due_in=due) for n, due in enumerate(dues)])
    assert await differences(source, target, progress=ignore) == ["0", "1", "2"]
    done = await copy(source, target, overwrite=True, progress=ignore)
    assert (done.copied, done.overwritten, done.present) == (0, 3, 0)
    assert await differences(source, target, progress=ignore) == []
    assert [key for key, _ in await target.due()] == ["1", "2"]


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
