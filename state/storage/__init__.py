"""Where the bot keeps what it remembers: ``open_storage(url)`` picks the store."""

from __future__ import annotations

from state.storage.base import ANY, Change, Record, RecordStorage
from state.storage.memory import MemoryStorage
from state.storage.open import open_storage

__all__ = ["ANY", "Change", "MemoryStorage", "Record", "RecordStorage", "open_storage"]
