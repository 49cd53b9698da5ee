"""The whole fake cloud: identity, login and connector in one aiohttp app on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from tests.cloud.connector import Activity, Connector
from tests.cloud.identity import Identity
from tests.cloud.login import Login
from tests.cloud.person import Answered, Person
from tests.cloud.place import Place
from tests.cloud.script import Script


class FakeCloud:
    """Everything that a bot talks to, on a free loopback port while the block runs.

    ::

        async with FakeCloud() as cloud:
            person = cloud.person("emulator", bot_url=url)
            status, replies = await person.says("hi")

    With an ``app_id`` it asks bots for the token that it issued to them and sends them
    activities with a channel token; without one nobody asks for anything (local mode).

    :param app_id: the bot's app id.
    :param app_password: the bot's secret.
    :param certificate: the public key (PEM) of the bot's certificate, if it has one.
    :param port: where to listen; 0 takes a free one.
    :param path: the path of the service URL, which bots must keep.
    :param token_lifetime: of the bot's access tokens, in seconds.
    :param clock: tells the time in seconds since 1970.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        app_id: str = "",
        app_password: str = "",
        *,
        certificate: bytes | None = None,
        port: int = 0,
        path: str = "/_connector",
        token_lifetime: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app_id = app_id
        self.port = port
        self.path = path
        self.identity = Identity(clock=clock)
        self.login = Login(
            self.identity,
            app_id,
            app_password,
            certificate=certificate,
            lifetime=token_lifetime,
            clock=clock,
        )
        self.connector = Connector(path, self.login.is_good if app_id else None)
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The root: also the login URL for the bot's settings."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def service_url(self) -> str:
        """Where bots post their replies."""
        return self.url + self.path

    @property
    def open_id_metadata_url(self) -> str:
        """Where bots find the channel's keys."""
        return f"{self.url}/v1/.well-known/openidconfiguration"

    @property
    def script(self) -> Script:
        """How the connector answers its next requests."""
        return self.connector.script

    def sent(self, conversation_id: str) -> list[Activity]:
        """The activities that the connector took for a conversation, in order."""
        return self.connector.conversation(conversation_id).sent

    def texts(self, conversation_id: str) -> list[str]:
        """The texts of the messages among :meth:`sent`."""
        return [a.get("text", "") for a in self.sent(conversation_id) if a["type"] == "message"]

    async def wait_for(
        self, conversation_id: str, count: int, *, seconds: float = 10.0
    ) -> list[Activity]:
        """Wait until a conversation holds ``count`` activities or more; return them all.

        :raises AssertionError: it did not in time; the message says what it holds.
        """
        try:
            await self.connector.wait_until(
                lambda: len(self.sent(conversation_id)) >= count, seconds
            )
        except TimeoutError:
            raise AssertionError(
                f"{conversation_id}: {count} activities awaited, got {self.sent(conversation_id)}"
            ) from None
        return self.sent(conversation_id)

    async def wait_for_requests(self, count: int, *, seconds: float = 10.0) -> None:
        """Wait until ``count`` requests have come to the connector, answered or not."""
        requests = self.connector.requests
        await self.connector.wait_until(lambda: len(requests) >= count, seconds)

    def person(
        self,
        channel: str = "emulator",
        *,
        scope: str = "personal",
        place: Place | None = None,
        **fields: Any,
    ) -> Person:
        """A person in a conversation of their own, or in ``place`` with others.

        :param fields: further fields of :class:`~tests.cloud.person.Person`.
        """
        return Person(self, place or Place(channel, scope), **fields)

    def mint(self, **changes: Any) -> str:
        """A channel token for the bot; see :meth:`~tests.cloud.identity.Identity.mint`."""
        return self.identity.mint(self.app_id, self.service_url, **changes)

    async def post_to_bot(
        self, bot_url: str, activity: Activity | bytes, headers: dict[str, str] | None = None
    ) -> Answered:
        """Post an activity, or any bytes, to a bot.

        :param headers: to change the usual ones; "" drops one.
        """
        usual = {"Content-Type": "application/json; charset=utf-8"}
        if self.app_id:
            usual["Authorization"] = f"Bearer {self.mint()}"
        chosen = {name: value for name, value in (usual | (headers or {})).items() if value}
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        if self._session is None:
            raise RuntimeError("the cloud is not open: use it in an async with block")
        async with self._session.post(
            bot_url, data=body, headers=chosen, skip_auto_headers=("Content-Type",)
        ) as response:
            return Answered(response.status, dict(response.headers), await response.read())

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=16 * 2**20, middlewares=[self._route])
        app.add_routes(self.login.routes())
        # A handler that waits for an event must not hold up the end of a test.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _route(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        # Not by the router: it decodes the path, and ids may decode to anything.
        if request.raw_path.startswith(f"{self.path}/v3/"):
            return await self.connector.handle(request)
        return await handler(request)
