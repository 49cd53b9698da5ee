"""Several processes on one port: as many turns at once as the machine has processors."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final

from errors import SettingsError
from hosting.server import STOPPING

QUICK_END: Final = 5.0
"""Seconds; a worker that ends sooner after its start is started again only after as long."""

_WAITED: Final = {*STOPPING, signal.SIGCHLD} if hasattr(signal, "SIGCHLD") else set(STOPPING)

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
        self._due: dict[int, float] = {}
        self._stopping = False
        self._worst = 0
        self._lifeline, self._held = os.pipe()

    def run(self) -> int:
        """Run until told to stop; then let the workers finish their turns.

        :returns: 0, or the exit code of a worker that could not start or did not end well.
        """
        # Signals are waited for and not handled: one that came between a look at what there is to
        # do and the wait for the next would be noticed by nobody.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)
        for number in range(self._count):
            self._start(number)
        while self._workers or (self._due and not self._stopping):
            info = signal.sigtimedwait(_WAITED, 0.2 if self._due else 3600)
            if info is not None and info.si_signo in STOPPING:
                self._stop()
            self._bury()
            for number in [n for n, due in self._due.items() if due <= time.monotonic()]:
                del self._due[number]
                self._start(number)
        return self._worst

    def _bury(self) -> None:
        """Look at the workers that have ended."""
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            number, started = self._workers.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping:
                self._worst = self._worst or abs(code)
            elif code in (1, 2) and time.monotonic() - started < QUICK_END:
                self._worst = code  # it has said why; the next one could not start either
                self._stop()
            else:
                _log.error("worker %d ended (%d) and is started again", number, code)
                self._due[number] = started + QUICK_END

    def _start(self, number: int) -> None:
        if self._stopping:
            return
        sys.stdout.flush()
        pid = os.fork()  # signals stay blocked in the worker until it has handlers of its own
        if pid:
            self._workers[pid] = (number, time.monotonic())
            return
        os.close(self._held)
        try:
            code = self._serve(number, self._lifeline)
        except BaseException:  # nothing may run on in the parent's place
            traceback.print_exc()
            code = 70
        sys.stdout.flush()
        os._exit(code)

    def _stop(self) -> None:
        self._stopping = True
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)
