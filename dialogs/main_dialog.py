"""The root dialog: asks an unknown person for a name, greets a known one, grants their wishes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.dialogs import ComponentDialog, Dialog, DialogContext, DialogTurnResult
from botbuilder.schema import Activity, ActivityTypes

from dialogs.about_person import about_message, export_message
from dialogs.catalogue import LOCALES, languages
from dialogs.forget_dialog import ForgetDialog
from dialogs.greeting import greeting_text, place_text, welcome_back_text
from dialogs.interruptions import Interruption, Wish, interruption_in, open_question
from dialogs.messages import Words, is_spoken, locale_tag, message, words_of_person
from dialogs.user_profile_dialog import CHANGE_NAME, UserProfileDialog, named
from state.models import UserProfile
from turnkeeper.channels import (
    UTC_ZONE,
    Zone,
    sent_at,
    several_people_in,
    tenant_of,
    text_for_bot,
    zone_named,
    zone_told_by,
)

_ASKED_WITH = {
    Wish.HELP: "help",
    Wish.WHO_AM_I: "nothing_known",
    Wish.START_OVER: "start_over",
    Wish.CHANGE_NAME: CHANGE_NAME,
}
_LONGEST_ID = 100  # characters; those of Entra have 36


@dataclass(slots=True)
class _Turn:
    """A message, and what it takes to answer it."""

    context: TurnContext
    profile: UserProfile
    words: Words
    wants: Interruption | None
    moment: datetime
    zone: Zone | None

    @property
    def wish(self) -> Wish | None:
        return self.wants.wish if self.wants else None

    @property
    def new_name(self) -> str:
        return self.wants.name if self.wants else ""


class MainDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Runs for every message, and replies once.

    An unknown person is asked for a name by :class:`UserProfileDialog`; a known one is greeted.
    Both may interrupt at any point: see :mod:`dialogs.interruptions`. Begun with the name of a
    message as its options, such as "restarted", it says that in front of the question.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param clock: seconds since the epoch.
    :param welcome_back_after: seconds of silence after which a person is welcomed back.
    :param default_locale: spoken where neither the activity nor the profile tells a locale.
    :param forget: erases the person of a turn; by default the profile alone.
    :param export: returns all that is held about that person as JSON; by default the profile.
    """

    def __init__(  # noqa: PLR0913 - each is a setting or a part of its own
        self,
        profile_accessor: StatePropertyAccessor,
        *,
        clock: Callable[[], float] = time.time,
        welcome_back_after: float = 30 * 60,
        default_locale: str = "en",
        forget: Callable[[TurnContext], Awaitable[None]] | None = None,
        export: Callable[[TurnContext], Awaitable[dict[str, Any]]] | None = None,
    ) -> None:
        super().__init__(MainDialog.__name__)
        self._profiles = profile_accessor
        self._clock = clock
        self._welcome_back_after = welcome_back_after
        self._words_of = words_of_person(profile_accessor, default_locale)
        self._export = export or self._export_profile
        self.add_dialog(UserProfileDialog(profile_accessor, default_locale=default_locale))
        self.add_dialog(ForgetDialog(forget or profile_accessor.delete, self._words_of))
        # Read now: a bot without its words should not start, and no turn should wait for a file.
        for locale in (default_locale, *languages(LOCALES)):
            interruption_in("", Words.for_locale(locale).language)

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        """Answer a message that opens no question, or ask one."""
        context = dialog_context.context
        if context.activity.type != ActivityTypes.message:
            return await dialog_context.end_dialog()
        turn = await self._turn(context)
        # An answer opens no dialog, so none is begun for it: that would cost half of the turn.
        if not await self._answered(turn, options):
            return await super().begin_dialog(dialog_context, options)
        return await dialog_context.end_dialog()

    async def on_begin_dialog(self, inner_dc: DialogContext, options: object) -> DialogTurnResult:
        """Ask what the message calls for."""
        return await self._ask(inner_dc, await self._turn(inner_dc.context), options)

    async def on_continue_dialog(self, inner_dc: DialogContext) -> DialogTurnResult:
        """Grant the wish that interrupts the open question, or hand the answer to it."""
        context = inner_dc.context
        if context.activity.type != ActivityTypes.message:
            return await super().on_continue_dialog(inner_dc)
        turn = await self._turn(context)
        if self._is_answer(turn, inner_dc):
            result = await super().on_continue_dialog(inner_dc)
            await self._note_first_visit(turn)
            return result
        if reply := await self._told(turn, open_question(inner_dc)):
            await context.send_activity(reply)
            return Dialog.end_of_turn
        await inner_dc.cancel_all_dialogs()
        if turn.wish is Wish.CANCEL:
            await context.send_activity(message(turn.words("stopped")))
        elif not (turn.new_name and await self._answered(turn, None)):
            return await self._ask(inner_dc, turn, None)
        return await inner_dc.end_dialog()

    async def _turn(self, context: TurnContext) -> _Turn:
        profile = await self._profiles.get(context) or UserProfile()
        words = await self._words_of(context)
        wants = interruption_in(text_for_bot(context.activity), words.language)
        moment, zone = sent_at(context.activity, self._clock()), zone_told_by(context.activity)
        return _Turn(context, profile, words, wants, moment, zone)

    def _is_answer(self, turn: _Turn, inner_dc: DialogContext) -> bool:
        """Whether a message is for the open question to judge."""
        asked = inner_dc.active_dialog.id
        if turn.wish is Wish.CANCEL:
            return bool(asked == ForgetDialog.__name__)  # it means no
        if turn.new_name:
            return bool(asked == UserProfileDialog.__name__)
        return turn.wants is None

    async def _answered(self, turn: _Turn, options: object) -> bool:
        """Answer a message unless a question is to be asked; return whether it was."""
        profile, words = turn.profile, turn.words
        known = bool(profile.name)
        if turn.new_name and known:
            profile.name = turn.new_name
            reply = message(words("renamed", name=profile.name))
        elif turn.wish is Wish.CANCEL and known:
            reply = message(words("nothing_to_stop"))
        elif told := await self._told(turn, ""):
            reply = told
        elif turn.wants is None and known:
            return await self._greet(turn, options)
        else:
            return False
        if profile.name:
            await self._note_visit(turn)
        await turn.context.send_activity(reply)
        return True

    async def _told(self, turn: _Turn, question: str) -> Activity | None:
        """Return the answer to a wish to be told something, with the open question after it."""
        words, activity = turn.words, turn.context.activity
        exports = turn.wish is Wish.EXPORT
        shows = turn.wish is Wish.WHO_AM_I and bool(turn.profile.name)
        if (exports or shows) and several_people_in(activity):
            text = words("only_in_private")
        elif exports:
            return export_message(words, await self._export(turn.context), activity, question)
        elif shows:
            return about_message(words, turn.profile, activity, question)
        elif turn.wish in (Wish.HELP, Wish.WHO_AM_I) and (turn.profile.name or question):
            text = words(_ASKED_WITH[turn.wish])
        else:
            return None
        return message(f"{text}\n{question}".rstrip(), question=bool(question))

    async def _ask(self, inner_dc: DialogContext, turn: _Turn, options: object) -> DialogTurnResult:
        """Open the question that a message calls for."""
        if turn.new_name:
            result = await inner_dc.begin_dialog(UserProfileDialog.__name__, named(turn.new_name))
            await self._note_first_visit(turn)
            return result
        if turn.wish is Wish.FORGET:
            return await inner_dc.begin_dialog(ForgetDialog.__name__)
        if turn.wish in _ASKED_WITH and (turn.profile.name or turn.wish is not Wish.CHANGE_NAME):
            options = _ASKED_WITH[turn.wish]
        return await inner_dc.begin_dialog(UserProfileDialog.__name__, options)

    async def _greet(self, turn: _Turn, options: object) -> bool:
        activity, profile, words = turn.context.activity, turn.profile, turn.words
        moment = turn.moment
        zone = turn.zone or zone_named(profile.time_zone) or UTC_ZONE
        first = f"{words('restarted')}\n" if options == "restarted" else ""
        if self._is_back(profile, activity, moment):
            first += f"{welcome_back_text(words, profile, activity, zone)}\n"
        when, where = words.moment(moment, zone), place_text(words, activity)
        text = greeting_text(words, profile.name, activity, when=when, where=where, first=first)
        await self._note_visit(turn, where)
        await turn.context.send_activity(message(text))
        return True

    def _is_back(self, profile: UserProfile, activity: Activity, moment: datetime) -> bool:
        """Whether a person comes back: to another conversation, or after a silence."""
        if profile.last_seen_at is None:
            return False
        silence = moment.timestamp() - profile.last_seen_at
        return (
            silence >= self._welcome_back_after
            or activity.conversation.id != profile.last_conversation
        )

    async def _note_first_visit(self, turn: _Turn) -> None:
        profile = await self._profiles.get(turn.context)
        if profile and profile.name:
            turn.profile = profile
            await self._note_visit(turn)

    async def _note_visit(self, turn: _Turn, where: str = "") -> None:
        """Keep in the profile what a message tells of its sender."""
        activity, profile = turn.context.activity, turn.profile
        profile.last_seen_at = turn.moment.timestamp()
        profile.last_channel = where or place_text(turn.words, activity)
        profile.last_conversation = activity.conversation.id
        if turn.zone:
            profile.time_zone = turn.zone.label
        locale = locale_tag(activity.locale)
        profile.locale = locale if is_spoken(locale) else profile.locale
        object_id = getattr(activity.from_property, "aad_object_id", None) or ""
        if 0 < len(object_id) <= _LONGEST_ID:
            profile.aad_object_id = object_id
        if 0 < len(tenant := tenant_of(activity)) <= _LONGEST_ID:
            profile.tenant_id = tenant
        await self._profiles.set(turn.context, profile)

    async def _export_profile(self, context: TurnContext) -> dict[str, Any]:
        profile = await self._profiles.get(context)
        return {"UserProfile": asdict(profile)} if profile else {}
