"""What is said in front of a dialog's next message, where possible as one message with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from botbuilder.core import TurnContext
from botbuilder.schema import Activity, ActivityTypes, InputHints, TextFormatTypes

from turnkeeper.channels import limits_of, units
from turnkeeper.wire.sdk import send_handlers

_MARKDOWN: Final = (None, "", TextFormatTypes.markdown)
# With any of these two messages are not the same as one.
_OF_ITS_OWN: Final = (
    "speak",
    "suggested_actions",
    "attachment_layout",
    "channel_data",
    "entities",
    "summary",
    "value",
)


@dataclass(slots=True, eq=False)
class Notice:
    """What is to be said in front.

    :param told: a message.
    :param fixed: whether it is of the engine's own words, in which nothing is markup.
    :param of_questions: whether it is said in front of a question only, or not at all.
    """

    told: Activity
    fixed: bool = False
    of_questions: bool = False
    _said: bool = False

    async def in_front(
        self, context: TurnContext, activities: list[Activity], send: Callable[[], Awaitable[None]]
    ) -> None:
        """Say it in front of the first message; this is a handler of ``on_send_activities``."""
        for message in activities:
            if not self._said and self._goes_before(message):
                self._said = True
                if not self._merged_into(message, context):
                    await context.send_activity(self.told)
        await send()

    async def alone(self, context: TurnContext) -> None:
        """Say it by itself, unless it was said."""
        if not self._said and not self.of_questions:
            self._said = True
            await context.send_activity(self.told)

    def _goes_before(self, message: Activity) -> bool:
        asks = message.input_hint == InputHints.expecting_input
        return message.type == ActivityTypes.message and (asks or not self.of_questions)

    def _merged_into(self, message: Activity, context: TurnContext) -> bool:
        """Put it into a message about to be sent, which is a copy of the bot's; or leave it."""
        told = self.told
        if not (message.text and told.text) or message.speak:
            return False
        if any(getattr(told, name) for name in _OF_ITS_OWN):
            return False
        if told.text_format != TextFormatTypes.plain:
            return False
        if message.text_format == TextFormatTypes.plain:
            text = f"{told.text}\n{message.text}"
        elif self.fixed and message.text_format in _MARKDOWN:
            paragraphs = told.text.replace("\n", "\n\n")
            text = f"{paragraphs}\n\n{message.text}"
        else:
            return False
        if units(text) > limits_of(context.activity).longest_text:
            return False
        message.text = text
        if told.attachments:
            message.attachments = [*told.attachments, *(message.attachments or ())]
        return True


@asynccontextmanager
async def in_front(context: TurnContext, notice: Notice | None) -> AsyncIterator[None]:
    """Say a notice in front of the first message of the block; if it says nothing, at its end.

    It is put in front before the bot's own handlers see the message.
    """
    if notice is None:
        yield
        return
    handlers, handler = send_handlers(context), notice.in_front
    handlers.insert(0, handler)
    try:
        yield
    finally:
        handlers.remove(handler)
    await notice.alone(context)
