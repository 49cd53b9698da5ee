"""An open dialog over deploys, other people and old questions."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from botbuilder.core import MessageFactory, TurnContext
from botbuilder.dialogs import (
    ComponentDialog,
    Dialog,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt

from app import TYPES
from bots.dialog_bot import DialogBot
from state.models import ConversationData
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.state.typed_storage import TypedStorage
from turnkeeper.wire.codec import Codec


async def ask(step: WaterfallStepContext) -> DialogTurnResult:
    text = "Colour?" if step.options is None else f"({step.options}) Colour?"
    return await step.prompt("text", PromptOptions(prompt=MessageFactory.text(text)))


async def ask_again(step: WaterfallStepContext) -> DialogTurnResult:
    return await step.prompt("text", PromptOptions(prompt=MessageFactory.text("Sure?")))


async def answer(step: WaterfallStepContext) -> DialogTurnResult:
    await step.context.send_activity(f"{step.result}!")
    return await step.end_dialog()


class ColourDialog(ComponentDialog):  # type: ignore[misc]  # the SDK is untyped
    def __init__(self, *steps: Any, waterfall: str = "colour") -> None:
        super().__init__("root")
        self.add_dialog(WaterfallDialog(waterfall, list(steps)))
        self.add_dialog(TextPrompt("text"))
        self.initial_dialog_id = waterfall


class RenamedDialog(ColourDialog):
    pass


class SilentDialog(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Says nothing, and notes in the conversation that it was here."""

    async def begin_dialog(self, dialog_context: Any, options: object = None) -> DialogTurnResult:
        data = ConversationData(welcomed=True)
        state = dialog_context.context.turn_state["turnkeeper.ConversationState"]
        state.state.setdefault("ConversationData", data).welcomed = True
        return await dialog_context.end_dialog()


