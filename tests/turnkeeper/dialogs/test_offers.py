"""What an open question offers is an answer to it, even if it reads like a wish."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext
from botbuilder.dialogs.choices import Choice, ListStyle
from botbuilder.dialogs.prompts import ChoicePrompt, ConfirmPrompt, PromptOptions, TextPrompt
from botbuilder.schema import (
    ActionTypes,
    Activity,
    Attachment,
    CardAction,
    HeroCard,
    SuggestedActions,
)

from tests.turnkeeper.dialogs.colours import Colours, question
from tests.turnkeeper.dialogs.conftest import Deploy
from turnkeeper import Host
from turnkeeper.dialogs import Interrupted, Interruptions
from turnkeeper.testing import Person, shown

CARD = "application/vnd.microsoft.card.adaptive"
HERO = "application/vnd.microsoft.card.hero"


async def tell(step: WaterfallStepContext) -> DialogTurnResult:
    """End with what was answered."""
    answer = getattr(step.result, "value", step.result)
    await step.context.send_activity(f"answered {answer}")
    return await step.end_dialog()


def asking(options: PromptOptions, prompt: Dialog | None = None) -> Colours:
    """A dialog that asks one question."""

    async def ask(step: WaterfallStepContext) -> DialogTurnResult:
        return await step.prompt("colour", options)

    return Colours(ask, tell, prompt=prompt)


def button(title: str, value: Any = None) -> CardAction:
    return CardAction(type=ActionTypes.im_back, title=title, value=value or title)


async def test_a_choice_is_an_answer(ada: Person, deploy: Deploy) -> None:
    choices = [
        Choice("Cancel"),
        Choice("Hotline", synonyms=["help"]),
        Choice("Again", action=button("Start over")),
        Choice("Red"),
    ]
    options = PromptOptions(prompt=question("What now?"), choices=choices)
    offered = {"cancel!": "Cancel", "HELP": "Hotline", "start over": "Again"}
    for said, answer in offered.items():
        await deploy(asking(options, ChoicePrompt("colour")))
        await ada.says("hi")
        assert await ada.says(said) == [f"answered {answer}"]
    await ada.says("hi")
    assert (await ada.says("quit"))[0].startswith("OK, I'll stop asking.")


@pytest.mark.parametrize(
    "prompt",
    [
        question("What now?", suggested_actions=SuggestedActions(actions=[button("Help")])),
        question(
            "What now?",
            attachments=[Attachment(content_type=HERO, content=HeroCard(buttons=[button("Help")]))],
        ),
        question(
            "What now?",
            attachments=[
                Attachment(
                    content_type=HERO,
                    content={"buttons": [{"type": "imBack", "title": "x", "value": "help"}]},
                )
            ],
        ),
        question(
            "What now?",
            attachments=[
                Attachment(
                    content_type=CARD,
                    content={
                        "type": "AdaptiveCard",
                        "body": [
                            {
                                "type": "ActionSet",
                                "actions": [{"type": "Action.Submit", "title": "Help"}],
                            }
                        ],
                    },
                )
            ],
        ),
    ],
    ids=["a suggested action", "a hero card", "a hero card as JSON", "an adaptive card"],
)
async def test_a_button_of_the_question_is_an_answer(
    ada: Person, deploy: Deploy, prompt: Activity
) -> None:
    await deploy(asking(PromptOptions(prompt=prompt)))
    await ada.says("hi")
    assert await ada.says("cancel") != ["answered cancel"]
    await ada.says("hi")
    assert await ada.says("help") == ["answered help"]


async def test_a_text_on_a_card_that_is_no_button_offers_nothing(
    ada: Person, deploy: Deploy
) -> None:
    card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "Help", "title": "x"}]}
    prompt = question("?", attachments=[Attachment(content_type=CARD, content=card)])
    await deploy(asking(PromptOptions(prompt=prompt)))
    await ada.says("hi")
    assert "answered help" not in await ada.says("help")


@pytest.mark.parametrize("own", [("Sure", "Never mind"), None])
async def test_what_a_confirm_prompt_offers_is_an_answer(
    ada: Person, deploy: Deploy, own: tuple[str, str] | None
) -> None:
    async def unsure(_: Interrupted) -> str:
        return "Take your time."

    prompt = ConfirmPrompt("colour")
    if own:
        prompt.confirm_choices = tuple(map(Choice, own))
    dialog = asking(PromptOptions(prompt=question("Really?")), prompt)
    await deploy(dialog, interruptions=Interruptions({"no|never mind": unsure}))
    await ada.says("hi")
    answer, other = ("never mind", "no") if own else ("No", "never mind")
    assert (await ada.says(other))[0].startswith("Take your time.")
    # Which of its own choices was meant the SDK's prompt finds out by chance.
    assert (await ada.says(answer))[0].startswith("answered ")


async def test_asking_again_does_not_make_the_record_grow(
    host: Host, ada: Person, deploy: Deploy
) -> None:
    picture = Attachment(content_type="image/png", content_url="https://example.com/a.png")
    options = PromptOptions(
        prompt=question("Which?", attachments=[picture]),
        choices=[Choice("Red"), Choice("Blue")],
        style=ListStyle.hero_card,
    )
    await deploy(asking(options, ChoicePrompt("colour")))
    await ada.says("hi")
    first = [one["contentType"] for one in ada.last[0]["attachments"]]
    sizes = set()
    for _ in range(4):
        await ada.says("help")
        assert [one["contentType"] for one in ada.last[-1]["attachments"]] == first
        assert "Red" in shown(ada.last[-1])
        [(_, record)] = await host.storage.records.scan(prefix="msteams/conversations/")
        sizes.add(len(record.body))
    assert len(sizes) == 1
    assert await ada.says("blue") == ["answered Blue"]


async def test_a_question_that_is_no_prompt_offers_nothing_and_is_not_asked_again(
    ada: Person, deploy: Deploy
) -> None:
    async def ask(step: WaterfallStepContext) -> DialogTurnResult:
        await step.context.send_activity("Well?")
        return Dialog.end_of_turn

    async def asks(interrupted: Interrupted) -> str:
        return repr(interrupted.asks)

    await deploy(
        Colours(ask, tell, prompt=TextPrompt("x")), interruptions=Interruptions({"asks": asks})
    )
    await ada.says("hi")
    assert await ada.says("asks") == ["''"]
    assert await ada.says("red") == ["answered red"]
