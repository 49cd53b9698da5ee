"""The bot as its own process, as ``python app.py`` starts it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[2]


def two_free_ports() -> int:
    """A free port with a free one above it; below those that connections take by themselves."""
    for number in random.sample(range(20_000, 32_000, 2), 100):
        with suppress(OSError), ExitStack() as tried:
            for port in (number, number + 1):
                tried.enter_context(socket.create_server(("127.0.0.1", port)))
            return number
    raise AssertionError("no free ports")


class BotProcess:
    """A bot process that runs while the block does; killed at its end if it still runs.

    :param variables: its settings; ``PORT`` is any free one where it is not given.
    :param arguments: after ``python app.py``.
    :param program: a program in its place, from the bot's folder.
    :param under: a command that ends by executing its arguments, which are the bot's.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        *arguments: str,
        program: str = "app.py",
        under: Sequence[str] = (),
    ) -> None:
        self._variables = {"PORT": "0", **variables}
        self._arguments = arguments
        self._program = program
        self._under = under
        self._more = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self.url = ""
        self.printed: list[str] = []

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process
        return self._process.pid

    async def start(self) -> Self:
        """Start it and wait until it listens.

        :raises AssertionError: it ended instead; the text is what it said.
        """
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            *self._under,
            sys.executable,
            "-X",
            "dev",
            str(ROOT / self._program),
            *self._arguments,
            env={**kept, **self._variables},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that a signal can reach it and its workers, and no more
            cwd=self._variables.get("PWD", str(ROOT)),
        )
        assert self._process.stdout
        async for line in self._process.stdout:
            self.printed.append(line.decode().rstrip())
            if self.printed[-1].startswith("Listening on "):
                self.url = self.printed[-1].removeprefix("Listening on ")
                self._reader = asyncio.create_task(self._read_on())
                return self
        raise AssertionError(f"exit code {await self._process.wait()}: {self.printed}")

    async def _read_on(self) -> None:
        assert self._process
        assert self._process.stdout
        async for line in self._process.stdout:
            self.printed.append(line.decode().rstrip())
            self._more.set()

    async def wait_for_lines(self, text: str, count: int) -> list[str]:
        """Wait until it has printed so many lines with this text; those lines."""
        async with asyncio.timeout(30):
            while len(lines := [line for line in self.printed if text in line]) < count:
                self._more.clear()
                await self._more.wait()
        return lines

    async def wait_for_children(self, count: int) -> list[int]:
        """Wait until it has forked so many processes; their ids."""
        while self._process is None:  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0)
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        while len(pids := (await asyncio.to_thread(children.read_text)).split()) < count:
            pass
        return [int(pid) for pid in pids]

    async def kill(self) -> None:
        """kill -9, as a crash."""
        assert self._process
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        if self._reader:
            await self._reader

    async def terminate(self) -> int:
        """SIGTERM, as a deploy does; the exit code."""
        assert self._process
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        code = await self._process.wait()
        if self._reader:
            await self._reader
        return code

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.kill()


async def run_to_its_end(variables: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run a bot that cannot start; its exit code and all it said."""
    bot = BotProcess(variables, *arguments)
    try:
        await bot.start()
    except AssertionError:
        assert bot._process
        return await bot._process.wait(), "\n".join(bot.printed)
    await bot.kill()
    raise AssertionError(f"it started: {bot.printed}")
