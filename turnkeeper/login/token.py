"""The access token that the bot shows to channels.

It is fetched with one small request, kept until shortly before it runs out, and renewed
ahead of that in the background, so that hardly any turn waits for it.

Why not msal, which the SDK brings: it blocks, so it would need a thread; for every
application object it first asks two discovery documents; and it knows neither one fetch for
many callers nor a pause after a failure. All of that would have to be built around it, to
spare one POST that is documented to the letter. aiohttp honours ``SSL_CERT_FILE``.
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable

import aiohttp
from yarl import URL

from turnkeeper.errors import TokenUnavailable
from turnkeeper.login.credentials import Credential, TokenRequest
from turnkeeper.login.token_response import access_token
from turnkeeper.outbound.backoff import Backoff, retry_after
from turnkeeper.outbound.body import read_body
from turnkeeper.outbound.proxy import proxy_for

log = logging.getLogger(__name__)

_REFRESH_AHEAD = 300.0  # seconds before its end that a token is renewed
_STOP_AHEAD = 30.0  # seconds before its end that a token is no longer used
_DROP_PAUSE = 30.0  # seconds between two tokens given up because a channel refused them
_QUIET = 60.0  # seconds between two failures that the log calls errors
_LONGEST_PAUSE = 300.0  # seconds, whatever the login service asks for
_MAX_ANSWER = 64 * 1024
_SERVER_ERROR = 500


class NoToken:
    """Local mode: there is no token, and the channel asks for none."""

    async def get(self, seconds: float | None = None) -> str | None:
        """Give none."""
        return None

    def drop(self, token: str) -> None:
        """Do nothing."""

    @property
    def fails(self) -> bool:
        """There is nothing that could fail."""
        return False

    def start(self, on_failure: Callable[[str], None]) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""


class TokenSource:
    """Keeps one access token fresh.

    :param credential: makes the request for a token.
    :param timeout: seconds that a request may take.
    :param clock: seconds, monotonic; tokens are timed by it.
    :param backoff: the pauses between requests while the login service fails.
    """

    def __init__(
        self,
        credential: Credential,
        *,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        backoff: Backoff | None = None,
    ) -> None:
        self.credential = credential
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._clock = clock
        self._backoff = backoff or Backoff(base=2.0, cap=30.0)
        self._token: str | None = None
        self._refresh_at = self._stop_at = 0.0
        self._fetching: asyncio.Task[None] | None = None
        self._failures = 0
        self._failure = "no token yet"
        self._pause_until = 0.0
        self._drop_pause_until = 0.0
        self._quiet_until = -math.inf
        self._on_failure: Callable[[str], None] = lambda reason: None

    def start(self, on_failure: Callable[[str], None]) -> None:
        """Fetch the first token in the background, before any turn needs it.

        :param on_failure: is told of each failure, by one of
            :data:`turnkeeper.observing.metrics.LOGIN_FAILURES`.
        """
        self._on_failure = on_failure
        self._fetch()

    async def get(self, seconds: float | None = None) -> str:
        """The token. Asks the login service only if there is none that holds.

        :param seconds: how long to wait for the login service; None: its own timeout.
        :raises TokenUnavailable: the login service gave none, now or a moment ago.
        """
        now = self._clock()
        if self._token is not None and now < self._stop_at:
            if now >= self._refresh_at:
                self._fetch()
            return self._token
        if (fetching := self._fetch()) is not None:
            # One fetch serves all. wait() leaves it running when a caller gives up.
            await asyncio.wait([fetching], timeout=seconds)
            if not fetching.done():
                raise TokenUnavailable("the login service does not answer in time")
        if self._token is None or self._clock() >= self._stop_at:
            raise TokenUnavailable(self._failure)
        return self._token

    def drop(self, token: str) -> None:
        """A channel refused this token: the next :meth:`get` fetches a fresh one.

        At most one in half a minute, so that a channel which refuses every token does not
        send each turn to the login service.
        """
        now = self._clock()
        if token == self._token and now >= self._drop_pause_until:
            self._token = None
            self._drop_pause_until = now + _DROP_PAUSE

    @property
    def fails(self) -> bool:
        """Whether there is no token that holds: none yet, or no more.

        The login service is asked for one then, in the background, and ahead of that: a bot that is
        not sent anything, since it is not ready, has nothing else to find out by that it is.
        """
        now = self._clock()
        holds = self._token is not None and now < self._stop_at
        if not holds or now >= self._refresh_at:
            self._fetch()
        return not holds

    async def close(self) -> None:
        """Stop a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _fetch(self) -> asyncio.Task[None] | None:
        """The fetch under way, begun now if need be; None in the pause after a failure."""
        if self._fetching is None or self._fetching.done():
            if self._clock() < self._pause_until:
                return None
            self._fetching = asyncio.get_running_loop().create_task(self._renew())
        return self._fetching

    async def _renew(self) -> None:
        """Fetch a token and keep it, or keep why there is none. Raises nothing."""
        wish: float | None = None
        reason, status = "error", 0
        try:
            status, wish, answer = await self._ask(self.credential.request())
            token, seconds = access_token(status, answer)
        except TimeoutError:
            reason, failure = "timeout", "the login service does not answer in time"
        except (aiohttp.ClientError, OSError) as error:
            reason = "unreachable"
            failure = f"the login service cannot be reached ({type(error).__name__})"
        except TokenUnavailable as error:
            reason = _reason(status)
            failure = str(error)
        except Exception as error:  # whatever it is, the login service is left alone for a while
            failure = f"the login service cannot be asked ({type(error).__name__})"
        else:
            now = self._clock()
            self._token = token
            self._stop_at = now + seconds - min(_STOP_AHEAD, seconds / 10)
            # Spread over the processes of one bot, which started together.
            ahead = min(_REFRESH_AHEAD, seconds / 5) * (1 + random.random() / 5)  # noqa: S311
            self._refresh_at = now + seconds - ahead
            self._failures = 0
            self._pause_until = 0.0
            return
        self._failures += 1
        self._on_failure(reason)
        wish = None if wish is None else min(wish, _LONGEST_PAUSE)
        pause = self._backoff.wait(self._failures, wish, math.inf) or 0.0
        now = self._clock()
        self._pause_until = now + pause
        self._failure = failure
        level = logging.DEBUG if now < self._quiet_until else logging.ERROR
        if level == logging.ERROR:
            self._quiet_until = now + _QUIET
        log.log(level, "no access token for the channel: %s; next try in %.1f s", failure, pause)

    async def _ask(self, request: TokenRequest) -> tuple[int, float | None, bytes]:
        # A session for one request an hour is not worth keeping.
        async with (
            aiohttp.ClientSession(timeout=self._timeout, trust_env=False) as session,
            session.request(
                "GET" if request.form is None else "POST",
                request.url,
                data=request.form,
                params=request.query,
                headers=request.headers,
                proxy=proxy_for(URL(request.url)),
                # A redirect would carry the secret to another host.
                allow_redirects=False,
            ) as response,
        ):
            answer = await read_body(response, _MAX_ANSWER)
            wish = retry_after(response.headers.get("Retry-After"), time.time())
            return response.status, wish, answer


def _reason(status: int) -> str:
    """Return which failure an answer without a token is; 0 where nobody was asked."""
    if not status:
        return "error"
    return "failed" if status >= _SERVER_ERROR else "refused"
