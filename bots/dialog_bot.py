"""The bot: loads the state, runs the dialog on each message, saves the state."""

from __future__ import annotations

import json
from typing import Any, Final

from botbuilder.core import ActivityHandler, BotState, BotStateSet, TurnContext
from botbuilder.dialogs import Dialog
from botbuilder.schema import ChannelAccount

from bots.dialog_run import DialogRun
from channels.scopes import place_of
from dialogs.messages import Words, message
from dialogs.welcome import welcome_text
from state.codec import encode_state
from state.models import ConversationData

_BOT_STATE: Final = "https://www.botframework.com/schemas/botState"


class DialogBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Runs one dialog with each person of each conversation.

    :param conversation_state: keeps ``DialogState`` and :class:`state.models.ConversationData`.
    :param user_state: keeps what the dialogs remember of a person.
    :param dialog: the root dialog.
    :param default_locale: the language of activities that name none.
    :param question_timeout: seconds after which an open question is no longer answered by the
        next message; None for never.
    """

    def __init__(
        self,
        conversation_state: BotState,
        user_state: BotState,
        dialog: Dialog,
        *,
        default_locale: str = "en",
        question_timeout: float | None = None,
    ) -> None:
        self._states = BotStateSet([conversation_state, user_state])
        self._conversation_state = conversation_state
        self._user_state = user_state
        self._data = conversation_state.create_property("ConversationData")
        self._default_locale = default_locale
        self._run = DialogRun(
            dialog,
            conversation_state.create_property("DialogState"),
            self._data,
            question_timeout=question_timeout,
        )

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle one activity and save what changed."""
        await self._states.load_all(turn_context)
        await super().on_turn(turn_context)
        await self._states.save_all_changes(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Continue the person's dialog, or begin it."""
        await self._run.run(turn_context)
        if turn_context.activity.channel_id == "emulator":
            await self._send_bot_state(turn_context)

    async def on_members_added_activity(
        self, members_added: list[ChannelAccount], turn_context: TurnContext
    ) -> None:
        """Welcome a person who opens a conversation, or the group the bot was added to."""
        bot = turn_context.activity.recipient
        bot_id = bot.id if bot else None
        bot_added = any(member.id == bot_id for member in members_added)
        if (
            bot_added
            if place_of(turn_context.activity).several_people
            else len(members_added) > bot_added
        ):
            await self._welcome(turn_context)

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        """Welcome those for whom the bot was installed (Teams)."""
        if turn_context.activity.action == "add":  # the SDK calls this for "add-upgrade" too
            await self._welcome(turn_context)

    async def _welcome(self, context: TurnContext) -> None:
        data: Any = await self._data.get(context, ConversationData)
        if data.welcomed:
            return
        data.welcomed = True
        words = Words.for_locale(context.activity.locale, default=self._default_locale)
        several_people = place_of(context.activity).several_people
        await context.send_activity(message(welcome_text(words, several_people)))

    async def _send_bot_state(self, context: TurnContext) -> None:
        """Show the Emulator what the bot remembers, as the SDK's DialogExtensions does."""
        scopes = {"conversation": self._conversation_state, "user": self._user_state}
        snapshot = {
            name: json.loads(encode_state(scope.get(context) or {}))["state"]
            for name, scope in scopes.items()
        }
        await context.send_trace_activity("BotState", snapshot, _BOT_STATE, "Bot State")
