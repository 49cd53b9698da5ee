"""An open dialog over deploys, other people and old questions."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.core import MessageFactory, StatePropertyAccessor
from botbuilder.dialogs import (
    ComponentDialog,
    Dialog,
    DialogContext,
    DialogTurnResult,
    WaterfallDialog,
    WaterfallStepContext,
)
from botbuilder.dialogs.prompts import PromptOptions, TextPrompt
from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference

from app import TYPES
from bots.dialog_bot import DialogBot
from bots.dialog_run import HELLO_AGAIN, RESTARTED, DialogRun
from state.models import ConversationData
from turnkeeper import Host, Record, Settings
from turnkeeper.testing import Clock, Cloud, Conversation, Person


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

    def __init__(self, data: StatePropertyAccessor) -> None:
        super().__init__("root")
        self._data = data

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        data = await self._data.get(dialog_context.context, ConversationData)
        data.welcomed = True
        return await dialog_context.end_dialog()


class NotingDialog(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Remembers its turn, but does not hold it."""

    def __init__(self) -> None:
        super().__init__("root")
        self.turn: weakref.ref[Any] | None = None

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        self.turn = weakref.ref(dialog_context.context)
        await dialog_context.context.send_activity("noted")
        return await dialog_context.end_dialog()


def bot_with(host: Host, dialog: Dialog, **options: Any) -> DialogBot:
    """A version of the bot."""
    states = (host.conversation_state, host.user_state)
    return DialogBot(*states, dialog, clock=host.clock, **options)


@pytest.fixture
def host() -> Host:
    return Host(Settings(storage_url="memory:"), types=TYPES)


@pytest.fixture
async def cloud(host: Host) -> AsyncIterator[Cloud]:
    """The cloud around the first version, which asks for a colour. The clock stands still."""
    bot = bot_with(host, ColourDialog(ask, answer))
    async with Cloud(host, bot, clock=Clock(datetime(2026, 12, 1, tzinfo=UTC))) as cloud:
        yield cloud


@pytest.fixture
def ada(cloud: Cloud) -> Person:
    return cloud.person("Ada", channel="msteams")


@pytest.fixture
async def open_question(ada: Person) -> None:
    """The first version has asked Ada for a colour."""
    assert await ada.says("hi") == ["Colour?"]


Deploy = Callable[..., Awaitable[None]]


@pytest.fixture
def deploy(cloud: Cloud, host: Host) -> Deploy:
    """Puts another version of the bot in the place of the one that runs."""

    async def deploy(dialog: Dialog, **options: Any) -> None:
        await cloud.restart(bot_with(host, dialog, **options))

    return deploy


async def stored(host: Host, prefix: str) -> list[tuple[str, Record]]:
    """The records whose keys begin so."""
    return await host.storage.records.scan(prefix=prefix)


@pytest.mark.usefixtures("open_question")
async def test_a_question_stays_open_over_a_restart(ada: Person, deploy: Deploy) -> None:
    await deploy(ColourDialog(ask, answer))
    assert await ada.says("red") == ["red!"]


