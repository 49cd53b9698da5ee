"""What a person may say to this bot at any time, beside what they may say to any."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from botbuilder.core import StatePropertyAccessor, TurnContext

from dialogs.about_person import about_message
from dialogs.messages import Words, WordsOf
from dialogs.person_name import new_name_in
from dialogs.phrases import phrases
from dialogs.user_profile_dialog import CHANGE_NAME, NAME, NAMED, START_OVER
from dialogs.visits import Visits
from state.models import UserProfile
from turnkeeper.channels import several_people_in
from turnkeeper.dialogs import Answer, Interrupted, Interruptions, Wish

Handler = Callable[[Interrupted], Awaitable[Answer]]


class Answers:
    """Answers what interrupts the open question.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param words_of: returns the words for a turn.
    :param visits: notes the visit of whoever is known.
    """

    def __init__(
        self, profile_accessor: StatePropertyAccessor, words_of: WordsOf, visits: Visits
    ) -> None:
        self._profiles = profile_accessor
        self._words_of = words_of
        self._visits = visits

    def interruptions(self) -> Interruptions:
        """Return all that a person may say at any time."""
        return Interruptions(
            {
                phrases().spoken("who_am_i_phrases"): self._noted(self.who_am_i),
                phrases().spoken("change_name_phrases"): self._noted(self.change_name),
                new_name_in: self._noted(self.rename),
                Wish.HELP: self._noted(self.help),
                Wish.CANCEL: self._noted(self.cancel),
                Wish.START_OVER: self._noted(self.start_over),
            },
            language=self.language,
        )

    async def language(self, context: TurnContext) -> str:
        """Return the language of a turn's person."""
        return (await self._words_of(context)).language

    async def help(self, interrupted: Interrupted) -> Answer:
        """Tell what one may say; who is new is asked for a name with it."""
        profile, words = await self._met(interrupted)
        among_others = several_people_in(interrupted.context.activity)
        text = words("help_group" if among_others else "help")
        return await self._told(interrupted, profile, text)

    async def cancel(self, interrupted: Interrupted) -> Answer:
        """Close the open question. From who is new it is a message like any other."""
        profile, _ = await self._met(interrupted)
        if not profile.name and not interrupted.dialogs.stack:
            return None
        return await interrupted.grant(Wish.CANCEL)

    async def start_over(self, interrupted: Interrupted) -> Answer:
        """Ask everything again."""
        _, words = await self._met(interrupted)
        return await interrupted.restart(START_OVER, first=words("start_over"))

    async def who_am_i(self, interrupted: Interrupted) -> Answer:
        """Tell a person what the bot holds about them, unless others read it."""
        context = interrupted.context
        profile, words = await self._met(interrupted)
        if not profile.name:
            return await self._told(interrupted, profile, words("nothing_known"))
        if several_people_in(context.activity):
            return words("only_in_private")
        # With a question after it, it is a text: the two are one message then.
        return about_message(words, profile, context.activity, card=not interrupted.asks)

    async def change_name(self, interrupted: Interrupted) -> Answer:
        """Ask for another name; who has given none is asked for the first."""
        profile, _ = await self._met(interrupted)
        return await interrupted.restart(CHANGE_NAME if profile.name else None)

    async def rename(self, interrupted: Interrupted) -> Answer:
        """Take a name that is given unasked: "call me Grace"."""
        if interrupted.asks == NAME:
            return None  # it is the answer
        context = interrupted.context
        profile, words = await self._met(interrupted)
        is_new = not profile.name
        profile.name = str(interrupted.found)
        await self._profiles.set(context, profile)
        if is_new:
            return await interrupted.restart(NAMED)
        return words("renamed", name=profile.name)

    def _noted(self, answer: Handler) -> Handler:
        """Return a handler that notes the visit, too: afterwards, to tell of the one before."""

        async def noted(interrupted: Interrupted) -> Answer:
            told = await answer(interrupted)
            context = interrupted.context
            await self._visits.note(context, await self._words_of(context))
            return told

        return noted

    async def _met(self, interrupted: Interrupted) -> tuple[UserProfile, Words]:
        """Return what is known of the person, from before this message, and their words."""
        context = interrupted.context
        words = await self._words_of(context)
        profile = await self._profiles.get(context) or UserProfile()
        return profile, words

    async def _told(self, interrupted: Interrupted, profile: UserProfile, text: str) -> Answer:
        if profile.name or interrupted.asks:
            return text
        return await interrupted.restart(first=text)
