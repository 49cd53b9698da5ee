"""Local mode: without credentials a bot listens to programs on its own machine alone.

What a proxy, a tunnel or the page of a browser passes on comes from this machine too, and whoever
sent it may be anywhere. Not all of them say so: plain ``proxy_pass`` of nginx adds nothing, but
speaks HTTP/1.0 unless it is told otherwise; newer versions show nothing of themselves.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import Final

from aiohttp import HttpVersion11, web
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
        """Let pass what a program on this machine sends.

        :raises RequestRefused: 403, it comes from elsewhere, or may do so.
        """
        here = _is_local(request.remote)
        if here and (what := _foreign(request)):
            self.ring(what)
            raise RequestRefused(403, "local_mode", f"Without credentials the bot takes no {what}.")
        if not (here and _is_here(request.host)):
            raise RequestRefused(
                403, "local_mode", "Without credentials the bot talks to its own machine alone."
            )

    def ring(self, what: str) -> None:
        """Tell the operator of what is refused, once a minute at most.

        :param what: such as ``request from a proxy``.
        """
        if (now := self._clock()) < self._quiet_until:
            return
        self._quiet_until = now + _QUIET
        _log.error(
            "A bot without credentials got a %s and refuses it: whoever sent it may be anywhere. "
            "Set MicrosoftAppId and its secret.",
            what,
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


def _foreign(request: web.Request) -> str:
    """Return what a request shows itself to be that no program here would send; "" for nothing."""
    headers = request.headers
    if any(map(_is_of_proxy, headers)):
        return "request from a proxy"
    if request.version < HttpVersion11:
        return "request in HTTP/1.0, as proxies send it"
    if "Authorization" in headers:
        return "request with a token, which it cannot check"
    if not _is_own_page(headers.getall("Origin", []), request):
        return "request from the page of another site"
    return ""


def _is_own_page(origins: list[str], request: web.Request) -> bool:
    """Whether a request is from no page, or from one at the bot's own scheme, host and port."""
    if not origins:
        return True
    try:
        here = URL(f"{request.scheme}://{request.host}").origin()
        return all(URL(origin).origin() == here for origin in origins)
    except ValueError:
        return False


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