CHANGES: dict[str, Callable[[], Dialog]] = {
    "a renamed waterfall": lambda: ColourDialog(ask, answer, waterfall="hue"),
    "a renamed class": lambda: RenamedDialog(ask, answer),
    "a removed step": lambda: ColourDialog(ask),
    "an added step": lambda: ColourDialog(ask, ask_again, answer),
    "another order": lambda: ColourDialog(ask_again, ask, answer),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("open_question")
async def test_a_dialog_that_no_longer_fits_begins_again_and_answers_the_message(
    ada: Person, deploy: Deploy, change: str
) -> None:
    await deploy(CHANGES[change]())
    replies = await ada.says("red")
    assert len(replies) == 1
    assert replies[0].endswith("?")
    # No loop: the next message is taken as an answer.
    assert await ada.says("blue") != replies


@pytest.mark.usefixtures("open_question")
async def test_the_root_dialog_is_told_why_it_begins_again(ada: Person, deploy: Deploy) -> None:
    await deploy(ColourDialog(ask, answer, waterfall="hue"))
    assert await ada.says("red") == [f"({RESTARTED}) Colour?"]


@pytest.mark.usefixtures("open_question")
async def test_another_person_does_not_answer_the_question(cloud: Cloud, ada: Person) -> None:
    bob = cloud.person("Bob", conversation=ada.conversation)
    assert await bob.says("red") == ["Colour?"]
    assert await bob.says("blue") == ["blue!"]


async def test_in_a_group_each_has_a_question_of_their_own(cloud: Cloud) -> None:
    group = Conversation(
        "directline", "groupChat"
    )  # on Teams a mention would be part of the answers
    ada, bob = (cloud.person(name, conversation=group) for name in ("Ada", "Bob"))
    assert await ada.says("hi") == ["Colour?"]
    assert await bob.says("hi") == ["Colour?"]
    assert await ada.says("red") == ["red!"]
    assert await bob.says("blue") == ["blue!"]


async def test_a_question_that_the_bot_asks_first_and_of_no_one_person_is_asked(
    cloud: Cloud, host: Host, ada: Person
) -> None:
    properties = map(host.conversation_state.create_property, ("DialogState", "ConversationData"))
    run = DialogRun(ColourDialog(ask, answer), *properties)
    reference = ConversationReference(
        channel_id=ada.conversation.channel,
        service_url=cloud.service_url,
        conversation=ConversationAccount(id=ada.conversation.id),
        bot=ChannelAccount(id="28:bot"),
    )
    await host.adapter.continue_conversation(reference, run.run)
    assert await ada.hears() == ["Colour?"]


@pytest.mark.usefixtures("open_question")
async def test_a_conversation_with_one_person_has_a_record_while_a_question_is_open(
    host: Host, ada: Person
) -> None:
    [(key, _)] = await stored(host, "msteams/conversations/")
    assert key.endswith(ada.conversation.id)
    await ada.says("red")
    assert await stored(host, "msteams/conversations/") == []


async def test_in_a_group_a_persons_record_stays_so_that_erasure_finds_the_group(
    cloud: Cloud, host: Host, deploy: Deploy
) -> None:
    ada = cloud.person("Ada", conversation=Conversation("msteams", "groupChat", "c"))
    await deploy(NotingDialog())  # which keeps nothing
    await ada.says("hi")
    [(key, record)] = await stored(host, "msteams/members/")
    assert (key, record.owner) == ("msteams/members/c/Ada", "msteams/users/Ada")


async def test_what_a_dialog_keeps_of_the_conversation_stays(
    host: Host, ada: Person, deploy: Deploy
) -> None:
    await deploy(SilentDialog(host.conversation_state.create_property("ConversationData")))
    await ada.says("hi")
    assert (await ada.state("ConversationData")).welcomed


async def test_a_turn_leaves_nothing_to_the_garbage_collector(ada: Person, deploy: Deploy) -> None:
    dialog = NotingDialog()
    await deploy(dialog)
    gc.disable()
    try:
        assert await ada.says("hi") == ["noted"]
        assert dialog.turn is not None
        assert dialog.turn() is None
    finally:
        gc.enable()


@pytest.mark.usefixtures("open_question")
async def test_an_old_question_is_not_answered_by_the_next_good_morning(
    cloud: Cloud, ada: Person, deploy: Deploy
) -> None:
    await deploy(ColourDialog(ask, answer), question_timeout=3600)
    cloud.clock.move(seconds=3601)
    assert await ada.says("good morning") == [f"({HELLO_AGAIN}) Colour?"]


@pytest.mark.usefixtures("open_question")
async def test_a_question_that_is_not_yet_old_is(cloud: Cloud, ada: Person, deploy: Deploy) -> None:
    await deploy(ColourDialog(ask, answer), question_timeout=3600)
    cloud.clock.move(seconds=3599)
    assert await ada.says("red") == ["red!"]
