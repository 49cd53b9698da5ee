"""Reading what other services answer. It may be anything: empty, huge, no JSON, half there."""

from __future__ import annotations

from typing import Any

import aiohttp

from turnkeeper.wire import json_text


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body of an answer; empty if it is longer than ``limit`` bytes."""
    length = response.content_length
    if length is not None:
        return await response.read() if length <= limit else b""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            return b""
    return bytes(body)


def json_or_none(body: bytes) -> Any:
    """The JSON value of a body; None where there is none."""
    try:
        return json_text.decode(body) if body else None
    except (ValueError, RecursionError):
        return None
