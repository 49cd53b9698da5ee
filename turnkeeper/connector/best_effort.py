"""Posts to a channel that may be lost: nobody waits for them, and nobody misses them."""

from __future__ import annotations

import logging
import time
from typing import Final

import aiohttp
from yarl import URL

from turnkeeper.connector.call import Token
from turnkeeper.connector.session import as_json, bearer, open_session
from turnkeeper.errors import TokenUnavailable
from turnkeeper.outbound.backoff import is_transient, retry_after
from turnkeeper.outbound.body import read_body
from turnkeeper.outbound.proxy import proxy_for

_PER_HOST: Final = 64
_LONGEST_ANSWER: Final = 4096
_log = logging.getLogger(__name__)


class BestEffort:
    """Makes such posts: one request each, neither repeated nor counted.

    They have connections of their own. A post may be ended at any moment, which closes its
    connection: no reply is to wait until there is another one.

    :param token: gives the access token.
    :param connect_timeout: seconds to open a connection.
    """

    def __init__(self, token: Token, connect_timeout: float) -> None:
        self._token = token
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None
        self._closed = False

    async def post(self, url: URL, body: bytes) -> float | None:
        """Post JSON; what becomes of it is nobody's affair.

        :returns: the seconds that the channel asks to be left alone, if it does.
        """
        try:
            token = await self._token.get()
            if self._closed:
                return None
            if self._session is None:
                self._session = open_session(
                    per_host=_PER_HOST, connect_timeout=self._connect_timeout
                )
            response = await self._session.post(
                url,
                data=as_json(body),
                headers=bearer(token),
                allow_redirects=False,
                proxy=proxy_for(url),
            )
            try:
                await read_body(response, _LONGEST_ANSWER)
            finally:
                if response.connection is not None:  # not all was read
                    response.close()
        except (TokenUnavailable, aiohttp.ClientError, OSError) as error:
            _log.debug("a post that may be lost was lost: %s", type(error).__name__)
            return None
        if is_transient(response.status):
            return retry_after(response.headers.get("Retry-After"), time.time())
        return None

    async def close(self) -> None:
        """Close all connections. Posts under way, and later ones, are lost."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
