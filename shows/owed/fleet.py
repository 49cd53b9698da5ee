"""Processes of the bot on one store, killed and started again."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Final, Self

from shows.owed import bot
from turnkeeper.testing.processes.process import BotProcess

ROOT: Final = Path(__file__).resolve().parents[2]


class Bot(BotProcess):
    """A process of the bot, as it runs in production."""

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return [str(Path(bot.__file__))]


class Fleet:
    """Processes of the bot that share a store and run while the block does.

    :param storage_url: of the store.
    :param count: how many.
    """

    def __init__(self, storage_url: str, count: int = 1) -> None:
        self._storage_url = storage_url
        self._count = count
        self._stack = AsyncExitStack()
        self._folder = ""
        self._running: list[Bot | None] = []
        self._ended: list[Bot] = []

    @property
    def variables(self) -> dict[str, str]:
        """The settings of its processes, and of the commands on its store."""
        return {
            "STORAGE_URL": self._storage_url,
            "PYTHONPATH": str(ROOT),
            "PWD": self._folder,
            "LOG_LEVEL": "WARNING",
            "GROUP_MESSAGES": "all",  # nobody mentions this bot
        }

    @property
    def urls(self) -> list[str]:
        """Where the running processes take activities."""
        return [one.url for one in self._running if one is not None]

    @property
    def errors(self) -> list[str]:
        """The lines with errors that its processes have logged."""
        bots = [*self._ended, *(one for one in self._running if one)]
        return [line for one in bots for line in one.printed if "ERROR" in line]

    def url(self, number: int) -> str:
        """Return where a process takes activities; of another where that does not run."""
        running = self._running[number % self._count]
        return running.url if running else next(iter(self.urls), "http://127.0.0.1:9/")

    def pid(self, number: int) -> int:
        """Return the id of a running process."""
        running = self._running[number]
        assert running  # noqa: S101 - the caller has not killed it
        return running.pid

    async def kill(self, number: int) -> float:
        """End a process by kill -9; return when."""
        running, self._running[number] = self._running[number], None
        assert running  # noqa: S101 - killed once
        self._ended.append(running)
        moment = time.monotonic()
        await running.kill()
        return moment

    async def start(self, number: int) -> float:
        """Start a process anew; return when that was begun, once it listens."""
        moment = time.monotonic()
        fresh = await Bot(bot.__file__, self.variables).start()
        self._stack.push_async_callback(fresh.kill)
        self._running[number] = fresh
        return moment

    async def __aenter__(self) -> Self:
        """Start the processes."""
        self._folder = self._stack.enter_context(TemporaryDirectory(prefix="show-owed-"))
        self._running = [None] * self._count
        await self.start(0)  # it prepares the store
        await asyncio.gather(*(self.start(number) for number in range(1, self._count)))
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill them."""
        await self._stack.aclose()
