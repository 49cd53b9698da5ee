"""The statements of the SQLite storage: records read, written, listed and swept."""

from __future__ import annotations

import secrets
import sqlite3
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from turnkeeper.errors import WriteConflict
from turnkeeper.storage.records import ANY, Change, Record

HOUR: Final = 3600

# A table with a rowid, not WITHOUT ROWID: there the bodies would sit in the inner pages of the
# tree too, five to a page; at 100,000 people a turn cost twice as much.
# due, the hour in which a record expires, is expires_at in whole hours. It is indexed in place of
# expires_at, which moves at every turn: to rewrite that index each time would add half to the cost
# of a write.
TABLES: Final = (
    """CREATE TABLE records (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        e_tag TEXT NOT NULL,
        owner TEXT NOT NULL,
        expires_at REAL,
        due INTEGER,
        body TEXT NOT NULL
    )""",
    "CREATE INDEX records_of_owner ON records (owner, key) WHERE owner <> ''",
    "CREATE INDEX records_due ON records (due) WHERE due IS NOT NULL",
)
"""As version 0.3 made them; see :data:`DUE_AT`."""

HAS_DUE_AT: Final = "SELECT count(*) FROM pragma_table_info('records') WHERE name = 'due_at'"

DUE_AT: Final = (
    "ALTER TABLE records ADD COLUMN due_at REAL",
    "CREATE INDEX records_due_at ON records (due_at) WHERE due_at IS NOT NULL",
)
"""What the tables of 0.3 lack. A process of 0.3 may go on beside: what it writes is due as before,
for it knows of nothing that would change that; whoever looks after it writes it anew."""

_COLUMNS: Final = "SELECT key, body, e_tag, owner, expires_at, due_at FROM records"
_LIVE: Final = "(expires_at IS NULL OR expires_at > ?)"
_PART: Final = 500
"""Keys asked for in one statement: old builds of SQLite allow 999 values."""

# One text for each number of keys, so that sqlite3 keeps the statements of turns prepared.
_FETCH: Final = tuple(
    f"{_COLUMNS} WHERE key IN ({', '.join('?' * count)}) AND {_LIVE}" for count in range(_PART + 1)
)
# The common case, a record read and written again that is not due: one statement that checks and
# writes, and leaves the indexes alone.
_REWRITE: Final = (
    "UPDATE records SET body = ?, e_tag = ?, expires_at = ?, due_at = ? WHERE key = ?"
    " AND e_tag = ? AND owner = ? AND due IS ? AND (expires_at IS NULL OR expires_at > ?)"
)
_LIVE_E_TAG: Final = (
    "SELECT e_tag FROM records WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)"
)
_WRITE: Final = (
    "INSERT INTO records (key, e_tag, owner, expires_at, due, body, due_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET e_tag = excluded.e_tag, owner = excluded.owner,"
    " expires_at = excluded.expires_at, due = excluded.due, body = excluded.body,"
    " due_at = excluded.due_at"
)
_DELETE: Final = "DELETE FROM records WHERE key = ?"
_SWEEP: Final = (
    "DELETE FROM records WHERE id IN"
    " (SELECT id FROM records WHERE due <= ? AND expires_at <= ? LIMIT ?)"
)
# The prefix in words that no index over keys serves: only the one of DUE_AT ends where nothing is.
DUE: Final = (
    "SELECT key, ? - due_at FROM records WHERE due_at <= ?"
    " AND (expires_at IS NULL OR expires_at > ?) AND substr(key, 1, ?) = ?"
    " ORDER BY due_at LIMIT ?"
)


class Page(NamedTuple):
    """What :func:`scan` is asked for, as in ``RecordStorage.scan``, and the time it is now."""

    prefix: str
    owner: str | None
    after: str
    limit: int
    now: float


def fetch(connection: sqlite3.Connection, keys: Collection[str], now: float) -> dict[str, Record]:
    """Return the records under these keys that exist at ``now``, all of one state of the store."""
    if len(keys) <= _PART:
        rows = connection.execute(_FETCH[len(keys)], (*keys, now)).fetchall()
        return {row[0]: Record(*row[1:]) for row in rows}
    wanted = tuple(keys)
    records: dict[str, Record] = {}
    connection.execute("BEGIN")
    for start in range(0, len(wanted), _PART):
        records |= fetch(connection, wanted[start : start + _PART], now)
    connection.execute("COMMIT")
    return records


