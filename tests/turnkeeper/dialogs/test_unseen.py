"""Nothing is the answer to a question that is known not to have reached the person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    Dialog,
    DialogContext,
    DialogTurnResult,
    DialogTurnStatus,
    WaterfallStepContext,
)
from botbuilder.dialogs.choices import Choice, ListStyle
from botbuilder.dialogs.prompts import ChoicePrompt, PromptOptions
from botbuilder.schema import Activity
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, question
from tests.turnkeeper.dialogs.talk import FORGOTTEN, KEPT, REFUSED, SURE, Talk
from turnkeeper.dialogs import Interrupted, Interruptions
from turnkeeper.errors import DeliveryRefused

STOPPED = "OK, I'll stop asking. Say anything when you want to pick this up again."


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk(Colours(), question_timeout=3600, name_in_groups=False)
    yield talk
    await talk.end()


async def test_who_types_ahead_is_understood(talk: Talk) -> None:
    assert await talk.says("hi") == ["Colour?"]
    assert await talk.says("red") == ["red!"]


async def test_a_refused_question_is_asked_once_more_then_answered(talk: Talk) -> None:
    talk.refuses()
    assert await talk.says("hi") == []
    await talk.recovers()
    assert await talk.says("red") == ["Colour?"]
    assert await talk.says("red") == ["red!"]


async def test_while_a_question_is_owed_nothing_is_judged_and_nothing_said(talk: Talk) -> None:
    talk.is_busy()
    assert await talk.says("hi") == []
    assert await talk.says("red") == []
    await talk.recovers()
    assert talk.told == ["Colour?"]
    assert await talk.says("blue") == ["blue!"]


@pytest.mark.parametrize("yes", ["yes", "Delete everything!", "no", "what?"])
async def test_a_confirmation_that_is_owed_is_not_answered(talk: Talk, yes: str) -> None:
    await talk.says("hi")
    talk.is_busy()
    assert await talk.says("forget me") == []
    assert await talk.says(yes) == []
    await talk.recovers()
    assert talk.told == ["Colour?", SURE]
    assert await talk.says("yes") == [FORGOTTEN]


@pytest.mark.parametrize("yes", ["yes", "Delete everything!", "no", "what?"])
async def test_a_refused_confirmation_is_asked_once_more(talk: Talk, yes: str) -> None:
    await talk.says("hi")
    talk.refuses()
    assert await talk.says("forget me") == []
    await talk.recovers()
    assert await talk.says(yes) == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]


async def test_a_refused_confirmation_is_asked_with_nothing_else_open(talk: Talk) -> None:
    talk.refuses()
    await talk.says("forget me")
    await talk.recovers()
    assert await talk.says("yes") == [SURE]
    assert await talk.says("no") == [KEPT]


async def test_refused_again_it_is_asked_again(talk: Talk) -> None:
    talk.refuses()
    for text in ("hi", "red", "red"):
        assert await talk.says(text) == []
    await talk.recovers()
    assert await talk.says("red") == ["Colour?"]
    assert await talk.says("red") == ["red!"]


async def test_cancel_is_taken_while_a_question_is_owed(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    await talk.says("cancel")
    await talk.recovers()
    assert talk.told == ["Colour?", STOPPED]
    assert await talk.says("red") == ["Colour?"]  # it begins anew: nothing is open


async def test_forget_me_said_anew_is_asked_anew_and_that_is_to_be_seen(talk: Talk) -> None:
    talk.refuses()
    await talk.says("forget me")
    await talk.recovers()
    talk.is_busy()
    assert await talk.says("forget me") == []
    assert await talk.says("yes") == []
    await talk.recovers()
    assert talk.told == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]


async def test_help_that_is_refused_makes_the_question_behind_it_unseen(talk: Talk) -> None:
    await talk.says("hi")
    talk.refuses()
    assert await talk.says("help") == []
    await talk.recovers()
    assert await talk.says("red") == ["Colour?"]
    assert await talk.says("red") == ["red!"]


async def test_what_was_lost_before_a_question_does_not_count(talk: Talk) -> None:
    await talk.says("hi")
    talk.refuses()
    assert await talk.says("red") == []  # "red!" is lost, and nothing is open
    await talk.recovers()
    assert await talk.says("hi") == ["Colour?"]
    assert await talk.says("blue") == ["blue!"]


async def test_what_the_bot_said_by_itself_counts_too(talk: Talk) -> None:
    await talk.says("hi")
    talk.refuses()
    with pytest.raises(DeliveryRefused):
        await talk.bot_says("News")
    await talk.recovers()
    assert await talk.says("red") == ["Colour?"]


async def test_a_yes_after_news_is_no_yes_to_the_confirmation(talk: Talk) -> None:
    await talk.says("hi")
    await talk.says("forget me")
    assert await talk.bot_says("News. Shall I send you more?") != []
    assert await talk.says("yes") == [f"{KEPT}\nColour?"]
    assert await talk.says("forget me") == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]


async def test_an_own_interruption_is_answered_and_the_question_asked_again() -> None:
    async def hours(_: Interrupted) -> str:
        return "From 9 to 5."

    async def no_interruption(_: Interrupted) -> None:
        return None

    own = {"hours": hours, "Yes|red": no_interruption}
    talk = Talk(Colours(), interruptions=Interruptions(own))
    talk.refuses()
    await talk.says("hi")
    await talk.recovers()
    assert await talk.says("red") == ["Colour?"]
    talk.is_busy()
    await talk.says("hours")
    assert await talk.says("red") == []
    await talk.recovers()
    assert talk.told[1:] == ["From 9 to 5.\nColour?"]
    talk.refuses()
    await talk.says("forget me")
    await talk.recovers()
    assert await talk.says("yes") == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]
    await talk.end()


async def test_a_choice_that_reads_like_a_wish_is_an_answer_and_waits_too() -> None:
    prompt = ChoicePrompt("colour")
    prompt.style = ListStyle.list_style

    async def choose(step: WaterfallStepContext) -> DialogTurnResult:
        choices = [Choice("Help"), Choice("Cancel")]
        return await step.prompt("colour", PromptOptions(question("What?"), choices=choices))

    async def chosen(step: WaterfallStepContext) -> DialogTurnResult:
        await step.context.send_activity(f"{step.result.value}!")
        return await step.end_dialog()

    talk = Talk(Colours(choose, chosen, prompt=prompt))
    talk.refuses()
    await talk.says("hi")
    await talk.recovers()
    assert len(await talk.says("Cancel")) == 1  # it is asked again
    assert await talk.says("Cancel") == ["Cancel!"]
    await talk.end()


class Paying(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Takes an event for an answer."""

    def __init__(self) -> None:
        super().__init__("root")

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        await self.reprompt_dialog(dialog_context.context, None)
        return DialogTurnResult(DialogTurnStatus.Waiting)

    async def reprompt_dialog(self, context: TurnContext, instance: object) -> None:
        await context.send_activity("Pay, please.")

    async def continue_dialog(self, dialog_context: DialogContext) -> DialogTurnResult:
        await dialog_context.context.send_activity("Thank you.")
        return await dialog_context.end_dialog()


