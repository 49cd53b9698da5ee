"""What a person may say in the middle of a question, on the main dialog alone."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from botbuilder.core import TurnContext

from tests.dialogs.person import Person

ASKED = "What is your name?"
SURE = (
    'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
    "anything else to keep it."
)


@pytest.mark.parametrize("word", ["help", "?", "Hilfe", "who am I", "export my data"])
async def test_what_only_tells_something_asks_again_in_the_same_message(
    person: Person, word: str
) -> None:
    await person.says("hi")
    for _ in range(2):
        reply = await person.sends(word)
        assert reply is not None
        assert reply.text.count(ASKED) == 1
        assert reply.input_hint == "expectingInput"
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."


async def test_a_preface_is_not_said_again_with_the_question() -> None:
    person = Person(begin_with="restarted")
    assert (await person.says("hi")).startswith("I was updated")
    assert "I was updated" not in await person.says("help")


async def test_an_interruption_does_not_count_as_a_refusal(person: Person) -> None:
    await person.says("hi")
    for _ in range(5):
        await person.says("help")
    assert "cancel" not in await person.says("!")


async def test_a_question_that_interrupts_another_takes_its_place(person: Person) -> None:
    await person.introduces_herself()
    assert await person.says("change my name") == "What should I call you?"
    assert await person.says("forget me") == SURE
    assert await person.says("change my name") == "What should I call you?"
    assert await person.says("forget me") == SURE
    assert await person.says("call me Grace") == "All right, I will call you Grace from now on."
    assert (await person.says("yes")).startswith("Grace sent: yes\n")


@pytest.mark.parametrize(
    "answer", ["no", "cancel", "hello", "Yes or no?", "ok", "sure", "y", "", None]
)
async def test_only_yes_erases(person: Person, answer: str | None) -> None:
    await person.introduces_herself()
    await person.says("forget me")
    assert await person.says(answer) == "All right, I keep everything as it is."
    assert person.profile is not None
    assert person.profile.name == "Ada"


@pytest.mark.parametrize(
    "answer", ["yes", "Yes, please.", "delete", "Erase it", "Delete everything!"]
)
async def test_a_clear_yes_erases(person: Person, answer: str) -> None:
    await person.introduces_herself()
    await person.says("forget me")
    assert await person.says(answer) == "Done. I have erased everything I kept about you."
    assert person.profile is None


async def test_without_more_the_dialog_forgets_and_exports_the_profile() -> None:
    person = Person("test")
    await person.introduces_herself()
    reply = await person.sends("export my data")
    assert reply is not None
    (file,) = reply.attachments
    assert (file.content_type, file.name) == ("application/json", "my-data.json")
    data = json.loads(b64decode(file.content_url.removeprefix("data:application/json;base64,")))
    assert data["UserProfile"]["name"] == "Ada"
    await person.says("forget me")
    assert await person.says("yes") == "Done. I have erased everything I kept about you."
    assert person.profile is None


@pytest.mark.parametrize("channel", ["sms", "facebook", "kiosk", "msteams", "emulator"])
async def test_an_export_too_long_for_the_channel_is_left_to_the_operator(channel: str) -> None:
    too_long = (
        "Everything I keep about you is too long for a message on this channel. Those who run me "
        "can export it for you: please ask them."
    )

    async def export(_: TurnContext) -> dict[str, str]:
        return {"text": "x" * 200_000}

    person = Person(channel, export=export)
    await person.says("hi")
    reply = await person.sends("export my data")
    assert reply is not None
    assert (reply.text, reply.attachments) == (f"{too_long}\n{ASKED}", None)


async def test_an_export_that_just_fits_is_whole() -> None:
    data = {"text": ""}

    async def export(_: TurnContext) -> dict[str, str]:
        return data

    person = Person("sms", export=export)
    await person.introduces_herself()
    room = 1600 - len(f"Here is everything I keep about you.\n{json.dumps(data, indent=2)}")
    data["text"] = "x" * room
    told, _, text = (await person.says("export my data")).partition("\n")
    assert json.loads(text) == data
    data["text"] += "x"
    assert await person.says("export my data") != told


async def test_a_first_time_person_sees_what_can_be_said() -> None:
    person = Person("msteams")
    await person.says("hi")
    reply = await person.sends("Ada")
    assert reply is not None
    actions = reply.suggested_actions.actions
    assert [action.value for action in actions] == ["Who am I?", "Change my name", "Help"]
    assert {action.type for action in actions} == {"imBack"}
    for action in actions:
        answer = await person.sends(action.value)
        assert answer is not None
        assert "sent:" not in (answer.text or "")
        await person.says("cancel")


@pytest.mark.parametrize("place", [{"is_group": True}, {"conversation_type": "channel"}])
@pytest.mark.parametrize("word", ["who am I", "what is my name", "export my data"])
async def test_where_others_read_it_nothing_of_a_person_is_told(
    person: Person, place: dict[str, object], word: str
) -> None:
    private = "I tell you that only in a chat between the two of us. Please ask me there."
    await person.introduces_herself()
    person.goes_to("with others", **place)
    reply = await person.sends(word)
    assert reply is not None
    assert (reply.text, reply.attachments) == (private, None)
    await person.says("change my name")
    assert await person.says(word) == f"{private}\nWhat should I call you?"
    person.goes_to("alone")
    told = await person.sends(word)
    assert told is not None
    assert private not in (told.text or "")


async def test_whoever_is_not_known_yet_is_told_so_where_others_read_it(person: Person) -> None:
    person.goes_to("with others", is_group=True)
    assert await person.says("who am I") == f"I know nothing about you yet.\n{ASKED}"
