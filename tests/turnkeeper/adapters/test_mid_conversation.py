"""What people keep in the middle of a conversation is there at the next message, class and all."""

from __future__ import annotations

import enum
from typing import Any

from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    DialogSet,
    DialogTurnResult,
    PromptOptions,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.choices import Choice, FoundChoice
from botbuilder.dialogs.prompts import ChoicePrompt, DateTimePrompt, TextPrompt
from botbuilder.schema import Activity, Attachment, HeroCard

from turnkeeper import Host, Settings, Types
from turnkeeper.testing import Cloud


class Size(enum.StrEnum):
    SMALL = "s"


class Cart:
    """Wants arguments."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.toppings = {"cheese"}


def question(text: str) -> PromptOptions:
    """What a prompt is told to ask, with a card that is kept with it."""
    card = Attachment(content_type="application/vnd.microsoft.card.hero", content=HeroCard())
    prompt = Activity(type="message", text=text, attachments=[card])
    return PromptOptions(prompt=prompt, choices=[Choice("red"), Choice("blue")])


async def colour(step: WaterfallStepContext) -> DialogTurnResult:
    """Begin to keep things."""
    step.values["cart"] = Cart(Size.SMALL)
    step.values["pair"] = (1, 2)
    return await step.prompt("choice", question("Which colour?"))


async def when(step: WaterfallStepContext) -> DialogTurnResult:
    """Keep what the prompt for a choice found."""
    step.values["colour"] = step.result
    return await step.prompt("date", question("When?"))


async def name(step: WaterfallStepContext) -> DialogTurnResult:
    """Keep what the prompt for a date found."""
    step.values["when"] = step.result
    return await step.prompt("text", question("What name?"))


async def done(step: WaterfallStepContext) -> Any:
    """Tell what was kept."""
    kept = step.values
    found: FoundChoice = kept["colour"]
    cart: Cart = kept["cart"]
    assert cart.size is Size.SMALL
    assert kept["pair"] == (1, 2)
    await step.context.send_activity(
        f"{step.result}: {found.value} {found.index}, {kept['when'][0].timex}, {cart.toppings}"
    )
    return await step.end_dialog()


async def test_what_steps_and_prompts_keep_is_there_at_the_next_message() -> None:
    host = Host(Settings(), types=Types(Cart, Size))
    dialogs = DialogSet(host.conversation_state.create_property("DialogState"))
    for dialog in (ChoicePrompt("choice"), DateTimePrompt("date"), TextPrompt("text")):
        dialogs.add(dialog)
    dialogs.add(WaterfallDialog("order", [colour, when, name, done]))

    async def bot(context: TurnContext) -> None:
        dialog = await dialogs.create_context(context)
        if (await dialog.continue_dialog()).status.name == "Empty":
            await dialog.begin_dialog("order")

    async with Cloud(host, bot) as cloud:
        ada = cloud.person("Ada", locale="en-us")
        assert "Which colour?" in (await ada.says("hi"))[0]
        assert await ada.says("blue") == ["When?"]
        assert await ada.says("2026-11-24") == ["What name?"]
        assert await ada.says("Ada") == ["Ada: blue 1, 2026-11-24, {'cheese'}"]
