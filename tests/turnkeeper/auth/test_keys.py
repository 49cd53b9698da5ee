"""The key cache, against the key documents of the cloud."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.turnkeeper.clock import Clock
from turnkeeper.auth import signing_keys as keys
from turnkeeper.auth.signing_keys import KeyCache
from turnkeeper.testing import Answer, Cloud, Drop
from turnkeeper.testing.outside.identity import SigningKey

FIRST, SECOND = SigningKey("first"), SigningKey("second", ("msteams",))


@pytest.fixture
def clock() -> Clock:
    return Clock(5000.0)


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with Cloud(app_id="bot") as running:
        running.identity.keys = [FIRST]
        yield running


@pytest.fixture
async def cache(cloud: Cloud, clock: Clock) -> AsyncIterator[KeyCache]:
    made = KeyCache(cloud.open_id_metadata_url, clock=clock)
    yield made
    await made.close()


async def arrives(event: asyncio.Event) -> None:
    async with asyncio.timeout(10):
        await event.wait()


async def test_keys_are_fetched_in_the_background(cache: KeyCache, cloud: Cloud) -> None:
    assert not cache.ready
    reached = asyncio.Event()
    cloud.login.key_faults.next(Answer(reached=reached))
    cache.start()
    await arrives(reached)
    key = await cache.get("first")
    assert cache.ready
    assert key is cache.find("first")
    assert cloud.login.key_requests == 2  # the metadata and the keys
    assert key.public_key == cloud.identity.key.private.public_key()
    assert key.endorsements == frozenset(cloud.identity.key.endorsements)


async def test_many_requests_share_one_fetch(cache: KeyCache, cloud: Cloud) -> None:
    found = await asyncio.gather(*(cache.get("first") for _ in range(100)))
    assert len(set(map(id, found))) == 1
    assert cloud.login.key_requests == 2


async def test_known_keys_are_asked_for_no_more(
    cache: KeyCache, cloud: Cloud, clock: Clock
) -> None:
    await cache.get("first")
    clock.now += 80_000
    for _ in range(100):
        await cache.get("first")
    assert cloud.login.key_requests == 2


async def test_unknown_keys_are_asked_for_once_a_minute(
    cache: KeyCache, cloud: Cloud, clock: Clock
) -> None:
    await cache.get("first")
    for second in range(119):
        clock.now += 1
        with pytest.raises(LookupError):
            await cache.get(f"forged-{second}")
    assert cloud.login.key_requests == 4


async def test_a_new_key_is_found_within_a_minute(
    cache: KeyCache, cloud: Cloud, clock: Clock
) -> None:
    await cache.get("first")
    cloud.identity.keys = [FIRST, SECOND]
    with pytest.raises(LookupError):
        await cache.get("second")
    clock.now += 60
    assert (await cache.get("second")).endorsements == {"msteams"}
    assert cache.find("first") is not None


async def test_keys_are_refreshed_in_time(cloud: Cloud) -> None:
    cache = KeyCache(cloud.open_id_metadata_url, refresh_every=0.01)
    await cache.get("first")
    cloud.identity.keys = [SECOND]
    second_refresh = asyncio.Event()
    cloud.login.key_faults.next(Answer(), Answer(), Answer(reached=second_refresh))
    await arrives(second_refresh)
    assert cache.find("second") is not None
    assert cache.find("first") is None, "a key that was withdrawn is trusted no more"
    await cache.close()


BAD_ANSWERS = {
    "an error": Answer(500),
    "a redirect": Answer(302, {"Location": "?again"}),
    "a closed connection": Answer(drop=Drop.BEFORE),
    "nothing": Answer(body=b""),
    "no JSON": Answer(body=b"<html>"),
    "no object": Answer(body=b"[]"),
    "no keys": Answer(body=b'{"keys": []}'),
    "keys of no kind": Answer(body=b'{"keys": [1, null, {}, {"kid": "first"}]}'),
    "no key address": Answer(body=b'{"issuer": "x"}'),
    "a key address that is a number": Answer(body=b'{"jwks_uri": 5}'),
    "a key address without encryption": Answer(body=b'{"jwks_uri": "http://192.0.2.1/keys"}'),
    "a key address that is a file": Answer(body=b'{"jwks_uri": "file:///etc/passwd"}'),
    "nested lists": Answer(body=b"[" * 100_000),
}


@pytest.mark.parametrize("failing", ["metadata", "keys"])
@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_keys_stay_in_use_while_they_cannot_be_refreshed(
    cache: KeyCache,
    cloud: Cloud,
    clock: Clock,
    answer: Answer,
    failing: str,
) -> None:
    first = await cache.get("first")
    cloud.identity.keys = [FIRST, SECOND]
    clock.now += 60
    # Twice, since a closed connection is tried again at once.
    cloud.login.key_faults.next(*([] if failing == "metadata" else [Answer()]), answer, answer)
    with pytest.raises(LookupError):
        await cache.get("second")
    assert await cache.get("first") is first
    cloud.login.key_faults.recover()
    clock.now += 60
    assert await cache.get("second")


async def test_documents_have_a_size(cache: KeyCache, cloud: Cloud, clock: Clock) -> None:
    document = json.dumps({"keys": [FIRST.jwk(), SECOND.jwk()]}).encode()
    cloud.login.key_faults.next(Answer(), Answer(body=document.rjust(2**20 + 1)))
    with pytest.raises(LookupError):
        await cache.get("second")
    clock.now += 5
    cloud.login.key_faults.next(Answer(), Answer(body=document.rjust(2**20)))
    assert await cache.get("second")


async def test_a_failed_fetch_is_tried_again(
    cache: KeyCache, cloud: Cloud, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    cloud.login.key_faults.always(Answer(503))
    with caplog.at_level(logging.WARNING), pytest.raises(LookupError):
        await cache.get("first")
    assert "503" in caplog.text
    with pytest.raises(LookupError):
        await cache.get("first")
    assert cloud.login.key_requests == 1, "a key service that is down is not asked by every request"
    cloud.login.key_faults.recover()
    clock.now += 5
    assert await cache.get("first")


async def test_the_background_tries_again_by_itself(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MINUTE", 0.01)
    third_try = asyncio.Event()
    cloud.login.key_faults.next(Answer(500), Answer(500), Answer(reached=third_try))
    cache = KeyCache(cloud.open_id_metadata_url)
    cache.start()
    await arrives(third_try)
    assert await cache.get("first")
    await cache.close()


async def test_a_key_service_that_hangs_holds_requests_up_but_shortly(
    cache: KeyCache, cloud: Cloud, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys.PATIENCE < 2
    monkeypatch.setattr(keys, "PATIENCE", 0.05)
    answered = asyncio.Event()
    cloud.login.key_faults.next(Answer(after=answered))
    with pytest.raises(LookupError):
        await cache.get("first")
    clock.now += 1
    monkeypatch.setattr(keys, "PATIENCE", 0.5)
    async with asyncio.timeout(0.4):  # whose fetch is older than that waits no more at all
        with pytest.raises(LookupError):
            await cache.get("first")
    monkeypatch.setattr(keys, "PATIENCE", 5.0)
    answered.set()
    assert await cache.get("first"), "the fetch went on in the background"


async def test_a_request_that_is_given_up_does_not_stop_the_fetch(
    cache: KeyCache, cloud: Cloud
) -> None:
    reached, answered = asyncio.Event(), asyncio.Event()
    cloud.login.key_faults.next(Answer(reached=reached, after=answered))
    given_up = asyncio.create_task(cache.get("first"))
    waiting = asyncio.create_task(cache.get("first"))
    await arrives(reached)
    given_up.cancel()
    answered.set()
    assert await waiting


async def test_closing_ends_a_fetch_under_way(cloud: Cloud) -> None:
    reached = asyncio.Event()
    cloud.login.key_faults.next(Answer(reached=reached, after=asyncio.Event()))
    cache = KeyCache(cloud.open_id_metadata_url)
    cache.start()
    await arrives(reached)
    await cache.close()
    assert not [task for task in asyncio.all_tasks() if "KeyCache" in repr(task.get_coro())]
    await cache.close()


def without(jwk: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in jwk.items() if key != name}


def small_key() -> dict[str, Any]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is it
    n = key.public_key().public_numbers().n
    text = base64.urlsafe_b64encode(n.to_bytes(128)).rstrip(b"=").decode()
    return {"kty": "RSA", "use": "sig", "kid": "first", "n": text, "e": "AQAB"}


async def test_only_rs256_signature_keys_are_kept(cache: KeyCache, cloud: Cloud) -> None:
    good, other = (key.jwk() for key in (FIRST, SECOND))
    unusable = [
        good | {"use": "enc"},
        good | {"alg": "RS512"},
        good | {"alg": "HS256", "kty": "oct", "k": "c2VjcmV0"},
        good | {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        good | {"n": "no base64 %"},
        good | {"n": 5},
        good | {"endorsements": 5},
        good | {"kid": ["first"]},
        without(good, "kid"),
        without(good, "kty"),
        without(good, "e"),
        small_key(),
    ]
    bare = without(without(other, "use"), "endorsements")
    document = json.dumps({"keys": [*unusable, bare]}).encode()
    cloud.login.key_faults.next(Answer(), Answer(body=document))
    assert (await cache.get("second")).endorsements == frozenset()
    assert cache.find("first") is None


@pytest.mark.parametrize("key_id", [None, ""])
async def test_a_token_that_names_no_key_asks_for_nothing(
    cache: KeyCache, cloud: Cloud, key_id: str | None
) -> None:
    with pytest.raises(LookupError):
        await cache.get(key_id)
    assert cloud.login.key_requests == 0


async def test_metadata_is_not_fetched_without_encryption(caplog: pytest.LogCaptureFixture) -> None:
    cache = KeyCache("http://192.0.2.1/openidconfiguration")
    with caplog.at_level(logging.WARNING), pytest.raises(LookupError):
        await cache.get("first")
    assert "https only" in caplog.text
    await cache.close()


LOOPBACK = x509.IPAddress(IPv4Address("127.0.0.1"))


def certificate(folder: Path, *names: x509.GeneralName) -> Path:
    """A certificate, for 127.0.0.1 by default, that only itself vouches for, and its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names or [LOOPBACK]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


FETCH = """
import asyncio, sys
from turnkeeper.auth.signing_keys import KeyCache

async def main() -> None:
    cache = KeyCache(sys.argv[1])
    try:
        await cache.get("first")
    except LookupError:
        pass
    print("ready" if cache.ready else "not ready")
    await cache.close()

asyncio.run(main())
"""


async def test_the_platforms_certificates_are_trusted_and_no_others(tmp_path: Path) -> None:
    trusted = certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted, tmp_path / "key.pem")
    app = web.Application()

    async def metadata(request: web.Request) -> web.Response:
        return web.json_response({"jwks_uri": f"https://{request.host}/keys"})

    async def key_document(_: web.Request) -> web.Response:
        return web.json_response({"keys": [FIRST.jwk()]})

    app.router.add_get("/metadata", metadata)
    app.router.add_get("/keys", key_document)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}/metadata"

    async def fetched(**environ: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", FETCH, url),
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environ},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        return output.decode().strip()

    try:
        assert await fetched(SSL_CERT_FILE=str(trusted)) == "ready"
        assert await fetched() == "not ready"
    finally:
        await runner.cleanup()
