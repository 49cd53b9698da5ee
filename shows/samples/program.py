"""A sample as a process, which may be killed and started again."""

from __future__ import annotations

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from shows.talk import ShowFailed

RUNNER: Final = Path(__file__).with_name("runner.py")
LONGEST_START: Final = 60.0
"""Seconds that a sample may take to listen."""


class Program:
    """A sample's process; it ends with the block.

    :param python: that runs it.
    :param folder: of the sample.
    :param log: the file that gets what it prints.
    :param variables: its environment.
    :ivar url: where it takes activities.
    """

    def __init__(
        self, python: Path, folder: Path, log: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        self.url = ""
        self._command = [str(python), str(RUNNER), str(folder)]
        self._log = log
        self._variables = {
            "TZ": "UTC",
            "PATH": os.environ["PATH"],
            "PYTHONPYCACHEPREFIX": str(log.with_suffix("")),  # nothing is left among the samples
            **(variables or {}),
        }
        self._process: Process | None = None

    async def start(self, turn: int) -> None:
        """Start it and wait until it listens.

        :param turn: the number of the turn that it will have first.
        :raises ShowFailed: it does not listen.
        """
        with self._log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self._command, str(turn), env=self._variables, stdin=PIPE, stdout=PIPE, stderr=log
            )
        self._process = process
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            async with asyncio.timeout(LONGEST_START):
                line = await process.stdout.readline()
            port = json.loads(line)["port"]
        except (TimeoutError, ValueError):
            await self.kill()
            raise ShowFailed(f"{self._command[-1]} does not start:\n{self.told()}") from None
        self.url = f"http://127.0.0.1:{port}/api/messages"

    async def kill(self) -> None:
        """kill -9."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        self._process = None

    def told(self) -> str:
        """Return the end of what it has printed, for an error."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-40:])

    async def __aenter__(self) -> Self:
        """Start it for the first turn."""
        await self.start(1)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kill it."""
        await self.kill()
