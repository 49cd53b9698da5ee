"""The dialog that asks a person's name and keeps it."""

from __future__ import annotations

from botbuilder.core import StatePropertyAccessor
from botbuilder.dialogs import (
    ComponentDialog,
    DialogContext,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, PromptValidatorContext, TextPrompt
from botbuilder.schema import Activity

from dialogs.interruptions import Wish, suggest
from dialogs.messages import Words, message, words_of_person
from dialogs.person_name import LONGEST_NAME, Refusal, answered_name
from state.models import UserProfile
from turnkeeper.channels import text_for_bot

# From this refusal on, the bot offers to stop.
REFUSALS_BEFORE_OFFER = 3
CHANGE_NAME = "change_name"
"""The options with which the dialog asks for another name in place of the one it knows."""


def named(name: str) -> dict[str, str]:
    """Return the options with which the dialog takes a name for the answer to its question.

    :param name: a clean name.
    """
    return {"name": name}


def thanks_message(words: Words, name: str, incoming: Activity) -> Activity:
    """Return the answer to a first name, with buttons for what may be said from now on.

    :param words: the person's language.
    :param name: theirs.
    :param incoming: the message to answer.
    """
    reply = message(words("thanks", name=name))
    return suggest(reply, incoming, words, Wish.WHO_AM_I, Wish.CHANGE_NAME, Wish.HELP)


class UserProfileDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Asks for the name until it gets one, keeps it in the profile, and ends with it.

    Begun with the name of a message as its options, it says that message in front of the question;
    with :data:`CHANGE_NAME` it asks how to call the person from now on, and nothing else; with
    :func:`named` it goes on to what follows the question.

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
        self.add_dialog(WaterfallDialog("profile", [self.ask_name, self.keep_name]))
        self.add_dialog(TextPrompt("name", self.check_name))
        self.add_dialog(WaterfallDialog(CHANGE_NAME, [self.ask_name, self.keep_name]))

    async def on_begin_dialog(self, inner_dc: DialogContext, options: object) -> DialogTurnResult:
        """Begin the waterfall: its two steps for the name alone where only that is to change."""
        waterfall = CHANGE_NAME if options == CHANGE_NAME else self.initial_dialog_id
        return await inner_dc.begin_dialog(waterfall, options)

    async def ask_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask for the name, unless it is known already."""
        if isinstance(step.options, dict):
            return await step.next(step.options["name"])
        words = await self._words(step.context)
        changes = step.options == CHANGE_NAME
        question = words("ask_new_name" if changes else "ask_name")
        # The whole prompt is stored while the question is open. What is wrong with an answer is
        # said by the validator, so that no retry prompt has to be kept as well.
        options = PromptOptions(prompt=message(question, question=True))
        if isinstance(step.options, str) and not changes:
            options.prompt.text = f"{words(step.options)}\n{question}"
        result = await step.prompt("name", options)
        options.prompt.text = question  # what is asked again after an interruption
        return result

    async def keep_name(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Keep the name and confirm it."""
        words = await self._words(step.context)
        name = step.result
        profile = await self._profiles.get(step.context) or UserProfile()
        profile.name = name
        await self._profiles.set(step.context, profile)
        if step.options == CHANGE_NAME:
            reply = message(words("renamed", name=name))
        else:
            reply = thanks_message(words, name, step.context.activity)
        await step.context.send_activity(reply)
        return await step.end_dialog(name)

    async def check_name(self, prompt: PromptValidatorContext) -> bool:
        """Accept an answer as the name, or say what to change.

        :returns: whether the prompt is over, with the clean name.
        """
        context = prompt.context
        words = await self._words(context)
        text = text_for_bot(context.activity)
        name = answered_name(text, words.language)
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
