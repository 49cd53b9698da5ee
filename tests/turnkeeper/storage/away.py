"""What every storage on a server of its own does while that server is away."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Final, Protocol

import pytest

from turnkeeper.errors import StorageUnavailable
from turnkeeper.storage import ANY, Change, RecordStorage

BATCH: Final = [Change("a", "{}", ANY), Change("b", "{}", ANY), Change("c", "{}", ANY)]


class Mortal(Protocol):
    """A server that may go away."""

    def crash(self) -> None:
        """End it at once."""

    def start(self) -> None:
        """Start it again, and return when it takes connections."""

    def frozen(self) -> AbstractContextManager[None]:
        """Within the block it takes connections, and does not answer."""


async def refuses(storage: RecordStorage) -> None:
    """See that every call says that the server is away."""
    for call in (
        storage.ping(),
        storage.fetch("abc"),
        storage.commit([Change("a", "{}", ANY)]),
        storage.scan(),
        storage.sweep(),
    ):
        with pytest.raises(StorageUnavailable):
            await call


async def recovers_by_itself(server: Mortal, storage: RecordStorage) -> None:
    """See that an open storage goes on after a crash of its server."""
    await storage.commit(BATCH)
    server.crash()
    try:
        await refuses(storage)
    finally:
        server.start()
    assert set(await storage.fetch("abc")) == set("abc")
    await storage.commit([Change("d", "{}", None)])


async def is_unavailable_while_it_hangs(
    server: Mortal, storage: RecordStorage, another: RecordStorage
) -> None:
    """See that nothing waits for a server that hangs.

    :param storage: its timeout is 0.2 s.
    :param another: the same, to be opened while the server hangs.
    """
    await storage.open()
    await storage.commit(BATCH)
    with server.frozen():
        await refuses(storage)
        with pytest.raises(StorageUnavailable, match=r"no answer within 0\.2 s"):
            await another.open()
    assert set(await storage.fetch("abc")) == set("abc")
    await storage.close()


async def may_be_opened_later(server: Mortal, storage: RecordStorage) -> None:
    """See that a storage whose server is away at the start can be opened once it is there."""
    server.crash()
    try:
        with pytest.raises(StorageUnavailable):
            await storage.open()
        await refuses(storage)
    finally:
        server.start()
    await storage.open()
    await storage.commit(BATCH)
    await storage.close()
