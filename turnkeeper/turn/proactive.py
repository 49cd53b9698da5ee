"""The bot speaks first: turns that no request has begun, in a conversation known or new.

They are turns like any other, but no channel delivers them again, and no HTTP server knows that
they are under way. So whoever stops the bot waits for them here.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol
from uuid import uuid4

from botbuilder.core import TurnContext
from botbuilder.schema import (
    Activity,
    ActivityEventNames,
    ActivityTypes,
    ConversationAccount,
    ConversationParameters,
)
from botframework.connector.auth import AuthenticationConstants, ClaimsIdentity

from turnkeeper.address import Address
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.delivery.senders import Senders
from turnkeeper.errors import DeliveryOwed, ShuttingDown
from turnkeeper.observing.logs import TurnIds
from turnkeeper.observing.metrics import Metrics
from turnkeeper.observing.tracing import span
from turnkeeper.state.services import in_turn
from turnkeeper.turn.turns import Taken
from turnkeeper.wire import activity as wire
from turnkeeper.wire import json_text

SHUTDOWN: Final = 4.5
"""Seconds that turns under way have when the bot is stopped, twice: then they are cancelled."""

PATIENCE: Final = 10.0
"""Seconds for which whoever has the bot speak first is kept waiting until that has left."""

_Logic = Callable[[TurnContext], Awaitable[None]]


class TakeTurn(Protocol):
    """Takes a turn; see :meth:`turnkeeper.turn.turns.Turns.take`."""

    async def __call__(  # noqa: PLR0913, PLR0917 - each is a part of the turn
        self,
        identity: ClaimsIdentity,
        activity: Activity,
        audience: str | None,
        logic: _Logic,
        turn: str,
        *,
        address: Address,
    ) -> Taken:
        """Run ``logic`` on an activity, commit, send."""


class ProactiveTurns:
    """Takes the turns in which the bot speaks first.

    :param connector: begins conversations.
    :param service_urls: checks where the bot would post.
    :param metrics: counts these turns.
    :param take_turn: takes a turn.
    :param senders: send what it owes.
    :param address_of: returns where an activity belongs.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own
        self,
        connector: Connector,
        service_urls: ServiceUrls,
        metrics: Metrics,
        take_turn: TakeTurn,
        senders: Senders,
        address_of: Callable[[Activity], Address],
    ) -> None:
        self._connector = connector
        self._service_urls = service_urls
        self._metrics = metrics
        self._take_turn = take_turn
        self._senders = senders
        self._address_of = address_of
        self._under_way: dict[asyncio.Future[None], asyncio.Task[Any] | None] = {}
        self._closed = False

    async def take(
        self, identity: ClaimsIdentity, activity: Activity, audience: str | None, logic: _Logic
    ) -> None:
        """Take a turn in a conversation that is known: ordered, committed, sent as any other.

        :param activity: the event that stands for the conversation, as the SDK makes it.
        :param logic: what the bot does; it is called again where others change the same records.
        :raises RequestRefused: the service URL is not one of a channel; or as any turn.
        :raises NestedTurn: it is awaited in a turn of the same conversation.
        :raises ShuttingDown: the bot is being stopped.
        :raises DeliveryOwed: the turn is committed, and its replies have not left within
            :data:`PATIENCE`. They are sent as soon as the channel takes them.
        :raises DeliveryRefused: the channel refuses replies of this turn for good: what it answers
            to the first of them, once all were tried. The turn is committed. Within another turn
            neither is raised, and nothing waits.
        """
        activity.service_url = self._service_urls.check(activity.service_url)
        with self._counted():
            await self._take(identity, activity, audience, logic)

    async def begin(  # noqa: PLR0913 - as in the SDK's create_conversation
        self,
        identity: ClaimsIdentity,
        parameters: ConversationParameters,
        channel_id: str,
        service_url: str,
        logic: _Logic,
        *,
        audience: str | None = None,
    ) -> None:
        """Have the channel begin a conversation, and take a turn in it.

        To create it is no part of the turn: it is not undone where the turn fails, nor where it is
        done within a turn of another conversation that fails or is run again.

        :param parameters: a conversation with one member, no group, is that person's: the turn
            has their profile. Any other turn has no person. An ``activity`` in it is sent by the
            channel as it begins the conversation.
        :raises RequestRefused: the service URL is not one of a channel; nothing was sent.
        :raises DeliveryFailed: the channel did not begin it in time; or as :meth:`take`.
        :raises DeliveryRefused: the channel refuses to begin it; or as :meth:`take`.
        :raises turnkeeper.wire.activity.WireError: the parameters cannot be written as JSON.
        """
        service_url = self._service_urls.check(service_url)
        identity.claims[AuthenticationConstants.SERVICE_URL_CLAIM] = service_url
        body = json_text.encode(wire.encode(parameters)).encode()
        with self._counted():
            conversation_id, activity_id = await self._connector.create_conversation(
                service_url, body
            )
            activity = _begun(conversation_id, activity_id, parameters)
            activity.channel_id, activity.service_url = channel_id, service_url
            await self._take(identity, activity, audience, logic)

    async def close(self) -> None:
        """Take no more turns and wait for those under way; in the end they are cancelled."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=SHUTDOWN)
        for task in set(self._under_way.values()):
            if task is not None:
                task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=SHUTDOWN)

    async def _take(
        self, identity: ClaimsIdentity, activity: Activity, audience: str | None, logic: _Logic
    ) -> None:
        ids = {"conversation": activity.conversation.id, "activity": activity.id}
        with TurnIds(ids), span("turn", channel=activity.channel_id, **ids):
            # By a name of its own: nobody delivers it again, and a channel may give the first
            # activity of a conversation an id that it gave before.
            turn = secrets.token_hex(8)
            address = self._address_of(activity)
            taken = await self._take_turn(
                identity, activity, audience, logic, turn, address=address
            )
        debt = taken.debt
        if debt is None or in_turn():
            return
        left = await self._senders.left(address.ledger_key, debt, PATIENCE)
        if debt.refusals:
            refusal = debt.refusals[0]
            refusal.reference = TurnContext.get_conversation_reference(activity)
            raise refusal
        if not left:
            raise DeliveryOwed(debt.effects)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """A block that is in the metrics, and that :meth:`close` waits for."""
        task = asyncio.current_task()
        # What a turn under way begins is part of it.
        if self._closed and task not in self._under_way.values():
            raise ShuttingDown
        ended = asyncio.get_running_loop().create_future()
        self._under_way[ended] = task
        metrics = self._metrics
        try:
            with metrics.proactive_under_way.track_inprogress(), metrics.proactive_seconds.time():
                yield
        finally:
            del self._under_way[ended]
            ended.set_result(None)


def _begun(
    conversation_id: str, activity_id: str | None, parameters: ConversationParameters
) -> Activity:
    """The event that stands for a new conversation, as the SDK makes it, but for its person."""
    members = parameters.members or []
    return Activity(
        type=ActivityTypes.event,
        name=ActivityEventNames.create_conversation,
        id=activity_id or str(uuid4()),
        conversation=ConversationAccount(
            id=conversation_id, is_group=parameters.is_group, tenant_id=parameters.tenant_id
        ),
        channel_data=parameters.channel_data,
        recipient=parameters.bot,
        from_property=members[0] if len(members) == 1 and not parameters.is_group else None,
    )
