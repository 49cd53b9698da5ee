"""A world of processes that die."""

from __future__ import annotations

import signal
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, Self

import turnkeeper
from turnkeeper.testing.cloud import Cloud
from turnkeeper.testing.processes.mortal import ARMED, Point
from turnkeeper.testing.processes.process import BotProcess

_ENGINE: Final = Path(turnkeeper.__file__).resolve().parents[1]


class MortalProcess(BotProcess):
    """A bot process that dies by kill -9 at a named point of a turn."""

    def __init__(self, program: Path | str, variables: Mapping[str, str] | None = None) -> None:
        super().__init__(program, variables)
        self._stdin = PIPE
        self._told = 0

    def command(self) -> list[str]:
        """Return what Python is told to run."""
        return ["-X", "dev", "-m", "turnkeeper.testing.processes", str(self._program)]

    async def dies(self, point: Point) -> None:
        """Have it die when a turn next comes to a point; tell it when none is under way.

        :raises AssertionError: it has ended.
        """
        stdin = self._running().stdin
        assert stdin is not None  # noqa: S101 - it is a pipe
        stdin.write(f"{Point(point)}\n".encode())
        self._told += 1
        await self.wait_for_lines(ARMED, self._told)

    async def died(self) -> None:
        """Wait until it has died.

        :raises AssertionError: it ended otherwise, or still runs after a minute.
        """
        if (code := await self.exit_code()) != -signal.SIGKILL:
            raise AssertionError(f"it ended with exit code {code}: {self.told()}")


class World:
    """Processes of one bot on one store, in front of one cloud; all end with the block.

    ::

        async with World("app.py") as world:
            first = await world.process()
            ada = world.cloud.person("Ada", bot_url=first.url)
            await first.dies(Point.AFTER_COMMIT)
            with pytest.raises(ConnectionError):
                await ada.says("hi")
            second = await world.process()
            assert await ada.repeats(second.url) == ["What is your name?"]

    The processes run in an empty folder: they read no ``.env`` of the program's.

    :param program: the file that Python runs; it ends in ``host.run(bot)``.
    :param variables: the environment of the processes.
    :param storage: the URL of their store; a new SQLite file by default.
    :param app_id: the bot's app id; "" is local mode.
    :param app_password: the bot's secret.
    """

    def __init__(
        self,
        program: Path | str,
        variables: Mapping[str, str] | None = None,
        *,
        storage: str = "",
        app_id: str = "",
        app_password: str = "",
    ) -> None:
        self.cloud = Cloud(app_id=app_id, app_password=app_password)
        self._program = program
        self._variables = dict(variables or {})
        self._storage = storage
        self._folder = ""
        self._stack = AsyncExitStack()

    async def process(self, **variables: str) -> MortalProcess:
        """Start one more process and return it once it listens.

        :param variables: of its environment, beside those of all.
        :raises AssertionError: it did not start; the message has what it printed.
        """
        if not self._folder:
            raise RuntimeError("the world is not open: use it in an async with block")
        cloud, folder = self.cloud, self._folder
        shared = {
            "PWD": folder,
            "PYTHONPATH": str(_ENGINE),
            "STORAGE_URL": self._storage or f"sqlite:///{folder}/bot.db",
        }
        if cloud.app_id:
            shared |= {
                "HOST": "127.0.0.1",
                "LOGIN_URL": cloud.url,
                "MicrosoftAppId": cloud.app_id,
                "MicrosoftAppPassword": cloud.login.app_password,
                "OPENID_METADATA_URL": cloud.open_id_metadata_url,
                "SERVICE_URL_HOSTS": "127.0.0.1",
            }
        process = MortalProcess(self._program, {**shared, **self._variables, **variables})
        return await self._stack.enter_async_context(process)

    async def __aenter__(self) -> Self:
        """Open the cloud."""
        await self._stack.enter_async_context(self.cloud)
        self._folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Kill all processes and close the cloud."""
        await self._stack.aclose()
