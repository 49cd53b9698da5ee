"""A bot as a program: its arguments, its sockets, its exit codes."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Final, NoReturn

from aiohttp import web

from turnkeeper.errors import BotError, Fault, SettingsError, StorageError
from turnkeeper.observing import logs
from turnkeeper.serving.server import listen, prepare_process, serve_until_stopped
from turnkeeper.settings import Settings

_SEVERAL: Final = "for several processes run: gunicorn -k aiohttp.GunicornWebWorker -w N app:app"

_log = logging.getLogger(__name__)


def give_up(error: BotError, remarks: Iterable[str] = ()) -> NoReturn:
    """Print a line for each fault and end the program, which cannot start.

    :param remarks: what the operator is warned of besides, a line each.
    :raises SystemExit: always: with 2 for wrong settings, else with 1.
    """
    for line in lines_of(error):
        print(f"error: {line}", file=sys.stderr, flush=True)
    for remark in remarks:
        print(f"warning: {remark}", file=sys.stderr, flush=True)
    raise SystemExit(2 if isinstance(error, SettingsError) else 1)


def lines_of(error: BotError) -> list[str]:
    """Return what an error says to who starts the bot, a line each."""
    if isinstance(error, SettingsError):
        return list(map(str, error.faults))
    return [f"STORAGE_URL: {error}" if isinstance(error, StorageError) else str(error)]


def run(  # noqa: PLR0913, PLR0917 - each is a part of its own
    settings: Settings,
    faults: Sequence[Fault],
    remarks: Callable[[], Iterable[str]],
    store: str,
    app: Callable[[], web.Application],
    metrics_app: Callable[[], web.Application],
    arguments: Sequence[str] | None = None,
) -> NoReturn:
    """Run a bot until SIGTERM or Ctrl-C, then let it finish the turns under way.

    :param faults: what is wrong with the settings.
    :param remarks: returns what the operator is warned of where they are, a line each.
    :param store: what the store is called, fit to be printed.
    :param app: makes the application.
    :param metrics_app: makes the one with the figures alone, for a port of its own.
    :param arguments: of the command line; by default those of the process.
    :raises SystemExit: always: 0 after a signal, 2 for wrong settings or arguments, 1 where it
        cannot start otherwise.
    """
    if getattr(sys.modules["__main__"].__spec__, "parent", "") == "turnkeeper":
        sys.exit('it runs the bot when it is imported; put that under if __name__ == "__main__":')
    parser = argparse.ArgumentParser(
        description="Run the bot. Its settings are environment variables or .env.",
        epilog=f"One process; {_SEVERAL}",
    )
    parser.add_argument("--workers", help=argparse.SUPPRESS)  # until 0.1
    if parser.parse_args(arguments).workers is not None:
        parser.error(f"--workers is gone; {_SEVERAL}")
    if faults:
        give_up(SettingsError(*faults), remarks())
    logs.set_up(settings.log_level, settings.log_format)
    if os.environ.get("WEB_CONCURRENCY", "1").strip() not in ("", "1"):
        _log.warning("WEB_CONCURRENCY is for gunicorn, and this is one process; %s", _SEVERAL)
    with ExitStack() as opened:
        try:
            first = opened.enter_context(listen(settings.host, settings.port, "HOST, PORT"))
            sites = [(app(), first)]
            if settings.metrics_port:
                second = listen(settings.host, settings.metrics_port, "METRICS_PORT")
                sites.append((metrics_app(), opened.enter_context(second)))
        except BotError as error:
            give_up(error)
        prepare_process()
        host, port = first.getsockname()[:2]
        announce = partial(_announce, settings, store, host, port)
        asyncio.run(serve_until_stopped(sites, announce))
    raise SystemExit(0)


def _announce(settings: Settings, store: str, host: str, port: int) -> None:
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/api/messages"
    lines = [f"Listening on {url}", f"Remembering in {store}"]
    if settings.local_mode:
        lines += [
            "No MicrosoftAppId is set: only programs on this machine can talk to the bot.",
            "Talk to it with the Bot Framework Emulator, or with",
            f"  npx @microsoft/m365agentsplayground -e {url} -c emulator",
        ]
    print("\n".join(lines), flush=True)
