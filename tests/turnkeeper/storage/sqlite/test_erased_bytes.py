"""What is deleted is overwritten in the file, also where nobody has it compacted."""

from __future__ import annotations

from pathlib import Path

from turnkeeper.storage import ANY, Change
from turnkeeper.storage.sqlite.storage import SQLiteStorage

SAID = "my PIN is 4711"


async def commit(path: Path, *changes: Change) -> None:
    """Open the store, write, and close it: then all is in the file."""
    storage = SQLiteStorage(f"sqlite:///{path}")
    await storage.open()
    await storage.commit(changes)
    await storage.close()


async def test_no_byte_of_a_deleted_record_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    await commit(path, Change("ada", f'"{SAID}"', None), Change("bob", '"hello"', None))
    assert SAID.encode() in path.read_bytes()
    await commit(path, Change("ada", None, ANY))
    assert SAID.encode() not in path.read_bytes()
    assert b"hello" in path.read_bytes()
