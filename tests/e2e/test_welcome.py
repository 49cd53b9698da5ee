"""A conversation is welcomed once, whatever the channel sends at its start."""

import asyncio
from pathlib import Path

import pytest

from tests.bot import cloud_around
from turnkeeper.testing import Cloud, Conversation


def welcomes(cloud: Cloud, place: Conversation) -> int:
    return len(cloud.texts(place.id))


@pytest.mark.parametrize("channel", ["emulator", "msteams", "webchat"])
async def test_a_person_who_opens_a_conversation_is_welcomed_once(
    cloud: Cloud, channel: str
) -> None:
    person = cloud.person(channel=channel)
    await person.joins()
    await person.joins()
    assert welcomes(cloud, person.conversation) == 1
    assert await person.says("hi") == ["What is your name?"]


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
async def test_install_and_join_at_the_same_moment_give_one_welcome(
    cloud: Cloud, scope: str
) -> None:
    person = cloud.person(channel="msteams", scope=scope)
    await asyncio.gather(person.installs(), person.joins(), person.installs(), person.joins())
    assert welcomes(cloud, person.conversation) == 1


@pytest.mark.parametrize("scope", ["personal", "groupChat"])
async def test_also_when_two_processes_get_them(tmp_path: Path, scope: str) -> None:
    store = f"sqlite:///{tmp_path}/bot.db"
    async with cloud_around(storage=store) as cloud, cloud_around(storage=store) as other:
        person = cloud.person(channel="msteams", scope=scope)
        await asyncio.gather(person.installs(), person.joins(other.bot_url))
        assert welcomes(cloud, person.conversation) == 1


async def test_a_bot_that_arrives_alone_in_a_personal_conversation_says_nothing_yet(
    cloud: Cloud,
) -> None:
    person = cloud.person(channel="webchat")
    await person.joins(membersAdded=[{"id": "28:bot"}])
    assert welcomes(cloud, person.conversation) == 0
    await person.joins(membersAdded=[{"id": person.id}])
    assert welcomes(cloud, person.conversation) == 1


async def test_a_newcomer_to_a_group_brings_no_welcome(cloud: Cloud) -> None:
    person = cloud.person(channel="msteams", scope="groupChat")
    await person.joins()
    await person.joins(membersAdded=[{"id": "somebody"}])
    assert welcomes(cloud, person.conversation) == 1


async def test_other_installation_updates_say_nothing(cloud: Cloud) -> None:
    person = cloud.person(channel="msteams")
    for action in ("remove", "add-upgrade", "remove-upgrade", "new"):
        assert await person.installs(action=action) == []
    assert cloud.sent(person.conversation.id) == []
