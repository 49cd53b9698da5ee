"""What the log says of a process that is out of file descriptors: a line a second."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from math import inf
from typing import Final

_QUIET: Final = 1.0  # seconds
# What is tried again in vain, as often as it was told, where the server or the loop is closed.
_CLOSED: Final = (ValueError, AttributeError, RuntimeError)
_AGAIN: Final = "Exception in callback BaseSelectorEventLoop._start_serving"
_NO_ROOM: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class OutOfDescriptors(logging.Filter):
    """A filter of the logger of asyncio, whose servers tell it of each connection in vain.

    They tell it with a traceback, for each place in the queue of each socket, and try again in a
    second: of a socket with a queue of 128 that is 128 times a second.

    :param clock: seconds, from any moment on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._quiet_until = -inf

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged: of those, one a second, in other words."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, _CLOSED) and str(record.msg).startswith(_AGAIN):
            return False
        if not isinstance(error, OSError) or error.errno not in _NO_ROOM:
            return True
        if (now := self._clock()) < self._quiet_until:
            return False
        self._quiet_until = now + _QUIET
        record.msg, record.args, record.exc_info = (
            "no connection can be taken: %s; raise the limit of open files (ulimit -n, "
            "LimitNOFILE), or have the proxy in front hold fewer connections",
            (error.strerror,),
            None,
        )
        return True
