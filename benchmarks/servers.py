"""The servers under measurement: each a process of its own, on a core without the load."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from turnkeeper.errors import BotError

ROOT: Final = Path(__file__).resolve().parents[1]

OURS: Final = (str(ROOT / "app.py"),)
SDK: Final = ("-m", "benchmarks.sdk_bot")
BARE: Final = ("-m", "benchmarks.bare")

CORES: Final = sorted(os.sched_getaffinity(0))
"""Those there are: the servers get the first, the load the others."""

_LISTENING: Final = "Listening on "
_INHERITED: Final = ("PATH", "HOME", "LANG", "VIRTUAL_ENV")
_STARTING: Final = 30.0  # seconds
_CPUCLOCK_SCHED: Final = 2  # of a process: all its threads, also those that have ended


class BenchmarkFailed(BotError):
    """What was to be measured did not do its work, so there is no figure."""


def listen(app: web.Application) -> None:
    """Serve on a free port of this machine, and print where, as ``app.py`` does."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/api/messages"
    web.run_app(app, sock=listener, print=lambda _: print(_LISTENING + url, flush=True))


@contextmanager
def on_cores(cores: Collection[int]) -> Iterator[None]:
    """Have this process, and what it starts meanwhile, run on these cores; on none: on any."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores or before)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Server:
    """A server process that runs while the block does.

    :param arguments: :data:`OURS`, :data:`SDK` or :data:`BARE`.
    :param variables: its settings; it runs in a folder of its own, which is deleted.
    """

    def __init__(
        self, arguments: Collection[str], variables: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = arguments
        self._folder = tempfile.TemporaryDirectory(prefix="benchmark-")
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own = {"PORT": "0", "PYTHONPATH": str(ROOT), "STORAGE_URL": "sqlite:///bot.db"}
        self._variables = {**kept, **own, **(variables or {})}
        self._errors = Path(self._folder.name, "stderr")
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    @property
    def cpu_seconds(self) -> float:
        """The CPU time its threads have used so far, in the system and outside."""
        assert self._process  # noqa: S101 - it is started
        return time.clock_gettime((~self._process.pid << 3) | _CPUCLOCK_SCHED)

    async def __aenter__(self) -> Self:
        """Start it and wait until it listens.

        :raises BenchmarkFailed: it does not; the text is what it says.
        """
        with on_cores(CORES[:1]), self._errors.open("wb") as errors:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._arguments,
                env=self._variables,
                cwd=self._folder.name,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        assert self._process.stdout  # noqa: S101 - asked for
        try:
            async with asyncio.timeout(_STARTING):
                async for line in self._process.stdout:
                    if line.startswith(_LISTENING.encode()):
                        self.url = line.decode().removeprefix(_LISTENING).strip()
                        return self
        except TimeoutError:
            pass
        complaints = self._errors.read_text(errors="replace")
        await self._end()
        raise BenchmarkFailed(f"{' '.join(self._arguments)} does not start:\n{complaints}")

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        assert self._process  # noqa: S101 - it is started
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
        self._folder.cleanup()
