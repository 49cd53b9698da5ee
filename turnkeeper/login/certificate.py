"""A certificate as the bot's credential: it signs an assertion for every request for a token.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
"""

from __future__ import annotations

import base64
import logging
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from turnkeeper.errors import SettingsError
from turnkeeper.login.credentials import TokenRequest, asserted

_ASSERTION_SECONDS = 600
_SHA1_BYTES, _SHA256_BYTES = 20, 32

_log = logging.getLogger(__name__)


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
        return TokenRequest(self._token_url, asserted(self._app_id, assertion, self._scope))


class CertificateFile:
    """A certificate in a file, which is read for every request: it may have been replaced.

    What cannot be used, such as a file that is half written, leaves the one before in use.

    :param path: of the PEM file.
    :param make: makes the credential of its bytes.
    :raises SettingsError: the file cannot be read or used.
    """

    def __init__(self, path: str, make: Callable[[bytes], Certificate]) -> None:
        self._path = Path(path)
        self._make = make
        self._pem = self._read()
        self._certificate = make(self._pem)

    def request(self) -> TokenRequest:
        """A POST as :class:`Certificate` makes it."""
        try:
            if (pem := self._read()) != self._pem:
                self._certificate = self._make(pem)
                self._pem = pem
        except SettingsError as error:
            _log.error("the certificate before stays in use: %s", error)
        return self._certificate.request()

    def _read(self) -> bytes:
        try:
            return self._path.read_bytes()
        except (OSError, ValueError):
            raise SettingsError.of(
                "MicrosoftAppCertificatePath", "must be the path of a file that the bot may read"
            ) from None


def certificate_from_file(
    path: str, token_url: str, app_id: str, scope: str, thumbprint: str
) -> CertificateFile:
    """Return the credential of a PEM file.

    :raises SettingsError: the file cannot be read or used.
    """
    return CertificateFile(
        path, lambda pem: Certificate(token_url, app_id, pem, scope, thumbprint=thumbprint)
    )


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
