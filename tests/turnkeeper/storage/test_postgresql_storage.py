"""What only PostgreSQL can get wrong: races of transactions, a server that goes, bad settings."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.turnkeeper.postgresql import get_server
from tests.turnkeeper.storage.away import (
    BATCH,
    is_unavailable_while_it_hangs,
    may_be_opened_later,
    recovers_by_itself,
)
from tests.turnkeeper.storage.racing_process import race
from tests.turnkeeper.storage.relay import Relay
from turnkeeper.errors import SettingsError, StorageError, StorageUnavailable, WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change, Record
from turnkeeper.storage.postgresql.storage import PostgreSQLStorage

PASSWORD = "s3cr3t-Pa55"  # noqa: S105  # of a server that lives as long as the tests


class Server:
    """A PostgreSQL server of our own on a Unix socket, to be killed and started again."""

    def __init__(self) -> None:
        # Not under pytest's folder: that is closed to other users, and as root it runs as one.
        self.folder = Path(tempfile.mkdtemp(prefix="bot-postgresql-"))
        self._server: Any = get_server(self.folder)
        rules = self.folder / "pg_hba.conf"
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
        self._server.psql(
            "ALTER SYSTEM SET fsync = off;"
            f"CREATE ROLE guarded LOGIN SUPERUSER PASSWORD '{PASSWORD}';"
            "SELECT pg_reload_conf();"
        )

    def url(self, database: str, **options: str) -> str:
        more = "".join(f"&{name}={value}" for name, value in options.items())
        return f"{self._server.get_uri(database)}{more}"

    def guarded_url(self, database: str, password: str) -> str:
        return self.url(database).replace("//postgres:@", f"//guarded:{password}@")

    def socket(self) -> str:
        folder = parse_qs(urlsplit(self.url("postgres")).query)["host"][0]
        return f"{folder}/.s.PGSQL.5432"

    def crash(self) -> None:
        """Stop at once, as at a power cut; the next start recovers from the log."""
        process = self._process()
        process.send_signal(signal.SIGQUIT)
        process.wait(30)

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self._server.ensure_postgres_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let every process of the server hang."""
        processes = [self._process(), *self._process().children()]
        for process in processes:
            process.suspend()
        try:
            yield
        finally:
            for process in processes:
                process.resume()

    def end(self) -> None:
        self._server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _process(self) -> Any:
        return self._server.get_postmaster_info().process


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.end()


@pytest.fixture
async def database(server: Server) -> AsyncIterator[str]:
    name = f"bot_{uuid4().hex}"
    root = await asyncpg.connect(server.url("postgres"))
    try:
        await root.execute(f"CREATE DATABASE {name}")
        yield name
    finally:
        await root.close()


@pytest.fixture
async def storage(server: Server, database: str) -> AsyncIterator[PostgreSQLStorage]:
    storage = PostgreSQLStorage(server.url(database))
    await storage.open()
    yield storage
    await storage.close()


# Races


async def test_two_processes_never_both_win(server: Server, database: str) -> None:
    await race(server.url(database))


async def test_of_many_that_make_a_record_one_wins(storage: PostgreSQLStorage) -> None:
    for n in range(10):
        makers = [[Change(f"a{n}", "{}", None), Change(f"b{who}", "{}", ANY)] for who in range(8)]
        results = await asyncio.gather(
            *(storage.commit(changes) for changes in makers), return_exceptions=True
        )
        winners = [who for who, result in enumerate(results) if isinstance(result, dict)]
        assert len(winners) == 1
        assert sum(isinstance(result, WriteConflict) for result in results) == 7
        assert [key for key, _ in await storage.scan(prefix="b")] == [f"b{winners[0]}"]
        await TypedStorage(storage).delete([f"b{winners[0]}"])


async def test_overwriting_whatever_is_there_never_conflicts(storage: PostgreSQLStorage) -> None:
    for n in range(10):
        await asyncio.gather(
            *(storage.commit([Change(f"{n}/{k}", "{}", ANY) for k in "abc"]) for _ in range(8)),
            *(TypedStorage(storage).delete([f"{n}/{k}" for k in "cab"]) for _ in range(8)),
        )


async def test_many_may_open_an_empty_database_at_once(server: Server, database: str) -> None:
    storages = [PostgreSQLStorage(server.url(database)) for _ in range(8)]
    await asyncio.gather(*(storage.open() for storage in storages))
    await storages[0].commit(BATCH)
    assert len(await storages[-1].fetch("abc")) == 3
    await asyncio.gather(*(storage.close() for storage in storages))


# Round trips


async def test_a_fetch_and_a_commit_are_one_round_trip_each(server: Server, database: str) -> None:
    async with Relay(lambda: asyncio.open_unix_connection(server.socket())) as relay:
        storage = PostgreSQLStorage(f"postgresql://postgres@127.0.0.1:{relay.port}/{database}")
        await storage.open()
        for round_trips in (None, 2):  # the first prepares the statements
            relay.trips = 0
            found = await storage.fetch("abc")
            changes = [Change(k, "{}", found[k].e_tag if found else None) for k in "abc"]
            await storage.commit(changes)
            assert round_trips in (None, relay.trips)
        await storage.close()


