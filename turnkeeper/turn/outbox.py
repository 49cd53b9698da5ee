"""What a turn wants to send, kept until the turn is committed; typing alone leaves at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes, ConversationReference

from turnkeeper.errors import TurnEnded
from turnkeeper.ledger.effects import Delay, Delete, Effect, Send, Update
from turnkeeper.turn.response import answers_over_http, may_leave
from turnkeeper.wire import activity as wire
from turnkeeper.wire import json_text
from turnkeeper.wire.sdk import INVOKE_RESPONSE

LONGEST_DELAY_MS: Final = 5_000
"""A ``delay`` activity longer than this waits this long."""

ALL_DELAYS_MS: Final = 30_000
"""So long wait all those of a turn together: its conversation waits as well."""


# Plain strings: an enum looks its value up each time.
_TYPING: Final = ActivityTypes.typing.value
_INVOKE_RESPONSE: Final = ActivityTypes.invoke_response.value


class Outbox:
    """The effects of one turn, in order.

    :param turn: names the turn; the same for each run of it, so that reply ids stay the same.
    :param show_typing: shows typing in the turn of this name, without waiting for anything.
    """

    def __init__(self, turn: str, show_typing: Callable[[str, Send], None]) -> None:
        self.effects: list[Effect] = []
        self._turn = turn
        self._show_typing = show_typing
        self._delays_left: float = ALL_DELAYS_MS

    @classmethod
    def of(cls, context: TurnContext) -> Outbox:
        """Return the outbox of a turn under way.

        :raises TurnEnded: it is not under way any more.
        """
        outbox = context.turn_state.get(cls.__name__)
        if not isinstance(outbox, cls):
            raise TurnEnded
        return outbox

    @classmethod
    def open_for(cls, context: TurnContext, activities: list[Activity]) -> Outbox:
        """Return the outbox of a turn under way, for some activities.

        :raises TurnEnded: it is not under way any more.
        :raises CancelledError: likewise, and they only show typing. The SDK's
            ShowTypingMiddleware has a timer for it, which after a turn that failed goes on for
            ever, but for this.
        """
        try:
            return cls.of(context)
        except TurnEnded:
            if all(activity.type == ActivityTypes.typing for activity in activities):
                raise asyncio.CancelledError from None
            raise

    def begin(self, context: TurnContext) -> None:
        """Make this the outbox of a turn."""
        context.turn_state[type(self).__name__] = self

    def take(self, context: TurnContext, activity: Activity) -> str:
        """Keep an activity until the turn is committed; typing leaves now, and may be lost.

        Where the turn's replies are in the HTTP response typing comes to nothing.

        :param activity: addressed.
        :returns: the id of a reply, as of :meth:`send`; "" where it is none that leaves.
        """
        kind = activity.type
        if kind == _INVOKE_RESPONSE:
            context.turn_state[INVOKE_RESPONSE] = activity
        elif kind == _TYPING:
            if not answers_over_http(context.activity):
                self._show_typing(self._turn, _send("", activity))
        elif kind == "delay":
            self.delay(activity.value)
        elif may_leave(activity):
            return self.send(activity)
        return ""

    def send(self, activity: Activity) -> str:
        """Keep an activity to be sent.

        :param activity: addressed.
        :returns: the id by which bot code may update or delete the reply, in this turn or in a
            later one. It is not the channel's: that one is not known before the reply has left.
        """
        reply_id = f"reply-{self._turn}-{len(self.effects)}"
        self.effects.append(_send(reply_id, activity))
        return reply_id

    def update(self, activity: Activity) -> None:
        """Keep an update of an activity sent earlier; ``activity.id`` says which."""
        self.effects.append(Update(activity.id or "", activity.conversation.id, _json(activity)))

    def delete(self, reference: ConversationReference) -> None:
        """Keep the deletion of an activity sent earlier."""
        self.effects.append(Delete(reference.activity_id or "", reference.conversation.id))

    def delay(self, milliseconds: Any) -> None:
        """Keep a pause between two sends.

        :param milliseconds: the value of a ``delay`` activity; one second where it is no number.
        """
        number = milliseconds if isinstance(milliseconds, int | float) else 1_000
        ms = max(0, min(number, LONGEST_DELAY_MS, self._delays_left))
        self._delays_left -= ms
        self.effects.append(Delay(ms))


def _send(reply_id: str, activity: Activity) -> Send:
    conversation, answered = activity.conversation.id, activity.reply_to_id or ""
    return Send(reply_id, conversation, answered, _json(activity))


def _json(activity: Activity) -> str:
    return json_text.encode(wire.encode_activity(activity))
