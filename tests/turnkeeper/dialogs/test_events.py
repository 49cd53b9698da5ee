"""Events, other people and time between a question and its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.dialogs import Dialog, DialogContext, DialogTurnResult, DialogTurnStatus
from botbuilder.schema import ActivityTypes

from tests.turnkeeper.dialogs.colours import Colours, bot_with, new_host, question
from turnkeeper import Host, dialogs
from turnkeeper.testing import Clock, Cloud, Person

SURE = 'Say "yes" to erase it, anything else to keep it.'
FORGOTTEN = "Done. I have erased everything I kept about you."
KEPT = "All right, I keep everything as it is."
HOUR = 60


class Paying(Dialog):  # type: ignore[misc]  # the SDK is untyped
    """Waits for an event, then asks one more question."""

    def __init__(self) -> None:
        super().__init__("root")

    async def begin_dialog(
        self, dialog_context: DialogContext, options: object = None
    ) -> DialogTurnResult:
        await dialog_context.context.send_activity(question("Pay, please."))
        return DialogTurnResult(DialogTurnStatus.Waiting)

    async def continue_dialog(self, dialog_context: DialogContext) -> DialogTurnResult:
        activity = dialog_context.context.activity
        if activity.type == ActivityTypes.message:
            await dialog_context.context.send_activity(question(f"{activity.text}: noted"))
            return await dialog_context.end_dialog()
        if activity.name == "paid":
            text = f"{activity.from_property.id} paid. Ship it?"
            await dialog_context.context.send_activity(question(text))
        return DialogTurnResult(DialogTurnStatus.Waiting)


@pytest.fixture
def host() -> Host:
    return new_host(group_state="conversation")


@pytest.fixture
async def cloud(host: Host) -> AsyncIterator[Cloud]:
    clock = Clock(datetime(2026, 12, 1, tzinfo=UTC))
    async with Cloud(host, bot_with(host, Paying(), question_timeout=3600), clock=clock) as cloud:
        yield cloud


@pytest.fixture
def ada(cloud: Cloud) -> Person:
    return cloud.person("Ada", channel="msteams")


async def happens(person: Person, name: str) -> list[str]:
    """What is said to an event."""
    return (await person.sends(person.activity("event", name=name))).texts


async def test_a_yes_after_an_event_is_to_what_was_asked_then(host: Host, ada: Person) -> None:
    await ada.says("hi")
    assert (await ada.says("forget me"))[0].endswith(SURE)
    assert await happens(ada, "paid") == ["Ada paid. Ship it?"]
    assert (await ada.says("yes"))[0].endswith("yes: noted")


async def test_an_event_that_says_nothing_changes_nothing(ada: Person) -> None:
    await ada.says("hi")
    await ada.says("forget me")
    assert await happens(ada, "seen") == []
    assert await ada.says("yes") == [FORGOTTEN]


async def test_a_yes_after_an_event_that_began_the_dialog_is_to_its_question(
    ada: Person,
) -> None:
    assert (await ada.says("forget me"))[0].endswith(SURE)
    assert await happens(ada, "paid") == ["Pay, please."]
    assert (await ada.says("yes"))[0].endswith("yes: noted")


async def test_a_yes_after_a_dialog_was_begun_aside_is_to_that(cloud: Cloud, host: Host) -> None:
    async def helping(interrupted: dialogs.Interrupted) -> DialogTurnResult:
        return await interrupted.begin("root")

    interruptions = dialogs.Interruptions({dialogs.Wish.HELP: helping}, dialogs=[Colours()])
    await cloud.restart(bot_with(host, Paying(), interruptions=interruptions))
    ada = cloud.person("Ada")
    await ada.says("hi")
    await ada.says("forget me")
    assert await ada.says("help") == ["Colour?"]
    assert (await ada.says("yes"))[0].startswith("yes!")


@pytest.mark.parametrize("minutes", [11, 20 * 24 * 60])
async def test_a_yes_that_comes_late_erases_nobody(cloud: Cloud, host: Host, minutes: int) -> None:
    await cloud.restart(bot_with(host, Paying()))
    ada = cloud.person("Ada")
    await ada.says("hi")
    await ada.says("forget me")
    cloud.clock.move(minutes=minutes)
    assert await ada.says("yes") == [KEPT]  # nor is it the answer to what was asked before
    assert await ada.says("yes") == ["yes: noted"]


async def test_typing_begins_nothing_before_the_yes(ada: Person) -> None:
    await ada.says("forget me")
    assert (await ada.sends(ada.activity("typing"))).texts == []
    assert await ada.says("yes") == [FORGOTTEN]


async def test_a_yes_after_somebody_elses_help_erases_nobody(cloud: Cloud) -> None:
    ada = cloud.person("Ada", channel="telegram", conversation="unmarked")
    bob = cloud.person("Bob", channel="telegram", conversation="unmarked")
    await ada.says("hi")
    await ada.says("forget me")
    await bob.says("help")
    assert await ada.says("yes") == ["yes: noted"]


async def test_nobody_elses_event_goes_to_an_open_dialog(cloud: Cloud) -> None:
    ada = cloud.person("Ada", channel="msteams", scope="groupChat")
    bob = cloud.person("Bob", conversation=ada.conversation)
    await ada.says("hi")
    assert await happens(bob, "paid") == []
    assert await happens(ada, "paid") == ["Ada paid. Ship it?"]
    assert (await ada.says("yes"))[0].endswith("yes: noted")


async def test_somebody_elses_help_leaves_an_open_dialog_alone(cloud: Cloud) -> None:
    ada = cloud.person("Ada", channel="msteams", scope="groupChat")
    bob = cloud.person("Bob", conversation=ada.conversation)
    await ada.says("hi")
    [helped] = await bob.says("help")
    assert helped.startswith("At any time you can say:")
    assert (await ada.says("yes"))[0].endswith("yes: noted")


@pytest.mark.parametrize("channel", ["directline", "webchat", "emulator"])
async def test_a_dialog_that_a_welcome_began_is_that_of_who_answers(
    cloud: Cloud, host: Host, channel: str
) -> None:
    await cloud.restart(bot_with(host, Colours()))
    ada = cloud.person("Ada", channel=channel)
    conversation = ada.conversation.id
    joined = {
        **ada.activity("conversationUpdate", membersAdded=[{"id": "Ada"}]),
        "from": {"id": conversation},
    }
    assert (await ada.sends(joined)).texts == ["Colour?"]
    assert await ada.says("red") == ["red!"]


async def test_a_question_that_an_event_asked_waits_from_then_on(cloud: Cloud, host: Host) -> None:
    class Asking(Colours):
        async def on_continue_dialog(self, inner_dc: DialogContext) -> DialogTurnResult:
            if inner_dc.context.activity.type == ActivityTypes.event:
                await inner_dc.cancel_all_dialogs()
                return await inner_dc.begin_dialog(self.initial_dialog_id)
            return await super().on_continue_dialog(inner_dc)

    await cloud.restart(bot_with(host, Asking(), question_timeout=3600))
    ada = cloud.person("Ada")
    await ada.says("hi")
    cloud.clock.move(minutes=HOUR + 1)
    assert await happens(ada, "asked anew") == ["Colour?"]
    assert await ada.says("red") == ["red!"]


async def test_who_is_to_be_forgotten_is_so_though_a_dialog_fails_at_its_end(
    cloud: Cloud, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    class Clinging(Colours):
        async def on_end_dialog(self, context: TurnContext, instance: Any, reason: Any) -> None:
            raise LookupError

    await cloud.restart(bot_with(host, Clinging()))
    ada = cloud.person("Ada")
    await ada.says("hi")
    await ada.says("forget me")
    assert await ada.says("yes") == [FORGOTTEN]
    assert "could not be told of its end" in caplog.text


async def test_a_dialog_need_not_be_hashable(cloud: Cloud, host: Host) -> None:
    class Unhashable(Colours):
        __hash__ = None  # type: ignore[assignment]  # as of a dataclass

    await cloud.restart(bot_with(host, Unhashable()))
    assert await cloud.person("Ada").says("hi") == ["Colour?"]
