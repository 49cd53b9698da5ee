"""What happens when the bot fails in a turn: the person is told, the operator sees why."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Final

from botbuilder.core import BotState, InvokeResponse, TurnContext
from botbuilder.schema import Activity, ActivityTypes

from dialogs.messages import Words, message
from turnkeeper.errors import UnreadableRecord

_ERROR: Final = "https://www.botframework.com/schemas/error"

_log = logging.getLogger(__name__)


def turn_error_handler(
    conversation_state: BotState, *, default_locale: str = "en"
) -> Callable[[TurnContext, Exception], Awaitable[None]]:
    """Make an ``on_turn_error`` for :class:`turnkeeper.adapters.cloud.CloudAdapter`.

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
        _log.error(
            "activity %s of type %s failed: %s",
            activity.id,
            activity.type,
            error if unreadable else type(error).__name__,
            exc_info=None if unreadable else error,
        )
        if not unreadable:
            await dialog_state.delete(context)
            await conversation_state.save_changes(context)
        if activity.type == ActivityTypes.invoke:
            response = InvokeResponse(status=500)
            await context.send_activity(
                Activity(type=ActivityTypes.invoke_response, value=response)
            )
        elif activity.type == ActivityTypes.message:
            words = Words.for_locale(activity.locale, default=default_locale)
            text = words("unreadable" if unreadable else "something_went_wrong")
            await context.send_activity(message(text))
        if activity.channel_id == "emulator":
            trace = "".join(traceback.format_exception(error))
            await context.send_trace_activity("on_turn_error Trace", trace, _ERROR, "TurnError")

    return on_turn_error
