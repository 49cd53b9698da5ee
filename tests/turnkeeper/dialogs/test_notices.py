"""What is said in front of a question: one message with it where possible, else one ahead."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.core import MessageFactory, TurnContext
from botbuilder.dialogs import DialogTurnResult, WaterfallStepContext
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.schema import Activity, ActivityTypes, Attachment, SuggestedActions

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, question
from tests.turnkeeper.dialogs.conftest import Deploy
from turnkeeper import Host, dialogs
from turnkeeper.dialogs import Interrupted, Interruptions
from turnkeeper.testing import Cloud, Person

PICTURE = Attachment(content_type="image/png", content_url="https://example.com/a.png")


async def told(_: Interrupted) -> str:
    return "*Plain*"


async def shown(_: Interrupted) -> Activity:
    return Activity(type="message", text="Look", text_format="plain", attachments=[PICTURE])


async def offered(_: Interrupted) -> Activity:
    return question("Look", suggested_actions=SuggestedActions(actions=[]))


async def spoken(_: Interrupted) -> Activity:
    return question("Look", speak="Look here")


OWN = Interruptions({"told": told, "shown": shown, "offered": offered, "spoken": spoken})


def asking(prompt: Activity) -> Colours:
    async def ask(step: WaterfallStepContext) -> DialogTurnResult:
        return await step.prompt("colour", PromptOptions(prompt=prompt))

    return Colours(ask, answer)


async def texts(person: Person, said: str) -> list[str | None]:
    """What the replies to a message say; None where one has no text."""
    await person.says(said)
    return [reply.get("text") for reply in person.last]


@pytest.mark.parametrize(
    ("prompt", "said", "replies"),
    [
        (question("Colour?"), "told", ["*Plain*\nColour?"]),
        (question("Colour?"), "cancel the lot", None),
        (question("Colour?"), "shown", ["Look\nColour?"]),
        (question("Colour?"), "offered", ["Look", "Colour?"]),
        (question("Colour?"), "spoken", ["Look", "Colour?"]),
        (question("Colour?", speak="Which colour?"), "told", ["*Plain*", "Colour?"]),
        (question("", attachments=[PICTURE]), "told", ["*Plain*", None]),
        (question("x" * 19_995), "told", ["*Plain*", "x" * 19_995]),
        # Its asterisks would be markup there; the engine's words have none.
        (MessageFactory.text("**Colour?**"), "told", ["*Plain*", "**Colour?**"]),
        (Activity(type="message", text="<b>Colour?</b>", text_format="xml"), "help", 2),
    ],
)
async def test_it_is_one_message_with_the_question_where_nothing_speaks_against_it(
    ada: Person, deploy: Deploy, prompt: Activity, said: str, replies: Any
) -> None:
    await deploy(asking(prompt), interruptions=OWN)
    await ada.says("hi")
    if replies is None:
        assert await ada.says(said) == [f"{said}!"]
        return
    found = await texts(ada, said)
    assert len(found) == 2 if replies == 2 else [text or None for text in found] == replies


async def test_in_markdown_the_engines_lines_are_paragraphs(ada: Person, deploy: Deploy) -> None:
    await deploy(asking(MessageFactory.text("**Colour?**")))
    await ada.says("hi")
    [reply] = await ada.says("help")
    assert reply.startswith("At any time you can say:\n\n• Start over – to be asked again\n\n• ")
    assert reply.endswith("\n\n**Colour?**")


async def test_attachments_come_with_it(ada: Person, deploy: Deploy) -> None:
    card = Attachment(content_type="image/gif", content_url="https://example.com/b.gif")
    await deploy(asking(question("Colour?", attachments=[card])), interruptions=OWN)
    await ada.says("hi")
    await ada.says("shown")
    [reply] = ada.last
    kinds = [attachment["contentType"] for attachment in reply["attachments"]]
    assert kinds == ["image/png", "image/gif"]


async def test_a_question_that_was_told_something_with_is_still_one(
    ada: Person, deploy: Deploy
) -> None:
    await deploy(interruptions=OWN)
    await ada.says("hi")
    await ada.says("told")
    assert ada.last[0]["inputHint"] == "expectingInput"


async def test_the_stored_question_stays_what_it_was(ada: Person, deploy: Deploy) -> None:
    await deploy(Colours(waterfall="other"), interruptions=OWN)
    await ada.says("hi")
    await deploy(interruptions=OWN)
    assert (await ada.says("hi"))[0].startswith("I was updated")
    for _ in range(2):
        assert await ada.says("told") == ["*Plain*\nColour?"]


async def test_a_wrong_answer_is_told_so_though_the_question_was_asked_anew(
    ada: Person, deploy: Deploy
) -> None:
    async def refuse(_: Any) -> bool:
        return False

    await deploy(Colours(prompt=TextPrompt("colour", refuse)))
    await ada.says("hi")
    await deploy(Colours(waterfall="other", prompt=TextPrompt("colour", refuse)))
    assert (await ada.says("hi"))[0].endswith("\nColour?")
    assert await ada.says("red") == ["A colour, please."]


async def test_the_bots_own_handlers_see_the_whole_message(
    cloud: Cloud, host: Host, ada: Person
) -> None:
    async def shout(_: TurnContext, activities: list[Activity], send: Any) -> None:
        for activity in activities:
            activity.text = activity.text and activity.text.upper()
        await send()

    async def bot(context: TurnContext) -> None:
        context.on_send_activities(shout)
        await dialogs.run(Colours(), context, host.conversation_state, interruptions=OWN)
        await context.send_activity("end")

    await cloud.restart(bot)
    await ada.says("hi")
    assert await ada.says("told") == ["*PLAIN*\nCOLOUR?", "END"]


async def test_it_goes_before_the_first_message_of_several(ada: Person, deploy: Deploy) -> None:
    async def say_much(step: WaterfallStepContext) -> DialogTurnResult:
        typing = Activity(type=ActivityTypes.typing)
        await step.context.send_activities([typing, question("One"), question("Two")])
        return await ask(step)

    await deploy(Colours(waterfall="other"))
    await ada.says("hi")
    await deploy(Colours(say_much, answer))
    assert await ada.says("hi") == [
        "I was updated while we were talking, so let me ask again.\nOne",
        "Two",
        "Colour?",
    ]


async def test_if_the_dialog_says_nothing_it_is_told_alone(ada: Person, deploy: Deploy) -> None:
    async def end(step: WaterfallStepContext) -> DialogTurnResult:
        return await step.end_dialog()

    await ada.says("hi")
    await deploy(Colours(end))
    assert await ada.says("hi") == ["I was updated while we were talking, so let me ask again."]


async def test_nothing_is_left_of_it_where_the_dialog_fails(
    host: Host, ada: Person, deploy: Deploy
) -> None:
    async def fail(step: WaterfallStepContext) -> DialogTurnResult:
        raise LookupError

    async def sorry(context: TurnContext, _: Exception) -> None:
        await context.send_activity(question("Sorry."))

    host.adapter.on_turn_error = sorry
    await ada.says("hi")
    await deploy(Colours(fail))
    assert await ada.says("hi") == ["Sorry."]


async def test_replies_in_the_response_have_it_too(ada: Person, deploy: Deploy) -> None:
    await deploy(interruptions=OWN)
    await ada.says("hi")
    turn = await ada.sends(ada.message("told", deliveryMode="expectReplies"))
    assert turn.texts == ["*Plain*\nColour?"]
