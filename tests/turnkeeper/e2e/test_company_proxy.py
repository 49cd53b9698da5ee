"""Behind a company's proxy: keys, token and replies all go through it, and nothing else does."""

from __future__ import annotations

import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography import x509

from tests.turnkeeper.auth.test_keys import certificate
from tests.turnkeeper.e2e.process import BotProcess
from tests.turnkeeper.e2e.proxy import Proxy
from turnkeeper.testing import Cloud

PASSWORD = "made-up"  # noqa: S105 - of nothing
HOSTS = ("keys.example", "login.example", "connector.example")


class CloudOutside(Cloud):
    """The cloud by names that only a proxy can reach; it notes what credentials it was shown."""

    seen: set[tuple[str, str]]

    @property
    def service_url(self) -> str:
        """Where bots post their replies."""
        return f"https://connector.example{self.path}"

    @web.middleware
    async def route(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = request.headers.get("Authorization", "none").split()[0]
        self.seen.add((request.host, kind))
        return await super().route(request, handler)

    @asynccontextmanager
    async def listening_with_tls(self, trusted: Path) -> AsyncIterator[int]:
        """Listen on one more port, with a certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(trusted, trusted.with_name("key.pem"))
        runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory whose .netrc has a password for everybody."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login ada password s3cret\n")
    netrc.chmod(0o600)
    return tmp_path


async def test_every_way_out_goes_through_it(home: Path) -> None:
    trusted = certificate(home, *(x509.DNSName(host) for host in HOSTS))
    async with CloudOutside(app_id="the-bot", app_password=PASSWORD) as cloud:
        cloud.seen = set()
        async with cloud.listening_with_tls(trusted) as port, Proxy(port) as proxy:
            variables = {
                "MicrosoftAppId": "the-bot",
                "MicrosoftAppPassword": PASSWORD,
                "HOST": "127.0.0.1",
                "STORAGE_URL": f"sqlite:///{home}/bot.db",
                "SERVICE_URL_HOSTS": "connector.example",
                "LOGIN_URL": "https://login.example",
                "OPENID_METADATA_URL": "https://keys.example/v1/.well-known/openidconfiguration",
                "HTTPS_PROXY": f"http://bot:p%40ss@127.0.0.1:{proxy.port}",
                "SSL_CERT_FILE": str(trusted),
                "HOME": str(home),
            }
            async with BotProcess(variables) as bot:
                person = cloud.person(bot_url=bot.url)
                assert await person.says("hi") == ["Who are you?"]
                await person.says("Ada")
                assert await bot.terminate() == 0
        assert proxy.hosts == {f"{host}:443" for host in HOSTS}
        assert cloud.seen == {
            ("keys.example", "none"),
            ("login.example", "none"),
            ("connector.example", "Bearer"),
        }, "and nobody was shown what .netrc holds"
        credentials = base64.b64encode(b"bot:p@ss").decode()
        assert all(f"Proxy-Authorization: Basic {credentials}" in head for head in proxy.heads)


async def test_on_this_machine_nothing_goes_through_it(cloud: Cloud, home: Path) -> None:
    async with Proxy(cloud.port) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        variables = {
            "STORAGE_URL": f"sqlite:///{home}/bot.db",
            "HTTP_PROXY": address,
            "HTTPS_PROXY": address,
            "HOME": str(home),
        }
        async with BotProcess(variables) as bot:
            await cloud.person(bot_url=bot.url).says("hi")
            assert await bot.terminate() == 0
    assert proxy.heads == []
    assert all("authorization" not in request.headers for request in cloud.connector.requests)
