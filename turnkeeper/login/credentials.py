"""How the bot proves to the login service who it is: secret, certificate, managed identity.

Each credential makes the one HTTP request that asks for an access token.

- Secret and certificate, OAuth 2.0 client credentials:
  https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
- The assertion that a certificate signs:
  https://learn.microsoft.com/entra/identity-platform/certificate-credentials
- Managed identity on App Service, and on virtual machines:
  https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
  https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from turnkeeper.errors import SettingsError

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 600
_IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
_SHA1_BYTES, _SHA256_BYTES = 20, 32


@dataclass(frozen=True)
class TokenRequest:
    """The HTTP request that asks for an access token: a POST if it has a form, else a GET."""

    url: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Credential(Protocol):
    """What the bot shows to the login service."""

    def request(self) -> TokenRequest:
        """A fresh request for an access token."""


@dataclass(frozen=True)
class Secret:
    """The bot's password.

    :param token_url: the token endpoint of the tenant.
    :param app_id: the bot's app id.
    :param secret: its password.
    :param scope: what the token is for, such as ``https://api.botframework.com/.default``.
    """

    token_url: str
    app_id: str
    secret: str = field(repr=False)
    scope: str

    def request(self) -> TokenRequest:
        """A POST with the password in the form."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.app_id,
            "client_secret": self.secret,
            "scope": self.scope,
        }
        return TokenRequest(self.token_url, form)


class Certificate:
    """A certificate, which signs an assertion for every request.

    With the certificate in the file, or its SHA-256 thumbprint, the assertion is signed as
    PS256 and names the key by ``x5t#S256``. With a SHA-1 thumbprint it is RS256 and ``x5t``,
    the older form.

    :param token_url: the token endpoint of the tenant.
    :param app_id: the bot's app id.
    :param pem: the private key (RSA, no passphrase), and the certificate if it is there.
    :param thumbprint: of the certificate in hex; "" takes it from the certificate in ``pem``.
    :param scope: what the token is for.
    :param clock: tells the time in seconds since 1970.
    :raises SettingsError: no such key, or no way to the thumbprint, or both.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        token_url: str,
        app_id: str,
        pem: bytes,
        scope: str,
        *,
        thumbprint: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._token_url = token_url
        self._app_id = app_id
        self._scope = scope
        self._clock = clock
        self._key, digest = _key_and_digest(pem, thumbprint)
        encoded = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        old = len(digest) == _SHA1_BYTES
        self._algorithm = "RS256" if old else "PS256"
        self._header = {"x5t" if old else "x5t#S256": encoded}

    def request(self) -> TokenRequest:
        """A POST with a signed assertion in the form."""
        now = int(self._clock())
        claims = {
            "aud": self._token_url,
            "iss": self._app_id,
            "sub": self._app_id,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "nbf": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        assertion = jwt.encode(claims, self._key, algorithm=self._algorithm, headers=self._header)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._app_id,
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
            "scope": self._scope,
        }
        return TokenRequest(self._token_url, form)


@dataclass(frozen=True)
class ManagedIdentity:
    """A user-assigned managed identity: the machine vouches for the bot.

    :param app_id: the client id of the identity, which is the bot's app id.
    :param resource: what the token is for, such as ``https://api.botframework.com``.
    :param environ: the environment. App Service names its endpoint there
        (``IDENTITY_ENDPOINT``, ``IDENTITY_HEADER``); elsewhere the one of virtual machines is
        asked.
    """

    app_id: str
    resource: str
    environ: Mapping[str, str] = field(repr=False)

    def request(self) -> TokenRequest:
        """A GET to the endpoint of the machine."""
        query = {"resource": self.resource, "client_id": self.app_id}
        endpoint = self.environ.get("IDENTITY_ENDPOINT")
        header = self.environ.get("IDENTITY_HEADER")
        if endpoint and header:
            query["api-version"] = "2019-08-01"
            return TokenRequest(endpoint, query=query, headers={"X-IDENTITY-HEADER": header})
        query["api-version"] = "2018-02-01"
        return TokenRequest(_IMDS, query=query, headers={"Metadata": "true"})


def certificate_from_file(
    path: str, token_url: str, app_id: str, scope: str, thumbprint: str
) -> Certificate:
    """A :class:`Certificate` from a PEM file.

    :raises SettingsError: the file cannot be read or used.
    """
    try:
        pem = Path(path).read_bytes()
    except (OSError, ValueError):
        raise SettingsError.of(
            "MicrosoftAppCertificatePath", "must be the path of a file that the bot may read"
        ) from None
    return Certificate(token_url, app_id, pem, scope, thumbprint=thumbprint)


def check_certificate(path: str, thumbprint: str) -> None:
    """Check all that :func:`certificate_from_file` needs; "" as the path is no certificate.

    :raises SettingsError: the file cannot be read or used.
    """
    if path:
        certificate_from_file(path, "", "", "", thumbprint)


def _key_and_digest(pem: bytes, thumbprint: str) -> tuple[RSAPrivateKey, bytes]:
    """The private key, and the digest of the certificate; what is wrong with both at once."""
    try:
        key = _private_key(pem)
    except SettingsError as error:
        faults = error.faults
        # Without a key, a missing certificate is not worth reporting.
        if thumbprint:
            try:
                _thumbprint(pem, thumbprint)
            except SettingsError as another:
                faults += another.faults
        raise SettingsError(*faults) from error
    return key, _thumbprint(pem, thumbprint)


def _private_key(pem: bytes) -> RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError.of(
            "MicrosoftAppCertificatePath", "no private key in PEM form without a passphrase"
        ) from error
    if not isinstance(key, RSAPrivateKey):
        raise SettingsError.of("MicrosoftAppCertificatePath", "the private key must be an RSA key")
    return key


def _thumbprint(pem: bytes, thumbprint: str) -> bytes:
    if thumbprint:
        try:
            digest = bytes.fromhex(thumbprint.replace(":", ""))
        except ValueError:
            digest = b""
        if len(digest) not in (_SHA1_BYTES, _SHA256_BYTES):
            raise SettingsError.of(
                "MicrosoftAppCertificateThumbprint", "no SHA-1 or SHA-256 in hex"
            )
        return digest
    try:
        return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())
    except ValueError as error:
        raise SettingsError.of(
            "MicrosoftAppCertificateThumbprint",
            "must be set, or the certificate must stand beside the key in the file",
        ) from error
