"""Log lines, plain or JSON, with the ids of the turn they belong to.

No line at INFO or above holds what an error says: it may quote what a person wrote. A record with
an error is logged once more at DEBUG, and there whole. Phone numbers and mail addresses, which are
ids of people on some channels, are shortened on every line.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import traceback
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from turnkeeper.observing.descriptors import OutOfDescriptors
from turnkeeper.observing.ids import shortened
from turnkeeper.observing.line_writer import LineWriter
from turnkeeper.observing.tracebacks import without_messages

_turn: Final[ContextVar[dict[str, str]]] = ContextVar("turn")
_OUT_OF_DESCRIPTORS: Final = OutOfDescriptors()

# What moves a terminal's cursor, ends a line, or changes what others look like: controls, and what
# is invisible, joins, or sets the direction of writing.
_HIDDEN: Final = (
    *(range(0x20), range(0x7F, 0xA0), (0xAD, 0x61C, 0x180E, 0xFEFF)),
    *(range(0x200B, 0x2010), range(0x2028, 0x202F), range(0x2060, 0x2070)),
    *(range(0xFFF9, 0xFFFC), range(0xE0000, 0xE0080)),
)
_ESCAPES: Final = {
    code: chr(code).encode("unicode_escape").decode() if chr(code) > "\xff" else f"\\x{code:02x}"
    for codes in _HIDDEN
    for code in codes
}
_ESCAPES_IN_LINES: Final = {
    code: text for code, text in _ESCAPES.items() if chr(code) not in "\n\t"
}


class TurnIds:
    """A block in which every log line carries the ids of a turn.

    :param ids: what they are called, and what they are.
    """

    def __init__(self, ids: dict[str, str]) -> None:
        self._ids = ids

    def __enter__(self) -> None:
        self._token = _turn.set(self._ids)

    def __exit__(self, *_: object) -> None:
        _turn.reset(self._token)

    @staticmethod
    def add(**ids: str) -> None:
        """Have the lines from here to the end of the block carry further ids.

        Outside a block it does nothing. What runs beside the block keeps the ids it began with.
        """
        known = _turn.get(None)
        if known is not None:
            _turn.set({**known, **ids})


class PlainFormatter(logging.Formatter):
    """One line a record; what came from outside cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback below where there is one."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        ids = " ".join(f"{name}={value}" for name, value in _ids().items())
        head = f"{time} {record.levelname} {record.name}: {_message(record)}"
        line = (f"{head} [{ids}]" if ids else head).translate(_ESCAPES)
        trace = _trace(record).translate(_ESCAPES_IN_LINES)
        return f"{line}\n{trace}" if trace else line


class JSONFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object with time, level, logger, message, the turn's ids and the traceback."""
        data = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
            **_ids(),
        }
        if trace := _trace(record):
            data["exception"] = trace
        return json.dumps(data)


class Handler(logging.StreamHandler[TextIO | LineWriter]):
    """Writes a record with an error twice where DEBUG is on: as it is, and whole at DEBUG.

    A line is made where it is logged, so it carries the ids of the turn that logs it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        super().emit(record)
        detailed = logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
        if record.exc_info and record.levelno > logging.DEBUG and detailed:
            whole = copy.copy(record)
            whole.levelno, whole.levelname = logging.DEBUG, "DEBUG"
            super().emit(whole)

    def close(self) -> None:
        """Have what is logged so far be written, if anybody reads it; logging ends with this."""
        if isinstance(self.stream, LineWriter):
            self.stream.drain()
        super().close()


def _ids() -> dict[str, str]:
    """The ids of the turn under way."""
    return {name: shortened(value) for name, value in _turn.get({}).items()}


def _message(record: logging.LogRecord) -> str:
    message = shortened(record.getMessage())
    if record.name == "asyncio" and record.exc_info and record.levelno > logging.DEBUG:
        # What follows shows the failed task's error, or what a callback was called with.
        return message.partition("\n")[0].partition("(")[0]
    return message


def _trace(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if record.levelno > logging.DEBUG:
        return shortened(without_messages(error))
    return shortened("".join(traceback.format_exception(error)).rstrip("\n"))


def left_out() -> int:
    """Return how many lines this process has left out since :func:`set_up`."""
    streams = (one.stream for one in logging.root.handlers if isinstance(one, Handler))
    return sum(stream.left_out for stream in streams if isinstance(stream, LineWriter))


def set_up(level: str, form: str) -> None:
    """Log to standard error, in a thread of its own.

    :param level: a level's name, such as INFO.
    :param form: "plain" or "json".
    """
    formatter = JSONFormatter() if form == "json" else PlainFormatter()

    def tell(count: int) -> str:
        text = "%d lines of the log were left out here: what reads standard error was too slow"
        record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (count,), None)
        return f"{formatter.format(record)}\n"

    stream: TextIO | LineWriter = sys.stderr
    with suppress(OSError):  # it is no file, as in a notebook
        stream = LineWriter(sys.stderr.fileno(), tell)
    handler = Handler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("asyncio").addFilter(_OUT_OF_DESCRIPTORS)
    # What a handler raises is logged by inbound.refusal; what is left are strangers' bad requests.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # It shows a traceback each time it tries in vain to connect again; what it hinders says so.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # Drivers and the SDK may quote requests at these levels.
    for name in ("asyncio", "msrest", "msal", "urllib3", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
