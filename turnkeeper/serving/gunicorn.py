"""The bot under gunicorn, which imports ``APP`` from app.py and serves it in workers of its own."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import cache
from typing import Final

from aiohttp import web

from turnkeeper.errors import SettingsError
from turnkeeper.serving.server import prepare_process
from turnkeeper.settings import Settings

GIVE_UP: Final = 4
"""On this exit code gunicorn starts no other worker."""

_log = logging.getLogger(__name__)


@cache
def app_for_gunicorn(
    set_up: Callable[[], Settings], create_app: Callable[[Settings], web.Application]
) -> web.Application:
    """The application that a worker serves, made at the first call.

    Wrong settings end the process with a line each: any error gunicorn shows with its traceback.

    :param set_up: reads the settings.
    :param create_app: makes the bot of them.
    """
    try:
        settings = set_up()
        app = create_app(settings)
    except SettingsError as error:
        for fault in error.faults:
            print(f"error: {fault}", file=sys.stderr)
        sys.exit(GIVE_UP)
    if settings.metrics_port:
        _log.warning("METRICS_PORT is not served under gunicorn, whose workers have no numbers")

    async def prepare(_: web.Application) -> None:
        prepare_process()

    app.on_startup.append(prepare)  # in the worker, also where gunicorn loads APP before it forks
    return app
