"""A bot under gunicorn, as on App Service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from turnkeeper.testing.processes.process import BotProcess

_LISTENING: Final = re.compile(r"Listening at: (http://\S+)")
_BOOTING: Final = re.compile(r"Booting worker with pid: (\d+)")


class Gunicorn(BotProcess):
    """A bot under gunicorn.

    :param program: the module's file.
    :param variables: its environment; ``HOME`` is where it keeps its control socket.
    :param arguments: of gunicorn, before the application.
    :param app: the application, as ``module:name``.
    :param worker_class: what serves it.
    :param under: as for :class:`BotProcess`.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        program: Path | str,
        variables: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
        *,
        app: str = "app:app",
        worker_class: str = "aiohttp.GunicornWebWorker",
        under: Sequence[str] = (),
    ) -> None:
        super().__init__(program, variables, arguments, under=under)
        self._app = app
        self._worker_class = worker_class

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return [
            *("-m", "gunicorn", "--bind", "127.0.0.1:0"),
            *("--worker-class", self._worker_class),
            *self._arguments,
            self._app,
        ]

    def listens_at(self, line: str) -> str:
        """Return the URL of the bot where this line of its output tells it, else nothing."""
        match = _LISTENING.search(line)
        return f"{match[1]}/api/messages" if match else ""

    async def workers(self, count: int) -> list[int]:
        """Return the process ids of the first workers, once there were so many."""
        lines = await self.wait_for_lines("Booting worker with pid: ", count)
        return [int(match[1]) for line in lines if (match := _BOOTING.search(line))]
