"""What a commit could not write is forgotten: nobody writes it later, unasked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from turnkeeper.errors import StorageError, StorageUnavailable, WriteConflict
from turnkeeper.storage import Change, MemoryStorage
from turnkeeper.storage.transaction import Transaction


class Failing(MemoryStorage):
    """A store that raises what it is told, at the next commit.

    :ivar commits: the keys of each commit.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fails: BaseException | None = None
        self.commits: list[list[str]] = []

    async def commit(self, changes: Sequence[Change]) -> dict[str, str]:
        self.commits.append([change.key for change in changes])
        fails, self.fails = self.fails, None
        if fails is not None:
            raise fails
        return await super().commit(changes)


ERRORS = pytest.mark.parametrize(
    "error", [StorageUnavailable("away"), WriteConflict("k"), KeyboardInterrupt()], ids=repr
)


async def putting(storage: Failing, key: str) -> Transaction:
    """A transaction that is to write a record."""
    transaction = Transaction(storage)
    await transaction.load([key])
    transaction.put(key, "1")
    return transaction


@ERRORS
async def test_the_next_commit_writes_nothing_of_it(error: BaseException) -> None:
    storage = Failing()
    transaction = await putting(storage, "k")
    storage.fails = error
    with pytest.raises(type(error)):
        await transaction.commit()
    assert not transaction.changed
    await transaction.commit()
    assert storage.commits == [["k"]]
    assert await storage.scan() == []


async def test_what_is_put_again_is_written_under_what_was_read() -> None:
    storage = Failing()
    transaction = await putting(storage, "k")
    storage.fails = StorageUnavailable("away")
    with pytest.raises(StorageError):
        await transaction.commit()
    transaction.put("k", "2")
    await transaction.commit()
    assert (await storage.fetch(["k"]))["k"].body == "2"
