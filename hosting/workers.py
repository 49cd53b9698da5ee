"""Several processes on one port: as many turns at once as the machine has processors."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Final

from errors import SettingsError
from hosting.server import STOPPING

QUICK_END: Final = 5.0
"""Seconds; a worker that ends sooner after its start is started again only after as long."""

_log = logging.getLogger("bot.workers")


class Workers:
    """Runs workers until SIGTERM or Ctrl-C and starts those again that end by themselves.

    All of them accept from one listening socket, which the caller made before. When this process
    is killed, the workers see the end of their lifeline and stop as well.

    :param count: how many.
    :param serve: runs one worker until it is told to stop; gets the worker's number, from 0, and
        its lifeline (see :func:`hosting.server.serve_until_stopped`), and returns its exit code.
    :raises errors.SettingsError: this platform cannot fork.
    """

    def __init__(self, count: int, serve: Callable[[int, int], int]) -> None:
        if not hasattr(os, "fork"):
            raise SettingsError("WEB_CONCURRENCY: only 1 works on this platform")
        self._count = count
        self._serve = serve
        self._workers: dict[int, tuple[int, float]] = {}
        self._stopping = False
        self._lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Run until told to stop; then let the workers finish their turns.

        :returns: 0, or the exit code of a worker that could not start or did not end well.
        """
        for signal_number in STOPPING:
            signal.signal(signal_number, self._stop)
        for number in range(self._count):
            self._start(number)
        worst = 0
        while self._workers:
            pid, status = os.wait()
            number, started = self._workers.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping:
                worst = worst or abs(code)
            elif code in (1, 2) and time.monotonic() - started < QUICK_END:
                worst = worst or code  # it has said why; the next one could not start either
                self._stop(signal.SIGTERM, None)
            else:
                _log.error("worker %d ended (%d) and is started again", number, code)
                self._pause(QUICK_END - (time.monotonic() - started))
                self._start(number)
        return worst

    def _start(self, number: int) -> None:
        if self._stopping:
            return
        sys.stdout.flush()
        # Between the fork and its bookkeeping, and until the worker has handlers of its own, a
        # signal waits; else it would reach nobody, or the wrong one.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        pid = os.fork()
        if pid:
            self._workers[pid] = (number, time.monotonic())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
            return
        os.close(self._held)
        try:
            code = self._serve(number, self._lifeline)
        except BaseException:  # nothing may run on in the parent's place
            traceback.print_exc()
            code = 70
        sys.stdout.flush()
        os._exit(code)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(0.1)

    def _stop(self, signal_number: int, _: FrameType | None) -> None:
        self._stopping = True
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)
