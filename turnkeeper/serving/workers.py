"""Several processes on one port: as many turns at once as the machine has processors."""

from __future__ import annotations

import logging
import math
import mmap
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final

from turnkeeper.errors import SettingsError
from turnkeeper.serving.server import STOPPING

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
"""Seconds until a worker that ended is started again. The pause doubles each time, and is the
first again for a worker that has run for longer than the longest.
"""

_WAITED: Final = {*STOPPING, signal.SIGCHLD} if hasattr(signal, "SIGCHLD") else set(STOPPING)

_log = logging.getLogger(__name__)


class Workers:
    """Runs workers until SIGTERM or Ctrl-C and starts those again that end by themselves.

    As long as none has been up, one that cannot start ends all: its settings are wrong, or what it
    needs is not there. Later on the others can do without it, and it is tried again and again.

    All of them accept from one listening socket, which the caller made before. When this process
    is killed, the workers see the end of their lifeline and stop as well.

    :param count: how many.
    :param serve: runs one worker until it is told to stop, and returns its exit code. It gets the
        worker's number, from 1, which one that is started again keeps; its lifeline (see
        :func:`turnkeeper.serving.server.serve_until_stopped`); and what to call when the worker is
        up.
    :raises SettingsError: this platform cannot fork.
    """

    def __init__(self, count: int, serve: Callable[[int, int, Callable[[], None]], int]) -> None:
        if not (hasattr(os, "fork") and hasattr(signal, "sigtimedwait")):
            raise SettingsError("WEB_CONCURRENCY: only 1 works on this platform")
        self._count = count
        self._serve = serve
        self._workers: dict[int, tuple[int, float]] = {}
        self._due: dict[int, float] = {}
        self._pauses: dict[int, float] = {}
        self._up = mmap.mmap(-1, 1)  # shared with the workers
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
        for number in range(1, self._count + 1):
            self._start(number)
        while self._workers or (self._due and not self._stopping):
            wait = min(self._due.values(), default=math.inf) - time.monotonic()
            info = signal.sigtimedwait(_WAITED, min(max(wait, 0), 3600))
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
            if pid not in self._workers:
                continue  # a stranger: the first process of a container inherits orphans
            number, started = self._workers.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if self._stopping:
                self._worst = self._worst or abs(code)
            elif code > 0 and not self._up[0]:
                self._worst = code  # it has said why; the next one could not start either
                self._stop()
            else:
                now = time.monotonic()
                pause = self._pause(number, now - started)
                self._due[number] = now + pause
                _log.error(
                    "worker %d ended (%d) and is started again in %.1f s", number, code, pause
                )

    def _pause(self, number: int, lived: float) -> float:
        last = self._pauses.get(number, 0.0) if lived <= LONGEST_PAUSE else 0.0
        self._pauses[number] = pause = min(max(2 * last, FIRST_PAUSE), LONGEST_PAUSE)
        return pause

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
            code = self._serve(number, self._lifeline, self._tell_up)
        except BaseException:  # nothing may run on in the parent's place
            traceback.print_exc()
            code = 70
        sys.stdout.flush()
        os._exit(code)

    def _tell_up(self) -> None:
        self._up[0] = 1

    def _stop(self) -> None:
        self._stopping = True
        for pid in self._workers:
            os.kill(pid, signal.SIGTERM)
