"""A PostgreSQL connection made ready for the storage, and the driver's errors in our words."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Iterator
from typing import Any, Final

from turnkeeper.errors import SettingsError, StorageError, StorageUnavailable
from turnkeeper.storage.postgresql import statements as sql

with contextlib.suppress(ImportError):  # the storage says so when it is made
    import asyncpg


_REFUSED: Final = "rejected SSL upgrade"  # of asyncpg, when the server answers that it has no TLS
_NO_TLS: Final = (
    "it does not take TLS, so the password was not sent; turn TLS on there, or say "
    "sslmode=disable in STORAGE_URL if nobody else is on the network between"
)
_CERTIFICATE: Final = "; name the certificate of who signed the server's: sslrootcert=FILE"

_log = logging.getLogger(__name__)


class Undone(StorageUnavailable):
    """The server undid a statement for a race with another; it may be run again."""


async def is_pooled(dsn: str, tls: ssl.SSLContext | str | None, address: str) -> bool:
    """Return whether a pooler such as PgBouncer is between, and say so in the log.

    A pooler answers for many servers' processes, so it does not tell a client the number of one.
    In its transaction mode each transaction may get another process, which does not know the
    statements that the one before prepared. From outside that mode looks like the others.

    :param dsn: of the server.
    :param tls: the driver's argument ``ssl``.
    :param address: of the server, for the log.
    """
    connection = await asyncpg.connect(dsn, ssl=tls, statement_cache_size=0)
    try:
        told: int = connection.get_server_pid()
        pooled = await connection.fetchval("SELECT pg_backend_pid() <> $1", told) is True
    finally:
        connection.terminate()
    if pooled:
        _log.info(
            "PostgreSQL at %s is behind a pooler: prepared statements are not used, as with "
            "statement_cache_size=0 in STORAGE_URL; where it keeps them apart (session mode), "
            "statement_cache_size=100 saves a round trip a call",
            address,
        )
    return pooled


async def prepare(connection: Any, address: str) -> bool:
    """Make the tables when missing; check that they are of a version known here.

    :param address: of the server, for error texts.
    :returns: whether they are whole; else :func:`complete` them.
    :raises SettingsError: the database's encoding or its tables do not fit.
    """
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise SettingsError.of(
            "STORAGE_URL", f"the database at {address} is encoded in {encoding}; use UTF8"
        )
    while (found := await _format(connection)) is None:
        # "if not exists" does not help two processes that start at the same moment: one of
        # them fails, and finds at the next look what the other made.
        with contextlib.suppress(
            asyncpg.UniqueViolationError,
            asyncpg.DuplicateTableError,
            asyncpg.DuplicateObjectError,
            asyncpg.SerializationError,
            asyncpg.DeadlockDetectedError,
        ):
            for statement in sql.CREATE:
                await connection.execute(statement)
    version, whole = found
    if version > sql.FORMAT:
        raise SettingsError.of(
            "STORAGE_URL",
            f"the tables at {address} are of format {version}, and this "
            f"version of the bot knows {sql.FORMAT}; update the bot",
        )
    return whole


async def complete(connection: Any, address: str) -> None:
    """Add to the tables what version 0.3 did not make.

    :param address: of the server, for error texts.
    :raises SettingsError: the role may not; the text says what the owner of the tables is to run.
    """
    try:
        async with connection.transaction():
            for statement in (sql.LOCK_TIMEOUT, *sql.DUE_AT):
                await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        commands = " ".join(" ".join(statement.split()) + ";" for statement in sql.DUE_AT)
        raise SettingsError.of(
            "STORAGE_URL",
            f"PostgreSQL at {address}: {_reason(error)}, and the tables are of version 0.3: "
            f"start the bot once as the role that owns them, or run as that role: {commands}",
        ) from None


async def _format(connection: Any) -> tuple[int, bool] | None:
    """Return the version of the tables and whether they are whole; None where there are none."""
    try:
        version, whole = await connection.fetchrow(sql.READ_FORMAT)
    except asyncpg.UndefinedTableError:
        return None
    return None if version is None else (version, whole)


@contextlib.contextmanager
def translated_errors(address: str, timeout: float, *, opening: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours, in words that hold no password and no record.

    The driver's error is not chained: the details it carries quote whole rows.

    :param timeout: the limit in seconds that a ``TimeoutError`` inside was for.
    :param opening: whether an error that no waiting will mend is one of the settings.
    :raises Undone: the statement lost a race and changed nothing.
    """
    where = f"PostgreSQL at {address}"
    try:
        yield
    except TimeoutError:
        raise StorageUnavailable(f"{where}: no answer within {timeout:g} s") from None
    except (
        asyncpg.DivisionByZeroError,
        asyncpg.UniqueViolationError,
        asyncpg.SerializationError,
        asyncpg.DeadlockDetectedError,
    ) as error:
        raise Undone(f"{where}: {_reason(error)}") from None
    except (
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.InvalidSchemaNameError,
        asyncpg.InsufficientPrivilegeError,
        asyncpg.UndefinedObjectError,
        asyncpg.CantChangeRuntimeParamError,
        ssl.SSLCertVerificationError,
    ) as error:
        hint = _CERTIFICATE if isinstance(error, ssl.SSLCertVerificationError) else ""
        if opening:
            raise SettingsError.of("STORAGE_URL", f"{where}: {_reason(error)}{hint}") from None
        raise StorageUnavailable(f"{where}: {_reason(error)}{hint}") from None
    except (ValueError, asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
        if opening:
            raise SettingsError.of("STORAGE_URL", f"{where}: {_reason(error)}") from None
        raise StorageError(
            f"{where}: a key, an owner or a body cannot be stored: NUL, a lone surrogate, or "
            f"a key of more than about 2,500 bytes ({type(error).__name__})"
        ) from None
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        raise StorageUnavailable(
            f"{where}: a pooler between hands out connections a statement at a time; "
            "add statement_cache_size=0 to STORAGE_URL"
        ) from None
    except (
        OSError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        asyncpg.PostgresError,
    ) as error:
        if opening and _REFUSED in str(error):
            raise SettingsError.of("STORAGE_URL", f"{where}: {_NO_TLS}") from None
        raise StorageUnavailable(f"{where}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return what an error says, without the details that quote rows."""
    text = error.args[0] if isinstance(error, asyncpg.PostgresError) else str(error)
    return str(text) or type(error).__name__
