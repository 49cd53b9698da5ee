"""Lines of the log, written by a thread of their own, so that nobody waits for who reads them."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

_ROOM: Final = 1_000_000
_AGAIN: Final = 0.05  # seconds
_LAST: Final = 1.0  # seconds


class LineWriter:
    """The stream of a log's handler: keeps lines, up to a bound, while a thread writes them.

    What finds no room is left out, and so is what cannot be written. How many lines that were is
    told in a line of its own, in the place of the gap, as soon as writing is possible again.

    A process that was forked off has a thread of its own, and nothing of what its parent kept.

    :param descriptor: of the file that is written to. It may be a pipe that nobody reads: no lock
        of Python's own streams is held meanwhile, which the end of the process would wait for.
    :param tell: makes the line that tells how many were left out.
    :param room: characters that are kept at most; as many again may be about to be written.
    :ivar left_out: how many lines were left out so far.
    """

    def __init__(self, descriptor: int, tell: Callable[[int], str], *, room: int = _ROOM) -> None:
        self._descriptor = descriptor
        self._tell = tell
        self._room = room
        self.left_out = 0
        self._begin()
        if hasattr(os, "register_at_fork"):  # not on Windows
            os.register_at_fork(after_in_child=self._begin)
        self._start()

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._kept: list[str] = []
        self._taken = 0
        self._untold = 0
        self._is_writing = False
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        """Keep a line to be written, or leave it out. It does not wait."""
        with self._changed:
            if self._thread is None:  # of a process that was forked off
                self._start()
            # After a gap nothing is kept until it can be told: the lines stay in order.
            if self._untold or (self._kept and self._taken + len(text) > self._room):
                self.left_out += 1
                self._untold += 1
                return
            self._kept.append(text)
            self._taken += len(text)
            self._changed.notify_all()

    def drain(self, seconds: float = _LAST) -> None:
        """Wait until all is written, but no longer than some seconds: maybe nobody reads it."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._kept or self._is_writing), seconds)

    def _run(self) -> None:
        unwritten = 0  # lines, that have gone before those that are kept
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._kept)
                lines, left_out = self._kept, self._untold
                self._kept, self._taken, self._untold = [], 0, 0
                self._is_writing = True
            texts = [
                *([self._tell(unwritten)] if unwritten else []),
                *lines,
                *([self._tell(left_out)] if left_out else []),
            ]
            is_written = self._write_out("".join(texts))
            unwritten = 0 if is_written else unwritten + len(lines) + left_out
            with self._changed:
                if not is_written:
                    self.left_out += len(lines)
                self._is_writing = False
                self._changed.notify_all()

    def _write_out(self, text: str) -> bool:
        """Write a text; return whether it could be."""
        left = memoryview(text.encode(getattr(sys.stderr, "encoding", "utf-8"), "backslashreplace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:  # another process that has the pipe too has made it so
                time.sleep(_AGAIN)
            except OSError:  # a full disk, or a reader that is gone
                return False
        return True
