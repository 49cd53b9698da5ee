"""Calls to a channel over HTTP: pooled, authorised, repeated until their deadline.

Repeating can deliver one activity twice: a 502, a timeout or a broken connection does not tell
whether the connector took the request, and its API has no key to recognise a repetition by. The
platform asks for it all the same (see :mod:`turnkeeper.outbound.backoff`): a reply twice is better
than none.

A connection that hangs is held by one conversation, which sends one activity at a time. With as
many connections a host as there are turns in flight, none waits for another's connection.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import aiohttp
from yarl import URL

from turnkeeper.connector.session import as_json, bearer, open_session
from turnkeeper.deadlines import Deadlines
from turnkeeper.errors import DeliveryFailed, DeliveryRefused, TokenUnavailable
from turnkeeper.outbound.backoff import Backoff, is_transient, reason_of, retry_after
from turnkeeper.outbound.body import read_body
from turnkeeper.outbound.proxy import proxy_for

log = logging.getLogger(__name__)
_OK = range(200, 300)
_UNAUTHORIZED = 401


class Token(Protocol):
    """Gives the access token for calls to the channel; see :mod:`turnkeeper.login.token`."""

    async def get(self, seconds: float | None = None) -> str | None:
        """The token, None in local mode.

        :param seconds: how long to wait for it.
        :raises TokenUnavailable: the login service gives none.
        """

    def drop(self, token: str) -> None:
        """The channel refused this token."""


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


class _Again(NamedTuple):
    """The request did not work and may be repeated."""

    reason: str
    wish: float | None = None
    error: Exception | None = None
    status: int | None = None

    def __str__(self) -> str:
        if self.error is None:
            return self.reason
        return f"{self.reason}: {type(self.error).__name__}"


_NO_TRY = _Again("no time for a try")
# What a second try at once can cure: a stale token, and an idle connection that the server closed
# just as we took it up. Coming again, it must be something else.
_CURABLE = frozenset({"401", "disconnected"})


class Calls:
    """Makes calls. For the arguments see :class:`turnkeeper.connector.client.Connector`."""

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        token: Token,
        *,
        budget: float,
        attempt_timeout: float,
        connect_timeout: float,
        per_host: int,
        observer: CallObserver,
        backoff: Backoff,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._token = token
        self._budget = budget
        self._attempt_timeout = attempt_timeout
        self._connect_timeout = connect_timeout
        # They limit the whole of a request. A limit of the session's would cost more.
        self._deadlines = Deadlines()
        self._per_host = per_host
        self._observer = observer
        self._backoff = backoff
        self._clock = clock
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def close(self) -> None:
        """Close all connections. Calls under way, and later ones, fail."""
        self._closed = True
        if self._session is not None:
            await self._session.close()

    async def make(self, call: Call, deadline: float | None) -> bytes:
        """Make a call; return the body of the answer.

        :param deadline: give up then; by default when the budget is spent.
        :raises DeliveryFailed: there was no time for another try.
        :raises DeliveryRefused: the channel refused it for good.
        """
        clock = self._clock
        deadline = clock() + self._budget if deadline is None else deadline
        curable = _CURABLE
        last = _NO_TRY
        for tries in itertools.count(1):
            token = await self._get_token(call, deadline - clock())
            if (room := deadline - clock()) <= 0:
                break
            result = await self._request(call, token, room)
            if isinstance(result, bytes):
                self._observer.on_attempt("ok")
                return result
            last = result
            if last.reason == "401" and token is None:
                raise self._refused(call, 401)
            self._observer.on_attempt("failed")
            if last.reason == "401" and "401" not in curable:
                # A wrong secret or tenant is mended one day; until then replies stay owed.
                raise self._failed(call, "401: check the bot's app id, password and tenant")
            wait: float | None = 0.0
            if last.reason not in curable:
                wait = self._backoff.wait(tries, last.wish, deadline - clock())
            elif last.reason == "401" and token is not None:
                self._token.drop(token)
            curable -= {last.reason}
            if wait is None:
                break
            self._observer.on_retry(last.reason)
            if wait:
                await self._sleep(wait)
        raise self._failed(call, str(last), last.status) from last.error

    async def _get_token(self, call: Call, room: float) -> str | None:
        try:
            return await self._token.get(room)
        except TokenUnavailable as error:
            self._observer.on_attempt("failed")
            raise self._failed(call, str(error)) from error

    async def _request(self, call: Call, token: str | None, room: float) -> bytes | _Again:
        """One request. Returns the body of a good answer, or why to try again."""
        if self._closed:
            raise self._failed(call, "the bot is shutting down")
        body = None if call.body is None else as_json(call.body)
        status = 0
        try:
            with self._deadlines.limit(min(room, self._attempt_timeout)):
                response = await self._open_session().request(
                    call.method,
                    call.url,
                    data=body,
                    headers=bearer(token),
                    allow_redirects=False,
                    proxy=proxy_for(call.url),
                )
                try:
                    status = response.status
                    answer = await read_body(response, call.limit)
                finally:
                    if response.connection is not None:  # not all was read
                        response.close()
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            if call.method == "GET" or status not in _OK:
                return _Again(reason_of(error), error=error)
            answer = b""  # it is delivered all the same: only the receipt is lost
        if status in _OK:
            return answer
        if is_transient(status) or status == _UNAUTHORIZED:
            wish = retry_after(response.headers.get("Retry-After"), time.time())
            return _Again(str(status), wish, status=status)
        raise self._refused(call, status)

    def _open_session(self) -> aiohttp.ClientSession:
        # Made on first use: it belongs to the event loop that runs then.
        if self._session is None:
            self._session = open_session(
                per_host=self._per_host, connect_timeout=self._connect_timeout
            )
        return self._session

    def _refused(self, call: Call, status: int) -> DeliveryRefused:
        self._observer.on_attempt("refused")
        refusal = f"the channel refused {call.method} with {status}"
        log.warning("conversation %r: %s", call.conversation_id, refusal)
        return DeliveryRefused(status, refusal)

    def _failed(self, call: Call, reason: str, status: int | None = None) -> DeliveryFailed:
        failure = f"{call.method} was not done in time ({reason})"
        log.warning("conversation %r: %s", call.conversation_id, failure)
        return DeliveryFailed(failure, status=status)
