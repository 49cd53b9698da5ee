"""Who may talk to the bot: the token of each incoming request is checked here.

A token is verified once, by the SDK's ``JwtTokenExtractor`` with keys from
:mod:`turnkeeper.auth.signing_keys`, and is then remembered until it runs out. What it says is held
against every single request: is it for this bot, this channel and this service URL. The rules:
https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, NamedTuple

from botbuilder.schema import Activity
from botframework.connector import auth
from botframework.connector.auth import (
    AuthenticationConstants,
    ClaimsIdentity,
    JwtTokenExtractor,
)
from botframework.connector.auth.skill_validation import SkillValidation
from botframework.connector.auth.verify_options import VerifyOptions

from turnkeeper.auth.claims import Claims, Forbidden
from turnkeeper.auth.sdk import sdk_authentication
from turnkeeper.auth.signing_keys import KeyCache
from turnkeeper.clouds import Cloud
from turnkeeper.errors import RequestRefused
from turnkeeper.settings import Settings

logger = logging.getLogger(__name__)

LEEWAY: Final = 5 * 60  #: seconds by which clocks may differ, as in the SDK
MAX_HEADER: Final = 8 * 1024  #: characters
REMEMBERED_TOKENS: Final = 1024  #: a channel renews its token every hour or so
UNAUTHORIZED: Final = "The request carries no valid token."
FORBIDDEN: Final = "The token is not for this bot, channel or service URL."
LOG_PAUSE: Final = 60.0  #: seconds between two log lines of one reason


class _Verified(NamedTuple):
    """A genuine token: signed with a known key of its issuer, and not run out at that time."""

    claims: dict[str, Any]
    key_id: str
    keys: KeyCache
    expires: float


class Authenticator:
    """Checks the ``Authorization`` header of incoming requests.

    Without an app id (local mode) everybody is let in and a header is not looked at.

    :param settings: the credentials, the cloud, overrides of its addresses, whose ids are trusted,
        which other bots may call this one.
    :param clock: tells the time in seconds since 1970.
    """

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock
        cloud, override = settings.cloud, settings.open_id_metadata_url
        self._issuer = cloud.issuer
        self._channel_url = override or cloud.channel_keys
        self._directory_url = override or cloud.directory_keys
        self._channel_keys = KeyCache(self._channel_url)
        self._directory_keys = self._channel_keys if override else KeyCache(self._directory_url)
        issuers = _directory_issuers(settings.tenant_id, cloud)
        self._channel = _extractor(self._channel_url, self._channel_keys, [self._issuer])
        self._directory = _extractor(self._directory_url, self._directory_keys, issuers)
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._claims = Claims(settings, self._issuer)
        self._logged: dict[str, float] = {}
        self.trusted_ids = settings.trusted_ids

    @property
    def ready(self) -> bool:
        """Whether tokens can be checked; in local mode there is nothing to wait for."""
        return self._settings.local_mode or self._channel_keys.ready

    def start(self) -> None:
        """Fetch the channel's keys in the background. Needs a running event loop."""
        if not self._settings.local_mode:
            self._channel_keys.start()

    async def close(self) -> None:
        """Stop the background work."""
        for keys in (self._channel_keys, self._directory_keys):
            await keys.close()

    @cached_property
    def sdk(self) -> auth.BotFrameworkAuthentication:
        """The SDK's own authentication, for the clients that bot code may ask it for.

        Making it asks nobody for anything; its clients log in when they are used.
        """
        return sdk_authentication(self._settings, self._channel_url, self._directory_url)

    async def admit(self, authorization: str | None) -> None:
        """Verify a header, before anything else of its request is read.

        :param authorization: the HTTP header, or None if there is none.
        :raises RequestRefused: 401, it holds no genuine token; see :meth:`authenticate`.
        """
        if self._settings.local_mode:
            return
        try:
            await self._verify(authorization)
        except Exception as fault:
            raise self._refusal(fault) from None

    async def authenticate(self, authorization: str | None, activity: Activity) -> ClaimsIdentity:
        """Find out who sends ``activity``.

        :param authorization: the HTTP header, or None if there is none.
        :returns: the claims of the token; in local mode an anonymous identity.
        :raises RequestRefused: 401 where the header holds no genuine token, also when the
            keys cannot be fetched; 403 where the token is genuine but not for this bot, this
            channel or this service URL, or comes from a bot that may not call this one.
        """
        if self._settings.local_mode:
            return ClaimsIdentity({}, True, AuthenticationConstants.ANONYMOUS_AUTH_TYPE)
        try:
            verified = await self._verify(authorization)
            self._claims.check(verified.claims, verified.keys.find(verified.key_id), activity)
        except Exception as fault:
            raise self._refusal(fault) from None
        return ClaimsIdentity(dict(verified.claims), True)

    async def _verify(self, authorization: str | None) -> _Verified:
        """Read a header. :raises Exception: of any kind, where the token is not genuine."""
        if not authorization or len(authorization) > MAX_HEADER:
            raise PermissionError("no header, or one that is too long")
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":  # in any case: RFC 9110, section 11.1
            raise PermissionError("another scheme")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._verified.get(digest)
        if known is not None:
            if self._clock() < known.expires and known.keys.find(known.key_id):
                self._verified.move_to_end(digest)
                return known
            del self._verified[digest]
        # Not to be trusted yet: this only chooses who verifies the token.
        header, claims = map(_peek, token.split(".")[:2])
        from_channel = claims["iss"] == self._issuer
        keys = self._channel_keys if from_channel else self._directory_keys
        extractor = self._channel if from_channel else self._directory
        # The SDK would check the channel here, but it has to be checked on every request.
        identity = await extractor.get_identity("Bearer", token, channel_id="")
        if identity is None:
            raise PermissionError("another issuer")
        expiry = identity.claims.get("exp")
        if type(expiry) not in (int, float):
            raise PermissionError("no time at which the token runs out")
        if from_channel and SkillValidation.is_skill_claim(identity.claims):
            raise PermissionError("the channel calls no skills")
        verified = _Verified(identity.claims, header["kid"], keys, expiry + LEEWAY)
        self._verified[digest] = verified
        if len(self._verified) > REMEMBERED_TOKENS:
            self._verified.popitem(last=False)
        return verified

    def _refusal(self, fault: Exception) -> RequestRefused:
        """Return what is answered; the sender's words are in the text of many a fault."""
        if isinstance(fault, Forbidden):
            self._log(str(fault))
            return RequestRefused(403, "forbidden", FORBIDDEN)
        self._log(f"no genuine token ({type(fault).__name__})")
        return RequestRefused(401, "unauthorized", UNAUTHORIZED)

    def _log(self, reason: str) -> None:
        """Warn, but once a minute for each reason: forged requests come by the thousand."""
        now = self._clock()
        if now >= self._logged.get(reason, 0.0):
            self._logged[reason] = now + LOG_PAUSE
            logger.warning("request refused: %s", reason)


def _peek(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=="))


def _directory_issuers(tenant_id: str, cloud: Cloud) -> list[str]:
    """The issuers of tokens for apps: the SDK's list, and the tenant of the bot itself.

    The Emulator logs in at the tenant of a SingleTenant bot, which the SDK does not know:
    https://github.com/microsoft/botbuilder-python/issues/2233
    """
    known = auth.EmulatorValidation.TO_BOT_FROM_EMULATOR_TOKEN_VALIDATION_PARAMETERS.issuer
    own = auth.AuthenticationConfiguration(tenant_id=tenant_id).valid_token_issuers
    return [*known, *own, *(issuer.format(tenant_id) for issuer in cloud.directory_issuers)]


def _extractor(url: str, keys: KeyCache, issuers: list[str]) -> JwtTokenExtractor:
    # Whatever else of the SDK verifies tokens finds the same keys there.
    JwtTokenExtractor.metadataCache[url] = keys
    options = VerifyOptions(issuers, None, clock_tolerance=LEEWAY, ignore_expiration=False)
    return JwtTokenExtractor(
        options, url, allowed_algorithms=AuthenticationConstants.ALLOWED_SIGNING_ALGORITHMS
    )
