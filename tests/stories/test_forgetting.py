"""Whoever wants to be forgotten is: nothing of them is left in the store or in a reply."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from config import Config
from tests.bot import cloud_around
from turnkeeper import Change, RecordStorage
from turnkeeper.testing import Cloud, Conversation, Person

NAMES = ("Xanthippe", "Lovelace")


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with cloud_around() as cloud:
        yield cloud


def records(cloud: Cloud) -> RecordStorage:
    """Return the bot's store."""
    assert cloud.host
    return cloud.host.storage.records


async def stored(cloud: Cloud) -> str:
    """Return everything in the store."""
    return repr(await records(cloud).scan())


async def stored_at_the_end(cloud: Cloud) -> str:
    """Return everything in the store, once the bot has written all that it had to."""
    await cloud.restart()
    return await stored(cloud)


def found(text: str) -> list[str]:
    """Return the names in a text."""
    return [name for name in NAMES if name in text]


def person(cloud: Cloud, scope: str = "personal", channel: str = "msteams") -> Person:
    """Return a person whose name the channel knows too."""
    return cloud.person("Lovelace", conversation=Conversation(channel, scope, "c"), id="dl_p")


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline"])
@pytest.mark.parametrize("asked", [False, True])
async def test_no_name_is_left_once_a_person_is_forgotten(
    cloud: Cloud, channel: str, scope: str, asked: bool
) -> None:
    ada = person(cloud, scope, channel)
    for text in ("hi", NAMES[0], "hello", *(["change my name"] if asked else []), "forget me"):
        await ada.says(text)
    assert NAMES[0] in await stored(cloud)
    turn = await ada.sends(ada.message("yes"))
    assert turn.texts == ["Done. I have erased everything I kept about you."]
    assert found(json.dumps(turn.replies)) == []
    assert found(await stored_at_the_end(cloud)) == []
    assert "What is your name?" in (await ada.says("hello"))[0]


@pytest.mark.parametrize("asked_there", [False, True])
async def test_a_name_in_the_answers_of_other_groups_is_forgotten_too(
    cloud: Cloud, asked_there: bool
) -> None:
    alone = person(cloud)
    for group in ("first", "second"):
        ada = cloud.person("A", conversation=Conversation("msteams", "groupChat", group), id="dl_p")
        if not asked_there:
            await ada.says(f"call me {NAMES[0]}")
        for text in ("hi", NAMES[0], "hello"):
            await ada.sends({**ada.message(text), "deliveryMode": "expectReplies"})
    assert NAMES[0] in await stored(cloud)
    for text in ("hello", "forget me", "yes"):
        await alone.says(text)
    assert found(await stored_at_the_end(cloud)) == []


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
async def test_no_record_of_a_place_is_left_once_a_person_is_forgotten(
    cloud: Cloud, scope: str
) -> None:
    ada = person(cloud, scope)
    for text in ("hi", NAMES[0], "hello", "forget me", "yes"):
        await ada.says(text)
    kinds = [key.split("/")[1] for key, _ in await records(cloud).scan()]
    assert kinds == ["ledgers", "format"]


async def test_others_are_not_forgotten_with_them(cloud: Cloud) -> None:
    ada, bob = person(cloud, "groupChat"), person(cloud, "groupChat")
    bob.id = "bob"
    await ada.says("call me Ada")
    await bob.says("call me Bob")
    await ada.says("forget me")
    await ada.says("yes")
    assert (await bob.says("hello"))[0].startswith("Bob sent: hello\n")


async def test_a_turn_delivered_twice_forgets_once(cloud: Cloud) -> None:
    ada = person(cloud)
    await ada.says("call me Ada")
    await ada.says("forget me")
    for _ in range(2):
        await ada.sends(ada.message("yes", id="same"))
    assert [reply["text"] for reply in cloud.sent("c")][-2:] == [
        'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
        "anything else to keep it.",
        "Done. I have erased everything I kept about you.",
    ]


@pytest.mark.parametrize("erases", [True, False])
async def test_removing_the_app_erases_what_the_settings_say(erases: bool) -> None:
    async with cloud_around(Config(forget_on_uninstall=erases)) as cloud:
        ada = person(cloud)
        await ada.says(f"call me {NAMES[0]}")
        for action in ("remove-upgrade", "add-upgrade"):
            await ada.installs(action=action)
        assert NAMES[0] in await stored(cloud)
        await ada.installs(action="remove")
        assert (NAMES[0] not in await stored(cloud)) is erases


@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline", "webchat"])
async def test_the_emulator_alone_can_ask_for_a_person_to_be_erased(
    cloud: Cloud, channel: str
) -> None:
    ada = person(cloud, channel=channel)
    await ada.says(f"call me {NAMES[0]}")
    assert (await ada.sends(ada.activity("deleteUserData"))).replies == []
    assert (found(await stored_at_the_end(cloud)) == []) is (channel == "emulator")


@pytest.mark.parametrize("channel", ["directline", "directlinespeech"])
async def test_a_person_whose_record_is_unreadable_is_told_so(cloud: Cloud, channel: str) -> None:
    ada = cloud.person("Lovelace", channel=channel, id="dl_p")
    await ada.says("call me Ada")
    key = f"{channel}/users/dl_p"
    record = (await records(cloud).fetch([key]))[key]
    await records(cloud).commit([Change(key, '{"v":99}', record.e_tag, record.owner, None)])
    unreadable = await records(cloud).fetch([key])
    assert await ada.says("hello") == [
        "Sorry, I cannot read what I remember about you right now. Those who run me have been told."
    ]
    assert await records(cloud).fetch([key]) == unreadable
