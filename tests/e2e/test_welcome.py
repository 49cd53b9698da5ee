"""A conversation is welcomed once, whatever the channel sends at its start."""

import asyncio

import pytest

from tests.cloud import FakeCloud, Place
from tests.turnkeeper.bot import StartBot


def welcomes(cloud: FakeCloud, place: Place) -> int:
    return len(cloud.texts(place.id))


@pytest.mark.parametrize("channel", ["emulator", "msteams", "webchat"])
async def test_a_person_who_opens_a_conversation_is_welcomed_once(
    cloud: FakeCloud, bot: str, channel: str
) -> None:
    person = cloud.person(channel, bot_url=bot)
    await person.joins()
    await person.joins()
    assert welcomes(cloud, person.place) == 1
    assert (await person.says("hi")).texts == ["What is your name?"]


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
async def test_install_and_join_at_the_same_moment_give_one_welcome(
    cloud: FakeCloud, bot: str, scope: str
) -> None:
    person = cloud.person("msteams", scope=scope, bot_url=bot)
    await asyncio.gather(person.installs(), person.joins(), person.installs(), person.joins())
    assert welcomes(cloud, person.place) == 1


@pytest.mark.parametrize("scope", ["personal", "groupChat"])
async def test_also_when_two_processes_get_them(
    cloud: FakeCloud, start_bot: StartBot, scope: str
) -> None:
    one, two = await start_bot(), await start_bot()
    person = cloud.person("msteams", scope=scope)
    await asyncio.gather(person.installs(one), person.joins(two))
    assert welcomes(cloud, person.place) == 1


async def test_a_bot_that_arrives_alone_in_a_personal_conversation_says_nothing_yet(
    cloud: FakeCloud, bot: str
) -> None:
    person = cloud.person("webchat", bot_url=bot)
    await person.joins(membersAdded=[{"id": "28:bot"}])
    assert welcomes(cloud, person.place) == 0
    await person.joins(membersAdded=[{"id": person.id}])
    assert welcomes(cloud, person.place) == 1


async def test_a_newcomer_to_a_group_brings_no_welcome(cloud: FakeCloud, bot: str) -> None:
    person = cloud.person("msteams", scope="groupChat", bot_url=bot)
    await person.joins()
    await person.joins(membersAdded=[{"id": "somebody"}])
    assert welcomes(cloud, person.place) == 1


async def test_other_installation_updates_say_nothing(cloud: FakeCloud, bot: str) -> None:
    person = cloud.person("msteams", bot_url=bot)
    for action in ("remove", "add-upgrade", "remove-upgrade", "new"):
        assert (await person.installs(action=action)).status == 201
    assert cloud.sent(person.place.id) == []
