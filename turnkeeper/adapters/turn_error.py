"""What a bot does when it fails in a turn and its author has not said otherwise."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import Final

from botbuilder.core import TurnContext
from botbuilder.schema import ActivityTypes

from turnkeeper.errors import UnreadableRecord
from turnkeeper.state.scope import ConversationState

APOLOGY: Final = "Something went wrong. Please try again."
UNREADABLE: Final = "What I know of you cannot be read at the moment; nothing of it is lost."
_ERROR: Final = "https://www.botframework.com/schemas/error"


def default_on_turn_error(
    conversation_state: ConversationState,
) -> Callable[[TurnContext, Exception], Awaitable[None]]:
    """Return an ``on_turn_error``: it closes the open dialog and apologises to the person.

    The dialog is closed so that the next message does not run into the same error. On an
    unreadable record nothing at all is written over.

    :param conversation_state: keeps ``DialogState``, if the bot has dialogs.
    """
    dialog_state = conversation_state.create_property("DialogState")

    async def on_turn_error(context: TurnContext, error: Exception) -> None:
        unreadable = isinstance(error, UnreadableRecord)
        if not unreadable:
            await dialog_state.delete(context)
        if context.activity.type == ActivityTypes.message:
            await context.send_activity(UNREADABLE if unreadable else APOLOGY)
        if context.activity.channel_id == "emulator":
            trace = "".join(traceback.format_exception(error))
            await context.send_trace_activity("on_turn_error Trace", trace, _ERROR, "TurnError")

    return on_turn_error
