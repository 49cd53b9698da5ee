"""An open dialog over deploys, other people and old questions."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.dialogs import (
    Dialog,
    DialogContext,
    DialogExtensions,
    DialogReason,
    DialogTurnResult,
    DialogTurnStatus,
)
from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, ask_more, bot_with, new_host
from tests.turnkeeper.dialogs.conftest import Deploy
from tests.turnkeeper.owners import user_key
from turnkeeper import Host, Record, dialogs
from turnkeeper.testing import Cloud, Conversation, Person

RESTARTED = "I was updated while we were talking, so let me ask again."
HELLO_AGAIN = "Hello again! I am still missing your answer."


class RenamedColours(Colours):
    pass


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


class EndingColours(Colours):
    """Says when it is cancelled."""

    async def on_end_dialog(self, context: TurnContext, instance: Any, reason: Any) -> None:
        if reason is DialogReason.CancelCalled:
            await context.send_activity("given back")


@pytest.fixture
async def open_question(ada: Person) -> None:
    """The first version has asked Ada for a colour."""
    assert await ada.says("hi") == ["Colour?"]


async def stored(host: Host, prefix: str) -> list[tuple[str, Record]]:
    """The records whose keys begin so."""
    return await host.storage.records.scan(prefix=prefix)


@pytest.mark.usefixtures("open_question")
async def test_a_question_stays_open_over_a_restart(ada: Person, deploy: Deploy) -> None:
    await deploy(Colours())
    assert await ada.says("red") == ["red!"]


CHANGES: dict[str, Callable[[], Dialog]] = {
    "a renamed waterfall": lambda: Colours(waterfall="hues"),
    "a renamed class": RenamedColours,
    "a removed step": lambda: Colours(ask),
    "an added step": lambda: Colours(ask, ask_more, answer),
    "another order": lambda: Colours(ask_more, ask, answer),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.usefixtures("open_question")
async def test_a_dialog_that_no_longer_fits_begins_again_and_says_why(
    ada: Person, deploy: Deploy, change: str
) -> None:
    await deploy(CHANGES[change]())
    [reply] = await ada.says("red")
    assert reply in (f"{RESTARTED}\nColour?", f"{RESTARTED}\nSure?")
    # No loop: the next message is taken as an answer.
    assert await ada.says("blue") != [reply]


async def test_a_bot_that_moves_from_run_dialog_goes_on_where_it_was(
    cloud: Cloud, host: Host, ada: Person, deploy: Deploy
) -> None:
    state = host.conversation_state.create_property("DialogState")

    async def stock(context: TurnContext) -> None:
        await DialogExtensions.run_dialog(Colours(), context, state)

    await cloud.restart(stock)
    assert await ada.says("hi") == ["Colour?"]
    await deploy(Colours())
    assert await ada.says("red") == ["red!"]


async def test_it_begins_again_there_if_a_dialog_is_gone(
    cloud: Cloud, host: Host, ada: Person, deploy: Deploy
) -> None:
    state = host.conversation_state.create_property("DialogState")

    async def stock(context: TurnContext) -> None:
        await DialogExtensions.run_dialog(Colours(), context, state)

    await cloud.restart(stock)
    await ada.says("hi")
    await deploy(Colours(waterfall="hues"))
    assert await ada.says("red") == [f"{RESTARTED}\nColour?"]


async def test_in_a_group_with_one_state_nobody_answers_the_question_of_another() -> None:
    host = new_host(group_state="conversation")
    async with Cloud(host, bot_with(host, Colours(), name_in_groups=False)) as cloud:
        group = Conversation("directline", "groupChat")
        ada, bob = (cloud.person(name, conversation=group) for name in ("Ada", "Bob"))
        assert await ada.says("hi") == ["Colour?"]
        assert await bob.says("red") == ["Colour?"]
        assert await bob.says("blue") == ["blue!"]


async def test_nor_where_nothing_says_that_it_is_a_group(cloud: Cloud, ada: Person) -> None:
    assert await ada.says("hi") == ["Colour?"]
    bob = cloud.person("Bob", conversation=ada.conversation)
    assert await bob.says("red") == ["Colour?"]
    assert await bob.says("blue") == ["blue!"]


async def test_in_a_group_each_has_a_question_of_their_own(cloud: Cloud, deploy: Deploy) -> None:
    await deploy(name_in_groups=False)
    # On Teams a mention would be part of the answers.
    group = Conversation("directline", "groupChat")
    ada, bob = (cloud.person(name, conversation=group) for name in ("Ada", "Bob"))
    assert await ada.says("hi") == ["Colour?"]
    assert await bob.says("hi") == ["Colour?"]
    assert await ada.says("red") == ["red!"]
    assert await bob.says("blue") == ["blue!"]


async def test_a_question_that_the_bot_asks_first_and_of_no_one_person_is_asked(
    cloud: Cloud, host: Host, ada: Person
) -> None:
    reference = ConversationReference(
        channel_id=ada.conversation.channel,
        service_url=cloud.service_url,
        conversation=ConversationAccount(id=ada.conversation.id),
        bot=ChannelAccount(id="28:bot"),
    )
    await host.adapter.continue_conversation(reference, bot_with(host, Colours()))
    assert await ada.hears() == ["Colour?"]
    assert await ada.says("red") == ["red!"]


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
    assert (key, record.owner) == ("msteams/members/c/Ada", user_key(ada))


async def test_a_dialog_that_empties_the_conversations_state_leaves_it_empty(
    host: Host, ada: Person, deploy: Deploy
) -> None:
    async def clear(step: Any) -> DialogTurnResult:
        await host.conversation_state.clear_state(step.context)
        return await ask(step)

    await deploy(Colours(clear, answer))
    assert await ada.says("hi") == ["Colour?"]
    assert await stored(host, "msteams/conversations/") == []
    assert await ada.says("red") == ["Colour?"]


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


async def test_it_returns_what_became_of_the_dialog(host: Host, cloud: Cloud, ada: Person) -> None:
    results = []

    async def bot(context: TurnContext) -> None:
        results.append(await dialogs.run(Colours(), context, host.conversation_state))

    await cloud.restart(bot)
    for text in ("cancel", "hi", "help", "red", "hi", "cancel"):
        await ada.says(text)
    empty, waiting = DialogTurnStatus.Empty, DialogTurnStatus.Waiting
    complete, cancelled = DialogTurnStatus.Complete, DialogTurnStatus.Cancelled
    assert [r.status for r in results] == [empty, waiting, waiting, complete, waiting, cancelled]


class TestOldQuestions:
    @pytest.fixture(autouse=True)
    async def patient(self, ada: Person, deploy: Deploy) -> None:
        """A version that waits for an hour has asked for a colour."""
        await deploy(Colours(), question_timeout=3600)
        assert await ada.says("hi") == ["Colour?"]

    async def test_one_is_not_answered_by_the_next_good_morning(
        self, cloud: Cloud, ada: Person
    ) -> None:
        cloud.clock.move(seconds=3600)
        assert await ada.says("good morning") == [f"{HELLO_AGAIN}\nColour?"]

    async def test_one_that_is_not_yet_old_is_answered(self, cloud: Cloud, ada: Person) -> None:
        cloud.clock.move(seconds=3599)
        assert await ada.says("red") == ["red!"]

    async def test_each_time_it_is_asked_the_hour_begins_anew(
        self, cloud: Cloud, ada: Person
    ) -> None:
        cloud.clock.move(minutes=59)
        await ada.says("help")
        cloud.clock.move(minutes=59)
        assert await ada.says("red") == ["red!"]

    async def test_what_is_no_message_does_not_make_it_younger(
        self, cloud: Cloud, ada: Person
    ) -> None:
        cloud.clock.move(minutes=59)
        await ada.sends(ada.activity("event", name="x"))
        cloud.clock.move(minutes=2)
        assert await ada.says("red") == [f"{HELLO_AGAIN}\nColour?"]

    async def test_what_asks_nothing_has_no_such_line_in_front(
        self, cloud: Cloud, ada: Person, deploy: Deploy
    ) -> None:
        await deploy(Colours(), question_timeout=3600, interruptions=dialogs.Interruptions())
        cloud.clock.move(minutes=61)
        assert await ada.says("cancel") == [
            'There is nothing to stop right now. Type "help" to see what you can say.'
        ]

    async def test_its_dialog_is_told_of_its_end(
        self, cloud: Cloud, ada: Person, deploy: Deploy
    ) -> None:
        await ada.says("red")
        await deploy(EndingColours(), question_timeout=3600)
        await ada.says("hi")
        cloud.clock.move(minutes=61)
        assert await ada.says("hi") == ["given back", f"{HELLO_AGAIN}\nColour?"]


class TestOtherActivities:
    async def test_one_begins_the_root_dialog(self, ada: Person) -> None:
        assert (await ada.sends(ada.activity("event", name="x"))).texts == ["Colour?"]

    @pytest.mark.usefixtures("open_question")
    async def test_one_is_no_answer(self, ada: Person) -> None:
        assert (await ada.sends(ada.activity("event", name="x", text="cancel"))).texts == []
        assert await ada.says("red") == ["red!"]

    @pytest.mark.usefixtures("open_question")
    async def test_one_changes_nothing_on_a_dialog_that_no_longer_fits(
        self, ada: Person, deploy: Deploy
    ) -> None:
        await deploy(Colours(waterfall="hues"))
        assert (await ada.sends(ada.activity("event", name="x"))).texts == []
        assert await ada.says("red") == [f"{RESTARTED}\nColour?"]


SORRY = "Entschuldigung, da ist etwas schiefgegangen. Bitte versuchen Sie es noch einmal."


async def test_who_fails_once_may_say_it_again(cloud: Cloud, deploy: Deploy) -> None:
    answers = iter([LookupError, None, LookupError, None])

    async def at_first(step: Any) -> DialogTurnResult:
        if error := next(answers):
            raise error
        return await answer(step)

    ada = cloud.person("Ada", locale="de-AT")
    await deploy(Colours(ask, at_first))
    for _ in range(2):
        assert await ada.says("hi") == ["Colour?"]
        assert await ada.says("red") == [SORRY]
        assert await ada.says("red") == ["red!"]


async def test_a_dialog_that_fails_twice_is_closed(cloud: Cloud, deploy: Deploy) -> None:
    async def fail(step: Any) -> DialogTurnResult:
        raise LookupError

    ada = cloud.person("Ada", locale="de-AT")
    await deploy(Colours(ask, fail))
    await ada.says("hi")
    assert await ada.says("red") == [SORRY]
    assert await ada.says("red") == [SORRY]
    assert await ada.state("turnkeeper.dialogs") in (None, {})
    assert await ada.says("red") == ["Colour?"]


async def test_so_is_one_that_was_begun_aside(ada: Person, deploy: Deploy) -> None:
    async def fail(step: Any) -> DialogTurnResult:
        raise LookupError

    async def aside(interrupted: dialogs.Interrupted) -> DialogTurnResult:
        return await interrupted.begin("root")

    interruptions = dialogs.Interruptions({"aside": aside}, dialogs=[Colours(ask, fail)])
    await deploy(interruptions=interruptions)
    assert await ada.says("aside") == ["Colour?"]
    for _ in range(2):
        assert (await ada.says("red"))[0].startswith("Sorry, something went wrong.")
    assert await ada.says("red") == ["Colour?"]
    assert await ada.says("red") == ["red!"]
