"""The connections to channels, as a session of aiohttp."""

from __future__ import annotations

from typing import Final

import aiohttp

# Seconds an idle connection is kept: well below the 4 minutes of Azure's load balancer.
_KEEP_ALIVE: Final = 60.0


def open_session(*, per_host: int, connect_timeout: float) -> aiohttp.ClientSession:
    """Return a new session. Make it where it is first used: it belongs to the running event loop.

    It has no limit on the whole of a request: whoever makes one sets it.

    :param per_host: connections to one host.
    :param connect_timeout: seconds to open a connection.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, limit_per_host=per_host, keepalive_timeout=_KEEP_ALIVE
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout),
        # Compressed answers are not asked for: a small one could be huge inside.
        headers={"Accept-Encoding": "identity"},
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),  # one conversation's are nothing to another
        trust_env=False,
    )


def as_json(body: bytes) -> aiohttp.BytesPayload:
    """Return the body of a request that is JSON already."""
    return aiohttp.BytesPayload(body, content_type="application/json; charset=utf-8")


def bearer(token: str | None) -> dict[str, str] | None:
    """Return the headers that show a token; None in local mode, where there is none."""
    return None if token is None else {"Authorization": f"Bearer {token}"}
