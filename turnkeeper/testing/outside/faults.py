"""Tell a part of the cloud how to answer its next requests.

:class:`Faults` holds answers that were ordered in advance. A request takes the first one that fits;
with none left the part answers as the real service does when all is well.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from aiohttp import web

_NO_EFFECT: Final = 300


class Drop(Enum):
    """When the connection is closed without an answer."""

    BEFORE = "before"  #: the request has no effect
    AFTER = "after"  #: the request takes effect, only its answer is lost


@dataclass(frozen=True)
class Answer:
    """One ordered answer. Without arguments it is the usual one.

    :param status: the HTTP status; None for the usual one. From 300 on the request has no
        effect.
    :param headers: further headers, as they are.
    :param body: the bytes of the body in place of the usual ones.
    :param retry_after: the header ``Retry-After``, in whole seconds, and the same answer to who
        comes before.
    :param delay: seconds of real time before anything else happens.
    :param reached: is set when a request takes this answer.
    :param after: the request waits for this event before anything else happens.
    :param drop: close the connection in place of an answer.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    retry_after: int | None = None
    delay: float = 0.0
    reached: asyncio.Event | None = None
    after: asyncio.Event | None = None
    drop: Drop | None = None


Usual = Callable[[], Awaitable[web.Response]]


class Faults:
    """The answers ordered of one part of the cloud, by conversation or for any request.

    :param clock: tells the seconds since 1970.
    :ivar early: the conversations that sent a request before the time was over that
        ``Retry-After`` had asked them to wait; it was answered the same again.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.early: list[str] = []
        self._clock = clock
        self._next: dict[str, deque[Answer]] = {}
        self._always: dict[str, Answer] = {}
        self._waiting: dict[str, tuple[float, Answer]] = {}

    def next(self, *answers: Answer, conversation_id: str = "") -> None:
        """Order the next answers, each used once.

        :param conversation_id: for this conversation only; "" for any request.
        """
        self._next.setdefault(conversation_id, deque()).extend(answers)

    def always(self, answer: Answer, *, conversation_id: str = "") -> None:
        """Order an answer for every request until :meth:`recover`, once ``next`` ones are used."""
        self._always[conversation_id] = answer

    def recover(self) -> None:
        """Forget everything ordered: from now on all is well."""
        for ordered in (self._next, self._always, self._waiting):
            ordered.clear()

    async def play(
        self, request: web.Request, usual: Usual, conversation_id: str = ""
    ) -> web.StreamResponse:
        """Answer ``request`` as ordered.

        :param usual: gives the usual answer and makes the request take effect.
        """
        answer = self._again(conversation_id) or self._take(conversation_id)
        if answer is None:
            return await usual()
        if answer.reached is not None:
            answer.reached.set()
        if answer.delay:
            await asyncio.sleep(answer.delay)
        if answer.after is not None:
            await answer.after.wait()
        if answer.drop is Drop.BEFORE:
            return _drop(request)
        if answer.status is not None and answer.status >= _NO_EFFECT:
            response = web.Response(status=answer.status, body=answer.body)
        else:
            response = await usual()
            if answer.drop is Drop.AFTER:
                return _drop(request)
            if answer.status is not None:
                response.set_status(answer.status)
            if answer.body is not None:
                response.body = answer.body
        response.headers.update(answer.headers)
        if answer.retry_after is not None:
            response.headers["Retry-After"] = str(answer.retry_after)
            # Until a moment before: the clock of a test counts whole microseconds.
            until = self._clock() + answer.retry_after - 0.001
            self._waiting.setdefault(conversation_id, (until, answer))
        return response

    def _take(self, conversation_id: str) -> Answer | None:
        keys = dict.fromkeys((conversation_id, ""))
        for key in keys:
            if waiting := self._next.get(key):
                return waiting.popleft()
        return next((self._always[key] for key in keys if key in self._always), None)

    def _again(self, conversation_id: str) -> Answer | None:
        """The answer of before, where it asked to wait and the time is not over."""
        until, answer = self._waiting.get(conversation_id, (0.0, None))
        if answer is None or (left := until - self._clock()) <= 0:
            self._waiting.pop(conversation_id, None)
            return None
        self.early.append(conversation_id)
        return replace(answer, retry_after=math.ceil(left), delay=0.0, reached=None, after=None)


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
