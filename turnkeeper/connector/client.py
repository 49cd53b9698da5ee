"""The way out: a client of the Bot Connector REST API.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference

What this module adds to HTTP is the paths. How calls are made and repeated stands in
:mod:`turnkeeper.connector.calls`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from yarl import URL

from turnkeeper.connector.calls import Call, Calls, Token
from turnkeeper.connector.watch import NoWatch, Watch
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.outbound.answer import json_or_none, resource_id
from turnkeeper.outbound.backoff import Backoff

log = logging.getLogger(__name__)

# How much is read of an answer, in bytes: of the receipt of a delivery, and of members.
MAX_RECEIPT = 64 * 1024
MAX_MEMBERS = 4 * 1024 * 1024

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")


class Connector:
    """Sends activities to channels and asks them about members.

    Make one for the whole process and close it at the end. Service URLs must have passed
    :class:`turnkeeper.auth.service_url.ServiceUrls`; ids are given raw. Every method raises

    - :class:`turnkeeper.errors.DeliveryFailed`: not done by the deadline; it may work later.
    - :class:`turnkeeper.errors.DeliveryRefused`: refused for good, with the HTTP status.

    :param token: gives the access token.
    :param budget: seconds a call may take, with all repetitions, where no deadline is given.
    :param attempt_timeout: seconds one request may take, at most 5.
    :param connect_timeout: seconds to open a connection.
    :param per_host: connections to one host; at least the number of turns in flight.
    :param watch: is told of requests.
    :param backoff: how long to wait before a repetition.
    :param clock: tells the time that deadlines are given in; the event loop's by default.
    :param sleep: waits some seconds.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        token: Token,
        *,
        budget: float = 10.0,
        attempt_timeout: float = 5.0,
        connect_timeout: float = 3.0,
        per_host: int = 1024,
        watch: Watch | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._calls = Calls(
            token,
            budget=budget,
            attempt_timeout=attempt_timeout,
            connect_timeout=connect_timeout,
            per_host=per_host,
            watch=watch or NoWatch(),
            backoff=backoff or Backoff(),
            clock=clock,
            sleep=sleep,
        )

    async def close(self) -> None:
        """Close all connections. Calls under way, and later ones, fail."""
        await self._calls.close()

    async def create_conversation(
        self, service_url: str, body: bytes, *, deadline: float | None = None
    ) -> tuple[str, str | None]:
        """Begin a conversation. Repeated, as any call may be, it may begin two.

        :param body: the ConversationParameters as JSON.
        :return: the conversation's id, and that of its first activity where the channel gave one.
        """
        url = _url(service_url)
        answer = await self._calls.make(Call("POST", url, "new", body, MAX_RECEIPT), deadline)
        conversation_id = resource_id(answer)
        if conversation_id is None:
            raise DeliveryFailed("the channel's answer names no new conversation")
        activity_id = json_or_none(answer).get("activityId")
        return conversation_id, activity_id if isinstance(activity_id, str) else None

    async def send(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
        deadline: float | None = None,
    ) -> str | None:
        """Send an activity to a conversation, or as a reply to an activity.

        :param body: the activity as JSON.
        :param reply_to_id: the id of the activity that it answers.
        :param deadline: give up then; in the loop's time.
        :return: the id that the channel gave it, None where it gave none.
        """
        path = ("activities",) if not reply_to_id else ("activities", reply_to_id)
        url = _url(service_url, conversation_id, *path)
        call = Call("POST", url, conversation_id, body, MAX_RECEIPT)
        return resource_id(await self._calls.make(call, deadline))

    async def update(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        body: bytes,
        *,
        deadline: float | None = None,
    ) -> str | None:
        """Replace an activity that was sent before; otherwise as :meth:`send`."""
        url = _url(service_url, conversation_id, "activities", activity_id)
        call = Call("PUT", url, conversation_id, body, MAX_RECEIPT)
        return resource_id(await self._calls.make(call, deadline))

    async def delete(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        *,
        deadline: float | None = None,
    ) -> None:
        """Delete an activity that was sent before."""
        url = _url(service_url, conversation_id, "activities", activity_id)
        await self._calls.make(Call("DELETE", url, conversation_id, None, MAX_RECEIPT), deadline)

    async def members(
        self, service_url: str, conversation_id: str, *, deadline: float | None = None
    ) -> list[dict[str, Any]]:
        """The members of a conversation, as the channel describes them."""
        url = _url(service_url, conversation_id, "members")
        found = await self._ask(url, conversation_id, deadline)
        if not isinstance(found, list):
            raise DeliveryFailed("the channel's answer is no list of members, or too long")
        return [member for member in found if isinstance(member, dict)]

    async def member(
        self,
        service_url: str,
        conversation_id: str,
        member_id: str,
        *,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """One member of a conversation."""
        url = _url(service_url, conversation_id, "members", member_id)
        return _object(await self._ask(url, conversation_id, deadline))

    async def paged_members(
        self,
        service_url: str,
        conversation_id: str,
        *,
        page_size: int | None = None,
        continuation_token: str | None = None,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """One page of members: ``members``, and ``continuationToken`` where there are more."""
        wanted = {"pageSize": page_size, "continuationToken": continuation_token}
        query = urlencode({name: value for name, value in wanted.items() if value is not None})
        url = _url(service_url, conversation_id, "pagedmembers", query=query)
        return _object(await self._ask(url, conversation_id, deadline))

    async def _ask(self, url: URL, conversation_id: str, deadline: float | None) -> Any:
        call = Call("GET", url, conversation_id, None, MAX_MEMBERS)
        return json_or_none(await self._calls.make(call, deadline))


def _url(service_url: str, *path: str, query: str = "") -> URL:
    if not all(path):
        refusal = f"a call about {path[1]} was not made: bot code gave an empty id"
        log.warning("conversation %r: %s", path[0], refusal)
        raise DeliveryRefused(400, refusal)
    service = _service(service_url)
    full_path = "/".join([f"{service.raw_path}v3/conversations", *map(_segment, path)])
    # encoded=True: yarl would undo some of the encoding and resolve dots.
    url = service.with_path(full_path, encoded=True)
    return URL(f"{url}?{query}", encoded=True) if query else url


@lru_cache(maxsize=256)
def _service(service_url: str) -> URL:
    return URL(f"{service_url}/", encoded=True)


def _segment(text: str) -> str:
    return text if _PLAIN_ID.fullmatch(text) else _quoted(text)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    """An id as one segment of a path, whatever is in it.

    Dots are no reserved characters, yet ``.`` and ``..`` alone mean another path (RFC 3986,
    section 5.2.4). Lone surrogates, which JSON can hold, are encoded rather than refused.
    """
    if text in (".", ".."):
        return text.replace(".", "%2E")
    return quote(text, safe="", errors="surrogatepass")


def _object(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise DeliveryFailed("the channel's answer is no JSON object, or too long")
    return data
