"""Serving until a signal says stop; then the turns under way are finished."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Final

from aiohttp import web

SHUTDOWN: Final = 4.5
"""Seconds that turns under way have to finish, twice: then they are cancelled.

What a cancelled turn owes stays owed, and its channel delivers again.
"""

IDLE: Final = 30.0
"""Seconds after which a connection without a whole request is closed."""

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)


async def serve_until_stopped(
    app: web.Application,
    listener: socket.socket,
    announce: Callable[[], None],
    lifeline: int | None = None,
) -> None:
    """Serve on a socket until SIGTERM or Ctrl-C. A second signal changes nothing.

    :param listener: a listening socket.
    :param announce: called when requests are taken.
    :param lifeline: a file descriptor; its end of file says stop as well.
    :raises errors.BotError: the application cannot start.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in STOPPING:
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # see hosting.workers
    if lifeline is not None:
        loop.add_reader(lifeline, stop.set)
    runner = web.AppRunner(
        app,
        access_log=None,
        keepalive_timeout=IDLE,
        shutdown_timeout=SHUTDOWN,
        handle_signals=False,
    )
    try:
        await runner.setup()
        await web.SockSite(runner, listener).start()
        announce()
        await stop.wait()
    finally:
        if lifeline is not None:
            loop.remove_reader(lifeline)
        await runner.cleanup()
        if hasattr(signal, "pthread_sigmask"):
            # Nothing is left to stop, and the event loop can take no more while it closes.
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
