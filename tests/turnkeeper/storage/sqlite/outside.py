"""A SQLite file seen from outside: its lock, and its write-ahead log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def transactions_in(path: Path) -> int:
    """The number of transactions in the write-ahead log of a database.

    https://www.sqlite.org/fileformat2.html#walformat : a header of 32 bytes (the page size at
    8), then frames of a 24 byte header and a page; bytes 4 to 8 of the last frame of each
    transaction hold the size of the database, in the others they are zero. Frames with another
    salt than the header's are left over from before.
    """
    data = path.with_name("bot.db-wal").read_bytes()
    frame_size = 24 + int.from_bytes(data[8:12], "big")
    frames = [data[at : at + 24] for at in range(32, len(data), frame_size)]
    return sum(frame[8:16] == data[16:24] and frame[4:8] != bytes(4) for frame in frames)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the write lock of a database, as another process that writes does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
