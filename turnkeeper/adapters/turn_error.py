"""What a bot does when it fails in a turn and its author has not said otherwise."""

from __future__ import annotations

import traceback
from collections.abc import Awaitable, Callable
from typing import Final

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes

from turnkeeper.errors import UnreadableRecord
from turnkeeper.state.scope import ConversationState

_ERROR: Final = "https://www.botframework.com/schemas/error"


def default_on_turn_error(
    conversation_state: ConversationState,
) -> Callable[[TurnContext, Exception], Awaitable[None]]:
    """Return an ``on_turn_error``: it apologises to the person, in the language of the activity.

    An open question of :func:`turnkeeper.dialogs.run` stays open: who says it again may be luckier.
    When the turn after it fails too, the dialog is closed, so that no message runs into the same
    error for ever. Any other dialog is closed at once. On an unreadable record nothing at all is
    written over.

    :param conversation_state: keeps ``DialogState``, if the bot has dialogs.
    """
    dialog_state = conversation_state.create_property("DialogState")
    marks = conversation_state.create_property("turnkeeper.dialogs")

    async def on_turn_error(context: TurnContext, error: Exception) -> None:
        unreadable = isinstance(error, UnreadableRecord)
        if not unreadable:
            mark = await marks.get(context)
            if mark and not mark.get("failed"):
                await marks.set(context, {**mark, "failed": True})
            else:
                await dialog_state.delete(context)
                if mark:  # it may have a dialog aside; an empty one stays, see dialogs/run.py
                    await marks.set(context, {})
        if context.activity.type == ActivityTypes.message:
            await context.send_activity(_apology(context.activity.locale, unreadable=unreadable))
        if context.activity.channel_id == "emulator":
            trace = "".join(traceback.format_exception(error))
            await context.send_trace_activity("on_turn_error Trace", trace, _ERROR, "TurnError")

    return on_turn_error


def _apology(locale: str | None, *, unreadable: bool) -> Activity:
    # Imported late: a bot without dialogs need not wait for the SDK's.
    from turnkeeper.dialogs.words import plain, stock  # noqa: PLC0415

    return plain(stock().say("unreadable" if unreadable else "something_went_wrong", locale))