async def test_a_commit_whose_answer_is_lost_is_not_sent_again(
    server: Server, database: str
) -> None:
    async with Relay(lambda: asyncio.open_unix_connection(server.socket())) as relay:
        storage = PostgreSQLStorage(f"postgresql://postgres@127.0.0.1:{relay.port}/{database}")
        await storage.open()
        await storage.commit([Change("first", "{}", None)])  # prepares the statement
        relay.losing = True
        relay.requests.clear()
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("key-of-it", "{}", None)])
        assert not relay.losing
        assert b"".join(relay.requests).count(b"key-of-it") == 1
        assert "key-of-it" in await storage.fetch(["key-of-it"])
        await storage.close()


async def test_it_works_without_prepared_statements(server: Server, database: str) -> None:
    storage = PostgreSQLStorage(server.url(database, statement_cache_size="0"))
    await storage.open()
    await storage.commit(BATCH)
    assert set(await storage.fetch("abc")) == set("abc")
    await storage.close()


async def test_a_ping_is_a_real_write_that_leaves_things_as_they_were(
    server: Server, database: str, storage: PostgreSQLStorage
) -> None:
    await storage.commit(BATCH)
    before = await storage.scan()
    connection = await asyncpg.connect(server.url(database))
    writers = []
    for _ in range(3):
        writers.append(await connection.fetch("SELECT xmin::text, version FROM bot_format"))
        await storage.ping()
    await connection.close()
    assert len({row["xmin"] for rows in writers for row in rows}) == 3
    assert [row["version"] for rows in writers for row in rows] == [1, 1, 1]
    assert await storage.scan() == before


# A server that goes away


async def test_it_recovers_by_itself_after_a_crash_of_the_server(
    server: Server, storage: PostgreSQLStorage
) -> None:
    await recovers_by_itself(server, storage)


async def test_a_server_that_hangs_is_unavailable_within_the_timeout(
    server: Server, database: str
) -> None:
    url = server.url(database, timeout="0.2")
    await is_unavailable_while_it_hangs(server, PostgreSQLStorage(url), PostgreSQLStorage(url))


async def test_a_server_away_at_the_start_may_be_opened_later(
    server: Server, database: str
) -> None:
    await may_be_opened_later(server, PostgreSQLStorage(server.url(database)))


async def test_a_restart_between_two_calls_goes_unnoticed(
    server: Server, storage: PostgreSQLStorage
) -> None:
    await asyncio.gather(*(storage.commit([Change(f"k{n}", "{}", None)]) for n in range(10)))
    server.crash()
    server.start()
    assert "k1" in await storage.fetch(["k1"])


async def test_a_database_that_may_only_be_read_is_none_that_takes_writes(
    server: Server, database: str, storage: PostgreSQLStorage
) -> None:
    await storage.commit(BATCH)
    reading = PostgreSQLStorage(server.url(database, default_transaction_read_only="on"))
    await reading.open()
    assert set(await reading.fetch("abc")) == set("abc")
    with pytest.raises(StorageUnavailable, match="read-only"):
        await reading.ping()
    with pytest.raises(StorageUnavailable, match="read-only"):
        await reading.commit([Change("a", "{}", ANY)])
    await reading.close()
    await storage.ping()


# Settings


async def test_a_password_is_used_and_a_wrong_one_is_a_fault_of_the_settings(
    server: Server, database: str
) -> None:
    storage = PostgreSQLStorage(server.guarded_url(database, PASSWORD))
    await storage.open()
    await storage.close()
    with pytest.raises(SettingsError, match="guarded") as caught:
        await PostgreSQLStorage(server.guarded_url(database, "wr0ng")).open()
    assert "wr0ng" not in repr(caught.value)


@pytest.mark.parametrize(
    ("database", "options", "fault"),
    [
        ("no_such_database", {}, "no_such_database"),
        ("postgres", {"no_such_option": "1"}, "no_such_option"),
        ("postgres", {"sslmode": "perhaps"}, "sslmode"),
        ("postgres", {"pool_max": "many"}, "pool_max"),
        ("postgres", {"pool_max": "0"}, "pool_max"),
        ("postgres", {"timeout": "nan"}, "timeout"),
    ],
)
async def test_what_can_never_work_is_a_fault_of_the_settings(
    server: Server, database: str, options: dict[str, str], fault: str
) -> None:
    with pytest.raises(SettingsError, match=f"^STORAGE_URL: .*{fault}"):
        await PostgreSQLStorage(server.url(database, **options)).open()


