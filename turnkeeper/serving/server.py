"""Serving until a signal says stop; then the turns under way are finished."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from aiohttp import web, web_response
from aiohttp.http_parser import RawRequestMessage

from turnkeeper.errors import BotError

SHUTDOWN: Final = 4.5
"""Seconds that turns under way have to finish, twice: then they are cancelled.

What a cancelled turn owes stays owed, and its channel delivers again.
"""

IDLE: Final = 30.0
"""Seconds after which a connection without a whole request is closed."""

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


def prepare_process() -> None:
    """Make this process ready for many turns at once. Call it once, when all is imported."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        # Each turn takes two connections.
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    # What lives as long as the process need not be looked at by each garbage collection.
    gc.collect()
    gc.freeze()
    # A turn leaves next to nothing to be collected, so it is looked for less often than Python
    # does by default. Measured: with these the longest collection of a busy bot took 5 ms.
    gc.set_threshold(4_000, 4, 20)


def listen(host: str, port: int, settings_named: str) -> socket.socket:
    """Return a listening socket.

    :param host: an address of this machine, or a name of one.
    :param port: 0 for any that is free.
    :param settings_named: the settings to look at where it cannot be opened.
    :raises BotError: it cannot be opened, such as on a port that is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = error.strerror or error
        raise BotError(f"{settings_named}: cannot listen on {host}:{port}: {reason}") from error


def answer_impossible_hosts(app: web.Application) -> None:
    """Have a request for a host that cannot be, as ``http://xn--a/``, answered as any other.

    aiohttp 3.14 fails at making it, before any handler: it would neither answer nor close. This is
    on the application, since the server may be anybody's, such as gunicorn's.
    """
    make = getattr(app, "_make_request", None)
    if make is None:  # another aiohttp, which makes requests elsewhere
        return

    def make_request(message: RawRequestMessage, *rest: Any, **named: Any) -> web.Request:
        try:
            request: web.Request = make(message, *rest, **named)
        except ValueError:
            request = make(message._replace(url=message.url.relative()), *rest, **named)
        return request

    object.__setattr__(app, "_make_request", make_request)  # it warns of attributes of others


def name_no_versions() -> None:
    """Have the answers of this process say ``Server: aiohttp`` and no versions.

    Those of aiohttp itself too, such as to what is no HTTP, whoever's the server is. A header on
    the bot's own answers alone would leave these, and cost each turn.
    """
    vars(web_response)["SERVER_SOFTWARE"] = "aiohttp"


def leave_bodies_packed(app: web.Application) -> None:
    """Have compressed bodies arrive as they are, unless the application says otherwise itself."""
    given = getattr(app, "_handler_args", None) or {}
    if "auto_decompress" not in given:
        object.__setattr__(app, "_handler_args", {**given, "auto_decompress": False})


async def serve_until_stopped(
    sites: Sequence[tuple[web.Application, socket.socket]], announce: Callable[[], None]
) -> None:
    """Serve until SIGTERM or Ctrl-C. A second signal changes nothing.

    :param sites: applications, each with the listening socket it is served on. They are started
        and stopped in this order.
    :param announce: called when requests are taken.
    :raises BotError: an application cannot start.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in STOPPING:
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    runners: list[web.AppRunner] = []
    try:
        for app, listener in sites:
            runner = web.AppRunner(
                app,
                access_log=None,
                keepalive_timeout=IDLE,
                shutdown_timeout=SHUTDOWN,
                handle_signals=False,
            )
            runners.append(runner)
            await runner.setup()
            await web.SockSite(runner, listener).start()
        announce()
        await stop.wait()
    finally:
        for runner in runners:
            await runner.cleanup()
        if hasattr(signal, "pthread_sigmask"):
            # Nothing is left to stop, and the event loop can take no more while it closes.
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
