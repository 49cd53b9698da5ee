"""A copy of the SQLite file of a bot that may be running: whole, checked, for the owner's eyes."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing, suppress
from typing import Final
from urllib.parse import quote

from turnkeeper.errors import SettingsError, StorageError
from turnkeeper.operator.store import Store, sqlite_path
from turnkeeper.operator.terminal import Progress, one_line
from turnkeeper.storage.private_file import create

_PAGES: Final = 4096
"""How many pages are copied at a time: 16 MB."""

_OTHERS: Final = (
    "copies a SQLite file, and this store is none; of PostgreSQL make a backup with pg_dump, of "
    "Redis or Valkey with redis-cli --rdb FILE or valkey-cli --rdb FILE"
)


def run(store: Store, target: str) -> int:
    """Copy the store's file as it is at this moment, with the records of all bots in it.

    :param target: a new file. It is there once the copy is whole and was checked.
    :returns: the exit code.
    :raises SettingsError: the store is no SQLite file.
    :raises StorageError: it cannot be read, it is damaged, or the target is there already.
    :raises OSError: the target cannot be written.
    """
    path = sqlite_path(store)
    if path is None:
        raise SettingsError.of("backup", _OTHERS)
    if not os.path.exists(path):
        raise SettingsError.of(store.argument, f"{path} does not exist")
    if os.path.lexists(target):
        raise StorageError(f"{target}: it is there already; name a new file")
    partial = f"{target}.partial"
    try:
        os.close(create(partial))
    except FileExistsError:
        raise StorageError(
            f"{partial}: it is there already: another backup is under way, or one was "
            "interrupted; then remove it"
        ) from None
    try:
        _copy(path, partial)
        _rename(partial, target)
    finally:
        for left in (partial, f"{partial}-journal", f"{partial}-wal", f"{partial}-shm"):
            with suppress(FileNotFoundError):
                os.unlink(left)
    size = os.path.getsize(target)
    print(one_line(f"{path} is copied to {target} and checked, {size:,} bytes"), file=sys.stderr)
    return 0


def _copy(path: str, partial: str) -> None:
    """Copy a file that is in use, and check the copy."""
    try:
        with (
            closing(sqlite3.connect(_uri(path), uri=True, isolation_level=None)) as source,
            closing(sqlite3.connect(_uri(partial), uri=True, isolation_level=None)) as target,
        ):
            # Reading all along keeps the copy at one moment. Without it SQLite would begin anew
            # whenever the bot writes.
            source.execute("BEGIN")
            pages = source.execute("PRAGMA page_count").fetchone()[0]
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            shown = Progress("pages copied", pages)
            source.backup(
                target,
                pages=_PAGES,
                progress=lambda _, left, total: shown.add(total - left - shown.done),
            )
            [(found,), *_] = target.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be copied: {error}") from error
    if found != "ok":
        raise StorageError(f"{path} is damaged, and so is the copy, which is removed: {found}")


def _rename(partial: str, target: str) -> None:
    """Give a file its name, unless another one got it meanwhile."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise StorageError(f"{target}: it is there already; name a new file") from None
    except OSError:  # a disk without hard links
        os.rename(partial, target)


def _uri(path: str) -> str:
    """Return what has SQLite open a file that is there, and make none."""
    return f"file:{quote(os.path.abspath(path))}?mode=rw"
