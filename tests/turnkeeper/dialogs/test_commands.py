"""Slash commands: what they say counts as if it were said without the slash."""

from __future__ import annotations

import pytest
from botbuilder.dialogs import DialogTurnResult, WaterfallStepContext
from hypothesis import example, given
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, answer, ask
from tests.turnkeeper.dialogs.conftest import Deploy
from turnkeeper import Host
from turnkeeper.dialogs import Interrupted, Interruptions, Wish
from turnkeeper.testing import Cloud, Person

STOPPED = "OK, I'll stop asking. Say anything when you want to pick this up again."
AGAIN = "Let us start from the beginning.\nColour?"
STOCK = Interruptions()


async def order(interrupted: Interrupted) -> str:
    return f"Ordered by {interrupted.found}."


def in_capitals(text: str, language: str) -> str | None:
    return text if text.isupper() else None


@pytest.mark.parametrize(
    ("command", "wish"),
    [
        ("/help", Wish.HELP),
        ("/HELP", Wish.HELP),
        ("/?", Wish.HELP),
        ("/hilfe", Wish.HELP),
        ("/help me", Wish.HELP),
        ("/help with pizza", Wish.HELP),
        ("/cancel", Wish.CANCEL),
        ("/stop", Wish.CANCEL),
        ("/stop it now", Wish.CANCEL),
        ("/forget", Wish.FORGET),
        ("/forget_me", Wish.FORGET),
        ("/forget me", Wish.FORGET),
        ("/oubliez_moi", Wish.FORGET),
        ("/export", Wish.EXPORT),
        ("/export_my_data", Wish.EXPORT),
        ("/start", Wish.START_OVER),
        ("/start abc", Wish.START_OVER),
        ("/start help", Wish.START_OVER),
        ("/start_over", Wish.START_OVER),
        ("/restart", Wish.START_OVER),
        ("/キャンセル", Wish.CANCEL),
    ],
)
def test_a_command_is_the_wish_of_that_name_or_phrase(command: str, wish: Wish) -> None:
    for language in ("en", "ar", ""):
        found = STOCK.find(command, language)
        assert found is not None
        assert found.key is wish
        assert found.what == command


@pytest.mark.parametrize(
    "text",
    [
        *("/", "//", "/ forget", "/pizza", "/helper", "/path/to/help", "/help/me", "/order cancel"),
        *("start", "start abc", "forget", "export", "not /start", "/start@OtherBot", "/starting"),
    ],
)
def test_any_other_is_a_message(text: str) -> None:
    assert STOCK.find(text, "en") is None


@given(st.text().map("/".__add__))
@example("/\n")
@example("/_")
def test_anything_may_follow_a_slash(text: str) -> None:
    STOCK.find(text, "en")


def test_a_bots_own_go_before_the_engines() -> None:
    own = Interruptions({"where is it|start": order, in_capitals: order})
    for text in ("/where_is_it", "/where is it", "/start", "/start abc", "/START"):
        found = own.find(text, "en")
        assert found is not None
        assert found.key == "where is it|start"
    found = own.find("/CANCEL", "en")
    assert found is not None
    assert found.key is in_capitals


def test_one_that_is_switched_off_is_a_message() -> None:
    own = Interruptions(without={Wish.START_OVER, Wish.FORGET})
    assert [own.find(text, "en") for text in ("/start", "/forget", "/restart")] == [None] * 3


async def test_an_own_one_gets_all_that_was_said(ada: Person, deploy: Deploy) -> None:
    await deploy(interruptions=Interruptions({"order": order}))
    assert await ada.says("/order 2 pizzas") == ["Ordered by /order 2 pizzas."]


async def test_commands_interrupt_a_question(ada: Person) -> None:
    await ada.says("hi")
    assert (await ada.says("/help"))[0].startswith("At any time you can say:\n")
    assert await ada.says("/cancel") == [STOPPED]
    await ada.says("hi")
    assert await ada.says("/pizza") == ["/pizza!"]


@pytest.mark.parametrize("start", ["/start", "/start abc"])
async def test_start_begins_again_where_a_question_is_open(
    ada: Person, deploy: Deploy, start: str
) -> None:
    await deploy(Colours(ask, ask, answer))
    await ada.says("hi")
    await ada.says("red")
    await deploy(Colours(ask, ask, answer))
    assert await ada.says(start) == [AGAIN]


@pytest.mark.parametrize("start", ["/start", "/start abc"])
async def test_from_somebody_new_start_is_a_first_message(ada: Person, start: str) -> None:
    assert await ada.says(start) == ["Colour?"]
    assert await ada.says("red") == ["red!"]


async def test_somebody_known_begins_again_with_it(
    cloud: Cloud, host: Host, deploy: Deploy
) -> None:
    async def keep(step: WaterfallStepContext) -> DialogTurnResult:
        await host.user_state.create_property("colours").set(step.context, [step.result])
        return await answer(step)

    await deploy(Colours(ask, keep))
    ada, bob = (cloud.person(name, channel="telegram") for name in ("Ada", "Bob"))
    await ada.says("hi")
    await ada.says("red")
    assert await ada.says("/start") == [AGAIN]
    assert await bob.says("/start") == ["Colour?"]
