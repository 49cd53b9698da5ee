"""Where the bot keeps what it remembers: ``open_storage(url)`` picks the store."""

from __future__ import annotations

from turnkeeper.storage.memory import MemoryStorage
from turnkeeper.storage.opening import open_storage
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage

__all__ = ["ANY", "Change", "MemoryStorage", "Record", "RecordStorage", "open_storage"]
