"""The channel's signing keys: good tokens, rolled keys, and forged tokens of every kind.

Tokens are put together by hand, since a JWT library would rightly refuse to make most of
the forged ones. https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CHANNEL_ISSUER = "https://api.botframework.com"
EMULATOR_ISSUER = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"
CHANNELS = ("emulator", "msteams", "directline", "webchat", "test")


@dataclass(frozen=True)
class SigningKey:
    """One RSA key pair.

    :param kid: the key id in JWKS and token headers.
    :param endorsements: the channels that the key may speak for.
    """

    kid: str = field(default_factory=lambda: uuid.uuid4().hex)
    endorsements: tuple[str, ...] = CHANNELS

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        """The private half, made when first needed."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_pem(self) -> bytes:
        """The public half as PEM: the "secret" of an HS256 confusion attack."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwk(self) -> dict[str, Any]:
        """The public half as an entry of a JWKS document, as the channel service words it."""
        numbers = self.private.public_key().public_numbers()
        n, e = (
            _base64(value.to_bytes((value.bit_length() + 7) // 8))
            for value in (numbers.n, numbers.e)
        )
        key = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "n": n, "e": e}
        return key | {"endorsements": list(self.endorsements)}


class Identity:
    """Issues the tokens that a channel sends with its activities.

    :param clock: tells the time in seconds since 1970.
    :param endorsements: the channels that its keys speak for.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.time, endorsements: Iterable[str] = CHANNELS
    ) -> None:
        self._clock = clock
        self._endorsements = tuple(endorsements)
        self.keys = [SigningKey(endorsements=self._endorsements)]

    @property
    def key(self) -> SigningKey:
        """The key that signs now."""
        return self.keys[-1]

    def roll(self, *, keep_old: bool = True) -> SigningKey:
        """Sign with a new key from now on; the old ones stay published unless told otherwise."""
        kept = self.keys if keep_old else []
        self.keys = [*kept, SigningKey(endorsements=self._endorsements)]
        return self.key

    def jwks(self) -> dict[str, Any]:
        """The JWKS document of all published keys."""
        return {"keys": [key.jwk() for key in self.keys]}

    def mint(
        self,
        app_id: str,
        service_url: str,
        *,
        key: SigningKey | None = None,
        algorithm: str = "RS256",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """A channel token, good unless told otherwise.

        :param key: signs in place of the current one; one that is not in ``keys`` forges.
        :param algorithm: ``RS256``, ``none`` (no signature) or ``HS256`` (the public key as
            secret).
        :param header: header fields to change; None drops one (``{"kid": None}``).
        :param claims: claims to change by name; None drops one (``exp=None``).
        """
        signer = key or self.key
        now = int(self._clock())
        payload: dict[str, Any] = {
            "iss": CHANNEL_ISSUER,
            "aud": app_id,
            "serviceurl": service_url,
            "nbf": now - 300,
            "exp": now + 3600,
        }
        fields = {"alg": algorithm, "typ": "JWT", "kid": signer.kid, "x5t": signer.kid}
        return sign(fields | (header or {}), payload | claims, signer)

    def mint_emulator(self, app_id: str, **claims: Any) -> str:
        """A token as the Emulator sends it: issued to the bot's own credentials."""
        emulator = {"iss": EMULATOR_ISSUER, "ver": "1.0", "appid": app_id, "serviceurl": None}
        return self.mint(app_id, "", **(emulator | claims))


def sign(header: dict[str, Any], payload: dict[str, Any], key: SigningKey) -> str:
    """Any JWT, sensible or not. Fields that are None are left out.

    :raises ValueError: an algorithm other than RS256, HS256 and none.
    """
    text = b".".join(
        _base64(json.dumps({k: v for k, v in part.items() if v is not None}).encode()).encode()
        for part in (header, payload)
    )
    match header.get("alg"):
        case "RS256":
            signature = key.private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        case "HS256":
            signature = hmac.new(key.public_pem, text, hashlib.sha256).digest()
        case "none":
            signature = b""
        case other:
            raise ValueError(f"cannot sign with {other}")
    return f"{text.decode()}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
