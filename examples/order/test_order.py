"""The order bot in a cloud of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from examples.order.app import TYPES, Customer, OrderBot
from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud, Person, Story, shown

STORIES = {
    path.stem: path.read_text(encoding="utf-8")
    for path in Path(__file__).with_name("stories").glob("*.txt")
}


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    host = Host(Settings(), types=TYPES)
    async with Cloud(host, OrderBot(host)) as cloud:
        yield cloud


@pytest.fixture
async def ada(cloud: Cloud) -> Person:
    """Somebody who has ordered."""
    ada = cloud.person("Ada", channel="msteams")
    for said in ("hi", "large", "2", "5 May 2099 at 6 pm", "yes"):
        await ada.says(said)
    return ada


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("channel", ["emulator", "msteams"])
async def test_the_bot_says_what_the_story_tells(name: str, channel: str, cloud: Cloud) -> None:
    await Story.parse(STORIES[name]).play(cloud, channel)


async def test_the_card_answers_with_a_text(ada: Person) -> None:
    expected = "2 large pizzas, 05 May 2099, 18:00: in the oven on time."
    assert await ada.presses("Where is it?") == [expected]


async def test_the_card_answers_with_a_card_in_its_place(ada: Person) -> None:
    card = ada.last
    assert await ada.presses("Call it off") == []
    assert shown(ada.last[-1]) == "Order 1 is called off\n2 large pizzas, 05 May 2099, 18:00"
    ada.last = card  # an old one, as on another device
    await ada.presses("Call it off")
    assert shown(ada.last[-1]).startswith("Order 1 is called off")
    customer: Customer = await ada.state("Customer")
    assert [order.called_off for order in customer.orders] == [True]


@pytest.mark.parametrize("data", [None, {}, {"order": 2}, {"order": "1"}, {"order": []}, []])
async def test_the_card_of_no_order_is_answered_with_an_error(ada: Person, data: object) -> None:
    action = {"type": "Action.Execute", "verb": "where", "data": data}
    turn = await ada.invokes("adaptiveCard/action", {"action": action})
    assert (turn.status, turn.body["statusCode"]) == (200, 400)
    assert turn.body["value"]["message"] == "there is no such order"


async def test_who_cancels_finds_the_draft_again(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said in ("hi", "small", "cancel"):
        await ada.says(said)
    assert await ada.says("hi") == ["How many small pizzas?"]


async def test_a_draft_whose_time_is_over_is_asked_for_another(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said in ("hi", "small", "1", "5 May 2099 at 6 pm", "cancel"):
        await ada.says(said)
    [told] = await ada.says("hi")
    assert "Shall I order?" in told
    await ada.says("cancel")
    cloud.clock.move(days=100 * 365)
    assert await ada.says("hi") == ["When will you fetch them?"]


async def test_what_people_ask_in_the_middle_of_a_question_is_no_answer(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said in ("hi", "small"):
        await ada.says(said)
    [told] = await ada.says("Where is my order?")
    assert told == "You have not ordered yet.\nHow many small pizzas?"
    assert await ada.says("3") == ["When will you fetch them?"]


async def test_start_over_forgets_the_draft(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said in ("hi", "small"):
        await ada.says(said)
    assert await ada.says("start over") == ["From the beginning.\nWhat size shall it be?"]
    assert await ada.presses("large") == ["How many large pizzas?"]


async def test_an_old_question_is_asked_anew(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said in ("hi", "small"):
        await ada.says(said)
    cloud.clock.move(minutes=61)
    [told] = await ada.says("3")
    assert told.endswith("How many small pizzas?")
