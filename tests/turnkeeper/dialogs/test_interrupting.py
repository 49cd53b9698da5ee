"""What a person may say in the middle of a question, and what a bot's own handlers may do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    DialogContext,
    DialogReason,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.schema import Activity, Attachment

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, question
from tests.turnkeeper.dialogs.conftest import Deploy
from turnkeeper.dialogs import Interrupted, Interruptions, Wish
from turnkeeper.testing import Cloud, Person, shown

HELP = """At any time you can say:
• Start over – to be asked again
• Cancel – to stop a question
• Export my data – to get everything I keep about you
• Forget me – to have all of it erased"""
STOPPED = "OK, I'll stop asking. Say anything when you want to pick this up again."
NOTHING = 'There is nothing to stop right now. Type "help" to see what you can say.'


class TestTheEnginesWishes:
    async def test_help_is_told_and_the_question_asked_again(self, ada: Person) -> None:
        await ada.says("hi")
        for word in ("help", "?", "Hilfe", "ヘルプ"):
            assert await ada.says(word) == [f"{HELP}\nColour?"]
        assert await ada.says("red") == ["red!"]

    async def test_with_no_question_open_it_is_told_alone(self, ada: Person) -> None:
        assert await ada.says("help") == [HELP]
        assert await ada.says("hi") == ["Colour?"]

    async def test_cancel_closes_all(self, ada: Person) -> None:
        await ada.says("hi")
        assert await ada.says("cancel") == [STOPPED]
        assert await ada.state("DialogState") is None
        assert await ada.says("red") == ["Colour?"]

    async def test_with_nothing_open_there_is_nothing_to_stop(self, ada: Person) -> None:
        assert await ada.says("cancel") == [NOTHING]

    async def test_start_over_begins_anew_with_a_line_in_front(
        self, ada: Person, deploy: Deploy
    ) -> None:
        await deploy(Colours(ask, lambda step: step.prompt("colour", SURE), answer))
        await ada.says("hi")
        assert await ada.says("red") == ["Sure?"]
        assert await ada.says("start over") == ["Let us start from the beginning.\nColour?"]

    async def test_they_are_told_in_the_persons_language(self, cloud: Cloud) -> None:
        ada = cloud.person("Ada", locale="de-AT")
        await ada.says("hi")
        assert await ada.says("cancel") == [
            "Gut, ich frage nicht weiter. Schreiben Sie etwas, wenn Sie weitermachen möchten."
        ]

    async def test_one_that_is_switched_off_is_an_answer(self, ada: Person, deploy: Deploy) -> None:
        await deploy(interruptions=Interruptions(without={Wish.CANCEL}))
        await ada.says("hi")
        assert "Cancel" not in (await ada.says("help"))[0]
        assert await ada.says("cancel") == ["cancel!"]

    @pytest.mark.parametrize("text", ["help wanted", "Cancel culture", "helper", "stopped"])
    async def test_a_phrase_inside_of_an_answer_is_none(self, ada: Person, text: str) -> None:
        await ada.says("hi")
        assert await ada.says(text) == [f"{text}!"]

    async def test_it_does_not_count_as_a_wrong_answer(self, ada: Person, deploy: Deploy) -> None:
        attempts = []

        async def note(prompt: Any) -> bool:
            attempts.append(prompt.options.number_of_attempts)
            return False

        await deploy(Colours(prompt=TextPrompt("colour", note)))
        await ada.says("hi")
        for _ in range(3):
            await ada.says("help")
        assert await ada.says("red") == ["A colour, please."]
        assert attempts == [0]


SURE = PromptOptions(prompt=question("Sure?"))


async def weather(interrupted: Interrupted) -> str:
    return f"Fine in {interrupted.found}."


def city_in(text: str, language: str) -> str | None:
    """The city in a question for the weather."""
    found = re.fullmatch(r"weather in (\w+)", text)
    return found[1] if found else None


class TestAnOwnOne:
    async def test_a_text_is_told_and_the_question_asked_again_in_one_message(
        self, ada: Person, deploy: Deploy
    ) -> None:
        await deploy(interruptions=Interruptions({city_in: weather}))
        assert await ada.says("weather in Rome") == ["Fine in Rome."]
        await ada.says("hi")
        assert await ada.says("weather in Rome") == ["Fine in Rome.\nColour?"]
        assert await ada.says("red") == ["red!"]

    @pytest.mark.parametrize("said", ["Where is my order?", "WO IST MEINE BESTELLUNG", "ou est ca"])
    async def test_phrases_are_compared_as_a_whole_in_any_spelling(
        self, ada: Person, deploy: Deploy, said: str
    ) -> None:
        async def told(interrupted: Interrupted) -> str:
            return f"On its way: {interrupted.found}"

        phrases = "where is my order | wo ist meine Bestellung|où est ça"
        await deploy(interruptions=Interruptions({phrases: told}))
        await ada.says("hi")
        assert await ada.says(said) == [f"On its way: {said}\nColour?"]
        assert await ada.says(f"not {said}") == [f"not {said}!"]

    async def test_it_goes_before_the_engines(self, ada: Person, deploy: Deploy) -> None:
        async def told(_: Interrupted) -> str:
            return "No way back."

        await deploy(interruptions=Interruptions({"cancel": told}))
        await ada.says("hi")
        assert await ada.says("Cancel!") == ["No way back.\nColour?"]
        assert await ada.says("stop") == [STOPPED]

    async def test_it_may_take_the_place_of_a_wish(self, ada: Person, deploy: Deploy) -> None:
        async def told(_: Interrupted) -> str:
            return "Say a colour."

        await deploy(interruptions=Interruptions({Wish.HELP: told}))
        await ada.says("hi")
        assert await ada.says("Hilfe") == ["Say a colour.\nColour?"]

    async def test_help_names_it(self, ada: Person, deploy: Deploy) -> None:
        await deploy(interruptions=Interruptions({"Where is my order|wo ist sie": weather}))
        assert await ada.says("help") == [f"{HELP}\n• Where is my order"]

    async def test_none_makes_it_an_answer(self, ada: Person, deploy: Deploy) -> None:
        async def told(interrupted: Interrupted) -> str | None:
            return None if interrupted.asks == "colour" else "Not now."

        await deploy(interruptions=Interruptions({"grey": told}))
        assert await ada.says("grey") == ["Not now."]
        await ada.says("hi")
        assert await ada.says("grey") == ["grey!"]

    async def test_none_with_nothing_open_begins_the_root(
        self, ada: Person, deploy: Deploy
    ) -> None:
        async def told(_: Interrupted) -> None:
            return None

        await deploy(interruptions=Interruptions({"grey": told}))
        assert await ada.says("grey") == ["Colour?"]

    async def test_a_card_is_a_message_of_its_own(self, ada: Person, deploy: Deploy) -> None:
        async def told(_: Interrupted) -> Activity:
            card = {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "Mine"}]}
            kind = "application/vnd.microsoft.card.adaptive"
            return Activity(
                type="message", attachments=[Attachment(content_type=kind, content=card)]
            )

        await deploy(interruptions=Interruptions({"card": told}))
        await ada.says("hi")
        await ada.says("card")
        assert [shown(reply) for reply in ada.last] == ["Mine", "Colour?"]

    async def test_a_handler_may_do_all_by_itself(self, ada: Person, deploy: Deploy) -> None:
        async def told(interrupted: Interrupted) -> DialogTurnResult:
            await interrupted.context.send_activity("Wait for it.")
            return await interrupted.dialogs.continue_dialog()

        await deploy(interruptions=Interruptions({"red": told}))
        await ada.says("hi")
        assert await ada.says("red") == ["Wait for it.", "red!"]

    async def test_a_handler_knows_the_persons_language(self, cloud: Cloud, deploy: Deploy) -> None:
        async def told(interrupted: Interrupted) -> str:
            return interrupted.language

        async def spoken(_: TurnContext) -> str:
            return "fr"

        ada = cloud.person("Ada", locale="de-AT")
        await deploy(interruptions=Interruptions({"lingua": told}))
        assert await ada.says("lingua") == ["de-AT"]
        await deploy(interruptions=Interruptions({"lingua": told}, language=spoken))
        assert await ada.says("lingua") == ["fr"]
        assert (await ada.says("help"))[0].startswith("À tout moment")

    async def test_restart_closes_all_and_begins_the_root(
        self, ada: Person, deploy: Deploy
    ) -> None:
        async def other(interrupted: Interrupted) -> DialogTurnResult:
            return await interrupted.restart("another", first="Very well.")

        await deploy(interruptions=Interruptions({"another": other}))
        assert await ada.says("another") == ["Very well.\n(another) Colour?"]
        assert await ada.says("another") == ["Very well.\n(another) Colour?"]
        # What was in front is not asked again with the question.
        assert await ada.says("help") == [f"{HELP}\n• another\n(another) Colour?"]
        assert await ada.says("red") == ["red!"]


class Sizes(ComponentDialog):  # type: ignore[misc]  # the SDK is untyped
    """Asks for a size; "none" as its options ends it at once."""

    def __init__(self, *, waterfall: str = "sizes") -> None:
        super().__init__("sizes dialog")
        self.add_dialog(WaterfallDialog(waterfall, [self.ask, self.tell]))
        self.add_dialog(TextPrompt("size"))
        self.ended: list[DialogReason] = []

    async def ask(self, step: WaterfallStepContext) -> DialogTurnResult:
        if step.options == "none":
            await step.context.send_activity("No size.")
            return await step.end_dialog()
        return await step.prompt("size", PromptOptions(prompt=question("Size?")))

    async def tell(self, step: WaterfallStepContext) -> DialogTurnResult:
        await step.context.send_activity(f"Size {step.result}.")
        return await step.end_dialog()

    async def on_end_dialog(self, context: TurnContext, instance: Any, reason: Any) -> None:
        self.ended.append(reason)


async def size(interrupted: Interrupted) -> DialogTurnResult:
    return await interrupted.begin("sizes dialog")


async def no_size(interrupted: Interrupted) -> DialogTurnResult:
    return await interrupted.begin("sizes dialog", "none")


class TestADialogAside:
    @pytest.fixture
    def sizes(self) -> Sizes:
        return Sizes()

    @pytest.fixture(autouse=True)
    async def bot(self, sizes: Sizes, deploy: Deploy) -> None:
        own = {"size": size, "no size": no_size}
        await deploy(interruptions=Interruptions(own, dialogs=[sizes]), question_timeout=3600)

    async def test_when_it_ends_the_open_question_is_asked_again(self, ada: Person) -> None:
        await ada.says("hi")
        assert await ada.says("size") == ["Size?"]
        assert await ada.says("XL") == ["Size XL.", "Colour?"]
        assert await ada.says("red") == ["red!"]

    async def test_one_that_asks_nothing_ends_at_once(self, ada: Person) -> None:
        await ada.says("hi")
        assert await ada.says("no size") == ["No size.", "Colour?"]
        assert await ada.says("red") == ["red!"]

    async def test_where_nothing_else_is_open_nothing_is_asked(self, ada: Person) -> None:
        assert await ada.says("size") == ["Size?"]
        assert await ada.says("XL") == ["Size XL."]
        assert await ada.state("turnkeeper.dialogs") is None
        assert await ada.says("hi") == ["Colour?"]

    async def test_another_takes_its_place(self, ada: Person, sizes: Sizes) -> None:
        await ada.says("hi")
        await ada.says("size")
        assert await ada.says("size") == ["Size?"]
        assert sizes.ended == [DialogReason.CancelCalled]
        assert await ada.says("XL") == ["Size XL.", "Colour?"]

    async def test_it_is_interrupted_like_any_other(self, ada: Person) -> None:
        await ada.says("hi")
        await ada.says("size")
        assert (await ada.says("help"))[0].endswith("• no size\nSize?")
        assert await ada.says("XL") == ["Size XL.", "Colour?"]

    async def test_cancel_closes_it_with_all_others(self, ada: Person, sizes: Sizes) -> None:
        await ada.says("hi")
        await ada.says("size")
        assert await ada.says("cancel") == [STOPPED]
        assert sizes.ended == [DialogReason.CancelCalled]
        assert await ada.says("XL") == ["Colour?"]

    async def test_it_stays_open_over_a_deploy(self, ada: Person, deploy: Deploy) -> None:
        await ada.says("hi")
        await ada.says("size")
        await deploy(interruptions=Interruptions({"size": size}, dialogs=[Sizes()]))
        assert await ada.says("XL") == ["Size XL.", "Colour?"]

    @pytest.mark.parametrize("dialogs", [[], [Sizes(waterfall="lengths")]])
    async def test_one_that_no_longer_fits_is_dropped_and_its_answer_answers_nothing(
        self, ada: Person, deploy: Deploy, dialogs: list[Sizes]
    ) -> None:
        await ada.says("hi")
        await ada.says("size")
        await deploy(interruptions=Interruptions(dialogs=dialogs))
        restarted = "I was updated while we were talking, so let me ask again."
        assert await ada.says("XL") == [f"{restarted}\nColour?"]
        assert await ada.says("red") == ["red!"]

    async def test_an_old_one_is_closed(self, cloud: Cloud, ada: Person) -> None:
        await ada.says("size")
        cloud.clock.move(minutes=61)
        assert await ada.says("XL") == ["Hello again! I am still missing your answer.\nColour?"]


async def test_a_dialog_that_looks_at_its_context_finds_nothing_of_the_engines(
    ada: Person, deploy: Deploy
) -> None:
    seen: list[DialogContext] = []

    async def look(interrupted: Interrupted) -> str:
        seen.append(interrupted.dialogs)
        return str([instance.id for instance in interrupted.dialogs.stack])

    await deploy(interruptions=Interruptions({"look": look}))
    assert await ada.says("look") == ["[]"]
    await ada.says("hi")
    assert await ada.says("look") == ["['root']\nColour?"]
