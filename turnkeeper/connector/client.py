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
from urllib.parse import quote

from yarl import URL

from turnkeeper.connector.best_effort import BestEffort
from turnkeeper.connector.calls import Call, CallObserver, Calls, NoObserver, Token
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.outbound.backoff import Backoff
from turnkeeper.outbound.body import json_or_none

log = logging.getLogger(__name__)

MAX_RECEIPT = 64 * 1024
"""How much is read of the answer to a delivery, in bytes."""

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")


class Connector:
    """Sends activities to channels.

    Make one for the whole process and close it at the end. Service URLs must have passed
    :class:`turnkeeper.auth.service_url.ServiceUrls`; ids are given raw. Every method raises

    - :class:`turnkeeper.errors.DeliveryFailed`: not done by the deadline; it may work later.
    - :class:`turnkeeper.errors.DeliveryRefused`: refused for good, with the HTTP status.

    :param token: gives the access token.
    :param budget: seconds a call may take, with all repetitions, where no deadline is given.
    :param attempt_timeout: seconds one request may take, at most 5.
    :param connect_timeout: seconds to open a connection.
    :param per_host: connections to one host; at least the number of turns in flight.
    :param observer: is told of requests.
    :param backoff: how long to wait before a repetition.
    :param clock: tells the time that deadlines are given in; the event loop's by default.
    :param sleep: waits some seconds.
    :ivar pause: the same.
    """

    def __init__(  # noqa: PLR0913 - each is a setting of its own
        self,
        token: Token,
        *,
        budget: float = 10.0,
        attempt_timeout: float = 5.0,
        connect_timeout: float = 3.0,
        per_host: int = 1024,
        observer: CallObserver | None = None,
        backoff: Backoff | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock or _loop_time
        self.pause = sleep
        self._calls = Calls(
            token,
            budget=budget,
            attempt_timeout=attempt_timeout,
            connect_timeout=connect_timeout,
            per_host=per_host,
            observer=observer or NoObserver(),
            backoff=backoff or Backoff(),
            clock=self._clock,
            sleep=sleep,
        )
        self._best_effort = BestEffort(token, connect_timeout)

    def deadline(self, budget: float) -> float:
        """Return the deadline of calls that may take so many seconds together."""
        return self._clock() + budget

    async def close(self) -> None:
        """Close all connections. Calls under way, and later ones, fail."""
        await self._best_effort.close()
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
        conversation_id = _resource_id(answer)
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
        :param deadline: give up then; as :meth:`deadline` gives it.
        :return: the id that the channel gave it, None where it gave none.
        """
        url = _activities_url(service_url, conversation_id, reply_to_id)
        call = Call("POST", url, conversation_id, body, MAX_RECEIPT)
        return _resource_id(await self._calls.make(call, deadline))

    async def send_at_best(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
    ) -> None:
        """Send what may be lost: otherwise as :meth:`send`, but only once, and it never fails.

        It has no deadline of its own; it may be cancelled at any time.
        """
        url = _activities_url(service_url, conversation_id, reply_to_id)
        await self._best_effort.post(url, body)

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
        return _resource_id(await self._calls.make(call, deadline))

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


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


def _activities_url(service_url: str, conversation_id: str, reply_to_id: str | None) -> URL:
    path = ("activities", reply_to_id) if reply_to_id else ("activities",)
    return _url(service_url, conversation_id, *path)


def _url(service_url: str, *path: str) -> URL:
    if not all(path):
        refusal = f"a call about {path[1]} was not made: bot code gave an empty id"
        log.warning("conversation %r: %s", path[0], refusal)
        raise DeliveryRefused(400, refusal)
    service = _service(service_url)
    full_path = "/".join([f"{service.raw_path}v3/conversations", *map(_segment, path)])
    # encoded=True: yarl would undo some of the encoding and resolve dots.
    return service.with_path(full_path, encoded=True)


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


def _resource_id(body: bytes) -> str | None:
    """The ``id`` in the answer to a delivery; None where it holds none."""
    data = json_or_none(body)
    found = data.get("id") if isinstance(data, dict) else None
    return found if isinstance(found, str) and found else None
