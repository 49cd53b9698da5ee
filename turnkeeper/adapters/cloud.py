"""The SDK's CloudAdapter over turns that are ordered, atomic and taken once."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.core.cloud_adapter_base import CloudAdapterBase
from botbuilder.core.invoke_response import InvokeResponse
from botbuilder.schema import (
    Activity,
    ActivityTypes,
    ConversationParameters,
    ConversationReference,
    ResourceResponse,
)
from botframework.connector.auth import ClaimsIdentity

from turnkeeper.adapters.late_client import LateClient
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.connector.client import Connector
from turnkeeper.delivery.sender import Delivery
from turnkeeper.errors import StorageError, UnreadableRecord
from turnkeeper.observing.metrics import Metrics
from turnkeeper.state.scope import TurnState
from turnkeeper.storage.transaction import Transaction
from turnkeeper.turn.context import HostedTurnContext
from turnkeeper.turn.deadlines import Deadlines
from turnkeeper.turn.order import TurnOrder
from turnkeeper.turn.outbox import Outbox
from turnkeeper.turn.proactive import SpeakingFirst
from turnkeeper.turn.response import http_answer, may_leave
from turnkeeper.turn.turns import Outcome, Turns

_Logic = Callable[[TurnContext], Awaitable[None]]


class CloudAdapter(CloudAdapterBase):  # type: ignore[misc]  # the SDK is untyped
    """Runs the bot on activities; see :mod:`turnkeeper.turn.turns` for the way of a turn.

    Where it differs from the SDK's adapter: ``send_activity`` answers with an id of the bot's own,
    since nothing leaves before the turn is committed. It works in ``update_activity`` and
    ``delete_activity``, also in later turns, for the last 20 replies of a conversation
    (:data:`turnkeeper.ledger.ledger.SENT_IDS`). Updates, deletions and delays wait for the commit
    too.
    The SDK's ConnectorClient and UserTokenClient are made when they are first used.

    :param states: the bot's state scopes; they are read and written with the turn.
    :param authenticator: checks who sends.
    :param service_urls: checks where replies would go.
    :param connector: sends replies.
    :param metrics: counts what happens.
    :param conversation_ttl: seconds the ledger of a quiet conversation is kept; None for ever.
    :param time_limit: seconds the bot may think about one activity.
    :param budget: seconds one delivery may take.
    :param clock: seconds since the epoch.
    """

    def __init__(  # noqa: PLR0913 - each is a part or a setting of its own
        self,
        states: TurnState,
        authenticator: Authenticator,
        service_urls: ServiceUrls,
        connector: Connector,
        *,
        metrics: Metrics | None = None,
        conversation_ttl: float | None = None,
        time_limit: float = 10.0,
        budget: float = 10.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(authenticator.sdk)
        order = TurnOrder()
        self._metrics = metrics or Metrics()
        self._delivery = Delivery(connector, order, self._metrics, budget=budget, clock=clock)
        self._turns = Turns(
            states.storage,
            self._delivery,
            order,
            self._metrics,
            ttl=conversation_ttl,
            clock=clock,
        )
        self._states = states
        self._authenticator = authenticator
        self._service_urls = service_urls
        self._time_limit = time_limit
        self._deadlines = Deadlines()
        self._speaking_first = SpeakingFirst(
            connector, service_urls, self._metrics, self._take_turn
        )

    async def close(self) -> None:
        """Wait for the turns in which the bot speaks first, then write down what was sent.

        Call it when no request is under way any more, and before the connector is closed.
        """
        await self._speaking_first.close()
        await self._delivery.close()

    async def process_activity(
        self,
        auth_header_or_authenticate_request_result: str | None,
        activity: Activity,
        logic: _Logic,
    ) -> InvokeResponse | None:
        """Take an activity: authenticate, run ``logic`` once, commit, send.

        :param auth_header_or_authenticate_request_result: the Authorization header, if any.
        :returns: what the HTTP response must hold, for invokes and ``expectReplies``.
        :raises RequestRefused: who sends it, or where replies would go, is not accepted.
        :raises BotError: see :meth:`turnkeeper.turn.turns.Turns.take`.
        """
        identity = await self._authenticator.authenticate(
            auth_header_or_authenticate_request_result, activity
        )
        activity.service_url = self._service_urls.check(activity.service_url)
        return await self._take_turn(identity, activity, None, logic)

    async def process_proactive(
        self,
        claims_identity: ClaimsIdentity,
        continuation_activity: Activity,
        audience: str | None,
        logic: _Logic,
    ) -> None:
        """The turn behind ``continue_conversation``; see :meth:`SpeakingFirst.take`."""
        await self._speaking_first.take(claims_identity, continuation_activity, audience, logic)

    async def create_conversation(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        bot_app_id: str | None,
        callback: _Logic | None = None,
        conversation_parameters: ConversationParameters | None = None,
        channel_id: str | None = None,
        service_url: str | None = None,
        audience: str | None = None,
    ) -> None:
        """Begin a conversation and take a first turn in it; see :meth:`SpeakingFirst.begin`.

        :raises TypeError: one of the arguments up to ``service_url`` is missing.
        """
        if not (callback and conversation_parameters and channel_id and service_url):
            raise TypeError("callback, conversation_parameters, channel_id, service_url: give all")
        identity = self.create_claims_identity(bot_app_id)
        await self._speaking_first.begin(
            identity,
            conversation_parameters,
            channel_id,
            service_url,
            callback,
            audience=audience,
        )

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        """Keep activities until the turn is committed."""
        outbox = Outbox.of(context)
        responses = []
        for activity in activities:
            reply_id = ""
            if activity.type == "delay":
                outbox.delay(activity.value)
            elif activity.type == ActivityTypes.invoke_response:
                context.turn_state[self._INVOKE_RESPONSE_KEY] = activity
            elif may_leave(activity):
                reply_id = outbox.send(activity)
            responses.append(ResourceResponse(id=reply_id))
        return responses

    async def update_activity(self, context: TurnContext, activity: Activity) -> ResourceResponse:
        """Keep an update until the turn is committed."""
        Outbox.of(context).update(activity)
        return ResourceResponse(id=activity.id)

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Keep a deletion until the turn is committed."""
        Outbox.of(context).delete(reference)

    async def _take_turn(
        self,
        identity: ClaimsIdentity,
        activity: Activity,
        audience: str | None,
        logic: _Logic,
        turn: str = "",
    ) -> InvokeResponse | None:
        sdk = self.bot_framework_authentication
        services = {
            self.BOT_IDENTITY_KEY: identity,
            self.BOT_OAUTH_SCOPE_KEY: audience,
            self.BOT_CALLBACK_HANDLER_KEY: logic,
            self.BOT_CONNECTOR_CLIENT_KEY: LateClient(
                lambda: sdk.create_connector_factory(identity).create(
                    activity.service_url, audience
                )
            ),
            self.USER_TOKEN_CLIENT_KEY: LateClient(lambda: sdk.create_user_token_client(identity)),
        }

        received = dict(vars(activity))

        async def run(turn: str, transaction: Transaction) -> Outcome:
            vars(activity).update(received)  # bot code may have changed it in a run before
            context = self._context(activity, services, transaction, turn)
            try:
                with self._deadlines.limit(self._time_limit):
                    pipeline = self._middleware.receive_activity_with_status(context, logic)
                    return await self._outcome(context, pipeline)
            except StorageError as error:
                if not isinstance(error, UnreadableRecord):
                    raise  # not the bot's fault: the turn is run again, or refused
                failure: Exception = error
            except Exception as error:
                if self.on_turn_error is None:
                    raise
                failure = error
            # Begin anew, without what the failed run wanted to store and say.
            self._metrics.errors.inc()
            transaction.discard()
            vars(activity).update(received)
            context = self._context(activity, services, transaction, turn)
            return await self._outcome(context, self.on_turn_error(context, failure))

        state_keys = self._states.storage_keys(activity)
        answer = await self._turns.take(activity, state_keys, run, turn=turn)
        return answer and InvokeResponse(status=answer["status"], body=answer["body"])

    def _context(
        self, activity: Activity, services: dict[str, Any], transaction: Transaction, turn: str
    ) -> TurnContext:
        context = HostedTurnContext(self, activity)
        context.turn_state.update(services)
        context.turn_state[Outbox.__name__] = Outbox(turn)
        transaction.begin(context)
        return context

    async def _outcome(self, context: TurnContext, bot_code: Awaitable[None]) -> Outcome:
        """What comes of a turn; whatever it says or saves later raises ``TurnEnded``."""
        try:
            await bot_code
            return Outcome(Outbox.of(context).effects, http_answer(context))
        finally:
            # It also spares the garbage collector: the SDK's dialogs hold their turn in circles.
            context.turn_state.clear()
            Transaction.end(context)
