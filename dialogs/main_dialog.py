"""The root dialog: asks an unknown person for a name and greets a known one."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.dialogs import ComponentDialog, DialogContext, DialogTurnResult, DialogTurnStatus
from botbuilder.schema import Activity, ActivityTypes

from channels.scopes import tenant_of
from channels.time_zone import UTC_ZONE, sent_at, zone_named, zone_told_by
from dialogs.catalogue import LOCALES, languages
from dialogs.greeting import greeting_text, place_text, welcome_back_text
from dialogs.messages import Words, locale_tag, message
from dialogs.user_profile_dialog import UserProfileDialog
from state.models import ConversationData, UserProfile


class MainDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Runs for every message, and replies once.

    An unknown person is asked for a name by :class:`UserProfileDialog`; a known one gets the
    greeting. Begun with the name of a message as its options, such as "restarted", it says that
    message first. Activities that are no messages change nothing.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param conversation_accessor: the ``ConversationData`` property of conversation state.
    :param clock: seconds since the epoch.
    :param welcome_back_after: seconds of silence after which a person is welcomed back.
    :param default_locale: spoken where neither the activity nor the profile tells a locale.
    """

    def __init__(
        self,
        profile_accessor: StatePropertyAccessor,
        conversation_accessor: StatePropertyAccessor,
        *,
        clock: Callable[[], float] = time.time,
        welcome_back_after: float = 30 * 60,
        default_locale: str = "en",
    ) -> None:
        super().__init__(MainDialog.__name__)
        self._profiles = profile_accessor
        self._conversations = conversation_accessor
        self._clock = clock
        self._welcome_back_after = welcome_back_after
        self._default_locale = default_locale
        self.add_dialog(UserProfileDialog(profile_accessor, default_locale=default_locale))
        # Read now: a bot without its words should not start, and no turn should wait for a file.
        for locale in (default_locale, *languages(LOCALES)):
            Words.for_locale(locale)

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        """Greet a known person and end, or begin to ask an unknown one."""
        context = dialog_context.context
        if context.activity.type != ActivityTypes.message:
            return await dialog_context.end_dialog()
        profile = await self._profiles.get(context)
        if profile is None or not profile.name:
            return await super().begin_dialog(dialog_context, options)
        # A greeting opens no dialog, so none is begun for it: that would cost half of the turn.
        await self._greet(context, profile, options)
        return await dialog_context.end_dialog()

    async def on_begin_dialog(self, inner_dc: DialogContext, options: object) -> DialogTurnResult:
        """Ask for the name."""
        result = await super().on_begin_dialog(inner_dc, options)
        await self._after_profile_dialog(inner_dc.context, result)
        return result

    async def on_continue_dialog(self, inner_dc: DialogContext) -> DialogTurnResult:
        """Hand the message to the open question."""
        result = await super().on_continue_dialog(inner_dc)
        if inner_dc.context.activity.type == ActivityTypes.message:
            await self._after_profile_dialog(inner_dc.context, result)
        return result

    async def _greet(self, context: TurnContext, profile: UserProfile, options: object) -> None:
        activity = context.activity
        words = Words.for_locale(activity.locale, profile.locale, default=self._default_locale)
        moment = sent_at(activity, self._clock())
        zone = zone_told_by(activity) or zone_named(profile.time_zone) or UTC_ZONE
        lines = [words(options)] if isinstance(options, str) else []
        if self._is_back(profile, activity, moment):
            lines.append(welcome_back_text(words, profile, zone))
        when, where = words.moment(moment, zone), place_text(words, activity)
        lines.append(greeting_text(words, profile.name, activity, when=when, where=where))
        _note_visit(profile, activity, moment, where)
        await self._profiles.set(context, profile)
        await context.send_activity(message("\n".join(lines)))

    def _is_back(self, profile: UserProfile, activity: Activity, moment: datetime) -> bool:
        """Whether a person comes back: to another conversation, or after a silence."""
        if profile.last_seen_at is None:
            return False
        silence = moment.timestamp() - profile.last_seen_at
        return (
            silence >= self._welcome_back_after
            or activity.conversation.id != profile.last_conversation
        )

    async def _after_profile_dialog(self, context: TurnContext, result: DialogTurnResult) -> None:
        """Note when the open question was asked, or the first visit of a person now known."""
        moment = sent_at(context.activity, self._clock())
        data = await self._conversations.get(context) or ConversationData()
        waiting = result.status == DialogTurnStatus.Waiting
        data.asked_at = moment.timestamp() if waiting else None
        await self._conversations.set(context, data)
        profile = await self._profiles.get(context)
        if profile and profile.name:
            words = Words.for_locale(
                context.activity.locale, profile.locale, default=self._default_locale
            )
            _note_visit(profile, context.activity, moment, place_text(words, context.activity))
            await self._profiles.set(context, profile)


def _note_visit(profile: UserProfile, activity: Activity, moment: datetime, where: str) -> None:
    """Keep in the profile what a message tells of its sender."""
    profile.last_seen_at = moment.timestamp()
    profile.last_channel = where
    profile.last_conversation = activity.conversation.id
    if zone := zone_told_by(activity):
        profile.time_zone = zone.label
    profile.locale = locale_tag(activity.locale) or profile.locale
    person = activity.from_property
    profile.aad_object_id = getattr(person, "aad_object_id", None) or profile.aad_object_id
    profile.tenant_id = tenant_of(activity) or profile.tenant_id
