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


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("how", ["installation", "members"])
async def test_who_removes_the_bot_and_adds_it_again_is_welcomed_again(
    cloud: Cloud, scope: str, how: str
) -> None:
    person = cloud.person(channel="msteams", scope=scope)
    await person.installs()
    for count in (2, 3):
        if how == "installation":
            assert await person.installs(action="remove") == []
        else:
            gone = [{"id": "28:bot"}]
            assert await person.joins(membersAdded=None, membersRemoved=gone) == []
        await cloud.restart()
        await person.joins()
        await person.installs()
        assert welcomes(cloud, person.conversation) == count


async def test_an_upgrade_and_the_leaving_of_others_bring_no_welcome(cloud: Cloud) -> None:
    person = cloud.person(channel="msteams", scope="groupChat")
    await person.installs()
    await person.installs(action="remove-upgrade")
    await person.joins(membersAdded=None, membersRemoved=[{"id": "somebody"}])
    await person.installs(action="add-upgrade")
    await person.installs()
    assert welcomes(cloud, person.conversation) == 1


@pytest.mark.parametrize("first", ["joins", "opens"])
async def test_the_event_of_a_page_and_the_channels_update_welcome_once(
    cloud: Cloud, first: str
) -> None:
    person = cloud.person(channel="webchat")
    opening = person.activity("event", name="webchat/join")
    both = [person.sends(opening), person.sends(person.joining())]
    await asyncio.gather(*(both if first == "opens" else reversed(both)))
    assert welcomes(cloud, person.conversation) == 1


@pytest.mark.parametrize(
    ("name", "scope"), [("webchat/leave", "personal"), ("webchat/join", "groupChat")]
)
async def test_other_events_and_those_of_a_group_bring_none(
    cloud: Cloud, name: str, scope: str
) -> None:
    person = cloud.person(channel="webchat", scope=scope)
    await person.sends(person.activity("event", name=name))
    assert welcomes(cloud, person.conversation) == 0


@pytest.mark.parametrize("channel", ["emulator", "msteams", "webchat"])
@pytest.mark.parametrize("how", ["joins", "installs", "opens"])
async def test_a_known_person_is_no_stranger_in_a_new_conversation(
    cloud: Cloud, channel: str, how: str
) -> None:
    person = cloud.person(channel=channel, id="dl_p")
    await person.says("call me Ada")
    person.conversation = Conversation(channel)
    opening = {
        "joins": person.joining,
        "installs": person.installation,
        "opens": lambda: person.activity("event", name="webchat/join"),
    }
    (text,) = (await person.sends(opening[how]())).texts
    assert text == "Hello again, Ada! To see conversation data, type anything."


async def test_who_adds_another_is_not_greeted_for_them(cloud: Cloud) -> None:
    admin = cloud.person(channel="webchat", id="dl_p")
    await admin.says("call me Ada")
    admin.conversation = Conversation("webchat")
    (text,) = await admin.joins(membersAdded=[{"id": "newcomer"}, {"id": "28:bot"}])
    assert text.startswith("Hello! I ask for your name once")
