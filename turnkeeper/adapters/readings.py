"""Activities that a handler of the bot has read from a request itself, as the SDK's samples do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Final

from aiohttp import web
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity

from turnkeeper.adapters.bot_run import Logic
from turnkeeper.address import Address
from turnkeeper.channels.addressing import address_of
from turnkeeper.errors import RequestRefused
from turnkeeper.inbound.activity import read_activity
from turnkeeper.inbound.body import Bodies
from turnkeeper.inbound.local import LocalMode, request_under_way
from turnkeeper.inbound.refusal import answer
from turnkeeper.observing.metrics import Metrics
from turnkeeper.wire import activity as wire
from turnkeeper.wire import json_text

_JSON: Final = "application/json"
_UNSEEN: Final = (
    "Without credentials an activity is taken from a request that is seen: use "
    "ADAPTER.attach(APP, BOT) or ADAPTER.process(request, BOT), or set MicrosoftAppId."
)

_CHECKED: Final[ContextVar[tuple[Activity, Address] | None]] = ContextVar(
    "turnkeeper.checked", default=None
)

Take = Callable[[Activity, Address, Logic], Awaitable[InvokeResponse | None]]


class Readings:
    """Takes such activities as :class:`turnkeeper.inbound.endpoint.Endpoint` takes requests.

    :param metrics: counts.
    :param local: refuses who is not on this machine, where the request is seen; None where anybody
        may come.
    :param trusted: channels whose ids are believed also where a page may choose them.
    """

    def __init__(
        self, metrics: Metrics, local: LocalMode | None, trusted: Container[str] = ()
    ) -> None:
        self._metrics = metrics
        self._trusted = trusted
        self._local = local
        self._bodies = Bodies()

    @contextmanager
    def checked(self, activity: Activity, address: Address) -> Iterator[None]:
        """Have an activity taken as it is within the block: its request was checked and counted."""
        token = _CHECKED.set((activity, address))
        try:
            yield
        finally:
            _CHECKED.reset(token)

    async def take(
        self, source: Activity | web.Request, bot: str, logic: Logic, take: Take
    ) -> InvokeResponse | None:
        """Take one activity.

        :param source: it, or the request that holds it.
        :param bot: the bot's app id; "" in local mode.
        :param take: takes a checked activity at its address.
        :raises aiohttp.web.HTTPError: it is refused or fails, in a handler of aiohttp.
        :raises BotError: the same elsewhere.
        """
        known = _CHECKED.get()
        if known is not None and known[0] is source:
            return await take(*known, logic)
        request = source if isinstance(source, web.Request) else request_under_way()
        taken: list[InvokeResponse | None] = []

        async def handle(_: web.Request | None) -> web.StreamResponse:
            if self._local is not None:
                self._check(request)
            activity = await self._read(source)
            began: float | None = perf_counter()
            try:
                address = address_of(activity, bot, self._trusted)
                taken.append(await take(activity, address, logic))
            except RequestRefused:
                began = None
                raise
            finally:
                if began is not None:  # what is refused is no turn
                    self._metrics.turn_seconds.observe(perf_counter() - began)
            return web.Response()

        if request is None:
            await handle(None)
        elif not (await _answered(request, handle, self._metrics) and taken):
            raise RuntimeError("an activity was neither taken nor refused")
        return taken[0]

    def _check(self, request: web.Request | None) -> None:
        assert self._local is not None  # noqa: S101 - who calls this has looked
        if request is None:  # it may be anybody's, whose request a task of the handler's hides
            raise RequestRefused(403, "local_mode", _UNSEEN)
        self._local.check(request)

    async def _read(self, source: Activity | web.Request) -> Activity:
        if isinstance(source, web.Request):
            body = await self._bodies.read(source)
            return read_activity(body, source.headers.get("Content-Type"))
        if not isinstance(source, Activity):
            raise TypeError(f"an activity, or the request with it, not {type(source).__name__}")
        # It may be anything: the SDK's reading of it checks nothing.
        try:
            body = json_text.encode(wire.encode(source)).encode()
        except (wire.WireError, ValueError):
            raise RequestRefused(400, "bad_activity", "The activity cannot be read.") from None
        return read_activity(body, _JSON)


async def _answered(
    request: web.Request,
    handle: Callable[[web.Request | None], Awaitable[web.StreamResponse]],
    metrics: Metrics,
) -> bool:
    """Return whether a request was taken.

    :raises aiohttp.web.HTTPError: it was refused or failed: what its handler need not know of.
    """
    response = await answer(request, handle, metrics)
    if response.status < web.HTTPBadRequest.status_code:
        return True
    assert isinstance(response, web.Response)  # noqa: S101 - refusals are
    error = type("Refused", (web.HTTPError,), {"status_code": response.status})
    headers = {
        name: response.headers[name]
        for name in ("Retry-After", "WWW-Authenticate")
        if name in response.headers
    }
    raise error(text=response.text, content_type=_JSON, headers=headers)
