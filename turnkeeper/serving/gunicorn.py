"""A bot under gunicorn, which imports the application and serves it in workers of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn

from aiohttp import web

from turnkeeper.errors import BotError
from turnkeeper.serving import program
from turnkeeper.serving.server import listen, prepare_process

GIVE_UP: Final = 4
"""On this exit code gunicorn starts no other worker. On another it would, for ever."""

_FIRST_HAS: Final = 15.0  # seconds until the others speak
_PAUSE: Final = 0.05
_PORTS: Final = 64
_WRONG_WORKER: Final = (
    "this worker class cannot serve the bot; start gunicorn with -k aiohttp.GunicornWebWorker"
)
_log = logging.getLogger(__name__)


def is_gunicorn() -> bool:
    """Return whether this process is gunicorn's."""
    return "gunicorn.arbiter" in sys.modules


def check_worker() -> None:
    """End the process with a line where gunicorn's workers cannot serve an application of aiohttp.

    gunicorn imports the class of its workers before it imports any application.

    :raises SystemExit: with :data:`GIVE_UP`.
    """
    if is_gunicorn() and "aiohttp.worker" not in sys.modules:
        for pause in _turn_to_tell():
            time.sleep(pause)  # no loop runs yet
        _tell([_WRONG_WORKER])


async def give_up(error: BotError) -> None:
    """End the program, which cannot start, with a line for each fault.

    Under gunicorn they are shown once, and not once a worker.

    :raises SystemExit: always.
    """
    if not is_gunicorn():
        program.give_up(error)
    worker = _worker()
    if worker is not None and worker.age > worker.cfg.workers:
        # It is to take another one's place, while the others may well go on: gunicorn tries again.
        for line in program.lines_of(error):
            _log.error("a worker cannot start: %s", line)
        await asyncio.sleep(1)
        raise SystemExit(1)
    for pause in _turn_to_tell():
        await asyncio.sleep(pause)
    _tell(program.lines_of(error))


def _turn_to_tell() -> Iterator[float]:
    """Yield pauses to be made until it is this worker's turn to end gunicorn.

    gunicorn ends all workers when the first has ended so. Another one that ends by itself meanwhile
    shows a traceback, and the lines again. So the first of them speaks for all, however late it
    comes, and the others wait to be ended. Where it does not come, as nothing is wrong there, they
    speak themselves, one after another.

    :raises SystemExit: gunicorn is being ended.
    """
    worker = _worker()
    if worker is None:  # this is not a worker: gunicorn imports the application before it forks
        return
    place = (worker.age - 1) % max(1, worker.cfg.workers)
    seconds = _FIRST_HAS + place if place else _PAUSE
    for _ in range(round(seconds / _PAUSE)):
        worker.notify()  # else it counts as one that hangs
        yield _PAUSE
        if not worker.alive:  # gunicorn's signal was heard during the pause
            raise SystemExit(0)


def _tell(lines: Sequence[str]) -> NoReturn:
    for line in lines:
        print(f"error: {line}", file=sys.stderr, flush=True)
    raise SystemExit(GIVE_UP)


def in_worker(
    set_up: Callable[[], None],
    metrics_app: Callable[[], web.Application],
    host: str,
    metrics_port: int | None,
) -> Callable[[web.Application], AsyncIterator[None]]:
    """Return a cleanup context that makes a worker of gunicorn ready; elsewhere it does nothing.

    :param set_up: sets up the log.
    :param metrics_app: makes the application with the figures of this worker.
    :param host: the address where they are shown.
    :param metrics_port: the first worker takes this port, the next ones the next that is free;
        None for none.
    """

    async def ready(_: web.Application) -> AsyncIterator[None]:
        if not is_gunicorn():
            yield
            return
        set_up()
        prepare_process()
        runner = None
        if metrics_port and (listener := _first_free(host, metrics_port)) is not None:
            runner = web.AppRunner(metrics_app(), access_log=None, handle_signals=False)
            await runner.setup()
            await web.SockSite(runner, listener).start()
            _log.info("this worker shows its figures on port %d", listener.getsockname()[1])
        yield
        if runner is not None:
            await runner.cleanup()

    return ready


def _first_free(host: str, first: int) -> socket.socket | None:
    """Return a listening socket on the first free port. A worker that dies leaves its own."""
    worker = _worker()
    count = 2 * worker.cfg.workers if worker is not None else _PORTS
    for port in range(first, min(first + count, 65_536)):
        with suppress(BotError):
            return listen(host, port, "METRICS_PORT")
    _log.warning("METRICS_PORT: no port from %d on is free; no figures are shown", first)
    return None


def _worker() -> Any:
    """Return the worker that runs this process, found on the stack; None where there is none."""
    base = sys.modules.get("gunicorn.workers.base")
    frame = sys._getframe() if base is not None else None
    while frame is not None:
        if isinstance(found := frame.f_locals.get("self"), base.Worker):  # type: ignore[union-attr]
            return found
        frame = frame.f_back
    return None
