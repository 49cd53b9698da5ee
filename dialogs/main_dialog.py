"""The root dialog: asks a person what it does not know yet, and greets who has told it."""

from __future__ import annotations

import time
from collections.abc import Callable

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    DialogContext,
    DialogTurnResult,
    DialogTurnStatus,
)

from dialogs.greeting import greeting_text, place_text, welcome_back_text
from dialogs.messages import message, words_of_person
from dialogs.user_profile_dialog import UserProfileDialog
from dialogs.visits import Visits
from state.models import ConversationData, UserProfile


class MainDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Greets a person whom it knows; :class:`UserProfileDialog` asks what is missing of them.

    A person who is known, but not by all that the bot asks by now, is asked for the rest once in a
    conversation. Begun with options, it asks in any case; they are those of the profile dialog.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param data_accessor: the ``ConversationData`` property of conversation state.
    :param clock: seconds since the epoch.
    :param welcome_back_after: seconds of silence, in all places, after which a person is welcomed
        back.
    :param default_locale: spoken where neither the activity nor the profile tells a locale.
    """

    def __init__(
        self,
        profile_accessor: StatePropertyAccessor,
        data_accessor: StatePropertyAccessor,
        *,
        clock: Callable[[], float] = time.time,
        welcome_back_after: float = 30 * 60,
        default_locale: str = "en",
    ) -> None:
        super().__init__(MainDialog.__name__)
        self._profiles = profile_accessor
        self._data = data_accessor
        self._visits = Visits(profile_accessor, clock)
        self._welcome_back_after = welcome_back_after
        self._words_of = words_of_person(profile_accessor, default_locale)
        self.add_dialog(UserProfileDialog(profile_accessor, default_locale=default_locale))

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        """Greet the person, or begin to ask."""
        context = dialog_context.context
        profile = await self._profiles.get(context)
        # A greeting opens no dialog, so none is begun for it: that would cost half of the turn.
        if options is None and profile and profile.name and not await self._lacks(context, profile):
            await self._greet(context, profile)
            return await dialog_context.end_dialog()
        return await super().begin_dialog(dialog_context, options)

    async def on_begin_dialog(self, inner_dc: DialogContext, options: object) -> DialogTurnResult:
        """Begin to ask."""
        result = await super().on_begin_dialog(inner_dc, options)
        return await self._noted(inner_dc.context, result)

    async def on_continue_dialog(self, inner_dc: DialogContext) -> DialogTurnResult:
        """Go on with the answer."""
        result = await super().on_continue_dialog(inner_dc)
        await self._answered(inner_dc.context)
        return await self._noted(inner_dc.context, result)

    async def _lacks(self, context: TurnContext, profile: UserProfile) -> bool:
        """Whether something is missing that the person was not asked for in this conversation."""
        if profile.complete():
            return False
        data = await self._data.get(context)
        return not (data and data.asked)

    async def _noted(self, context: TurnContext, result: DialogTurnResult) -> DialogTurnResult:
        """Note what the message has told."""
        profile = await self._profiles.get(context)
        if profile and profile.name:
            await self._visits.note(context, await self._words_of(context))
            if result.status == DialogTurnStatus.Waiting and not profile.complete():
                data = await self._data.get(context) or ConversationData()
                data.asked = True
                await self._data.set(context, data)
        return result

    async def _greet(self, context: TurnContext, profile: UserProfile) -> None:
        activity, words = context.activity, await self._words_of(context)
        visit = self._visits.visit(context)
        zone = visit.zone_to_tell(profile)
        first = ""
        silence = visit.silence_before(profile)
        if silence is not None and silence >= self._welcome_back_after:
            first = f"{welcome_back_text(words, profile, activity, zone)}\n"
        when, where = words.moment(visit.moment, zone), place_text(words, activity)
        text = greeting_text(words, profile.name, activity, when=when, where=where, first=first)
        await self._visits.note(context, words, visit, where)
        await context.send_activity(message(text))

    async def _answered(self, context: TurnContext) -> None:
        """Keep which message the answer was: an edit of it is another answer."""
        if answer_id := context.activity.id:
            data = await self._data.get(context) or ConversationData()
            data.answer_id = answer_id
            await self._data.set(context, data)
