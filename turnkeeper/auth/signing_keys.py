"""The public keys that incoming tokens are signed with, fetched in the background and kept.

Keys are found through an OpenID metadata document, which names the JWKS document that holds
them: https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from yarl import URL

from turnkeeper.outbound.proxy import proxy_for
from turnkeeper.variables import is_loopback

logger = logging.getLogger(__name__)

DAY = 24 * 60 * 60.0  #: seconds between two refreshes
MINUTE = 60.0  #: seconds between two refreshes for unknown keys, and the longest wait after a fault
FIRST_RETRY = 5.0  #: seconds between two tries as long as there is no key at all
PATIENCE = 1.5  #: seconds that a request waits for a refresh, so that it fails in under 2 s
CONNECT_TIMEOUT = 2.0  #: seconds
FETCH_TIMEOUT = 10.0  #: seconds for both documents; nobody but the background waits so long
MAX_DOCUMENT = 2**20  #: bytes
MIN_KEY_BITS = 2048  #: RFC 7518, section 3.3


class _BadDocument(Exception):
    """The key service answered with something else than a document of keys."""


@dataclass(frozen=True)
class Key:
    """One RS256 signature key.

    :param endorsements: the ids of the channels that the key may speak for; empty where the
        document lists none.
    """

    public_key: RSAPublicKey
    endorsements: frozenset[str]


class KeyCache:
    """The keys of one OpenID metadata document.

    They are refreshed once a day, and at most once a minute when a token names a key that is
    not there. While a refresh fails the keys at hand stay in use. It can take the place of
    the SDK's own key store in ``JwtTokenExtractor.metadataCache``.

    :param metadata_url: the OpenID metadata document; https, or http on loopback.
    :param refresh_every: seconds between two refreshes in the background.
    :param clock: tells the time in seconds, only ever forward.
    """

    def __init__(
        self,
        metadata_url: str,
        *,
        refresh_every: float = DAY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata_url = metadata_url
        self._refresh_every = refresh_every
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._failures = 0
        self._asked_at = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._background: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether there is any key to check a token with."""
        return bool(self._keys)

    def start(self) -> None:
        """Fetch the keys in the background, now and every day. More calls change nothing."""
        if self._background is None:
            self._background = asyncio.create_task(self._keep_fresh())

    async def close(self) -> None:
        """Stop the background work."""
        tasks = [task for task in (self._background, self._refreshing) if task is not None]
        self._background = self._refreshing = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def find(self, key_id: str) -> Key | None:
        """The key with this id among those at hand, or None. Never waits."""
        return self._keys.get(key_id)

    async def get(self, key_id: str | None) -> Key:
        """The key with this id, asked for anew where it is unknown and the minute allows it.

        :param key_id: the ``kid`` of a token's header.
        :raises LookupError: there is no such key, or it could not be fetched within
            ``PATIENCE`` seconds.
        """
        if not key_id:
            raise LookupError("the token names no key")
        key = self._keys.get(key_id)
        if key is None and self._may_ask():
            self.start()
            refresh = self._refresh()
            patience = self._asked_at + PATIENCE - self._clock()
            await asyncio.wait({refresh}, timeout=max(0.0, patience))
            key = self._keys.get(key_id)
        if key is None:
            raise LookupError("no key of this id")
        return key

    def _may_ask(self) -> bool:
        if self._refreshing is not None:
            return True
        pause = MINUTE if self._keys else FIRST_RETRY
        return self._clock() - self._asked_at >= pause

    def _refresh(self) -> asyncio.Task[None]:
        """The refresh under way, or a new one: there is never more than one."""
        if self._refreshing is None:
            self._asked_at = self._clock()
            self._refreshing = asyncio.create_task(self._fetch())
        return self._refreshing

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.wait({self._refresh()})
            pause = self._refresh_every
            if self._failures:
                backoff = min(MINUTE, 2.0 ** min(self._failures, 10))
                pause = min(pause, backoff * random.uniform(0.5, 1.0))  # noqa: S311 - no secret
            await asyncio.sleep(pause)

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_TIMEOUT):
                self._keys = await self._fetch_keys()
            self._failures = 0
        except Exception as fault:  # whatever it is, the keys at hand stay in use
            self._failures += 1
            reason = str(fault) if isinstance(fault, _BadDocument) else type(fault).__name__
            logger.warning("signing keys not fetched from %s: %s", self._metadata_url, reason)
        finally:
            self._refreshing = None

    async def _fetch_keys(self) -> dict[str, Key]:
        timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT, sock_connect=CONNECT_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            metadata = await _get_json(session, self._metadata_url)
            return _read_keys(await _get_json(session, metadata["jwks_uri"]))


async def _get_json(session: aiohttp.ClientSession, address: Any) -> Any:
    url = URL(address)
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(url.host or "")):
        raise _BadDocument("keys are fetched over https only")
    async with session.get(url, allow_redirects=False, proxy=proxy_for(url)) as response:
        if response.status != 200:  # noqa: PLR2004 - OK
            raise _BadDocument(f"HTTP status {response.status}")
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_DOCUMENT:
                raise _BadDocument("the document is too large")
    return json.loads(body)


def _read_keys(document: Any) -> dict[str, Key]:
    keys = {jwk["kid"]: key for jwk in document["keys"] if (key := _read_key(jwk)) is not None}
    if not keys:
        raise _BadDocument("no usable key in the document")
    return keys


def _read_key(jwk: Any) -> Key | None:
    """A key of a JWKS document (RFC 7517), or None where it is no RS256 signature key."""
    try:
        usable = (
            isinstance(jwk["kid"], str)
            and jwk["kty"] == "RSA"
            and jwk.get("use", "sig") == "sig"
            and jwk.get("alg", "RS256") == "RS256"
        )
        public_key = RSAAlgorithm.from_jwk(jwk) if usable else None
        if not isinstance(public_key, RSAPublicKey) or public_key.key_size < MIN_KEY_BITS:
            return None
        return Key(public_key, frozenset(jwk.get("endorsements") or ()))
    except Exception as fault:  # one bad key must not cost the others
        logger.debug("a signing key cannot be read: %s", type(fault).__name__)
        return None
