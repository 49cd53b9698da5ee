"""Tell a part of the fake cloud how to answer its next requests.

A :class:`Script` holds answers that were ordered in advance. A request takes the first
one that fits; with none left the part answers as the real service does when all is well.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from aiohttp import web


class Drop(Enum):
    """When the connection is closed without an answer."""

    BEFORE = "before"  #: the request has no effect
    AFTER = "after"  #: the request takes effect, only its answer is lost


@dataclass(frozen=True)
class Answer:
    """One ordered answer. Without arguments it is the usual one.

    :param status: the HTTP status; None for the usual one. From 300 on the request has no
        effect.
    :param headers: further headers, such as ``Retry-After``.
    :param body: the bytes of the body in place of the usual ones.
    :param reached: is set when a request takes this answer.
    :param after: the request waits for this event before anything else happens.
    :param drop: close the connection in place of an answer.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    reached: asyncio.Event | None = None
    after: asyncio.Event | None = None
    drop: Drop | None = None


Usual = Callable[[], Awaitable[web.Response]]


class Script:
    """The answers ordered of one part of the cloud, by conversation or for any request."""

    def __init__(self) -> None:
        self._next: dict[str | None, deque[Answer]] = {}
        self._always: dict[str | None, Answer] = {}

    def next(self, *answers: Answer, conversation_id: str | None = None) -> None:
        """Order the next answers, each used once.

        :param conversation_id: for this conversation only; None for any request.
        """
        self._next.setdefault(conversation_id, deque()).extend(answers)

    def always(self, answer: Answer, *, conversation_id: str | None = None) -> None:
        """Order an answer for every request until :meth:`recover`, once ``next`` ones are used."""
        self._always[conversation_id] = answer

    def recover(self) -> None:
        """Forget everything ordered: from now on all is well."""
        self._next.clear()
        self._always.clear()

    async def play(
        self, request: web.Request, usual: Usual, conversation_id: str | None = None
    ) -> web.StreamResponse:
        """Answer ``request`` as ordered.

        :param usual: gives the usual answer and makes the request take effect.
        """
        answer = self._take(conversation_id)
        if answer is None:
            return await usual()
        if answer.reached is not None:
            answer.reached.set()
        if answer.after is not None:
            await answer.after.wait()
        if answer.drop is Drop.BEFORE:
            return _drop(request)
        if answer.status is not None and answer.status >= 300:
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
        return response

    def _take(self, conversation_id: str | None) -> Answer | None:
        keys = (None,) if conversation_id is None else (conversation_id, None)
        for key in keys:
            if waiting := self._next.get(key):
                return waiting.popleft()
        for key in keys:
            if (standing := self._always.get(key)) is not None:
                return standing
        return None


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
