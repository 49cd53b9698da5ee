"""What happens when the bot fails in a turn: the person is told."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import Final

from botbuilder.core import TurnContext
from botbuilder.schema import ActivityTypes

from dialogs.messages import Words, message
from turnkeeper import ConversationState
from turnkeeper.errors import UnreadableRecord

_ERROR: Final = "https://www.botframework.com/schemas/error"


def turn_error_handler(
    conversation_state: ConversationState, *, default_locale: str = "en"
) -> Callable[[TurnContext, Exception], Awaitable[None]]:
    """Return an ``on_turn_error`` in the person's language; the engine tells the operator.

    Nothing that the failed run wanted to store or say is kept. The open dialog is closed, so
    that the next message does not run into the same error. On an unreadable record nothing at
    all is written over.

    :param conversation_state: keeps ``DialogState``.
    :param default_locale: the language of activities that name none.
    """
    dialog_state = conversation_state.create_property("DialogState")

    async def on_turn_error(context: TurnContext, error: Exception) -> None:
        activity = context.activity
        unreadable = isinstance(error, UnreadableRecord)
        if not unreadable:
            await dialog_state.delete(context)
        if activity.type == ActivityTypes.message:
            words = Words.for_locale(activity.locale, default=default_locale)
            text = words("unreadable" if unreadable else "something_went_wrong")
            await context.send_activity(message(text))
        if activity.channel_id == "emulator":
            trace = "".join(traceback.format_exception(error))
            await context.send_trace_activity("on_turn_error Trace", trace, _ERROR, "TurnError")

    return on_turn_error
