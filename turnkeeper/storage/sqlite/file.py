"""The SQLite file: its URL, its creation, its connections, and its errors in plain words."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote_to_bytes

from turnkeeper.errors import SettingsError, StorageUnavailable
from turnkeeper.storage.sqlite.statements import DUE_AT, HAS_DUE_AT, TABLES

FORMAT: Final = 1
"""Of the tables, kept in ``PRAGMA user_version``. Raise it when an older bot must not write."""

_REASONS: Final = {
    "SQLITE_BUSY": "another process has kept it locked too long",
    "SQLITE_LOCKED": "another process has kept it locked too long",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_READONLY": "it cannot be written (read-only file, folder or disk)",
    "SQLITE_CORRUPT": "it is damaged; stop the bot and restore it from a backup",
    "SQLITE_NOTADB": "it is not a SQLite database",
    "SQLITE_CANTOPEN": "it cannot be opened",
}
_NEVER: Final = ("SQLITE_NOTADB", "SQLITE_READONLY", "SQLITE_CANTOPEN")
"""At the start these are faults of the URL."""


class Connection(sqlite3.Connection):
    """A connection that knows which file it has open.

    :ivar inode: the file's device and inode.
    """

    inode: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """Where the file is and how it is used.

    :param path: absolute.
    :param synchronous: "full", "normal" or "off", as
        :class:`turnkeeper.storage.sqlite.storage.SQLiteStorage` explains them.
    :param timeout: seconds to wait while another process writes.
    """

    path: str
    synchronous: str
    timeout: float

    @classmethod
    def from_url(cls, url: str) -> SQLiteFile:
        """Read a URL such as ``sqlite:///data/bot.db?synchronous=full``.

        Three slashes are relative to the working directory and four are absolute, as in
        SQLAlchemy; the path is percent-decoded.

        :raises SettingsError: it names no file, or has an option nobody knows. The text
            quotes nothing of it.
        """
        address, _, query = url.partition("?")
        _, slashes, quoted = address.partition(":///")
        path = os.fsdecode(unquote_to_bytes(quoted))
        if not slashes or not path or path.endswith("/") or "\0" in path:
            raise SettingsError.of(
                "STORAGE_URL",
                "it names no file; write sqlite:///data/bot.db for a file under "
                "the working directory, or sqlite:////var/lib/bot.db for an absolute path",
            )
        if path == ":memory:":
            raise SettingsError.of("STORAGE_URL", "for a store in memory write memory:")
        synchronous, timeout = "normal", 5.0
        for option, value in parse_qsl(query, keep_blank_values=True):
            if option == "synchronous" and value.lower() in ("full", "normal", "off"):
                synchronous = value.lower()
            elif option == "timeout" and value.replace(".", "", 1).isdecimal():
                timeout = float(value)
            else:
                raise SettingsError.of(
                    "STORAGE_URL",
                    "what follows the ? is no option of sqlite; there are "
                    "synchronous=full, normal or off, and timeout= in seconds",
                )
        return cls(os.path.abspath(path), synchronous, timeout)

    def create(self) -> None:
        """Make the folder, the file and the tables where they are missing.

        :raises SettingsError: this path can never work as it stands.
        :raises StorageUnavailable: the file is locked, or the disk is full or broken.
        """
        try:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            # For the owner's eyes only. SQLite gives -wal and -shm the mode of the file.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SettingsError.of(
                "STORAGE_URL",
                f"{self.path} cannot be opened as a file ({reason}); "
                "name a file in a folder that the bot may write to",
            ) from error
        try:
            with closing(self.connect()) as connection:
                self._prepare(connection)
        except sqlite3.Error as error:
            if error.sqlite_errorname.startswith(_NEVER):
                raise SettingsError.of("STORAGE_URL", f"{self.unavailable(error)}") from error
            raise self.unavailable(error) from error

    def connect(self) -> Connection:
        """Return a new connection to the file, for use by one thread at a time."""
        connection = sqlite3.connect(
            self.path,
            timeout=self.timeout,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
        try:
            connection.inode = self._inode()
            connection.execute(f"PRAGMA synchronous = {self.synchronous}")
            # What is erased is overwritten with zeros in the file. It costs nothing measurable.
            connection.execute("PRAGMA secure_delete = ON")
        except BaseException:
            connection.close()
            raise
        return connection

    def check_in_place(self, connection: Connection) -> None:
        """Refuse to go on when the connection's file is not at the path any more.

        A file that was moved or deleted stays open and takes writes that nobody will ever see.

        :raises StorageUnavailable: until the file is back in its place.
        """
        with suppress(OSError):
            if self._inode() == connection.inode:
                return
        raise StorageUnavailable(
            f"{self.path}: it was moved, deleted or replaced while the bot runs; put it back, "
            "or start the bot again"
        )

    def _inode(self) -> tuple[int, int]:
        status = os.stat(self.path)
        return status.st_dev, status.st_ino

    def unavailable(self, error: sqlite3.Error) -> StorageUnavailable:
        """Return an error of SQLite in the words of an operator."""
        name = getattr(error, "sqlite_errorname", "")
        reason = next((text for code, text in _REASONS.items() if name.startswith(code)), None)
        return StorageUnavailable(f"{self.path}: {reason or error}")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        self._read_format(connection)  # before anything of the file is changed
        if self._use_wal(connection) != "wal":
            raise SettingsError.of(
                "STORAGE_URL",
                f"{self.path} is on a disk without shared memory (a network "
                "share?); name a file on a local disk",
            )
        connection.execute("BEGIN IMMEDIATE")
        if self._read_format(connection) == 0:
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        if not connection.execute(HAS_DUE_AT).fetchone()[0]:
            for statement in DUE_AT:
                connection.execute(statement)
        connection.execute("COMMIT")

    def _read_format(self, connection: sqlite3.Connection) -> int:
        """Return the format of the tables in the file, 0 where there are none yet."""
        # In this order: another process that makes the tables meanwhile sets the version too.
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version > FORMAT:
            raise SettingsError.of(
                "STORAGE_URL",
                f"{self.path} was written by a newer version of this bot (format "
                f"{version}, known is {FORMAT}); install that version, or name another file",
            )
        if tables and version == 0:
            raise SettingsError.of(
                "STORAGE_URL", f"{self.path} is a database of another program; name another file"
            )
        return version

    def _use_wal(self, connection: sqlite3.Connection) -> str:
        """Turn the write-ahead log on, for good, and return the mode the file is in."""
        deadline = time.monotonic() + self.timeout
        while True:
            try:
                return str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
            except sqlite3.OperationalError as error:
                # SQLite does not wait for this lock by itself; another process may hold it
                # for a moment when both start on a new file.
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
