"""Single attempts to have a channel do something: what becomes of each is the caller's affair.

An attempt holds a second request, at once, where that can cure what was wrong with the first: a
token that the channel does not take any more, or an idle connection that the server closed just as
it was taken up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from turnkeeper.connector.call import (
    Call,
    CallObserver,
    Gate,
    Token,
    error_code,
    log_refusal,
    resource_id,
)
from turnkeeper.connector.outcome import Failed, Held, Outcome, Refused, Taken
from turnkeeper.connector.requests import Answer, NoAnswer, Requests
from turnkeeper.errors import TokenUnavailable
from turnkeeper.outbound.backoff import is_transient

_OK: Final = range(200, 300)
_UNAUTHORIZED: Final = 401
# A gateway had no answer of the channel behind it, which may have got the request all the same.
_GATEWAYS: Final = frozenset({502, 504})
# What a second request at once can cure. Coming again, it must be something else.
_CURABLE: Final = frozenset({"401", "disconnected"})
_QUIET: Final = 60.0  # seconds between two lines in the log about the bot itself
_NOT_LET_IN: Final = "401 for a fresh token: check the bot's app id, password and tenant"
_log = logging.getLogger(__name__)


class Attempts:
    """Makes attempts.

    :param token: gives the access token.
    :param requests: makes the requests.
    :param patience: seconds to wait for a token.
    :param observer: is told of requests.
    :param clock: seconds, monotonic.
    """

    def __init__(
        self,
        token: Token,
        requests: Requests,
        *,
        patience: float,
        observer: CallObserver,
        clock: Callable[[], float],
    ) -> None:
        self._token = token
        self._requests = requests
        self._patience = patience
        self._observer = observer
        self._clock = clock
        self._quiet_until = float("-inf")

    async def make(self, call: Call, gate: Gate | None) -> Outcome:
        """Make an attempt; nothing is raised.

        :param gate: is asked before each request.
        """
        curable = _CURABLE
        lost = False
        while True:
            try:
                token = await self._token.get(self._patience)
            except TokenUnavailable as error:  # the token's own log has it
                self._observer.on_attempt("failed")
                return Failed(str(error), of_the_bot=True, lost=lost)
            answer = await self._requests.make(call, token, gate=gate)
            outcome, reason = self._outcome(call, token, answer)
            if isinstance(outcome, Failed | Held):
                outcome = replace(outcome, lost=lost or outcome.lost)
                lost = outcome.lost
            if reason not in curable:
                if reason == "401" and isinstance(outcome, Failed):
                    outcome = replace(outcome, reason=_NOT_LET_IN, of_the_bot=True)
                    self._tell(call)
                return outcome
            curable -= {reason}
            if token is not None and reason == "401":
                self._token.drop(token)
            self._observer.on_retry(reason)

    def _outcome(
        self, call: Call, token: str | None, answer: Answer | NoAnswer
    ) -> tuple[Outcome, str]:
        """What an answer means, and why it is to be asked again, if it is, in a word."""
        if isinstance(answer, NoAnswer):
            if answer.held:
                return Held(answer.left), ""
            if answer.error is not None:
                self._observer.on_attempt("failed")
            failed = Failed(str(answer), lost=answer.left)
            reason = answer.reason
        elif (status := answer.status) in _OK:
            self._observer.on_attempt("ok")
            return Taken(resource_id(answer.body)), ""
        elif is_transient(status) or (status == _UNAUTHORIZED and token is not None):
            self._observer.on_attempt("failed")
            reason = str(status)
            failed = Failed(reason, status, answer.wish, lost=status in _GATEWAYS)
        else:
            self._observer.on_attempt("refused")
            code = error_code(answer.body)
            log_refusal(call, status, code)
            return Refused(status, code), ""
        _log.debug("conversation %r: %s: %s", call.conversation_id, call.method, failed.reason)
        return failed, reason

    def _tell(self, call: Call) -> None:
        """Log that the bot is not let in, once in a while: it is so for every reply."""
        if (now := self._clock()) >= self._quiet_until:
            self._quiet_until = now + _QUIET
            _log.error("conversation %r: %s", call.conversation_id, _NOT_LET_IN)
