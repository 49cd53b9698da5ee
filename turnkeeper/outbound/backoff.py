"""When a call is tried again, and after how long.

Teams asks bots to repeat a request after 412, 429, 502 and 504, with exponential backoff
and jitter: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

_SERVER_ERRORS = range(500, 600)
# Not implemented and HTTP version not supported: the server will say so every time.
_LASTING_SERVER_ERRORS = frozenset({501, 505})
# Timeout, precondition failed (as Teams means it), locked, too early, too many requests.
_PASSING_CLIENT_ERRORS = frozenset({408, 412, 423, 425, 429})

_BASE = 0.5  # seconds: the longest wait before the first repetition
_NEW = 60.0  # seconds that a failure is new
_OFTEN = 5.0  # seconds: the longest wait while it is
_LONGEST_WISH = 86_400.0  # seconds
_RARELY, _SELDOM = 30.0, 60.0  # seconds: the shortest and the longest wait later on


def is_transient(status: int) -> bool:
    """Whether the same request may succeed later; else the answer is a refusal for good.

    A client treats a 5xx that it does not know as a 500 (RFC 9110, section 15), such as the 520
    of a proxy. A reply is lost by a refusal, so what is not certain is tried again.

    :param status: of an answer that is no success.
    """
    if status in _SERVER_ERRORS:
        return status not in _LASTING_SERVER_ERRORS
    return status in _PASSING_CLIENT_ERRORS


def backoff(tries: int, failing_for: float, random: Callable[[], float] = random.random) -> float:
    """Seconds to wait before the next try of what is tried until it is done.

    They grow exponentially, with full jitter. While a failure is new they are few, so that a short
    outage is a short silence; later on they are 30 to 60, so that who is away for a day is not
    asked all day long.

    :param tries: how many tries there have been, from 1.
    :param failing_for: seconds since the first of them.
    :param random: gives a number from 0 to 1.
    """
    # An exponent without bound overflows after some thousand failures in a row.
    longest = _BASE * 2.0 ** min(tries - 1, 30)
    if failing_for < _NEW:
        return min(longest, _OFTEN) * random()
    if longest < _SELDOM:
        return longest * random()
    return _RARELY + (_SELDOM - _RARELY) * random()


@dataclass(frozen=True)
class Backoff:
    """Exponential backoff with full jitter.

    :param base: the longest wait before the first repetition, in seconds.
    :param cap: the longest wait of all, in seconds.
    :param random: gives a number from 0 to 1.
    """

    base: float = 0.5
    cap: float = 4.0
    random: Callable[[], float] = random.random

    def wait(self, tries: int, retry_after: float | None, room: float) -> float | None:
        """Seconds to wait before the next try; None when there is no room for one.

        :param tries: how many tries there have been, from 1.
        :param retry_after: the server's wish in seconds; the wait is never shorter.
        :param room: seconds left until the deadline.
        """
        # An exponent without bound overflows after some thousand failures in a row.
        longest = min(self.cap, self.base * 2 ** min(tries - 1, 30))
        wait = longest * self.random()
        if retry_after is not None:
            # The wish was given to many callers at once: they should not come back as one.
            spread = min(self.base, max(0.0, room - retry_after) / 2)
            # A wish for less, such as "0", is no reason to ask a busy server more often.
            wait = max(wait, retry_after + spread * self.random())
        return wait if wait < room else None


def retry_after(header: str | None, now: float) -> float | None:
    """The seconds that a ``Retry-After`` header asks for; None if it says nothing sensible.

    It is a day at most. Who asks for more has mistaken a date, or milliseconds, for seconds, and a
    conversation is not to be silent for years by that.

    :param header: a number of seconds or an HTTP date (RFC 9110, section 10.2.3).
    :param now: seconds since 1970.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WISH)
    try:
        wish = parsedate_to_datetime(text).timestamp() - now
        return min(max(0.0, wish), _LONGEST_WISH)
    except (ValueError, OverflowError):
        return None


def reason_of(error: Exception) -> str:
    """What went wrong with a request, in a word: ``timeout``, ``connection`` or ``disconnected``.

    :param error: as aiohttp raises it.
    """
    match error:
        case TimeoutError():
            return "timeout"
        case aiohttp.ClientConnectorError():
            return "connection"
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return "disconnected"
        case _:
            return "connection"
