"""Log lines, plain or JSON, with the ids of the turn they belong to.

No line at INFO or above holds what an error says: it may quote what a person wrote. A record with
an error is logged once more at DEBUG, and there whole.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, TextIO

from turnkeeper.observing.tracebacks import without_messages

_turn: Final[ContextVar[dict[str, str]]] = ContextVar("turn")

_CONTROLS: Final = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)
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
        ids = " ".join(f"{name}={value}" for name, value in _turn.get({}).items())
        head = f"{time} {record.levelname} {record.name}: {_message(record)}"
        line = (f"{head} [{ids}]" if ids else head).translate(_CONTROLS)
        trace = _trace(record)
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
            **_turn.get({}),
        }
        if trace := _trace(record):
            data["exception"] = trace
        return json.dumps(data)


class Handler(logging.StreamHandler[TextIO]):
    """Writes a record with an error twice where DEBUG is on: as it is, and whole at DEBUG."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        super().emit(record)
        detailed = logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
        if record.exc_info and record.levelno > logging.DEBUG and detailed:
            whole = copy.copy(record)
            whole.levelno, whole.levelname = logging.DEBUG, "DEBUG"
            super().emit(whole)


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    if record.name == "asyncio" and record.exc_info and record.levelno > logging.DEBUG:
        # What follows shows the failed task's error, or what a callback was called with.
        return message.partition("\n")[0].partition("(")[0]
    return message


def _trace(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if record.levelno > logging.DEBUG:
        return without_messages(error)
    return "".join(traceback.format_exception(error)).rstrip("\n")


def set_up(level: str, form: str) -> None:
    """Log to standard error.

    :param level: a level's name, such as INFO.
    :param form: "plain" or "json".
    """
    handler = Handler(sys.stderr)
    handler.setFormatter(JSONFormatter() if form == "json" else PlainFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What a handler raises is logged by inbound.refusal; what is left are strangers' bad requests.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # It shows a traceback each time it tries in vain to connect again; what it hinders says so.
    logging.getLogger("asyncpg.pool").setLevel(logging.ERROR)
    # Drivers and the SDK may quote requests at these levels.
    for name in ("asyncio", "msrest", "msal", "urllib3", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
