"""A bot as a process of its own, as ``python app.py`` starts it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

PATIENCE: Final = 60.0
"""Seconds of real time that anything here may take."""
_TOLD: Final = 30


class BotProcess:
    """A bot process that runs while the block does; killed at its end if it still runs.

    :param program: the file that Python runs. It runs in that file's folder.
    :param variables: its environment, with ``PATH`` and ``HOME`` of this one and nothing else;
        ``PORT`` is any free one where it is not given. ``PWD`` is where it runs, if elsewhere.
    :param arguments: after ``python app.py``.
    :param under: a command that ends by executing its arguments, which are the bot's.
    :ivar url: where it takes activities, once it listens.
    :ivar printed: the lines that it has printed.
    """

    def __init__(
        self,
        program: Path | str,
        variables: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        *,
        under: Sequence[str] = (),
    ) -> None:
        self._program = Path(program).resolve()
        self._variables = {"PORT": "0", **(variables or {})}
        self._arguments = arguments
        self._under = under
        self._more = asyncio.Event()
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._stdin = DEVNULL
        self.url = ""
        self.printed: list[str] = []

    @property
    def pid(self) -> int:
        """The process id."""
        return self._running().pid

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return ["-X", "dev", str(self._program), *self._arguments]

    def listens_at(self, line: str) -> str:
        """Return the URL of the bot where this line of its output tells it, else nothing."""
        start, _, url = line.partition("Listening on ")
        return url if not start else ""

    async def spawn(self) -> asyncio.subprocess.Process:
        """Start it and wait for nothing."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._process = await asyncio.create_subprocess_exec(
            *self._under,
            sys.executable,
            *self.command(),
            env={**kept, **self._variables},
            stdin=self._stdin,
            stdout=PIPE,
            stderr=STDOUT,
            limit=2**24,  # of a line
            start_new_session=True,  # so that a signal can reach it and its workers, and no more
            cwd=self._variables.get("PWD", str(self._program.parent)),
        )
        return self._process

    async def start(self) -> Self:
        """Start it and wait until it listens.

        :raises AssertionError: it ended instead; the text is what it said.
        """
        process = await self.spawn()
        try:
            async with asyncio.timeout(PATIENCE):
                while line := await self._read_line(process):
                    if url := self.listens_at(line):
                        self.url = url
                        self._reader = asyncio.create_task(self._read_on(process))
                        return self
                raise AssertionError(f"exit code {await process.wait()}: {self.told()}")
        except TimeoutError:
            raise AssertionError(f"it does not listen after {PATIENCE} s: {self.told()}") from None
        finally:
            if not self.url:
                self._signal(signal.SIGKILL)

    async def ended(self) -> tuple[int, str]:
        """Start it where it cannot run, and return its exit code and all it said."""
        process = await self.spawn()
        try:
            async with asyncio.timeout(PATIENCE):
                output, _ = await process.communicate()
                return await process.wait(), output.decode(errors="replace").rstrip()
        except BaseException:
            self._signal(signal.SIGKILL)
            raise

    async def wait_for_lines(self, text: str, count: int) -> list[str]:
        """Wait until it has printed so many lines with this text, and return those.

        :raises AssertionError: it ended before.
        """
        async with asyncio.timeout(PATIENCE):
            while len(lines := [line for line in self.printed if text in line]) < count:
                if self._reader is None or self._reader.done():
                    raise AssertionError(f"it ended before: {self.told()}")
                self._more.clear()
                await self._more.wait()
        return lines

    async def output_ended(self) -> None:
        """Wait until no process is left that could print."""
        if self._reader:
            async with asyncio.timeout(PATIENCE):
                await asyncio.shield(self._reader)

    async def kill(self) -> None:
        """End it and what it has started by kill -9, as a crash does."""
        self._signal(signal.SIGKILL)
        await self.exit_code()

    async def terminate(self) -> int:
        """End it by SIGTERM, as a deploy does, and return the exit code."""
        process = self._running()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        return await self.exit_code()

    async def exit_code(self) -> int:
        """Wait until it has ended, and return its exit code; below 0 is the number of a signal.

        :raises AssertionError: it has not ended in time.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                code = await self._running().wait()
        except TimeoutError:
            raise AssertionError(f"it still runs after {PATIENCE} s: {self.told()}") from None
        await self.output_ended()
        return code

    def told(self) -> str:
        """Return what it has printed, for an error: the end of it."""
        return "\n".join(self.printed[-_TOLD:])

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):  # it is the leader of a group of its own
            os.killpg(self._running().pid, number)

    def _running(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise AssertionError("the process is not started: use it in an async with block")
        return self._process

    async def _read_line(self, process: asyncio.subprocess.Process) -> str:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        if line := await process.stdout.readline():
            self.printed.append(line.decode(errors="replace").rstrip())
            self._more.set()
            return self.printed[-1] or " "
        return ""

    async def _read_on(self, process: asyncio.subprocess.Process) -> None:
        while await self._read_line(process):
            pass
        self._more.set()  # there is no more to wait for

    async def __aenter__(self) -> Self:
        """Start it and wait until it listens."""
        return await self.start()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Kill it."""
        await self.kill()
