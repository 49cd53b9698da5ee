"""The dialog that asks a person what is missing in their profile, and keeps each answer."""

from __future__ import annotations

from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    DialogContext,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, PromptValidatorContext, TextPrompt
from botbuilder.schema import Activity

from dialogs.buttons import suggest
from dialogs.messages import Words, message, words_of_person
from dialogs.person_name import LONGEST_NAME, Refusal, answered_name
from state.models import UserProfile
from turnkeeper.channels import pressed, text_for_bot
from turnkeeper.dialogs import Wish

# From this refusal on, the bot offers to stop.
REFUSALS_BEFORE_OFFER = 3
CHANGE_NAME = "change_name"
"""The options with which the dialog asks for another name in place of the one it knows."""

START_OVER = "start_over"
"""The options with which the dialog asks also what it knows."""

NAMED = "named"
"""The options of a person who has just given their name unasked."""

NAME = "name"
"""The id of the prompt for the name."""


def thanks_message(words: Words, name: str, incoming: Activity) -> Activity:
    """Return the answer to the last answer, with buttons for what may be said from now on.

    :param words: the person's language.
    :param name: theirs.
    :param incoming: the message to answer.
    """
    reply = message(words("thanks", name=name))
    own = (words(name).split("|")[0] for name in ("who_am_i_phrases", "change_name_phrases"))
    return suggest(reply, incoming, *own, Wish.HELP.phrase(words.language))


class UserProfileDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Asks what is missing, one question after another, and ends with the name.

    Each answer is kept at once, so whoever cancels a later question has lost none. Begun with
    :data:`CHANGE_NAME` it asks how to call the person from now on, and nothing else.

    The ids of its dialogs and the names of its steps are stored in open conversations: a change
    to them starts those afresh.

    :param profile_accessor: the ``UserProfile`` property of user state.
    :param default_locale: spoken where neither the activity nor the profile tells a locale.
    """

    def __init__(
        self, profile_accessor: StatePropertyAccessor, *, default_locale: str = "en"
    ) -> None:
        super().__init__(UserProfileDialog.__name__)
        self._profiles = profile_accessor
        self._words = words_of_person(profile_accessor, default_locale)
        steps = [self.ask_name, self.keep_name, self.thank]
        self.add_dialog(WaterfallDialog("profile", steps))
        self.add_dialog(TextPrompt(NAME, self.check_name))
        self.add_dialog(WaterfallDialog(CHANGE_NAME, [self.ask_new_name, self.keep_new_name]))

    async def on_begin_dialog(self, inner_dc: DialogContext, options: object) -> DialogTurnResult:
        """Begin the waterfall: its two steps for the name alone where only that is to change."""
        waterfall = CHANGE_NAME if options == CHANGE_NAME else self.initial_dialog_id
        return await inner_dc.begin_dialog(waterfall, options)

    async def ask_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for the name, unless it is known already."""
        profile = await self._profile(step.context)
        if profile.name and step.options != START_OVER:
            return await step.next(None)
        words = await self._words(step.context)
        return await self._ask(step, NAME, words("ask_name"))

    async def keep_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Keep the name."""
        await self._keep_name(step)
        return await step.next(None)

    async def thank(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Thank for the answers."""
        words, profile = await self._words(step.context), await self._profile(step.context)
        await step.context.send_activity(thanks_message(words, profile.name, step.context.activity))
        return await step.end_dialog(profile.name)

    async def ask_new_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for another name."""
        words = await self._words(step.context)
        return await self._ask(step, NAME, words("ask_new_name"))

    async def keep_new_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Keep the other name and confirm it."""
        await self._keep_name(step)
        words = await self._words(step.context)
        await step.context.send_activity(message(words("renamed", name=step.result)))
        return await step.end_dialog(step.result)

    async def check_name(self, prompt: PromptValidatorContext) -> bool:
        """Accept an answer as the name, or say what to change.

        :returns: whether the prompt is over, with the clean name.
        """
        context = prompt.context
        words = await self._words(context)
        text = text_for_bot(context.activity)
        name = answered_name(text, words.language)
        if pressed(context.activity):
            name = Refusal.NOT_A_NAME  # a button that the bot did not offer
        if isinstance(name, str):
            prompt.recognized.value = name
            return True
        values = {"limit": LONGEST_NAME} if name is Refusal.TOO_LONG else {}
        retry = words(name.value, **values)
        # The SDK counts this answer only after the validator.
        if prompt.options.number_of_attempts + 1 >= REFUSALS_BEFORE_OFFER:
            retry += "\n" + words("offer_to_stop")
        await context.send_activity(message(retry, question=True))
        return False

    async def _ask(self, step: WaterfallStepContext, prompt: str, text: str) -> DialogTurnResult:
        # The whole prompt is stored while the question is open. What is wrong with an answer is
        # said by the validator, so that no retry prompt has to be kept as well.
        return await step.prompt(prompt, PromptOptions(prompt=message(text, question=True)))

    async def _profile(self, context: TurnContext) -> UserProfile:
        return await self._profiles.get(context) or UserProfile()

    async def _keep_name(self, step: WaterfallStepContext) -> None:
        if step.result is not None:  # it was asked for
            profile = await self._profile(step.context)
            profile.name = step.result
            await self._profiles.set(step.context, profile)
