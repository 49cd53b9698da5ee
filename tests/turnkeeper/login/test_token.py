"""The bot's own access token, against the login service of the cloud."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.turnkeeper.clock import Clock
from turnkeeper.errors import SettingsError, TokenUnavailable
from turnkeeper.login.token import NoToken, TokenSource
from turnkeeper.login.token_response import access_token
from turnkeeper.login.token_source import token_source
from turnkeeper.outbound.backoff import Backoff
from turnkeeper.settings import Settings
from turnkeeper.testing import Answer, Cloud, Drop

APP, PASSWORD = "11111111-2222-3333-4444-555555555555", "p4ss+word&=%"


@pytest.fixture
def clock() -> Clock:
    return Clock(5000.0)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with Cloud(app_id=APP, app_password=PASSWORD) as running:
        yield running


@pytest.fixture
async def source(cloud: Cloud, clock: Clock) -> AsyncIterator[TokenSource]:
    async with opened(settings(cloud), clock=clock) as made:
        yield made


def settings(cloud: Cloud, **changes: Any) -> Settings:
    usual = {"app_id": APP, "app_password": PASSWORD, "login_url": cloud.url}
    return Settings(**(usual | changes))


@asynccontextmanager
async def opened(
    chosen: Settings, environ: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[TokenSource]:
    made = token_source(chosen, environ or {})
    assert isinstance(made, TokenSource)
    timed = TokenSource(made.credential, backoff=Backoff(2.0, 30.0, lambda: 1.0), **options)
    try:
        yield timed
    finally:
        await timed.close()


async def test_one_request_serves_an_hour(cloud: Cloud, source: TokenSource, clock: Clock) -> None:
    token = await source.get()
    assert cloud.login.is_good(token)
    for _ in range(50):
        clock.now += 60
        assert await source.get() == token
    assert cloud.login.token_requests == 1


async def test_many_at_once_make_one_request(cloud: Cloud, source: TokenSource) -> None:
    tokens = await asyncio.gather(*[source.get() for _ in range(100)])
    assert len(set(tokens)) == 1
    assert cloud.login.token_requests == 1


async def test_one_who_gives_up_does_not_stop_the_fetch_for_others(
    cloud: Cloud, source: TokenSource
) -> None:
    asked, answer_now = asyncio.Event(), asyncio.Event()
    cloud.login.faults.next(Answer(reached=asked, after=answer_now))
    hasty = asyncio.create_task(source.get())
    patient = asyncio.create_task(source.get())
    await asyncio.wait_for(asked.wait(), 5)
    hasty.cancel()
    await asyncio.wait([hasty])
    answer_now.set()
    assert cloud.login.is_good(await patient)
    assert cloud.login.token_requests == 1


async def test_it_is_renewed_before_its_end_and_nobody_waits_for_that(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    old = await source.get()
    asked, answer_now = asyncio.Event(), asyncio.Event()
    cloud.login.faults.next(Answer(reached=asked, after=answer_now))
    clock.now += 3600 - 240
    assert await source.get() == old
    await asyncio.wait_for(asked.wait(), 5)
    assert await source.get() == old
    answer_now.set()
    clock.now += 240
    new = await source.get()
    assert new != old
    assert cloud.login.is_good(new)
    assert cloud.login.token_requests == 2


async def test_a_failed_renewal_leaves_the_old_token_in_use_while_it_holds(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    old = await source.get()
    asked = asyncio.Event()
    cloud.login.faults.always(Answer(503, reached=asked))
    clock.now += 3600 - 240
    assert await source.get() == old
    await asyncio.wait_for(asked.wait(), 5)
    assert await source.get() == old
    clock.now += 220
    with pytest.raises(TokenUnavailable, match="503"):
        await source.get()


async def until(holds: Callable[[], bool]) -> None:
    """Let others go on until something holds."""
    for _ in range(1_000_000):
        if holds():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never does")


async def test_the_first_token_is_asked_for_before_any_turn(
    cloud: Cloud, source: TokenSource
) -> None:
    failures: list[str] = []
    source.start(failures.append)
    assert source.fails
    await until(lambda: not source.fails)
    assert cloud.login.token_requests == 1
    assert failures == []


async def test_a_wrong_secret_is_noticed_without_a_turn_and_so_is_its_cure(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    failures: list[str] = []
    cloud.login.app_password = "another"  # noqa: S105 - of a fake cloud
    source.start(failures.append)
    for number in range(20):  # for ten minutes
        await until(lambda: len(failures) == number + 1)  # noqa: B023 - awaited here
        clock.now += 30  # no pause is longer
        assert source.fails  # which asks
    await until(lambda: len(failures) == 21)
    cloud.login.app_password = PASSWORD
    clock.now += 30
    await until(lambda: not source.fails)
    assert set(failures) == {"refused"}


async def test_no_pause_of_its_own_is_longer_than_half_a_minute(cloud: Cloud, clock: Clock) -> None:
    cloud.login.faults.always(Answer(500))
    made = token_source(settings(cloud), {})
    assert isinstance(made, TokenSource)
    source, failures = TokenSource(made.credential, clock=clock), list[str]()
    source.start(failures.append)
    for number in range(30):
        await until(lambda: len(failures) > number)  # noqa: B023 - awaited here
        clock.now += 30
        assert source.fails
    await source.close()


async def test_it_is_renewed_ahead_though_nobody_asks_for_it(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    token = await source.get()
    for number in range(1, 4):
        clock.now += 3600 - 240  # of 3600 s
        assert not source.fails  # it holds still, and the next is asked for
        await until(lambda: cloud.login.token_requests > number)  # noqa: B023 - awaited here
        before, tries = token, 0
        while token == before and (tries := tries + 1) < 1_000_000:
            await asyncio.sleep(0)
            token = await source.get()
        assert token != before
    assert cloud.login.token_requests == 4


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(400), "refused"),
        (Answer(401), "refused"),
        (Answer(200, body=b"{}"), "refused"),
        (Answer(500), "failed"),
        (Answer(503), "failed"),
        (Answer(drop=Drop.BEFORE), "unreachable"),
    ],
)
async def test_each_failure_is_counted_by_its_kind(
    cloud: Cloud, source: TokenSource, answer: Answer, reason: str
) -> None:
    failures: list[str] = []
    cloud.login.faults.always(answer)
    source.start(failures.append)
    with pytest.raises(TokenUnavailable):
        await source.get()
    assert failures == [reason]


async def test_a_login_fails_from_the_first_failure_to_the_next_token(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    cloud.login.faults.next(Answer(500))
    with pytest.raises(TokenUnavailable, match="500"):
        await source.get()
    assert source.fails
    assert cloud.login.token_requests == 1  # it is left alone for a while
    clock.now += 2
    assert source.fails  # and asked again, without anybody who needs a token
    assert cloud.login.is_good(await source.get())
    assert not source.fails
    assert cloud.login.token_requests == 2


async def test_no_login_fails_while_a_token_holds(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    await source.get()
    asked, answer_now = asyncio.Event(), asyncio.Event()
    cloud.login.faults.always(Answer(503, reached=asked, after=answer_now))
    clock.now += 3600 - 240
    await source.get()
    await asyncio.wait_for(asked.wait(), 5)
    answer_now.set()
    assert not source.fails
    clock.now += 220
    with pytest.raises(TokenUnavailable, match="503"):
        await source.get()
    assert source.fails


async def test_a_login_service_that_fails_is_left_alone_for_a_while(
    cloud: Cloud, source: TokenSource, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.login.faults.always(Answer(500))
    requests = []
    for _ in range(40):
        with pytest.raises(TokenUnavailable, match="500"):
            await source.get()
        requests.append(cloud.login.token_requests)
        clock.now += 1
    # The pauses are 2, 4, 8, 16 seconds.
    assert [requests.index(n) for n in (1, 2, 3, 4, 5)] == [0, 2, 6, 14, 30]
    # The log calls it an error once a minute.
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
    clock.now += 60
    with pytest.raises(TokenUnavailable, match="500"):
        await source.get()
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 2
    cloud.login.faults.recover()
    clock.now += 60
    assert cloud.login.is_good(await source.get())


async def test_the_pause_that_the_login_service_asks_for_is_kept(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    cloud.login.faults.next(Answer(429, {"Retry-After": "30"}))
    for seconds in (0, 29):
        clock.now += seconds
        with pytest.raises(TokenUnavailable):
            await source.get()
    assert cloud.login.token_requests == 1
    clock.now += 4
    await source.get()


async def test_no_pause_is_longer_than_minutes(
    cloud: Cloud, source: TokenSource, clock: Clock
) -> None:
    cloud.login.faults.next(Answer(503, {"Retry-After": "86400"}))
    with pytest.raises(TokenUnavailable):
        await source.get()
    clock.now += 310
    assert cloud.login.is_good(await source.get())


async def test_a_token_of_seconds_is_used_too(clock: Clock) -> None:
    async with (
        Cloud(app_id=APP, app_password=PASSWORD, token_lifetime=10) as cloud,
        opened(settings(cloud), clock=clock) as source,
    ):
        token = await source.get()
        clock.now += 5
        assert await source.get() == token
        clock.now += 5
        assert await source.get() != token


async def test_a_wrong_password_is_named_and_not_shown(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"app_password": "wr0ng-secret"}
    async with opened(settings(cloud, **wrong)) as source:
        with pytest.raises(TokenUnavailable, match=r"401 \(invalid_client, AADSTS7000215\)"):
            await source.get()
    assert "AADSTS7000215" in caplog.text
    assert "wr0ng-secret" not in caplog.text


async def test_a_login_service_that_is_away_or_hangs_is_named(cloud: Cloud, clock: Clock) -> None:
    async with opened(settings(cloud, login_url="http://127.0.0.1:1")) as source:
        with pytest.raises(TokenUnavailable, match="cannot be reached"):
            await source.get()
    cloud.login.faults.next(Answer(after=asyncio.Event()))
    async with opened(settings(cloud), timeout=0.05) as source:
        with pytest.raises(TokenUnavailable, match="in time"):
            await source.get()


async def test_an_error_that_nobody_thought_of_is_named_and_has_its_pause(
    cloud: Cloud, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with opened(settings(cloud, login_url="https://login..x"), clock=clock) as source:
        for _ in range(7):
            with pytest.raises(TokenUnavailable, match="Unicode(Encode)?Error"):
                await source.get()
            clock.now += 1
    # Tried at 0, 2 and 6 seconds.
    levels = [record.levelname for record in caplog.records if record.name != "asyncio"]
    assert levels == ["ERROR", "DEBUG", "DEBUG"]
    assert "never retrieved" not in caplog.text


async def test_the_secret_follows_no_redirect(cloud: Cloud, source: TokenSource) -> None:
    there = {"Location": f"{cloud.url}/botframework.com/oauth2/v2.0/token"}
    cloud.login.faults.next(Answer(307, there))
    with pytest.raises(TokenUnavailable, match="307"):
        await source.get()
    assert cloud.login.token_requests == 1


async def test_a_dropped_token_is_replaced(cloud: Cloud, source: TokenSource, clock: Clock) -> None:
    first = await source.get()
    source.drop("some other token")
    assert await source.get() == first
    source.drop(first)
    source.drop(first)
    second = await source.get()
    assert second != first
    # A second one within half a minute would be the channel's fault, not the token's.
    source.drop(second)
    assert await source.get() == second
    clock.now += 30
    source.drop(second)
    assert await source.get() != second
    assert cloud.login.token_requests == 3


async def test_a_single_tenant_bot_logs_in_at_its_tenant(cloud: Cloud) -> None:
    chosen = settings(cloud, app_type="SingleTenant", tenant_id="contoso")
    async with opened(chosen) as source:
        assert cloud.login.is_good(await source.get())
    assert cloud.login.token_paths == ["/contoso/oauth2/v2.0/token"]


def federated(cloud: Cloud, path: Path, **changes: Any) -> Settings:
    """The settings of a bot for which a cluster vouches."""
    usual = {
        "app_password": "",
        "app_type": "UserAssignedMSI",
        "tenant_id": "contoso",
        "login_url": "",
        "federated_token_file": str(path),
    }
    return settings(cloud, **(usual | changes))


@pytest.mark.parametrize("app_type", ["UserAssignedMSI", "SingleTenant"])
async def test_a_cluster_vouches_for_the_bot_by_a_file_that_it_renews(
    tmp_path: Path, app_type: str, clock: Clock
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    async with Cloud(app_id=APP, certificate=public) as cloud:
        url = f"{cloud.url.rstrip('/')}/contoso/oauth2/v2.0/token"

        def written(number: int) -> None:
            now = int(datetime.now(UTC).timestamp())
            claims = {"aud": url, "iss": APP, "sub": APP, "jti": str(number)}
            claims |= {"nbf": now - 60, "exp": now + 600}  # type: ignore[dict-item]
            token = jwt.encode(claims, key, algorithm="RS256", headers={"x5t": str(number)})
            (tmp_path / "token").write_text(f"{token}\n", "ascii")

        written(1)
        environ = {"AZURE_AUTHORITY_HOST": cloud.url}
        chosen = federated(cloud, tmp_path / "token", app_type=app_type)
        async with opened(chosen, environ, clock=clock) as source:
            assert cloud.login.is_good(first := await source.get())
            written(2)
            clock.now += 3600
            assert await source.get() != first
        assert [header["x5t"] for header in cloud.login.assertions] == ["1", "2"]


async def test_a_file_without_a_token_is_named_and_asked_for_again(
    cloud: Cloud, tmp_path: Path
) -> None:
    async with opened(federated(cloud, tmp_path / "none")) as source:
        with pytest.raises(TokenUnavailable, match="AZURE_FEDERATED_TOKEN_FILE"):
            await source.get()
    assert cloud.login.token_requests == 0


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("https://login.partner.microsoftonline.cn/", "https://login.partner.microsoftonline.cn"),
        ("login.microsoftonline.us", "https://login.microsoftonline.us"),
        ("", "https://login.microsoftonline.com"),
    ],
)
def test_a_cluster_says_where_its_apps_log_in(
    cloud: Cloud, tmp_path: Path, host: str, url: str
) -> None:
    (tmp_path / "token").write_text("a.b.c")
    made = token_source(federated(cloud, tmp_path / "token"), {"AZURE_AUTHORITY_HOST": host})
    assert isinstance(made, TokenSource)
    assert made.credential.request().url == f"{url}/contoso/oauth2/v2.0/token"


def test_it_may_not_say_where_a_secret_would_go_in_clear(cloud: Cloud, tmp_path: Path) -> None:
    environ = {"AZURE_AUTHORITY_HOST": "http://login.example.com"}
    with pytest.raises(SettingsError, match="AZURE_AUTHORITY_HOST"):
        token_source(federated(cloud, tmp_path / "token"), environ)


def test_a_bot_with_a_password_uses_it_also_in_a_cluster(cloud: Cloud, tmp_path: Path) -> None:
    chosen = settings(cloud, federated_token_file=str(tmp_path / "token"))
    made = token_source(chosen, {"AZURE_AUTHORITY_HOST": "nonsense://"})
    assert isinstance(made, TokenSource)
    assert made.credential.request().form
    assert "client_secret" in (made.credential.request().form or {})


async def test_a_bot_in_china_asks_for_the_scope_there(cloud: Cloud) -> None:
    chosen = settings(cloud, channel_service="https://botframework.azure.cn", login_url="")
    made = token_source(chosen, {})
    assert isinstance(made, TokenSource)
    request = made.credential.request()
    assert request.url == (
        "https://login.partner.microsoftonline.cn/"
        "microsoftservices.partner.onmschina.cn/oauth2/v2.0/token"
    )
    assert request.form is not None
    assert request.form["scope"] == "https://api.botframework.azure.cn/.default"


async def test_a_government_bot_asks_for_the_government_scope(cloud: Cloud) -> None:
    chosen = settings(cloud, channel_service="https://botframework.azure.us", login_url="")
    made = token_source(chosen, {})
    assert isinstance(made, TokenSource)
    request = made.credential.request()
    assert request.url == (
        "https://login.microsoftonline.us/MicrosoftServices.onmicrosoft.us/oauth2/v2.0/token"
    )
    assert request.form is not None
    assert request.form["scope"] == "https://api.botframework.us/.default"


async def test_the_public_cloud_is_the_default(cloud: Cloud) -> None:
    made = token_source(settings(cloud, login_url=""), {})
    assert isinstance(made, TokenSource)
    assert made.credential.request().url == (
        "https://login.microsoftonline.com/botframework.com/oauth2/v2.0/token"
    )


async def test_a_managed_identity_on_app_service(cloud: Cloud) -> None:
    chosen = settings(cloud, app_type="UserAssignedMSI", tenant_id="contoso", app_password="")
    environ = {"IDENTITY_ENDPOINT": f"{cloud.url}/msi/token", "IDENTITY_HEADER": "local-secret"}
    async with opened(chosen, environ) as source:
        assert cloud.login.is_good(await source.get())
        assert await source.get()
    assert cloud.login.token_requests == 1


def test_a_managed_identity_elsewhere_asks_the_address_of_virtual_machines(
    cloud: Cloud,
) -> None:
    made = token_source(settings(cloud, app_type="UserAssignedMSI", tenant_id="contoso"), {})
    assert isinstance(made, TokenSource)
    request = made.credential.request()
    assert request.url == "http://169.254.169.254/metadata/identity/oauth2/token"
    assert request.form is None
    assert request.headers == {"Metadata": "true"}
    assert request.query == {
        "api-version": "2018-02-01",
        "resource": "https://api.botframework.com",
        "client_id": APP,
    }


async def test_local_mode_has_no_token() -> None:
    none = token_source(Settings())
    assert isinstance(none, NoToken)
    assert await none.get() is None
    none.drop("x")
    await none.close()


class TestCertificate:
    """Logging in with a certificate."""

    @pytest.fixture(scope="class")
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @pytest.fixture(scope="class")
    def certificate(self, key: rsa.RSAPrivateKey) -> x509.Certificate:
        return self.signed(key)

    @staticmethod
    def signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
        """A certificate of a key, by the key itself."""
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bot")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )

    @pytest.fixture
    async def cloud(self, key: rsa.RSAPrivateKey) -> AsyncIterator[Cloud]:
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        async with Cloud(app_id=APP, app_password=PASSWORD, certificate=public) as running:
            yield running

    @pytest.fixture
    def files(self, tmp_path: Path, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Path:
        private = pem(key)
        (tmp_path / "key.pem").write_bytes(private)
        both = private + certificate.public_bytes(serialization.Encoding.PEM)
        (tmp_path / "both.pem").write_bytes(both)
        return tmp_path

    @pytest.mark.parametrize(
        ("file", "digest", "header"),
        [
            ("both.pem", None, ("PS256", "x5t#S256")),
            ("key.pem", hashes.SHA256(), ("PS256", "x5t#S256")),
            ("key.pem", hashes.SHA1(), ("RS256", "x5t")),  # noqa: S303 - the thumbprint Azure shows
        ],
    )
    async def test_it_signs_what_the_login_service_accepts(  # noqa: PLR0913, PLR0917 - fixtures
        self,
        cloud: Cloud,
        files: Path,
        certificate: x509.Certificate,
        file: str,
        digest: hashes.HashAlgorithm | None,
        header: tuple[str, str],
    ) -> None:
        thumbprint = certificate.fingerprint(digest).hex().upper() if digest else ""
        chosen = settings(
            cloud,
            app_password="",
            certificate_path=str(files / file),
            certificate_thumbprint=thumbprint,
        )
        async with opened(chosen) as source:
            assert cloud.login.is_good(await source.get())
        assert cloud.login.assertions[0]["alg"] == header[0]
        assert header[1] in cloud.login.assertions[0]

    async def test_a_file_that_was_replaced_is_read_again(
        self, cloud: Cloud, files: Path, clock: Clock, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = files / "both.pem"
        chosen = settings(cloud, app_password="", certificate_path=str(path))
        async with opened(chosen, clock=clock) as source:
            assert cloud.login.is_good(await source.get())
            other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            cloud.login.certificate = other.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            clock.now += 3600
            with pytest.raises(TokenUnavailable, match="AADSTS700027"):
                await source.get()  # the login service takes the new one alone
            whole = pem(other) + self.signed(other).public_bytes(serialization.Encoding.PEM)
            path.write_bytes(whole[:900])
            clock.now += 60
            with pytest.raises(TokenUnavailable, match="AADSTS700027"):
                await source.get()  # half of it is no reason to have none
            assert "MicrosoftAppCertificatePath" in caplog.text
            path.write_bytes(whole)
            clock.now += 60
            assert cloud.login.is_good(await source.get())

    async def test_another_key_is_refused(self, cloud: Cloud, tmp_path: Path) -> None:
        path = tmp_path / "other.pem"
        path.write_bytes(pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        chosen = settings(
            cloud,
            app_password="",
            certificate_path=str(path),
            certificate_thumbprint="ab" * 20,
        )
        async with opened(chosen) as source:
            with pytest.raises(TokenUnavailable, match="AADSTS700027"):
                await source.get()

    @pytest.mark.parametrize(
        ("content", "thumbprint", "fault"),
        [
            (b"nonsense", "ab" * 20, "MicrosoftAppCertificatePath"),
            (None, "ab" * 20, "MicrosoftAppCertificatePath"),
            ("elliptic", "ab" * 20, "must be an RSA key"),
            ("locked", "ab" * 20, "without a passphrase"),
            ("key", "", "MicrosoftAppCertificateThumbprint"),
            ("key", "xyz", "MicrosoftAppCertificateThumbprint"),
            ("key", "abcd", "MicrosoftAppCertificateThumbprint"),
        ],
    )
    def test_what_cannot_be_used_stops_the_bot(  # noqa: PLR0913 - fixtures
        self,
        tmp_path: Path,
        key: rsa.RSAPrivateKey,
        content: bytes | str | None,
        thumbprint: str,
        fault: str,
    ) -> None:
        path = tmp_path / "bot.pem"
        contents = {
            "elliptic": pem(ec.generate_private_key(ec.SECP256R1())),
            "locked": pem(key, serialization.BestAvailableEncryption(b"x")),
            "key": pem(key),
        }
        if content is not None:
            path.write_bytes(contents[content] if isinstance(content, str) else content)
        chosen = settings(
            Cloud(),
            app_password="",
            certificate_path=str(path),
            certificate_thumbprint=thumbprint,
        )
        with pytest.raises(SettingsError, match=fault):
            token_source(chosen, {})


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no json",
        b"[]",
        b"[" * 5000,
        b"{}",
        b'{"access_token": 7}',
        b'{"access_token": ""}',
        b'{"access_token": "a b"}',
        b'{"access_token": "a\\r\\nHost: evil"}',
        '{"access_token": "ä"}'.encode(),
        b'{"access_token": "t", "expires_in": 0}',
        b'{"access_token": "t", "expires_in": -5}',
        b'{"access_token": "t", "expires_in": "NaN"}',
        b'{"access_token": "t", "expires_on": "1"}',
    ],
)
def test_an_answer_without_a_usable_token_is_an_error(answer: bytes) -> None:
    with pytest.raises(TokenUnavailable):
        access_token(200, answer)


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        ({"expires_in": 3599}, 3599),
        ({"expires_in": "86399", "expires_on": "1"}, 86399),
        ({}, 300),
        ({"expires_in": None}, 300),
        ({"expires_in": [1]}, 300),
        ({"expires_on": "soon"}, 300),
    ],
)
def test_a_token_holds_as_long_as_its_answer_says(life: dict[str, Any], seconds: float) -> None:
    answer = json.dumps({"access_token": "t"} | life).encode()
    assert access_token(200, answer) == ("t", seconds)
