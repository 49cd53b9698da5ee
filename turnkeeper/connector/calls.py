"""Calls to a channel that are repeated until their deadline.

Repeating can deliver one activity twice: a 502, a timeout or a broken connection does not tell
whether the connector took the request, and its API has no key to recognise a repetition by. The
platform asks for it all the same (see :mod:`turnkeeper.outbound.backoff`): a reply twice is better
than none.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable

from turnkeeper.connector.call import Call, CallObserver, Token, error_code, log_refusal
from turnkeeper.connector.requests import Answer, NoAnswer, Requests
from turnkeeper.errors import DeliveryFailed, DeliveryRefused, TokenUnavailable
from turnkeeper.outbound.backoff import Backoff, is_transient

log = logging.getLogger(__name__)
_OK = range(200, 300)
_UNAUTHORIZED = 401
# What a second try at once can cure: a stale token, and an idle connection that the server closed
# just as we took it up. Coming again, it must be something else.
_CURABLE = frozenset({"401", "disconnected"})


class Calls:
    """Makes calls. For the arguments see :class:`turnkeeper.connector.client.Connector`.

    :param requests: makes the requests.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        token: Token,
        requests: Requests,
        *,
        budget: float,
        observer: CallObserver,
        backoff: Backoff,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._token = token
        self._requests = requests
        self._budget = budget
        self._observer = observer
        self._backoff = backoff
        self._clock = clock
        self._sleep = sleep

    async def make(self, call: Call, deadline: float | None) -> bytes:
        """Make a call; return the body of the answer.

        :param deadline: give up then; by default when the budget is spent.
        :raises DeliveryFailed: there was no time for another try.
        :raises DeliveryRefused: the channel refused it for good.
        """
        clock = self._clock
        deadline = clock() + self._budget if deadline is None else deadline
        curable = _CURABLE
        last: Answer | NoAnswer = NoAnswer("no time for a try")
        for tries in itertools.count(1):
            token = await self._get_token(call, deadline - clock())
            if (room := deadline - clock()) <= 0:
                break
            last = await self._requests.make(call, token, room=room)
            if isinstance(last, Answer) and last.status in _OK:
                self._observer.on_attempt("ok")
                return last.body
            reason = self._why_again(call, token, last)
            self._observer.on_attempt("failed")
            if reason == "401" and "401" not in curable:
                # A wrong secret or tenant is mended one day.
                raise self._failed(call, "401: check the bot's app id, password and tenant")
            wait: float | None = 0.0
            if reason not in curable:
                wish = last.wish if isinstance(last, Answer) else None
                wait = self._backoff.wait(tries, wish, deadline - clock())
            elif reason == "401" and token is not None:
                self._token.drop(token)
            curable -= {reason}
            if wait is None:
                break
            self._observer.on_retry(reason)
            if wait:
                await self._sleep(wait)
        if isinstance(last, Answer):
            raise self._failed(call, str(last.status), last.status)
        raise self._failed(call, str(last)) from last.error

    async def _get_token(self, call: Call, room: float) -> str | None:
        try:
            return await self._token.get(room)
        except TokenUnavailable as error:
            self._observer.on_attempt("failed")
            raise self._failed(call, str(error)) from error

    def _why_again(self, call: Call, token: str | None, last: Answer | NoAnswer) -> str:
        """Why a request may be repeated, in a word.

        :raises DeliveryRefused: the channel refused it for good.
        """
        if isinstance(last, NoAnswer):
            if last.error is None:
                raise self._failed(call, last.reason)
            return last.reason
        if is_transient(last.status) or (last.status == _UNAUTHORIZED and token is not None):
            return str(last.status)
        self._observer.on_attempt("refused")
        code = error_code(last.body)
        raise DeliveryRefused(last.status, log_refusal(call, last.status, code), code=code)

    def _failed(self, call: Call, reason: str, status: int | None = None) -> DeliveryFailed:
        failure = f"{call.method} was not done in time ({reason})"
        log.warning("conversation %r: %s", call.conversation_id, failure)
        return DeliveryFailed(failure, status=status)
