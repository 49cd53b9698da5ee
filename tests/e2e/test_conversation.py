"""The main job over real HTTP: it asks, remembers, and greets."""

import asyncio
import re

import pytest

from app import make_bot
from config import Config
from turnkeeper.testing import Answer, Cloud, Conversation

CHANNELS = ["emulator", "msteams", "directline", "webchat"]
GREETING = re.compile(
    r"Ada sent: hello\n"
    r"Message received at: \w+day, \w+ \d+, \d{4}, \d+:\d\d:\d\d [AP]M \(UTC\)\n"
    r"Message received from: .+"
)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_it_asks_remembers_and_greets(cloud: Cloud, channel: str) -> None:
    person = cloud.person(channel=channel)
    assert await person.says("hi") == ["What is your name?"]
    assert await person.says("Ada") == ["Thanks Ada. To see conversation data, type anything."]
    [greeting] = await person.says("hello")
    assert GREETING.fullmatch(greeting)


@pytest.mark.parametrize("channel", CHANNELS)
async def test_typing_ahead_loses_nothing(cloud: Cloud, channel: str) -> None:
    person = cloud.person(channel=channel)
    await asyncio.gather(person.says("hi"), person.says("Ada"))
    assert cloud.texts(person.conversation.id) == [
        "What is your name?",
        "Thanks Ada. To see conversation data, type anything.",
    ]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_name_is_no_answer_to_a_question_that_was_refused(
    cloud: Cloud, channel: str
) -> None:
    person = cloud.person(channel=channel)
    cloud.faults.next(Answer(403))
    assert await person.says("hi") == []
    assert await person.says("Ada") == ["What is your name?"]
    assert await person.says("Ada") == ["Thanks Ada. To see conversation data, type anything."]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_a_yes_to_a_confirmation_that_was_refused_erases_nobody(
    cloud: Cloud, channel: str
) -> None:
    person = cloud.person(channel=channel)
    for text in ("hi", "Ada"):
        await person.says(text)
    cloud.faults.next(Answer(403))
    assert await person.says("forget me") == []
    [asked] = await person.says("yes")
    assert asked.startswith("Shall I erase everything I keep about you?")
    assert await person.state("UserProfile") is not None
    assert await person.says("yes") == ["Done. I have erased everything I kept about you."]
    assert await person.state("UserProfile") is None


async def test_everything_is_there_after_a_restart(cloud: Cloud) -> None:
    assert cloud.host
    person = cloud.person(channel="msteams")
    for text in ("hi", "Ada"):
        await person.says(text)
        await cloud.restart(make_bot(cloud.host, Config()))
    assert GREETING.fullmatch((await person.says("hello"))[0])


async def test_a_known_person_is_greeted_at_once_in_a_new_conversation(cloud: Cloud) -> None:
    person = cloud.person(channel="msteams")
    await person.says("hi")
    await person.says("Ada")
    person.conversation = Conversation("msteams")
    assert (await person.says("hello"))[0].startswith("Ada sent: hello\n")


async def test_people_of_a_group_do_not_answer_for_each_other(cloud: Cloud) -> None:
    place = Conversation("msteams", "groupChat")
    people = [cloud.person(conversation=place) for _ in range(10)]
    names = [f"Ada {number}" for number in range(10)]
    await asyncio.gather(*(person.says("hi") for person in people))
    await asyncio.gather(*(p.says(name) for p, name in zip(people, names, strict=True)))
    for person, name in zip(people, names, strict=True):
        assert (await person.says("hello"))[0].startswith(f"{name} sent: hello\n")


async def test_a_thread_of_a_channel_is_a_conversation_of_its_own(cloud: Cloud) -> None:
    asked = ["User: What is your name?\nTo answer, mention me."]
    person = cloud.person(conversation=Conversation("msteams", "channel", "team;messageid=1"))
    assert await person.says("hi") == asked
    person.conversation = Conversation("msteams", "channel", "team;messageid=2")
    assert await person.says("hi") == asked


