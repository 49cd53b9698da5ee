"""The tiny bot as its own process: as ``python app.py`` starts it, and under gunicorn."""

from __future__ import annotations

import random
import socket
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from turnkeeper.testing import BotProcess as AnyProcess
from turnkeeper.testing import Gunicorn as AnyGunicorn

ROOT = Path(__file__).resolve().parents[3]
TINY = Path(__file__).resolve().parents[1] / "tiny" / "app.py"


def two_free_ports() -> int:
    """A free port with a free one above it; below those that connections take by themselves."""
    for number in random.sample(range(20_000, 32_000, 2), 100):
        with suppress(OSError), ExitStack() as tried:
            for port in (number, number + 1):
                tried.enter_context(socket.create_server(("127.0.0.1", port)))
            return number
    raise AssertionError("no free ports")


class BotProcess(AnyProcess):
    """The tiny bot, or another ``program``, as a process."""

    def __init__(
        self, variables: Mapping[str, str], *arguments: str, program: Path = TINY, **more: Any
    ) -> None:
        super().__init__(program, {"PYTHONPATH": str(ROOT), **variables}, arguments, **more)


class Gunicorn(AnyGunicorn):
    """The tiny bot, or another ``program``, under gunicorn."""

    def __init__(
        self, variables: Mapping[str, str], *arguments: str, program: Path = TINY, **more: Any
    ) -> None:
        super().__init__(program, {"PYTHONPATH": str(ROOT), **variables}, arguments, **more)


async def run_to_its_end(variables: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Run a bot that cannot start; its exit code and all it said."""
    bot = BotProcess(variables, *arguments)
    code, said = await bot.ended()
    assert "Listening on" not in said
    return code, said
