"""A bot as its own process: as ``python app.py`` starts it, and under gunicorn."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[3]
TINY = Path(__file__).resolve().parents[1] / "tiny"


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

    :param variables: its settings; ``PORT`` is any free one where it is not given. ``PWD`` is
        where it runs, else its own folder.
    :param arguments: after ``python app.py``.
    :param program: the file that Python runs; by default the tiny bot's.
    :param under: a command that ends by executing its arguments, which are the bot's.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        *arguments: str,
        program: Path = TINY / "app.py",
        under: Sequence[str] = (),
    ) -> None:
        self._variables = {"PORT": "0", "PYTHONPATH": str(ROOT), **variables}
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

    def command(self) -> list[str]:
        """What Python is told to run."""
        return ["-X", "dev", str(self._program), *self._arguments]

    def listens_at(self, line: str) -> str:
        """The URL of the bot where this line of its output tells it, else nothing."""
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
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # so that a signal can reach it and its workers, and no more
            cwd=self._variables.get("PWD", str(self._program.parent)),
        )
        return self._process

    async def start(self) -> Self:
        """Start it and wait until it listens.

        :raises AssertionError: it ended instead; the text is what it said.
        """
        process = await self.spawn()
        assert process.stdout
        async for line in process.stdout:
            self.printed.append(line.decode().rstrip())
            if url := self.listens_at(self.printed[-1]):
                self.url = url
                self._reader = asyncio.create_task(self._read_on())
                return self
        raise AssertionError(f"exit code {await process.wait()}: {self.printed}")

    async def ended(self) -> tuple[int, str]:
        """Start it where it cannot run, and wait for its end: its exit code and all it said."""
        process = await self.spawn()
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        assert process.returncode is not None
        return process.returncode, output.decode().rstrip()

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

    async def output_ended(self) -> None:
        """Wait until no process is left that could print."""
        assert self._reader
        await self._reader

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


class Gunicorn(BotProcess):
    """A bot under gunicorn, as on App Service.

    :param variables: its settings, and ``HOME``, where it keeps its control socket.
    :param arguments: of gunicorn, before the application.
    :param app: the application, as ``module:name``.
    :param program: the module's file; by default the tiny bot's.
    :param worker_class: what serves it.
    :param under: as for :class:`BotProcess`.
    """

    _LISTENING = re.compile(r"Listening at: (http://\S+)")
    _BOOTING = re.compile(r"Booting worker with pid: (\d+)")

    def __init__(
        self,
        variables: Mapping[str, str],
        *arguments: str,
        app: str = "app:app",
        program: Path = TINY / "app.py",
        worker_class: str = "aiohttp.GunicornWebWorker",
        under: Sequence[str] = (),
    ) -> None:
        super().__init__(variables, *arguments, program=program, under=under)
        self._app = app
        self._worker_class = worker_class

    def command(self) -> list[str]:
        return [
            *("-m", "gunicorn", "--bind", "127.0.0.1:0"),
            *("--worker-class", self._worker_class),
            *self._arguments,
            self._app,
        ]

    def listens_at(self, line: str) -> str:
        match = self._LISTENING.search(line)
        return f"{match[1]}/api/messages" if match else ""

    async def workers(self, count: int) -> list[int]:
        """The process ids of the first workers, once there were so many."""
        lines = await self.wait_for_lines("Booting worker with pid: ", count)
        return [int(match[1]) for line in lines if (match := self._BOOTING.search(line))]

    async def kill(self) -> None:
        """kill -9 for it and its workers."""
        assert self._process
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        await super().kill()


async def run_to_its_end(variables: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run a bot that cannot start; its exit code and all it said."""
    bot = BotProcess(variables, *arguments)
    code, said = await bot.ended()
    assert "Listening on" not in said
    return code, said
