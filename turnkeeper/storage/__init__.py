"""Where the bot keeps what it remembers: ``open_storage(url)`` picks the store."""

from __future__ import annotations

from turnkeeper.storage.memory import MemoryStorage
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage
from turnkeeper.storage.url import open_storage

__all__ = ["ANY", "Change", "MemoryStorage", "Record", "RecordStorage", "open_storage"]
