"""A TurnContext that copies replies quickly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import (
    Activity,
    ActivityEventNames,
    ActivityTypes,
    DeliveryModes,
    InputHints,
    ResourceResponse,
)

from turnkeeper.state.services import kept_services
from turnkeeper.turn.outbox import Outbox
from turnkeeper.wire import activity as wire
from turnkeeper.wire.sdk import INVOKE_RESPONSE, hooks_of, send_handlers

# A tuple: the hash of the SDK's enum is not that of the text it is equal to.
_BOT_SPEAKS_FIRST = (
    ActivityEventNames.continue_conversation,
    ActivityEventNames.create_conversation,
)

_Handler = Callable[[TurnContext, list[Activity], Callable[[], Awaitable[None]]], Awaitable[Any]]


class Failed(NamedTuple):
    """What goes on of a run that has failed: in the SDK ``on_turn_error`` gets its very context.

    :param turn_state: what bot and middleware keep in it, without states and answers.
    :param services: those of ``context.set``.
    :param hooks: the handlers of sends, updates and deletions.
    """

    turn_state: dict[str, Any]
    services: dict[str, Any]
    hooks: tuple[list[Any], list[Any], list[Any]]

    @classmethod
    def of(cls, context: TurnContext) -> Failed:
        """Take it out of a context, before its turn is ended."""
        turn_state = kept_services(context)
        turn_state.pop(INVOKE_RESPONSE, None)
        return cls(turn_state, context.services, hooks_of(context))


class HostedTurnContext(TurnContext):  # type: ignore[misc]  # the SDK is untyped
    """The SDK's TurnContext. With ``copy.deepcopy``, as there, replies cost a tenth of a turn.

    ``activity`` and ``turn_state`` are plain attributes: properties are asked for 60 times a turn.
    """

    activity: Activity = None
    turn_state: dict[str, Any] = None  # type: ignore[assignment]  # hides the SDK's property

    def __init__(self, adapter: BotAdapter, activity: Activity) -> None:
        self.activity = activity  # the SDK's constructor asks for it
        super().__init__(adapter, activity)
        self.turn_state = {}

    def go_on(self, failed: Failed) -> None:
        """Have the hooks and the services of a run that has failed; nothing of what it said."""
        self.turn_state.update(failed.turn_state)
        self.services.update(failed.services)
        for own, theirs in zip(hooks_of(self), failed.hooks, strict=True):
            own.extend(theirs)

    async def send_activities(self, activities: list[Activity]) -> list[ResourceResponse]:
        """Send activities, addressed as replies; what was handed in stays as it is.

        Where replies go into the HTTP response, it is done by the SDK's own method.

        :raises TurnEnded: the turn is over; where they only show typing, CancelledError.
        """
        Outbox.open_for(self, activities)
        incoming = self.activity
        if incoming.delivery_mode == DeliveryModes.expect_replies:
            responses: list[ResourceResponse] = await super().send_activities(activities)
            return responses
        output = [_addressed(activity, incoming) for activity in activities]

        async def send() -> list[ResourceResponse]:
            responses: list[ResourceResponse] = await self.adapter.send_activities(self, output)
            if any(activity.type != ActivityTypes.trace for activity in output):
                self.responded = True
            return responses

        await _Handlers(self, send_handlers(self), output).run(0)
        return await send()


class _Handlers:
    """The handlers of ``on_send_activities``, one around the other, as the SDK runs them.

    The SDK's functions for it hold one another, and so the turn, until the garbage collector
    finds them.
    """

    __slots__ = ("_activities", "_context", "_handlers")

    def __init__(
        self, context: TurnContext, handlers: list[_Handler], activities: list[Activity]
    ) -> None:
        self._context = context
        self._handlers = handlers.copy()
        self._activities = activities

    async def run(self, place: int) -> None:
        if place < len(self._handlers):
            inner = partial(self.run, place + 1)
            await self._handlers[place](self._context, self._activities, inner)


def _addressed(activity: Activity, incoming: Activity) -> Activity:
    """A copy of an activity, addressed as a reply, as ``apply_conversation_reference`` does it.

    On Direct Line and Web Chat the SDK's loses ``replyToId``.
    """
    reply = wire.copy_activity(activity)
    reply.type = reply.type or ActivityTypes.message
    reply.input_hint = reply.input_hint or InputHints.accepting_input
    reply.id = None
    reply.channel_id = incoming.channel_id
    reply.locale = incoming.locale
    reply.service_url = incoming.service_url
    reply.conversation = incoming.conversation
    reply.from_property = incoming.recipient
    sender = incoming.from_property
    reply.recipient = sender if sender and sender.id else None  # an empty one is nobody
    # Nobody sent the event with which a bot speaks first; nothing can reply to it.
    proactive = incoming.name in _BOT_SPEAKS_FIRST
    if incoming.id and not proactive and incoming.type != ActivityTypes.conversation_update:
        reply.reply_to_id = incoming.id
    return reply
