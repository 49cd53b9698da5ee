"""The login service of the tests' cloud, as slow as a real one, and how often it was asked."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

from aiohttp import web
from aiohttp.typedefs import Handler

from turnkeeper.testing.outside.identity import Identity
from turnkeeper.testing.outside.login import Login

APP_ID: Final = "8b2a0f5e-3c1d-4e6f-9a7b-0c1d2e3f4a5b"
APP_PASSWORD: Final = "made-up"  # noqa: S105 - of nothing
ANSWER: Final = 0.02
"""Seconds until the login service answers."""


class SlowLogin:
    """Tokens and keys, after :data:`ANSWER` seconds each; use it in an ``async with`` block."""

    def __init__(self) -> None:
        self.requests = 0
        self._identity = Identity()
        self._login = Login(self._identity, APP_ID, APP_PASSWORD)
        self._runner: web.AppRunner | None = None
        self.url = ""

    def is_good(self, token: str) -> bool:
        """Whether this is a token that was issued to a bot."""
        return self._login.is_good(token)

    def channel_token(self, service_url: str) -> str:
        """What the channel shows to bots."""
        return self._identity.mint(APP_ID, service_url)

    def variables(self) -> dict[str, str]:
        """The settings of a bot that logs in here."""
        return {
            "MicrosoftAppId": APP_ID,
            "MicrosoftAppPassword": APP_PASSWORD,
            "MicrosoftAppType": "MultiTenant",
            "HOST": "127.0.0.1",
            "LOGIN_URL": self.url,
            "OPENID_METADATA_URL": f"{self.url}/v1/.well-known/openidconfiguration",
            "SERVICE_URL_HOSTS": "127.0.0.1",
        }

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._delay])
        app.add_routes(self._login.routes())
        app.router.add_get("/{tenant}/v2.0/.well-known/openid-configuration", self._tenant)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    @web.middleware
    async def _delay(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests += 1
        await asyncio.sleep(ANSWER)
        return await handler(request)

    async def _tenant(self, request: web.Request) -> web.Response:
        """What MSAL, the SDK's login client, asks first of all."""
        tenant = f"https://login.microsoftonline.com/{request.match_info['tenant']}"
        return web.json_response(
            {
                "issuer": f"{tenant}/v2.0",
                "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
                "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            }
        )