async def test_somebody_else_in_an_unmarked_conversation_is_not_taken_for_the_person_asked(
    cloud: Cloud,
) -> None:
    ada = cloud.person(channel="directline")
    bob = cloud.person(conversation=ada.conversation)
    await ada.says("hi")
    assert await bob.says("Grace") == ["What is your name?"]
    assert (await bob.says("Bob"))[0].startswith("Thanks Bob.")


async def test_a_reply_is_plain_text_and_a_reply(cloud: Cloud) -> None:
    for channel in CHANNELS:
        person = cloud.person(channel=channel)
        [reply] = (await person.sends(person.message("hi", id="a/b|c"))).replies[:1]
        assert reply["textFormat"] == "plain"
        assert reply["inputHint"] == "expectingInput"
        assert reply["replyToId"] == "a/b|c"
        assert reply["recipient"]["id"] == person.id


async def test_ids_of_any_form_are_escaped_in_the_connectors_paths(cloud: Cloud) -> None:
    person = cloud.person(conversation=Conversation("directline", id="../a b/ü|?#%2F"))
    assert await person.says("hi", id="..") == ["What is your name?"]
    assert cloud.connector.requests[-1].raw_path == (
        "/connector/v3/conversations/..%2Fa%20b%2F%C3%BC%7C%3F%23%252F/activities/%2E%2E"
    )


async def test_on_the_emulator_the_bots_state_is_shown_and_nowhere_else(cloud: Cloud) -> None:
    person = cloud.person(channel="emulator")
    await person.says("hi")
    reply, trace = (await person.sends(person.message("Ada"))).replies
    assert (reply["type"], trace["type"]) == ("message", "trace")
    assert (trace["name"], trace["label"]) == ("BotState", "Bot State")
    assert trace["valueType"] == "https://www.botframework.com/schemas/botState"
    assert trace["value"]["user"]["UserProfile"]["name"] == "Ada"
    for channel in CHANNELS[1:]:
        person = cloud.person(channel=channel)
        assert len((await person.sends(person.message("hi"))).replies) == 1


@pytest.mark.parametrize("channel", CHANNELS)
async def test_replies_can_be_had_in_the_http_answer(cloud: Cloud, channel: str) -> None:
    person = cloud.person(channel=channel)
    turn = await person.sends(person.message("hi", deliveryMode="expectReplies"))
    assert (turn.status, turn.texts) == (200, ["What is your name?"])
    assert cloud.sent(person.conversation.id) == []


async def test_an_invoke_nobody_handles_is_answered_as_the_protocol_says(cloud: Cloud) -> None:
    person = cloud.person(channel="msteams")
    for name, value, status in (
        ("some/thing", {"x": 1}, 501),
        ("adaptiveCard/action", {"action": {"type": "Action.Execute", "verb": "x"}}, 501),
        ("adaptiveCard/action", {}, 400),
        ("signin/verifyState", {"state": "1"}, 501),
        ("signin/tokenExchange", {"id": "1", "connectionName": "x", "token": "x"}, 501),
    ):
        turn = await person.sends(person.activity("invoke", name=name, value=value))
        assert turn.status == status
        invoke = person.activity("invoke", name=name, value=value, deliveryMode="expectReplies")
        [reply] = (await person.sends(invoke)).replies
        assert (reply["type"], reply["value"]["status"]) == ("invokeResponse", status)


@pytest.mark.parametrize(
    "kind", ["typing", "ping", "messageUpdate", "messageDelete", "messageReaction", "event", "new"]
)
async def test_what_is_no_message_changes_nothing(cloud: Cloud, kind: str) -> None:
    person = cloud.person(channel="msteams")
    await person.says("hi")
    turn = await person.sends(person.activity(kind, text="Grace", name="x", reactionsAdded=[]))
    assert (turn.status, turn.replies) == (201, [])
    assert (await person.says("Ada"))[0].startswith("Thanks Ada.")
