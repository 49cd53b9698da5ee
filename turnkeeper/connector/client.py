"""The way out: a client of the Bot Connector REST API.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference

What becomes of an attempt stands in :mod:`turnkeeper.connector.attempts`; what is repeated until a
deadline, in :mod:`turnkeeper.connector.calls`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from turnkeeper.connector.attempts import Attempts
from turnkeeper.connector.best_effort import BestEffort
from turnkeeper.connector.call import Call, CallObserver, Gate, NoObserver, Token, resource_id
from turnkeeper.connector.calls import Calls
from turnkeeper.connector.outcome import Outcome, Refused
from turnkeeper.connector.paths import activities, url_of
from turnkeeper.connector.requests import Requests
from turnkeeper.errors import DeliveryFailed, DeliveryRefused
from turnkeeper.outbound.backoff import Backoff
from turnkeeper.outbound.body import json_or_none

MAX_RECEIPT = 64 * 1024
"""How much is read of the answer to a delivery, in bytes."""


class Connector:
    """Sends activities to channels.

    Make one for the whole process and close it at the end. Service URLs must have passed
    :class:`turnkeeper.auth.service_url.ServiceUrls`; ids are given raw. An attempt raises nothing.
    Every other method raises

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
        self._token = token
        self._requests = Requests(
            attempt_timeout=attempt_timeout, connect_timeout=connect_timeout, per_host=per_host
        )
        observer = observer or NoObserver()
        self._attempts = Attempts(
            token, self._requests, patience=attempt_timeout, observer=observer, clock=self._clock
        )
        self._calls = Calls(
            token,
            self._requests,
            budget=budget,
            observer=observer,
            backoff=backoff or Backoff(),
            clock=self._clock,
            sleep=sleep,
        )
        self._best_effort = BestEffort(token, connect_timeout)

    def deadline(self, budget: float) -> float:
        """Return the deadline of calls that may take so many seconds together."""
        return self._clock() + budget

    def now(self) -> float:
        """Return the time by the clock that deadlines are given in."""
        return self._clock()

    async def close(self) -> None:
        """Close all connections. Calls under way, and later ones, fail."""
        await self._best_effort.close()
        await self._requests.close()

    async def create_conversation(
        self, service_url: str, body: bytes, *, deadline: float | None = None
    ) -> tuple[str, str | None]:
        """Begin a conversation. Repeated, as any call may be, it may begin two.

        :param body: the ConversationParameters as JSON.
        :return: the conversation's id, and that of its first activity where the channel gave one.
        """
        url = url_of(service_url)
        answer = await self._calls.make(Call("POST", url, "new", body, MAX_RECEIPT), deadline)
        conversation_id = resource_id(answer)
        if conversation_id is None:
            raise DeliveryFailed("the channel's answer names no new conversation")
        activity_id = json_or_none(answer).get("activityId")
        return conversation_id, activity_id if isinstance(activity_id, str) else None

    async def attempt_send(  # noqa: PLR0913 - each is a part of the request
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
        gate: Gate | None = None,
    ) -> Outcome:
        """Send an activity to a conversation, or as a reply to an activity, in one attempt.

        :param body: the activity as JSON.
        :param reply_to_id: the id of the activity that it answers.
        :param gate: is asked when the connection stands, as the last thing before a request
            leaves. While it says no, none does.
        """
        path = activities(conversation_id, reply_to_id)
        return await self._attempt("POST", service_url, path, body, gate)

    async def attempt_update(  # noqa: PLR0913 - each is a part of the request
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        body: bytes,
        *,
        gate: Gate | None = None,
    ) -> Outcome:
        """Replace an activity that was sent before; otherwise as :meth:`attempt_send`."""
        path = (conversation_id, "activities", activity_id)
        return await self._attempt("PUT", service_url, path, body, gate)

    async def attempt_delete(
        self,
        service_url: str,
        conversation_id: str,
        activity_id: str,
        *,
        gate: Gate | None = None,
    ) -> Outcome:
        """Delete an activity that was sent before; otherwise as :meth:`attempt_send`."""
        path = (conversation_id, "activities", activity_id)
        return await self._attempt("DELETE", service_url, path, None, gate)

    async def _attempt(
        self,
        method: str,
        service_url: str,
        path: tuple[str, ...],
        body: bytes | None,
        gate: Gate | None,
    ) -> Outcome:
        try:
            url = url_of(service_url, *path)
        except DeliveryRefused as refusal:  # bot code gave an empty id
            return Refused(refusal.status)
        return await self._attempts.make(Call(method, url, path[0], body, MAX_RECEIPT), gate)

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
        url = url_of(service_url, *activities(conversation_id, reply_to_id))
        call = Call("POST", url, conversation_id, body, MAX_RECEIPT)
        return resource_id(await self._calls.make(call, deadline))

    async def send_at_best(
        self,
        service_url: str,
        conversation_id: str,
        body: bytes,
        *,
        reply_to_id: str | None = None,
    ) -> float | None:
        """Send what may be lost: otherwise as :meth:`attempt_send`, but it never fails.

        It has no time limit of its own; it may be cancelled at any time.

        :returns: the seconds that the channel asks to be left alone, if it does.
        """
        try:
            url = url_of(service_url, *activities(conversation_id, reply_to_id))
        except DeliveryRefused:  # bot code gave an empty id
            return None
        return await self._best_effort.post(url, body)

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
        url = url_of(service_url, conversation_id, "activities", activity_id)
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
        url = url_of(service_url, conversation_id, "activities", activity_id)
        await self._calls.make(Call("DELETE", url, conversation_id, None, MAX_RECEIPT), deadline)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
