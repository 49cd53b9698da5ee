"""Local mode: without credentials a bot listens to its own machine alone."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import Final

from aiohttp import web
from yarl import URL

from turnkeeper.errors import RequestRefused
from turnkeeper.variables import is_loopback

_QUIET: Final = 60.0  # seconds between two alarms
_PROXY_HEADERS: Final = frozenset(
    {"forwarded", "via", "x-real-ip", "x-forwarded", "true-client-ip", "x-client-ip", "cdn-loop"}
)
# The last of Cloudflare, whose tunnels are much used.
_PROXY_PREFIXES: Final = ("x-forwarded-", "x-original-", "cf-")

_log = logging.getLogger(__name__)


class LocalMode:
    """Refuses what does not come from this machine.

    :param clock: seconds, from any moment on.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._quiet_until = -inf

    def check(self, request: web.Request) -> None:
        """Let pass what comes from this machine.

        That is no page that a browser here shows, whose host is another name, and nothing that a
        proxy or a tunnel here passes on: whoever sent it may be anywhere.

        :raises RequestRefused: 403, it comes from elsewhere.
        """
        here = _is_local(request.remote)
        if here and any(map(_is_of_proxy, request.headers)):
            self.ring()
            raise RequestRefused(
                403, "local_mode", "Without credentials the bot takes nothing from a proxy."
            )
        if not (here and _is_here(request.host)):
            raise RequestRefused(
                403, "local_mode", "Without credentials the bot talks to its own machine alone."
            )

    def ring(self) -> None:
        """Tell the operator of a proxy, once a minute at most."""
        if (now := self._clock()) < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        _log.error(
            "A proxy passes requests to a bot without credentials; they are refused. "
            "Set MicrosoftAppId and its secret."
        )


def request_under_way() -> web.Request | None:
    """Return the request that a caller handles, found among the callers; None where there is none.

    It is not found from a task that the handler has begun.
    """
    frame = sys._getframe().f_back
    while frame is not None:
        for value in frame.f_locals.values():
            if isinstance(value, web.Request):
                return value
        frame = frame.f_back
    return None


@lru_cache(maxsize=1024)
def _is_of_proxy(header: str) -> bool:
    """Whether a header of this name is what proxies add."""
    name = header.lower()
    return name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIXES)


@lru_cache(maxsize=1024)
def _is_local(address: str | None) -> bool:
    return not address or is_loopback(address)  # none: a Unix socket


@lru_cache(maxsize=1024)
def _is_here(host: str) -> bool:
    """Whether a ``Host`` header, which may end in a port, names this machine."""
    try:
        name = URL(f"http://{host}").host or ""
    except ValueError:
        return False
    return name.endswith(".localhost") or is_loopback(name)
