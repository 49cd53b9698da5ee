"""The dialog that erases a person, once they have confirmed it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt

from dialogs.messages import WordsOf, message
from dialogs.phrases import phrases
from turnkeeper.channels import text_for_bot


class ForgetDialog(ComponentDialog):  # type: ignore[misc]  # the SDK has no types
    """Asks whether to erase a person, and does so on "yes". Any other answer keeps everything.

    It ends with whether the person was erased.

    :param forget: erases the person who sent a turn's activity.
    :param words_of: returns the words for a turn.
    """

    def __init__(self, forget: Callable[[TurnContext], Awaitable[None]], words_of: WordsOf) -> None:
        super().__init__(ForgetDialog.__name__)
        self._forget = forget
        self._words_of = words_of
        self.add_dialog(WaterfallDialog("forget", [self.ask, self.answer]))
        self.add_dialog(TextPrompt("sure", _any_answer))

    async def ask(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Ask whether the person is sure."""
        words = await self._words_of(step.context)
        question = message(words("ask_forget"), question=True)
        return await step.prompt("sure", PromptOptions(prompt=question))

    async def answer(self, step: WaterfallStepContext) -> DialogTurnResult:
        """Erase the person, or leave everything as it is, and say so."""
        words = await self._words_of(step.context)
        text = text_for_bot(step.context.activity)
        sure = phrases().meaning(text, words.language) == "yes_phrases"
        if sure:
            await self._forget(step.context)
        await step.context.send_activity(message(words("forgotten" if sure else "kept")))
        return await step.end_dialog(sure)


async def _any_answer(_: object) -> bool:
    return True
