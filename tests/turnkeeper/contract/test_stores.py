"""Every store of the engine keeps the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.turnkeeper.stores import SHARED, STORES, empty_store
from turnkeeper.storage import MemoryStorage, RecordStorage, store_at
from turnkeeper.storage.namespace import Namespace
from turnkeeper.testing import StoreContract

Clock = Callable[[], float]
Another = Callable[[], RecordStorage]


class TestStores(StoreContract):
    """In memory, SQLite, PostgreSQL and Valkey."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """The memory of one storage is no other's."""
        kinds = SHARED if "another" in metafunc.fixturenames else STORES
        metafunc.parametrize("kind", kinds)

    @pytest.fixture
    async def url(self, kind: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
        async with empty_store(kind, request) as url:
            yield url

    @pytest.fixture
    async def storage(self, url: str, clock: Clock) -> AsyncIterator[RecordStorage]:
        store = store_at(url, clock)
        await store.open()
        yield store
        await store.close()

    @pytest.fixture
    def another(self, url: str, clock: Clock) -> Another:
        return lambda: store_at(url, clock)


class TestNamespace(StoreContract):
    """The part of a store that is one bot's, beside another bot's."""

    @pytest.fixture
    async def storage(self, another: Another) -> AsyncIterator[RecordStorage]:
        store = another()
        await store.open()
        yield store
        await store.close()

    @pytest.fixture
    def another(self, tmp_path: Path, clock: Clock) -> Another:
        return lambda: Namespace(store_at(f"sqlite:///{tmp_path}/bot.db", clock), "shop")


async def test_closing_memory_that_was_never_opened_is_no_error() -> None:
    await MemoryStorage().close()
