"""What the login service answers."""

from __future__ import annotations

import re
import time
from typing import Any

from turnkeeper.errors import TokenUnavailable
from turnkeeper.outbound.body import json_or_none

_OK = 200
_UNKNOWN_LIFE = 300.0  # seconds that a token is used which does not say how long it holds


def access_token(status: int, body: bytes) -> tuple[str, float]:
    """The access token that the login service answers with, and how many seconds it holds.

    :param status: the HTTP status of the answer.
    :raises TokenUnavailable: there is none in it, with the reason.
    """
    data = json_or_none(body)
    if not isinstance(data, dict):
        data = {}
    if status != _OK:
        raise TokenUnavailable(f"the login service answers {status}{_reason(data)}")
    token = data.get("access_token")
    # Visible ASCII only: it goes into a header.
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        raise TokenUnavailable("the login service's answer holds no access token")
    seconds = _seconds(data)
    if not seconds > 0:
        raise TokenUnavailable("the login service gave a token that has run out already")
    return token, seconds


def _seconds(data: dict[str, Any]) -> float:
    # Managed identities write numbers as text, and App Service names only the end.
    try:
        if "expires_in" in data:
            return float(data["expires_in"])
        return float(data["expires_on"]) - time.time()
    except (KeyError, ValueError, TypeError, OverflowError):
        return _UNKNOWN_LIFE


def _reason(data: dict[str, Any]) -> str:
    """The codes of an error answer. Its prose stays out of logs: it quotes the request."""
    error = re.fullmatch(r"[a-z_]{1,50}", str(data.get("error")))
    code = re.search(r"AADSTS\d{1,9}", str(data.get("error_description")))
    found = [match[0] for match in (error, code) if match]
    return f" ({', '.join(found)})" if found else ""