@pytest.fixture
async def paying() -> AsyncIterator[Talk]:
    talk = Talk(Paying())
    yield talk
    await talk.end()


def paid(talk: Talk, kind: str = "event") -> Activity:
    """What a client sends when a button is pressed."""
    activity = talk.message("")
    activity.type, activity.name = kind, "paid"
    return activity


@pytest.mark.parametrize("kind", ["event", "invoke"])
async def test_a_press_is_no_answer_either(paying: Talk, kind: str) -> None:
    paying.is_busy()
    await paying.says("hi")
    assert await paying.happens(paid(paying, kind)) == []
    await paying.recovers()
    assert paying.told == ["Pay, please."]
    assert await paying.happens(paid(paying, kind)) == ["Thank you."]


@pytest.mark.parametrize("kind", ["event", "invoke"])
async def test_after_a_press_a_lost_question_is_asked_once_more(paying: Talk, kind: str) -> None:
    paying.refuses()
    await paying.says("hi")
    await paying.recovers()
    assert await paying.happens(paid(paying, kind)) == ["Pay, please."]
    assert await paying.happens(paid(paying, kind)) == ["Thank you."]


async def test_to_typing_nothing_is_said(paying: Talk) -> None:
    paying.refuses()
    await paying.says("hi")
    await paying.recovers()
    assert await paying.happens(paid(paying, "typing")) == []
    assert await paying.says("paid") == ["Pay, please."]


