"""Log lines, plain or JSON, with the ids of the turn they belong to."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final

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


class PlainFormatter(logging.Formatter):
    """One line a record; what came from outside cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, with a traceback below where there is one."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        ids = " ".join(f"{name}={value}" for name, value in _turn.get({}).items())
        head = f"{time} {record.levelname} {record.name}: {record.getMessage()}"
        line = (f"{head} [{ids}]" if ids else head).translate(_CONTROLS)
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JSONFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object with time, level, logger, message, the turn's ids and the traceback."""
        data = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_turn.get({}),
        }
        if record.exc_info:
            data["exception"] = self.formatException(record.exc_info)
        return json.dumps(data)


def set_up(level: str, form: str) -> None:
    """Log to standard error.

    :param level: a level's name, such as INFO.
    :param form: "plain" or "json".
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JSONFormatter() if form == "json" else PlainFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # What a handler raises is logged by hosting.routes; what is left are strangers' bad requests.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    # Drivers and the SDK may quote requests at these levels.
    for name in ("asyncio", "msrest", "msal", "urllib3", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
