"""The path at which channels deliver: one request is one activity."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import Any, Protocol

from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity

from turnkeeper.address import Address
from turnkeeper.channels.addressing import address_of
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import read_activity
from turnkeeper.inbound.body import Bodies
from turnkeeper.inbound.local import LocalMode
from turnkeeper.inbound.refusal import answer
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.observing.tracing import span

Logic = Callable[[TurnContext], Awaitable[Any]]


class Taker(Protocol):
    """Takes activities; see :class:`turnkeeper.adapters.hosted.HostedAdapter`."""

    async def admit(self, authorization: str | None) -> None:
        """Refuse who has no genuine token."""

    async def take(
        self, authorization: str | None, activity: Activity, address: Address, logic: Logic
    ) -> InvokeResponse | None:
        """Authenticate, run the bot once, commit, send."""


class Endpoint:
    """The handler of the path. What must always hold is seen to here, and in no middleware: the
    application around it may be anybody's.

    :param taker: takes the activities.
    :param metrics: counts.
    :param bot_id: the bot's app id; "" in local mode.
    :param trusted: channels whose ids are believed also where a page may choose them.
    :param local: refuses who is not on this machine; None where anybody may come.
    """

    def __init__(
        self,
        taker: Taker,
        metrics: Metrics,
        *,
        bot_id: str,
        trusted: Container[str] = (),
        local: LocalMode | None,
    ) -> None:
        self._taker = taker
        self._metrics = metrics
        self._bot_id = bot_id
        self._trusted = trusted
        self._local = local
        self._bodies = Bodies()

    async def handle(self, request: web.Request, *, logic: Logic) -> web.StreamResponse:
        """Take one activity; 201, or the answer of an invoke or of ``expectReplies``.

        :param logic: the bot.
        """
        return await answer(request, partial(self._take, logic), self._metrics)

    async def _take(self, logic: Logic, request: web.Request) -> web.StreamResponse:
        if request.method == "HEAD":  # the Agents Playground looks whether a bot is there
            return web.Response()
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["HEAD", "POST"])
        if self._local is not None:
            self._local.check(request)
        authorization = request.headers.get("Authorization")
        # Before anything of a stranger's is read.
        await self._taker.admit(authorization)
        # Before it has a slot: whoever is slow to send keeps nobody else from it.
        body = await self._bodies.read(request)
        began: float | None = perf_counter()
        try:
            activity = read_activity(body, request.headers.get("Content-Type"))
            address = address_of(activity, self._bot_id, self._trusted)
            ids = {"conversation": address.conversation, "activity": activity.id or ""}
            TurnIds.add(**ids)
            with span("turn", channel=address.channel, **ids):
                response = await self._taker.take(authorization, activity, address, logic)
        except RequestRefused:
            began = None
            raise
        finally:
            if began is not None:  # what is refused is no turn
                self._metrics.turn_seconds.observe(perf_counter() - began)
        if response is None:
            return web.Response(status=HTTPStatus.CREATED)
        if response.body is None:
            return web.Response(status=response.status)
        return web.json_response(response.body, status=response.status)