class NotingDialog(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Remembers its turn, but does not hold it."""

    context: Any = None

    async def begin_dialog(self, dialog_context: Any, options: object = None) -> DialogTurnResult:
        NotingDialog.context = weakref.ref(dialog_context.context)
        await dialog_context.context.send_activity("noted")
        return await dialog_context.end_dialog()


class FailingDialog(ComponentDialog):  # type: ignore[misc]  # the SDK is untyped
    async def on_begin_dialog(self, inner_dc: Any, options: object) -> DialogTurnResult:
        raise RuntimeError("broken")


def deploy(world: World, dialog: Dialog, **options: Any) -> Process:
    """A process that runs a version of the bot."""
    process = world.process()
    process.bot = DialogBot(*process.states, dialog, clock=world.clock, **options)
    return process


@pytest.fixture
def world() -> World:
    return World(codec=Codec(TYPES))


async def says(process: Process, text: str, **more: Any) -> list[str]:
    """Say something; what the bot answers."""
    received = process.world.channel.received
    before = len(received.get("c", []))
    await process.take(message(text, **more))
    return received.get("c", [])[before:]


@pytest.fixture
async def open_question(world: World) -> World:
    """A person has been asked for a colour by the first version."""
    process = deploy(world, ColourDialog(ask, answer))
    assert await says(process, "hi") == ["Colour?"]
    await process.stop()
    return world


async def test_a_question_stays_open_over_a_restart(open_question: World) -> None:
    process = deploy(open_question, ColourDialog(ask, answer))
    assert await says(process, "red") == ["red!"]


CHANGES: dict[str, Callable[[], Dialog]] = {
    "a renamed waterfall": lambda: ColourDialog(ask, answer, waterfall="hue"),
    "a renamed class": lambda: RenamedDialog(ask, answer),
    "a removed step": lambda: ColourDialog(ask),
    "an added step": lambda: ColourDialog(ask, ask_again, answer),
    "another order": lambda: ColourDialog(ask_again, ask, answer),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_dialog_that_no_longer_fits_begins_again_and_answers_the_message(
    open_question: World, change: str
) -> None:
    process = deploy(open_question, CHANGES[change]())
    replies = await says(process, "red")
    assert len(replies) == 1
    assert replies[0].endswith("?")
    # No loop: the next message is taken as an answer.
    assert await says(process, "blue") != replies


async def test_the_root_dialog_is_told_why_it_begins_again(open_question: World) -> None:
    process = deploy(open_question, ColourDialog(ask, answer, waterfall="hue"))
    assert await says(process, "red") == ["(restarted) Colour?"]


async def test_another_person_does_not_answer_the_question(open_question: World) -> None:
    process = deploy(open_question, ColourDialog(ask, answer))
    assert await says(process, "red", person="bob") == ["Colour?"]
    assert await says(process, "blue", person="bob", id="2") == ["blue!"]


async def says_in_group(process: Process, text: str, person: str) -> list[str]:
    """Say something in a group; what the bot answers."""
    activity = message(text, person=person, id=f"{text}-{person}")
    activity.conversation.conversation_type = "groupChat"
    received = process.world.channel.received
    before = len(received.get("c", []))
    await process.take(activity)
    return received["c"][before:]


async def test_in_a_group_each_has_a_question_of_their_own(world: World) -> None:
    process = deploy(world, ColourDialog(ask, answer))
    assert await says_in_group(process, "hi", "ada") == ["Colour?"]
    assert await says_in_group(process, "hi", "bob") == ["Colour?"]
    assert await says_in_group(process, "red", "ada") == ["red!"]
    assert await says_in_group(process, "blue", "bob") == ["blue!"]


async def test_a_question_that_the_bot_asks_first_and_of_no_one_person_is_asked(
    world: World,
) -> None:
    process = deploy(world, ColourDialog(ask, answer))
    reference = TurnContext.get_conversation_reference(message("a"))
    reference.user = None
    await process.adapter.continue_conversation(reference, process.bot._run.run, "app")
    assert world.channel.received == {"c": ["Colour?"]}


async def test_a_conversation_with_one_person_has_a_record_while_a_question_is_open(
    open_question: World,
) -> None:
    process = deploy(open_question, ColourDialog(ask, answer))
    assert await open_question.storage.fetch(["msteams/conversations/c"])
    await says(process, "red")
    assert not await open_question.storage.fetch(["msteams/conversations/c"])


async def test_in_a_group_a_persons_record_stays_so_that_erasure_finds_the_group(
    world: World,
) -> None:
    process = deploy(world, SilentDialog("root"))
    activity = message("hi")
    activity.conversation.conversation_type = "groupChat"
    await process.take(activity)
    [(key, record)] = await world.storage.scan(prefix="msteams/members/")
    assert (key, record.owner) == ("msteams/members/c/ada", "msteams/users/ada")


async def test_what_a_dialog_keeps_of_the_conversation_stays(world: World) -> None:
    process = deploy(world, SilentDialog("root"))
    await says(process, "hi")
    store = TypedStorage(world.storage, world.codec)
    [item] = (await store.read(["msteams/conversations/c"])).values()
    assert item["ConversationData"].welcomed


async def test_a_turn_leaves_nothing_to_the_garbage_collector(world: World) -> None:
    process = deploy(world, NotingDialog("root"))
    gc.disable()
    try:
        await says(process, "hi")
        assert NotingDialog.context() is None
    finally:
        gc.enable()


async def test_an_old_question_is_not_answered_by_the_next_good_morning(
    open_question: World,
) -> None:
    process = deploy(open_question, ColourDialog(ask, answer), question_timeout=3600)
    process.world.now += 3601
    [reply] = await says(process, "good morning")
    assert reply.endswith("Colour?")


async def test_a_question_that_is_not_yet_old_is(world: World) -> None:
    process = deploy(world, ColourDialog(ask, answer), question_timeout=3600)
    await says(process, "hi")
    world.now += 3599
    assert await says(process, "red") == ["red!"]
