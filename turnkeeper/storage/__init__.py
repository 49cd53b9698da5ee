"""Where the bot keeps what it remembers: ``store_at(url)`` picks the store."""

from __future__ import annotations

from turnkeeper.storage.memory import MemoryStorage
from turnkeeper.storage.records import ANY, Change, Record, RecordStorage
from turnkeeper.storage.url import store_at

__all__ = ["ANY", "Change", "MemoryStorage", "Record", "RecordStorage", "store_at"]
