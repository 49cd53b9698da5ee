"""The SDK's adapter over turns that are ordered, atomic and taken once."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import Activity, ConversationParameters, ConversationReference
from botframework.connector.auth import ClaimsIdentity

from turnkeeper.adapters.bot_run import BotRun, Logic
from turnkeeper.adapters.late_client import late_clients
from turnkeeper.address import Address
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.channels.addressing import address_of
from turnkeeper.connector.client import Connector
from turnkeeper.deadlines import Deadlines
from turnkeeper.delivery.lease import LeaseClock
from turnkeeper.delivery.senders import Senders
from turnkeeper.delivery.typing_indicators import TypingIndicators
from turnkeeper.inbound.activity import is_for_the_bot
from turnkeeper.ledger.queue import REPLY_TTL
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.turn_state import TurnState
from turnkeeper.turn.hearing import HEARS_ALL, Hearing
from turnkeeper.turn.keeping import KeepingAdapter
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.proactive import ProactiveTurns
from turnkeeper.turn.slots import Slots
from turnkeeper.turn.turns import Taken, Turns

ANSWER_AFTER: Final = 2.0
"""Seconds after its commit at which a turn is answered, also where its replies have not left."""


class HostedAdapter(KeepingAdapter):
    """Runs the bot on activities; see :mod:`turnkeeper.turn.turns` for the way of a turn.

    Where it differs from the SDK's adapter: ``send_activity`` answers with an id of the bot's own,
    as nothing but typing leaves before the commit. It works in update_activity and delete_activity,
    also later, for the last 20 replies of a conversation. The SDK's clients are made late.

    :param states: the bot's state scopes; they are read and written with the turn.
    :param authenticator: checks who sends.
    :param service_urls: checks where replies would go.
    :param connector: sends replies.
    :param bot_id: the bot's app id; "" in local mode.
    :param max_turns: activities at work at once; more are refused.
    :param conversation_ttl: seconds the ledger of a quiet conversation is kept; None for ever.
    :param time_limit: seconds the bot may think about one activity.
    :param reply_ttl: seconds after which a reply that the channel does not take is given up.
    :param hearing: which messages the bot hears, and how.
    :param clock: seconds since the epoch.
    :param lease_clock: measures how long this process may go on as a conversation's sender.
    """

    def __init__(  # noqa: PLR0913 - each is a part or a setting of its own
        self,
        states: TurnState,
        authenticator: Authenticator,
        service_urls: ServiceUrls,
        connector: Connector,
        *,
        bot_id: str = "",
        metrics: Metrics | None = None,
        max_turns: int = 512,
        conversation_ttl: float | None = None,
        time_limit: float = 10.0,
        reply_ttl: float = REPLY_TTL,
        hearing: Hearing = HEARS_ALL,
        clock: Callable[[], float] = time.time,
        lease_clock: LeaseClock | None = None,
    ) -> None:
        super().__init__(authenticator.sdk)
        self._states = states
        self.stand_on(authenticator, service_urls, bot_id)
        self._metrics = metrics or Metrics()
        self._max_turns = max_turns
        self._time_limit = time_limit
        self._deadlines = Deadlines()
        self._reply_ttl = reply_ttl
        self._unwraps = hearing.unwrap
        self._make_turns = partial(Turns, hearing=hearing, ttl=conversation_ttl, clock=clock)
        self._lease_clock = lease_clock
        self.open(connector)

    def stand_on(self, authenticator: Authenticator, urls: ServiceUrls, bot_id: str) -> None:
        """Change who may send and where replies may go, before :meth:`open`."""
        self.bot_framework_authentication = authenticator.sdk
        self._authenticator = authenticator
        self._service_urls = urls
        self._bot_id = bot_id

    def open(self, connector: Connector) -> None:
        """Begin to take turns on a connector, also again after :meth:`close`."""
        metrics = self._metrics
        self._slots = Slots(self._max_turns, metrics)
        order = TurnOrder(self._slots)
        records = self._states.storage.records
        self.senders = Senders(
            records,
            connector,
            self._service_urls,
            metrics,
            busy=lambda: len(order) > 1,
            reply_ttl=self._reply_ttl,
            clock=self._lease_clock,
        )
        self._typing = TypingIndicators(connector, records, self.senders.hear_wait)
        self._turns = self._make_turns(records, self.senders, order, metrics)
        self._proactive = ProactiveTurns(
            connector, self._service_urls, metrics, self._take_turn, self.senders, self._address_of
        )

    async def close(self) -> None:
        """Wait for what the bot says first, then for sending, once no request is under way."""
        await self._proactive.close()
        self._typing.close()
        await self.senders.close()

    async def process_activity(
        self,
        auth_header_or_authenticate_request_result: str | None,
        activity: Activity,
        logic: Logic,
    ) -> InvokeResponse | None:
        """Take an activity: authenticate, run ``logic`` once, commit, send.

        :param auth_header_or_authenticate_request_result: the Authorization header, if any.
        :returns: what the HTTP response must hold, for invokes and ``expectReplies``.
        :raises RequestRefused: who sends it, or where replies would go, is not accepted.
        :raises BotError: see :meth:`turnkeeper.turn.turns.Turns.take`.
        """
        address = self._address_of(activity)
        return await self.take(auth_header_or_authenticate_request_result, activity, address, logic)

    async def admit(self, authorization: str | None) -> None:
        """Refuse who has no genuine token; see :meth:`Authenticator.admit`."""
        await self._authenticator.admit(authorization)

    async def take(
        self, authorization: str | None, activity: Activity, address: Address, logic: Logic
    ) -> InvokeResponse | None:
        """Take an activity whose address is known."""
        identity = await self._authenticator.authenticate(authorization, activity)
        self._slots.check()
        self._service_urls.tenants.check(address.channel, address.tenant)
        activity.service_url = self._service_urls.check(activity.service_url)
        if not is_for_the_bot(activity):
            return None
        taken = await self._take_turn(identity, activity, None, logic, address=address)
        if taken.debt is not None:
            await self.senders.left(address.ledger_key, taken.debt, ANSWER_AFTER)
        return taken.answer and InvokeResponse(**taken.answer)

    async def continue_conversation(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        reference: ConversationReference,
        callback: Logic,
        bot_app_id: str | None = None,
        claims_identity: ClaimsIdentity = None,
        audience: str | None = None,
    ) -> None:
        """Take a turn in a conversation that is known, in which the bot speaks first.

        :param reference: of the conversation.
        :param callback: what the bot does in it.
        :param bot_app_id: by default the bot's own.
        :param claims_identity: in place of one of that id; ``audience`` counts with it alone.
        :raises BotError: see :meth:`turnkeeper.turn.proactive.ProactiveTurns.take`.
        """
        app_id = bot_app_id or self._bot_id
        await super().continue_conversation(reference, callback, app_id, claims_identity, audience)

    async def process_proactive(
        self,
        claims_identity: ClaimsIdentity,
        continuation_activity: Activity,
        audience: str | None,
        logic: Logic,
    ) -> None:
        """Take the turn behind ``continue_conversation``."""
        await self._proactive.take(claims_identity, continuation_activity, audience, logic)

    async def create_conversation(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        bot_app_id: str | None,
        callback: Logic | None = None,
        conversation_parameters: ConversationParameters | None = None,
        channel_id: str | None = None,
        service_url: str | None = None,
        audience: str | None = None,
    ) -> None:
        """Begin a conversation and take a first turn in it.

        :raises TypeError: one of the arguments up to ``service_url`` is missing.
        :raises BotError: see :meth:`turnkeeper.turn.proactive.ProactiveTurns.begin`.
        """
        if not (callback and conversation_parameters and channel_id and service_url):
            raise TypeError("callback, conversation_parameters, channel_id, service_url: give all")
        await self._proactive.begin(
            self.create_claims_identity(bot_app_id or self._bot_id),
            conversation_parameters,
            channel_id,
            service_url,
            callback,
            audience=audience,
        )

    def _address_of(self, activity: Activity) -> Address:
        return address_of(activity, self._bot_id, self._authenticator.trusted_ids)

    async def _take_turn(  # noqa: PLR0913, PLR0917 - each is a part of the turn
        self,
        identity: ClaimsIdentity,
        activity: Activity,
        audience: str | None,
        logic: Logic,
        turn: str = "",
        *,
        address: Address,
    ) -> Taken:
        services: dict[str, Any] = {
            self.BOT_IDENTITY_KEY: identity,
            self.BOT_OAUTH_SCOPE_KEY: audience,
            self.BOT_CALLBACK_HANDLER_KEY: logic,
            **late_clients(self, identity, activity, audience),
        }
        run = BotRun(
            self,
            self._states,
            self._metrics,
            self._typing,
            self._time_limit,
            self._deadlines,
            activity,
            address,
            services,
            lambda context: self._middleware.receive_activity_with_status(context, logic),
            unwraps=self._unwraps,
        )
        keys = self._states.storage_keys(address)
        try:
            return await self._turns.take(activity, address, keys, run, turn=turn)
        finally:
            run.end()