def write(connection: sqlite3.Connection, changes: Sequence[Change], now: float) -> dict[str, str]:
    """Write and delete within a transaction that the caller has begun, and ends either way.

    :returns: the new e_tag of each record written.
    :raises WriteConflict: some may be written already; the caller takes them back.
    """
    e_tag = secrets.token_hex(8)  # by chance alone never again the same, also after a delete
    for change in changes:
        key, body, expected = change.key, change.body, change.e_tag
        if change.keep:
            _check(connection, key, expected, now)
            continue
        owner, expires_at = change.owner, change.expires_at
        due = None if expires_at is None else int(expires_at // HOUR)
        due_at = None if change.due_in is None else now + change.due_in
        if body is not None and expected not in (None, ANY):
            values = (body, e_tag, expires_at, due_at, key, expected, owner, due, now)
            if connection.execute(_REWRITE, values).rowcount:
                continue
        _check(connection, key, expected, now)
        if body is not None:
            connection.execute(_WRITE, (key, e_tag, owner, expires_at, due, body, due_at))
        else:
            connection.execute(_DELETE, (key,))
    return {one.key: e_tag for one in changes if one.body is not None and not one.keep}


def _check(connection: sqlite3.Connection, key: str, expected: str | None, now: float) -> None:
    # A statement for each key: one for two keys, with IN, was measured to take longer.
    if expected != ANY:
        row = connection.execute(_LIVE_E_TAG, (key, now)).fetchone()
        if expected != (row[0] if row else None):
            raise WriteConflict(key)


def scan(connection: sqlite3.Connection, page: Page) -> list[tuple[str, Record]]:
    """Return one page of records; SQLite orders UTF-8 as Python orders str."""
    after, prefix = page.after, page.prefix
    clauses = ["key > ?" if after >= prefix else "key >= ?", _LIVE]
    values: list[str | float] = [max(after, prefix), page.now]
    if (end := _end_of(prefix)) is not None:
        clauses.append("key < ?")
        values.append(end)
    if page.owner is not None:
        # The index holds no record without an owner, and serves only where the SQL says so.
        clauses.append("owner = ? AND owner <> ''" if page.owner else "owner = ?")
        values.append(page.owner)
    sql = f"{_COLUMNS} WHERE {' AND '.join(clauses)} ORDER BY key LIMIT ?"
    rows = connection.execute(sql, (*values, page.limit)).fetchall()
    return [(row[0], Record(*row[1:])) for row in rows]


def sweep(connection: sqlite3.Connection, limit: int, now: float) -> int:
    """Delete records expired at ``now``; at most an hour's worth of others is looked at."""
    return connection.execute(_SWEEP, (now // HOUR, now, limit)).rowcount


def due(
    connection: sqlite3.Connection, prefix: str, limit: int, now: float
) -> list[tuple[str, float]]:
    """Return what is due at ``now``, the earliest first, and for how long it has been."""
    return connection.execute(DUE, (now, now, now, len(prefix), prefix, limit)).fetchall()


def roll_back(connection: sqlite3.Connection) -> None:
    """Take back the open transaction, if SQLite has not done so itself."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def checkpoint(connection: sqlite3.Connection) -> None:
    """Copy the log into the file and begin the log anew, so that it does not grow for ever.

    Both wait for the disk. The log is begun anew by the next transaction, so one is made here.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    touch(connection)


def touch(connection: sqlite3.Connection) -> None:
    """Write a page as it stands."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")


def _end_of(prefix: str) -> str | None:
    """Return the first string after all that start with ``prefix``, by code point, or None."""
    while prefix:
        prefix, last = prefix[:-1], ord(prefix[-1]) + 1
        if last <= sys.maxunicode:
            # UTF-8 has no surrogates; what comes after the last character before them does.
            return prefix + chr(0xE000 if last == 0xD800 else last)  # noqa: PLR2004
    return None
