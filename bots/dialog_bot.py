"""The bot: runs the dialog on each message, welcomes, forgets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.dialogs import Dialog
from botbuilder.schema import Activity, ActivityTypes, ChannelAccount

from bots.edits import Edits
from dialogs.messages import Words, sender_of, words_of_person
from dialogs.welcome import welcome_message
from state.models import ConversationData
from turnkeeper import ConversationState, UserState, dialogs
from turnkeeper.channels import fit, limits_of, place_of
from turnkeeper.errors import UnreadableRecord

_DELETE_USER_DATA: Final = ("deleteUserData", "emulator")  # others forge it
_JOIN: Final = "webchat/join"  # the event that pages send which show Web Chat
_BOT_STATE: Final = "https://www.botframework.com/schemas/botState"


class DialogBot(ActivityHandler):  # type: ignore[misc]  # the SDK is untyped
    """Runs one dialog with each person of each conversation.

    :param conversation_state: keeps ``DialogState`` and :class:`state.models.ConversationData`.
    :param user_state: keeps what the dialogs remember of a person.
    :param dialog: the root dialog.
    :param default_locale: the language of activities that name none.
    :param interruptions: what people may say at any time.
    :param question_timeout: seconds after which an open question is no longer answered by the
        next message; None for never.
    :param forget: erases the person of a turn, when the channel or the person's leaving asks for
        it; None where nothing can.
    :param forget_on_uninstall: whether to erase a person who removes the app.
    """

    def __init__(  # noqa: PLR0913 - each is a part or a setting of its own
        self,
        conversation_state: ConversationState,
        user_state: UserState,
        dialog: Dialog,
        *,
        default_locale: str = "en",
        interruptions: dialogs.Interruptions,
        question_timeout: float | None = None,
        forget: Callable[[TurnContext], Awaitable[None]] | None = None,
        forget_on_uninstall: bool = False,
    ) -> None:
        self._conversation_state = conversation_state
        self._user_state = user_state
        self._profiles = user_state.create_property("UserProfile")
        self._default_locale = default_locale
        self._words = words_of_person(self._profiles, default_locale)
        self._data = conversation_state.create_property("ConversationData")
        self._edits = Edits(conversation_state, self._profiles, self._words, interruptions)
        self._forget = forget
        self._forget_on_uninstall = forget_on_uninstall
        self._dialog = dialog
        self._interruptions = interruptions
        self._question_timeout = question_timeout

    async def on_turn(self, turn_context: TurnContext) -> None:
        """Handle one activity. What changed is saved at the end of the turn."""
        turn_context.on_send_activities(self._fit_limits)
        await super().on_turn(turn_context)

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Continue the person's dialog, or begin it."""
        name = await self._name_of_sender(turn_context)
        await dialogs.run(
            self._dialog,
            turn_context,
            self._conversation_state,
            interruptions=self._interruptions,
            question_timeout=self._question_timeout,
        )
        # Whoever was forgotten has no name, and leaves no answer.
        if await self._name_of_sender(turn_context) not in ("", name):
            await self._edits.remember(turn_context)
        if turn_context.activity.channel_id == "emulator":
            await self._send_bot_state(turn_context)

    async def on_message_update_activity(self, turn_context: TurnContext) -> None:
        """Take an edit of the last answer for the answer. Other edits change nothing."""
        if not await self._edits.is_of_answer(turn_context):
            return
        if await self._edits.is_awaited(turn_context):
            turn_context.activity.type = ActivityTypes.message.value
            await self.on_message_activity(turn_context)
        elif reply := await self._edits.corrected(turn_context):
            await turn_context.send_activity(reply)

    async def on_event(self, turn_context: TurnContext) -> None:
        """Welcome a person who opens a page with Web Chat."""
        activity = turn_context.activity
        if activity.name == _JOIN and not place_of(activity).several_people:
            await self._welcome(turn_context)

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

    async def on_members_removed_activity(
        self, members_removed: list[ChannelAccount], turn_context: TurnContext
    ) -> None:
        """Note that the bot was removed: whoever adds it again is welcomed again."""
        bot = turn_context.activity.recipient
        if bot and any(member.id == bot.id for member in members_removed):
            await self._part(turn_context)

    async def on_installation_update_add(self, turn_context: TurnContext) -> None:
        """Welcome those for whom the bot was installed (Teams)."""
        if turn_context.activity.action == "add":  # the SDK calls this for "add-upgrade" too
            await self._welcome(turn_context)

    async def on_installation_update_remove(self, turn_context: TurnContext) -> None:
        """Erase the person who removed the app (Teams), if the settings say so.

        Whoever installs it again is welcomed again. From a group or a team the app is removed by
        one for all; nobody is erased then.
        """
        activity = turn_context.activity
        if activity.action != "remove":  # the SDK calls this for "remove-upgrade" too
            return
        await self._part(turn_context)
        if self._forget_on_uninstall and not place_of(activity).several_people:
            await self._erase(turn_context)

    async def on_teams_signin_token_exchange(self, turn_context: TurnContext) -> None:
        """Answer 501, as to every invoke of which the bot knows nothing; the SDK has no such."""
        await self.on_sign_in_invoke(turn_context)

    async def on_unrecognized_activity_type(self, turn_context: TurnContext) -> None:
        """Erase the person where the Emulator asks for it (``deleteUserData``)."""
        if (turn_context.activity.type, turn_context.activity.channel_id) == _DELETE_USER_DATA:
            await self._erase(turn_context)

    async def _erase(self, context: TurnContext) -> None:
        if self._forget and sender_of(context.activity):
            await self._forget(context)

    async def _fit_limits(
        self,
        context: TurnContext,
        replies: list[Activity],
        send: Callable[[], Awaitable[None]],
    ) -> None:
        limits = limits_of(context.activity)
        language = await self._language(context) if limits.speaks else ""
        for reply in replies:
            fit(reply, limits, language)
        await send()

    async def _language(self, context: TurnContext) -> str:
        try:
            return (await self._words(context)).tag
        except UnreadableRecord:  # of which the person is to be told
            return Words.for_locale(context.activity.locale, default=self._default_locale).tag

    async def _welcome(self, context: TurnContext) -> None:
        data: Any = await self._data.get(context, ConversationData)
        if data.welcomed:
            return
        data.welcomed = True
        words, name = await self._words(context), await self._name_of_newcomer(context)
        await context.send_activity(welcome_message(words, context.activity, name))

    async def _part(self, context: TurnContext) -> None:
        data = await self._data.get(context)
        if data:
            data.welcomed = False

    async def _name_of_newcomer(self, context: TurnContext) -> str:
        """Return the name of a person who joins, "" if the bot does not know it."""
        activity, sender = context.activity, sender_of(context.activity)
        joins = activity.type != ActivityTypes.conversation_update or any(
            member.id == sender for member in activity.members_added or ()
        )
        return await self._name_of_sender(context) if sender and joins else ""

    async def _name_of_sender(self, context: TurnContext) -> str:
        profile = await self._profiles.get(context)
        return profile.name if profile else ""

    async def _send_bot_state(self, context: TurnContext) -> None:
        """Show the Emulator what the bot remembers, as the SDK's DialogExtensions does."""
        scopes = {"conversation": self._conversation_state, "user": self._user_state}
        snapshot = {name: scope.snapshot(context) for name, scope in scopes.items()}
        await context.send_trace_activity("BotState", snapshot, _BOT_STATE, "Bot State")