@pytest.mark.parametrize("mark", ["/", "#", "?", "?a&", "@/", "/1@", ":", "[", "%zz/", " ", "="])
@pytest.mark.parametrize("host", ["127.0.0.1:1", "[::1]:1", "localhost:1,127.0.0.1:1"])
async def test_no_error_shows_a_password_that_was_not_escaped(mark: str, host: str) -> None:
    with pytest.raises((SettingsError, StorageUnavailable)) as caught:
        await PostgreSQLStorage(f"postgresql://me:12{mark}hush{mark}=34@{host}/db").open()
    assert "hush" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_without_the_driver_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['asyncpg'] = None\n"
        "from turnkeeper.storage import store_at\n"
        "store_at('postgresql://localhost/bot')"
    )
    run = subprocess.run(  # noqa: ASYNC221, S603  # our own program; nothing else runs meanwhile
        [sys.executable, "-c", program], capture_output=True, check=False, text=True
    )
    assert run.stderr.splitlines()[-1].startswith(
        "turnkeeper.errors.SettingsError: STORAGE_URL: PostgreSQL"
    )
    assert "pip install -c constraints.txt asyncpg" in run.stderr


async def test_tables_of_a_newer_format_are_refused(server: Server, database: str) -> None:
    storage = PostgreSQLStorage(server.url(database))
    await storage.open()
    await storage.close()
    connection = await asyncpg.connect(server.url(database))
    await connection.execute("INSERT INTO bot_format VALUES (999)")
    await connection.close()
    with pytest.raises(SettingsError, match="format 999"):
        await storage.open()


async def test_a_database_that_is_not_in_utf_8_is_refused(server: Server, database: str) -> None:
    root = await asyncpg.connect(server.url("postgres"))
    await root.execute(
        f"CREATE DATABASE {database}_ascii ENCODING SQL_ASCII LOCALE 'C' TEMPLATE template0"
    )
    await root.close()
    with pytest.raises(SettingsError, match="SQL_ASCII"):
        await PostgreSQLStorage(server.url(f"{database}_ascii")).open()


async def test_a_role_that_may_only_read_and_write_is_enough_once_the_tables_are_there(
    server: Server, database: str
) -> None:
    role = f"role_{uuid4().hex}"
    url = server.url(database).replace("//postgres:@", f"//{role}:@")
    connection = await asyncpg.connect(server.url(database))
    await connection.execute(f"CREATE ROLE {role} LOGIN")
    with pytest.raises(SettingsError, match="permission denied"):
        await PostgreSQLStorage(url).open()
    owner = PostgreSQLStorage(server.url(database))
    await owner.open()
    await owner.close()
    await connection.execute(f"GRANT SELECT ON bot_records, bot_format TO {role}")
    storage = PostgreSQLStorage(url)
    await storage.open()
    for may_write in ("bot_format", "bot_records"):
        with pytest.raises(StorageUnavailable, match="permission denied"):
            await storage.ping()
        await connection.execute(f"GRANT INSERT, UPDATE, DELETE ON {may_write} TO {role}")
    await connection.close()
    await storage.ping()
    await storage.commit(BATCH)
    await TypedStorage(storage).delete(["a"])
    assert set(await storage.fetch("abc")) == {"b", "c"}
    await storage.close()


# What can be stored


@pytest.mark.parametrize("text", ["a\0", "\ud800"])
async def test_what_cannot_be_stored_is_said_and_nothing_is_written(
    storage: PostgreSQLStorage, text: str
) -> None:
    for changes in (
        [Change("x", "{}", ANY), Change(text, "{}", ANY)],
        [Change("x", "{}", ANY), Change("y", "{}", ANY, owner=text)],
    ):
        with pytest.raises(StorageError, match="cannot be stored") as caught:
            await storage.commit(changes)
        assert not isinstance(caught.value, StorageUnavailable)
    with pytest.raises(StorageError, match="cannot be stored"):
        await storage.fetch([text])
    assert await storage.scan() == []


async def test_a_key_longer_than_an_index_takes_is_refused(storage: PostgreSQLStorage) -> None:
    key = os.urandom(5000).hex()
    with pytest.raises(StorageError, match="2,500 bytes"):
        await storage.commit([Change("x", "{}", ANY), Change(key, "{}", ANY)])
    assert await storage.scan() == []


@pytest.mark.parametrize("last", ["\ud7ff", "\U0010ffff", "\uffff", "\x7f"])
async def test_a_prefix_may_end_at_an_edge_of_the_code_points(
    storage: PostgreSQLStorage, last: str
) -> None:
    inside = ["a" + last, "a" + last + "\U0010ffff" * 2]
    await storage.commit([Change(key, "{}", None) for key in [*inside, "a", "b", "\U0010ffff"]])
    page: list[tuple[str, Record]] = await storage.scan(prefix="a" + last)
    assert [key for key, _ in page] == inside
    assert [key for key, _ in await storage.scan(prefix="\U0010ffff")] == ["\U0010ffff"]
