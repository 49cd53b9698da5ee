"""The login service of the cloud: access tokens for bots, and the channel's keys.

It plays the OAuth 2.0 token endpoint for client credentials (secret and certificate), the
two managed identity endpoints, the OpenID metadata and the JWKS document.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

import jwt
from aiohttp import web

from turnkeeper.testing.outside.faults import Faults
from turnkeeper.testing.outside.identity import CHANNEL_ISSUER, Identity

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RESOURCE = "https://api.botframework.com"


class Refused(Exception):
    """No token, with the reason as the login service words it."""

    def __init__(self, error: str, description: str, status: int = 401) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


class Login:
    """Issues access tokens to one app and publishes the channel's keys.

    :param identity: the channel's signing keys.
    :param app_id: the one app that may log in.
    :param app_password: its secret.
    :param certificate: the public key (PEM) of its certificate, None for no certificate.
    :param lifetime: of an access token, in seconds.
    :param clock: tells the time in seconds since 1970.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        identity: Identity,
        app_id: str,
        app_password: str,
        *,
        certificate: bytes | None = None,
        lifetime: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.identity = identity
        self.app_id = app_id
        self.app_password = app_password
        self.certificate = certificate
        self.lifetime = lifetime
        self.faults = Faults()
        self.key_faults = Faults()
        self.token_requests = 0
        self.key_requests = 0
        self.token_paths: list[str] = []
        self.assertions: list[dict[str, Any]] = []
        self._clock = clock
        self._tokens: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        """The paths that this part answers."""
        return [
            web.post("/{tenant}/oauth2/v2.0/token", self._client_credentials),
            web.get("/msi/token", self._managed_identity),
            web.get("/metadata/identity/oauth2/token", self._managed_identity),
            web.get("/v1/.well-known/openidconfiguration", self._metadata),
            web.get("/common/v2.0/.well-known/openid-configuration", self._metadata),
            web.get("/v1/.well-known/keys", self._keys),
        ]

    def is_good(self, token: str) -> bool:
        """Whether this is an access token issued here that has neither run out nor been revoked."""
        return self._tokens.get(token, 0.0) > self._clock()

    def revoke(self) -> None:
        """Make every access token issued so far worthless."""
        self._tokens.clear()

    def issue(self) -> dict[str, Any]:
        """Issue an access token without any request."""
        token = secrets.token_urlsafe(32)
        self._tokens[token] = self._clock() + self.lifetime
        seconds = int(self.lifetime)
        return {"token_type": "Bearer", "expires_in": seconds, "access_token": token}

    async def _client_credentials(self, request: web.Request) -> web.StreamResponse:
        self.token_requests += 1
        self.token_paths.append(request.path)
        form = {name: str(value) for name, value in (await request.post()).items()}

        async def usual() -> web.Response:
            try:
                self._check_client(form, str(request.url))
            except Refused as refused:
                error = {"error": refused.error, "error_description": str(refused)}
                return web.json_response(error, status=refused.status)
            return web.json_response(self.issue())

        return await self.faults.play(request, usual)

    def _check_client(self, form: Mapping[str, str], url: str) -> None:
        if form.get("grant_type") != "client_credentials":
            raise Refused("unsupported_grant_type", "AADSTS70003: wrong grant type.", 400)
        if form.get("scope") != f"{RESOURCE}/.default":
            raise Refused("invalid_scope", "AADSTS70011: wrong scope.", 400)
        if form.get("client_id") != self.app_id:
            raise Refused("unauthorized_client", "AADSTS700016: no such application.", 400)
        if form.get("client_assertion_type") == ASSERTION:
            self._check_assertion(form.get("client_assertion", ""), url)
        elif form.get("client_secret") != self.app_password:
            raise Refused("invalid_client", "AADSTS7000215: invalid client secret.")

    def _check_assertion(self, assertion: str, url: str) -> None:
        try:
            jwt.decode(
                assertion,
                self.certificate or b"",
                algorithms=["RS256", "PS256"],
                audience=url,
                issuer=self.app_id,
                subject=self.app_id,
                options={"require": ["exp", "nbf", "jti", "sub", "iss", "aud"]},
            )
            header = jwt.get_unverified_header(assertion)
        except jwt.PyJWTError as error:
            raise Refused("invalid_client", f"AADSTS700027: {type(error).__name__}.") from error
        self.assertions.append(header)
        if not ({"x5t", "x5t#S256"} & header.keys()):
            raise Refused("invalid_client", "AADSTS700027: no thumbprint in the assertion.")

    async def _managed_identity(self, request: web.Request) -> web.StreamResponse:
        self.token_requests += 1

        async def usual() -> web.Response:
            app_service = request.headers.get("X-IDENTITY-HEADER") is not None
            asked = (request.query.get("resource"), request.query.get("client_id"))
            known = app_service or request.headers.get("Metadata") == "true"
            if not known or asked != (RESOURCE, self.app_id):
                return web.json_response({"error": "invalid_request"}, status=400)
            token = self.issue()
            # Numbers come as text, and App Service names only the end.
            seconds = token.pop("expires_in")
            token |= {"resource": RESOURCE, "expires_on": str(int(self._clock() + seconds))}
            return web.json_response(token if app_service else token | {"expires_in": str(seconds)})

        return await self.faults.play(request, usual)

    async def _metadata(self, request: web.Request) -> web.StreamResponse:
        self.key_requests += 1

        async def usual() -> web.Response:
            metadata = {
                "issuer": CHANNEL_ISSUER,
                "authorization_endpoint": "https://invalid.botframework.com",
                "jwks_uri": str(request.url.with_path("/v1/.well-known/keys")),
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            }
            return web.json_response(metadata)

        return await self.key_faults.play(request, usual)

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        self.key_requests += 1

        async def usual() -> web.Response:
            return web.json_response(self.identity.jwks())

        return await self.key_faults.play(request, usual)
