"""Whoever wants to be forgotten is: nothing of them is left in the store or in a reply."""

from __future__ import annotations

import json

import pytest

from config import Config
from tests.cloud.person import Person
from tests.cloud.place import Place
from tests.stories.world import World
from turnkeeper.storage import Change

NAMES = ("Xanthippe", "Lovelace")


async def stored(world: World) -> str:
    """Return everything in the store."""
    return repr(await world.storage.scan())


def found(text: str) -> list[str]:
    """Return the names in a text."""
    return [name for name in NAMES if name in text]


def person(world: World, scope: str = "personal", channel: str = "msteams") -> Person:
    """Return a person whose name the channel knows too."""
    place = Place(channel, scope, "c")
    return Person(world, place, id="p", name="Lovelace", now=lambda: world.now)


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline"])
@pytest.mark.parametrize("asked", [False, True])
async def test_no_name_is_left_once_a_person_is_forgotten(
    channel: str, scope: str, asked: bool
) -> None:
    world = World()
    ada = person(world, scope, channel)
    for text in ("hi", NAMES[0], "hello", *(["change my name"] if asked else []), "forget me"):
        await ada.says(text)
    assert NAMES[0] in await stored(world)
    turn = await ada.says("yes")
    assert turn.texts == ["Done. I have erased everything I kept about you."]
    assert found(json.dumps(turn.replies)) == []
    await world.host.adapter.close()
    assert found(await stored(world)) == []
    assert (await ada.says("hello")).texts == ["What is your name?"]


@pytest.mark.parametrize("asked_there", [False, True])
async def test_a_name_in_the_answers_of_other_groups_is_forgotten_too(asked_there: bool) -> None:
    world = World()
    alone = person(world)
    for group in ("first", "second"):
        ada = Person(
            world, Place("msteams", "groupChat", group), id="p", name="A", now=lambda: world.now
        )
        if not asked_there:
            await ada.says(f"call me {NAMES[0]}")
        for text in ("hi", NAMES[0], "hello"):
            await ada.sends({**ada.message(text), "deliveryMode": "expectReplies"})
    assert NAMES[0] in await stored(world)
    for text in ("hello", "forget me", "yes"):
        await alone.says(text)
    await world.host.adapter.close()
    assert found(await stored(world)) == []


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
async def test_no_record_of_a_place_is_left_once_a_person_is_forgotten(scope: str) -> None:
    world = World()
    ada = person(world, scope)
    for text in ("hi", NAMES[0], "hello", "forget me", "yes"):
        await ada.says(text)
    await world.host.adapter.close()
    assert [key.split("/")[1] for key, _ in await world.storage.scan()] == ["ledgers"]


async def test_others_are_not_forgotten_with_them() -> None:
    world = World()
    ada, bob = person(world, "groupChat"), person(world, "groupChat")
    bob.id = "bob"
    await ada.says("call me Ada")
    await bob.says("call me Bob")
    await ada.says("forget me")
    await ada.says("yes")
    assert (await bob.says("hello")).texts[0].startswith("Bob sent: hello\n")


async def test_a_turn_delivered_twice_forgets_once() -> None:
    world = World()
    ada = person(world)
    await ada.says("call me Ada")
    await ada.says("forget me")
    for _ in range(2):
        await ada.sends(ada.message("yes", id="same"))
    assert [reply["text"] for reply in world.sent("c")][-2:] == [
        'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
        "anything else to keep it.",
        "Done. I have erased everything I kept about you.",
    ]


@pytest.mark.parametrize("erases", [True, False])
async def test_removing_the_app_erases_what_the_settings_say(erases: bool) -> None:
    world = World(Config(forget_on_uninstall=erases))
    ada = person(world)
    await ada.says(f"call me {NAMES[0]}")
    for action in ("remove-upgrade", "add-upgrade"):
        await ada.installs(action=action)
    assert NAMES[0] in await stored(world)
    await ada.installs(action="remove")
    await world.host.adapter.close()
    assert (NAMES[0] not in await stored(world)) is erases


async def test_a_channel_can_ask_for_a_person_to_be_erased() -> None:
    world = World()
    ada = person(world, channel="emulator")
    await ada.says(f"call me {NAMES[0]}")
    assert (await ada.sends(ada.activity("deleteUserData"))).replies == []
    await world.host.adapter.close()
    assert found(await stored(world)) == []


async def test_a_person_whose_record_is_unreadable_is_told_so() -> None:
    world = World()
    ada = person(world, channel="directline")
    await ada.says("call me Ada")
    key = "directline/users/p"
    record = (await world.storage.fetch([key]))[key]
    await world.storage.commit([Change(key, '{"v":99}', record.e_tag, record.owner, None)])
    unreadable = await world.storage.fetch([key])
    assert (await ada.says("hello")).texts == [
        "Sorry, I cannot read what I remember about you right now. Those who run me have been told."
    ]
    assert await world.storage.fetch([key]) == unreadable
