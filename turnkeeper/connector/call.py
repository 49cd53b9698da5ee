"""A call of a channel's API, and who has to do with one."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from yarl import URL

from turnkeeper.outbound.body import json_or_none

_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_log = logging.getLogger(__name__)

Gate = Callable[[], bool]
"""Says whether a request may leave. It is asked when nothing but the sending is left to do."""


class Token(Protocol):
    """Gives the access token for calls to the channel; see :mod:`turnkeeper.login.token`."""

    async def get(self, seconds: float | None = None) -> str | None:
        """The token, None in local mode.

        :param seconds: how long to wait for it.
        :raises TokenUnavailable: the login service gives none.
        """

    def drop(self, token: str) -> None:
        """The channel refused this token."""

    @property
    def fails(self) -> bool:
        """Whether the login service gives none, as far as is known."""


class CallObserver(Protocol):
    """Is told of every HTTP request, for metrics."""

    def on_attempt(self, outcome: str) -> None:
        """A request ended: ``ok``, ``refused`` for good, or ``failed``, as one without a token."""

    def on_retry(self, reason: str) -> None:
        """A request is repeated: its status, ``timeout``, ``connection`` or ``disconnected``."""


class NoObserver:
    """A :class:`CallObserver` that does nothing."""

    def on_attempt(self, outcome: str) -> None:
        """Do nothing."""

    def on_retry(self, reason: str) -> None:
        """Do nothing."""


class Call(NamedTuple):
    """One call of the API, however many requests it takes.

    :param method: the HTTP method.
    :param url: percent-encoded already.
    :param conversation_id: names the call in the log.
    :param body: JSON, or None for no body.
    :param limit: how much is read of the answer, in bytes. A longer one reads as empty.
    """

    method: str
    url: URL
    conversation_id: str
    body: bytes | None
    limit: int


def resource_id(body: bytes) -> str | None:
    """The ``id`` in the answer to a delivery; None where it holds none."""
    data = json_or_none(body)
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None


def error_code(body: bytes) -> str:
    """The channel's word for why it refuses, from its answer; "" unless it is a short word."""
    data = json_or_none(body)
    error = data.get("error") if isinstance(data, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def log_refusal(call: Call, status: int, code: str) -> str:
    """Log that the channel refuses a call for good; return what was logged of it."""
    refusal = f"the channel refused {call.method} with {status}"
    if code:
        refusal += f" ({code})"
    _log.warning("conversation %r: %s", call.conversation_id, refusal)
    return refusal
