"""PostgreSQL behind a real PgBouncer, which hands out its processes a transaction at a time."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.turnkeeper.ports import reserved_port
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.postgresql.storage import PostgreSQLStorage

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
FEW = 2
"""How many processes of PostgreSQL it shares out: fewer than there are connections."""

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs PgBouncer: apt install pgbouncer")


@pytest.fixture(scope="module", params=["transaction", "session"])
def pooler(request: pytest.FixtureRequest, postgresql_server: Any) -> Iterator[tuple[str, str]]:
    """Where a PgBouncer listens, and its mode."""
    assert PROGRAM is not None
    folder = Path(tempfile.mkdtemp(prefix="bot-pgbouncer-"))
    servers = parse_qs(urlsplit(postgresql_server.get_uri()).query)["host"][0]
    few = FEW if request.param == "transaction" else 50
    # As root it does not run; and whose socket it is to reach may be closed to others.
    owner = Path(servers).stat().st_uid
    user: dict[str, Any] = {"user": owner, "extra_groups": []} if os.geteuid() == 0 else {}
    folder.chmod(0o755)
    with reserved_port() as port:
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host={servers} user=postgres\n"
            f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n"
            f"auth_type=any\npool_mode={request.param}\ndefault_pool_size={few}\n"
        )
        process = subprocess.Popen(  # noqa: S603 - Debian's own program
            [PROGRAM, folder / "pgbouncer.ini"], stderr=subprocess.PIPE, text=True, **user
        )
        try:
            assert process.stderr is not None
            said = iter(process.stderr.readline, "")
            assert any("process up" in line for line in said), process.wait(10)
            yield f"127.0.0.1:{port}", request.param
        finally:
            process.terminate()
            process.communicate(timeout=30)
            shutil.rmtree(folder)


@pytest.fixture
async def url(pooler: tuple[str, str], postgresql_server: Any) -> AsyncIterator[str]:
    """The URL of an empty database, through the pooler."""
    database = f"bot_{uuid4().hex}"
    root = await asyncpg.connect(postgresql_server.get_uri())
    try:
        await root.execute(f"CREATE DATABASE {database}")
        yield f"postgresql://postgres@{pooler[0]}/{database}"
        await root.execute(f"DROP DATABASE {database} WITH (FORCE)")
    finally:
        await root.close()


async def test_it_is_noticed_and_the_store_works_without_prepared_statements(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "turnkeeper")
    stores = [PostgreSQLStorage(url) for _ in range(3)]
    await asyncio.gather(*(store.open() for store in stores))
    told = [one.getMessage() for one in caplog.records if "pooler" in one.getMessage()]
    assert len(told) == len(stores)
    assert "statement_cache_size=0" in told[0]
    assert "STORAGE_URL" in told[0]
    for n in range(10):
        keys = [f"{n}/{place}" for place in range(len(stores) * 8)]
        await asyncio.gather(
            *(
                stores[place % len(stores)].commit([Change(key, "{}", None, due_in=-1.0)])
                for place, key in enumerate(keys)
            ),
            *(store.due() for store in stores),
            *(store.ping() for store in stores),
        )
        found = await asyncio.gather(*(store.fetch(keys) for store in stores))
        assert all(set(records) == set(keys) for records in found)
    await asyncio.gather(*(store.close() for store in stores))


async def test_what_the_url_says_counts(
    url: str, pooler: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "turnkeeper")
    for size in (0, 100) if pooler[1] == "session" else (0,):
        store = PostgreSQLStorage(f"{url}?statement_cache_size={size}")
        await store.open()
        await store.commit([Change("k", "{}", ANY)])
        await store.close()
    assert "pooler" not in caplog.text


async def test_without_one_there_is_nothing_to_notice(
    postgresql_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "turnkeeper")
    store = PostgreSQLStorage(postgresql_server.get_uri())
    await store.open()
    await store.close()
    assert "pooler" not in caplog.text
