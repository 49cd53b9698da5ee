"""Behind a company's proxy: keys, token and replies all go through it, and nothing else does."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography import x509

from tests.cloud import FakeCloud
from tests.turnkeeper.auth.test_keys import certificate
from tests.turnkeeper.e2e.process import BotProcess
from tests.turnkeeper.e2e.proxy import Proxy

HOSTS = ("keys.example", "login.example", "connector.example")


class CloudOutside(FakeCloud):
    """The cloud by names that only a proxy can reach; it notes what credentials it was shown."""

    seen: set[tuple[str, str]]

    @property
    def service_url(self) -> str:
        """Where bots post their replies."""
        return f"https://connector.example{self.path}"

    @web.middleware
    async def _route(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        kind = request.headers.get("Authorization", "none").split()[0]
        self.seen.add((request.host, kind))
        return await super()._route(request, handler)

    async def listen_with_tls(self, trusted: Path) -> int:
        """Listen on one more port, with a certificate; return the port."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(trusted, trusted.with_name("key.pem"))
        assert self._runner
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context).start()
        port: int = self._runner.addresses[1][1]
        return port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory whose .netrc has a password for everybody."""
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login ada password s3cret\n")
    netrc.chmod(0o600)
    return tmp_path


async def test_every_way_out_goes_through_it(home: Path) -> None:
    trusted = certificate(home, *(x509.DNSName(host) for host in HOSTS))
    async with CloudOutside("the-bot", "password") as cloud:
        cloud.seen = set()
        async with Proxy(await cloud.listen_with_tls(trusted)) as proxy:
            variables = {
                "MicrosoftAppId": "the-bot",
                "MicrosoftAppPassword": "password",
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
                assert (await person.says("hi")).texts == ["Who are you?"]
                assert (await person.says("Ada")).status == 201
                assert await bot.terminate() == 0
        assert proxy.hosts == {f"{host}:443" for host in HOSTS}
        assert cloud.seen == {
            ("keys.example", "none"),
            ("login.example", "none"),
            ("connector.example", "Bearer"),
        }, "and nobody was shown what .netrc holds"
        credentials = base64.b64encode(b"bot:p@ss").decode()
        assert all(f"Proxy-Authorization: Basic {credentials}" in head for head in proxy.heads)


async def test_on_this_machine_nothing_goes_through_it(cloud: FakeCloud, home: Path) -> None:
    async with Proxy(cloud.port) as proxy:
        address = f"http://127.0.0.1:{proxy.port}"
        variables = {
            "STORAGE_URL": f"sqlite:///{home}/bot.db",
            "HTTP_PROXY": address,
            "HTTPS_PROXY": address,
            "HOME": str(home),
        }
        async with BotProcess(variables) as bot:
            assert (await cloud.person(bot_url=bot.url).says("hi")).status == 201
            assert await bot.terminate() == 0
    assert proxy.heads == []
    assert all("authorization" not in request.headers for request in cloud.connector.requests)