async def test_what_the_bot_does_by_itself_is_no_answer_of_the_persons(paying: Talk) -> None:
    paying.refuses()
    await paying.says("hi")
    await paying.recovers()
    assert await paying.bot_says("", paying.process.bot.on_turn) == ["Thank you."]


@pytest.mark.parametrize("kind", ["message", "event"])
async def test_what_was_not_judged_is_not_judged_when_it_is_delivered_again(
    talk: Talk, kind: str
) -> None:
    talk.is_busy()
    await talk.says("hi")
    said = talk.message("red") if kind == "message" else paid(talk)
    await talk.happens(said)
    await talk.recovers()
    assert await talk.happens(said) == []
    assert await talk.says("blue") == ["blue!"]


async def test_a_question_does_not_run_out_while_it_is_owed(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    talk.later(minutes=50)
    assert await talk.says("red") == []
    await talk.recovers()
    talk.later(minutes=50)
    assert await talk.says("red") == ["red!"]


async def test_it_runs_from_when_it_has_left(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    talk.later(minutes=50)
    await talk.recovers()
    talk.later(minutes=50)
    assert await talk.says("red") == ["red!"]


async def test_a_question_that_had_left_runs_out(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    await talk.recovers()
    talk.later(minutes=61)
    assert await talk.says("red") == ["Hello again! I am still missing your answer.\nColour?"]


async def test_a_lost_question_does_not_run_out(talk: Talk) -> None:
    talk.refuses()
    await talk.says("hi")
    await talk.recovers()
    talk.later(minutes=61)
    assert await talk.says("red") == ["Colour?"]


async def test_the_ten_minutes_of_a_yes_run_from_when_it_was_asked(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("forget me")
    talk.later(minutes=15)
    await talk.recovers()
    talk.later(minutes=5)
    assert await talk.says("yes") == [FORGOTTEN]


async def test_another_process_knows_it(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    talk.process = talk.begin()
    assert await talk.says("red") == []
    await talk.recovers()
    assert talk.told == ["Colour?"]
    assert await talk.says("blue") == ["blue!"]


async def test_over_a_restart_an_owed_question_is_owed(talk: Talk) -> None:
    talk.is_busy()
    await talk.says("hi")
    await talk.restarts()
    assert await talk.says("red") == []
    await talk.recovers()
    assert talk.told == ["Colour?"]
    assert await talk.says("blue") == ["blue!"]


async def test_over_a_restart_a_lost_question_is_asked_once_more(talk: Talk) -> None:
    talk.refuses()
    await talk.says("hi")
    await talk.recovers()
    await talk.restarts()
    assert await talk.says("red") == ["Colour?"]
    assert await talk.says("red") == ["red!"]


async def test_in_a_group_what_others_did_not_see_does_not_count(talk: Talk) -> None:
    talk.is_group = True
    assert await talk.says("hi") == ["Colour?"]
    talk.refuses()
    assert await talk.says("hi", person="bob") == []
    await talk.recovers()
    assert await talk.says("red") == ["red!"]
    assert await talk.says("red", person="bob") == ["Colour?"]
    assert await talk.says("blue", person="bob") == ["blue!"]


async def test_in_a_group_a_yes_waits_for_the_confirmation(talk: Talk) -> None:
    talk.is_group = True
    talk.refuses()
    await talk.says("forget me")
    await talk.says("forget me", person="bob")
    await talk.recovers()
    assert await talk.says("yes") == [SURE]
    assert await talk.says("yes", person="bob") == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]


@pytest.mark.parametrize("said", ["yes", "ok"])
async def test_neither_a_yes_nor_half_of_one_is_to_a_confirmation_that_is_still_coming(
    talk: Talk, said: str
) -> None:
    talk.is_busy()
    await talk.says("forget me")
    assert await talk.says(said) == []
    await talk.recovers()
    assert talk.told == [SURE]
    assert await talk.says("yes") == [FORGOTTEN]


async def test_what_is_refused_while_the_bot_runs_makes_it_run_again() -> None:
    talk: Talk
    reached, go = asyncio.Event(), asyncio.Event()
    runs = 0

    async def hold(_: str) -> None:
        reached.set()
        await go.wait()

    async def language(_: TurnContext) -> str:
        nonlocal runs
        if reached.is_set():  # the question is on its way, and "red" is being judged elsewhere
            runs += 1
            go.set()
            await talk.recovers()
        return "en"

    talk = Talk(Colours(), interruptions=Interruptions(language=language))
    talk.process.connector.hold = hold
    first = asyncio.create_task(talk.says("hi"))
    await reached.wait()
    talk.answers["Colour?"] = REFUSED
    talk.process = talk.begin()
    talk.watch = lambda _: talk.answers.clear()
    assert await talk.says("red") == ["Colour?"]
    assert runs == 2
    assert await first == []
    await talk.end()


class Counting(Colours):
    """Asks each question in words of its own, and notes which were answered unseen."""

    def __init__(self) -> None:
        super().__init__(self.ask, self.check)
        self.asked = 0
        self.answered: list[str] = []

    async def ask(self, step: WaterfallStepContext) -> DialogTurnResult:
        self.asked += 1
        step.values["asked"] = text = f"Colour {self.asked}?"
        return await step.prompt("colour", PromptOptions(question(text)))

    async def check(self, step: WaterfallStepContext) -> DialogTurnResult:
        self.answered.append(step.values["asked"])
        await step.context.send_activity(f"{step.result}!")
        return await step.end_dialog()


SAID = ["red", "yes", "no", "help", "cancel", "start over", "forget me"]
STEPS = ["refuses", "is busy", "recovers", "news", "event", "another process"]


async def play(steps: list[str]) -> None:
    """Play a talk; see that what was answered had been posted, and that it goes on in the end."""
    dialog = Counting()
    talk = Talk(dialog)
    talk.begin()

    def watch(text: str) -> None:
        if text == FORGOTTEN:
            assert talk.told
            assert talk.told[-1].endswith(SURE)
        for asked in dialog.answered:
            assert asked in "\n".join(talk.told)

    talk.watch = watch
    for step in steps:
        match step:
            case "refuses":
                talk.refuses()
                await talk.settles()
            case "is busy":
                talk.is_busy()
            case "recovers":
                await talk.recovers()
            case "news":
                with suppress(DeliveryRefused):
                    await talk.bot_says("News")
            case "event":
                await talk.happens(paid(talk))
            case "another process":
                talk.process = talk.processes[talk.process is talk.processes[0]]
            case _:
                await talk.says(step)
    await talk.recovers()
    await talk.says("cancel")  # where a confirmation is open that is kept, too
    await talk.says("cancel")
    assert await talk.says("hi") == [f"Colour {dialog.asked}?"]
    assert await talk.says("red") == ["red!"]
    await talk.end()


@given(st.lists(st.sampled_from(SAID) | st.sampled_from(STEPS), max_size=25))
@settings(max_examples=150, deadline=None)
def test_whatever_happens_only_what_was_posted_is_answered(steps: list[str]) -> None:
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(play(steps))
    finally:
        loop.close()
