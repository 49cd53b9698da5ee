"""A tiny bot that asks for a colour. Its dialog is run by the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    Dialog,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.schema import Activity

from turnkeeper import Host, Settings, dialogs

Bot = Callable[[TurnContext], Awaitable[None]]


def question(text: str, **fields: Any) -> Activity:
    """A question in plain text."""
    return Activity(type="message", text=text, text_format="plain", **fields)


async def ask(step: WaterfallStepContext) -> DialogTurnResult:
    text = "Colour?" if step.options is None else f"({step.options}) Colour?"
    again = question("A colour, please.")
    options = PromptOptions(prompt=question(text), retry_prompt=again)
    return await step.prompt("colour", options)


async def ask_more(step: WaterfallStepContext) -> DialogTurnResult:
    return await step.prompt("colour", PromptOptions(prompt=question("Sure?")))


async def answer(step: WaterfallStepContext) -> DialogTurnResult:
    await step.context.send_activity(f"{step.result}!")
    return await step.end_dialog()


class Colours(ComponentDialog):  # type: ignore[misc]  # the SDK is untyped
    """Asks by the steps it is given."""

    def __init__(self, *steps: Any, waterfall: str = "colours", prompt: Any = None) -> None:
        super().__init__("root")
        self.add_dialog(WaterfallDialog(waterfall, list(steps or (ask, answer))))
        self.add_dialog(prompt or TextPrompt("colour"))


def new_host(**options: Any) -> Host:
    """A host in local mode, on memory."""
    return Host(Settings(storage_url="memory:"), **options)


def bot_with(host: Host, dialog: Dialog, **options: Any) -> Bot:
    """A bot that runs a dialog on each activity.

    :param options: of :func:`turnkeeper.dialogs.run`.
    """

    async def bot(context: TurnContext) -> None:
        await dialogs.run(dialog, context, host.conversation_state, **options)

    return bot
