"""What a person may say in the middle of a question, on the main dialog alone."""

from __future__ import annotations

import pytest

from tests.dialogs.person import Person

ASKED = "What is your name?"
KEPT = "All right, I keep everything as it is."
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
        assert reply.text.endswith(f"\n{ASKED}")
        assert reply.input_hint == "expectingInput"
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."


async def test_an_interruption_does_not_count_as_a_refusal(person: Person) -> None:
    await person.says("hi")
    for _ in range(5):
        await person.says("help")
    assert "cancel" not in await person.says("!")


async def test_who_is_asked_whether_to_forget_is_asked_nothing_else(person: Person) -> None:
    await person.introduces_herself()
    assert await person.says("change my name") == "What should I call you?"
    assert await person.says("forget me") == SURE
    assert await person.says("call me Grace") == f"{KEPT}\nWhat should I call you?"
    assert await person.says("Grace") == "All right, I will call you Grace from now on."
    assert await person.says("forget me") == SURE
    assert await person.says("change my name") == KEPT
    assert (await person.says("yes")).startswith("Grace sent: yes\n")


async def test_a_name_given_unasked_where_one_is_asked_for_is_the_answer(person: Person) -> None:
    await person.introduces_herself()
    await person.says("change my name")
    assert await person.says("call me Grace") == "All right, I will call you Grace from now on."
    assert person.dialogs is None


async def test_who_has_given_no_name_is_helped_there_too(person: Person) -> None:
    assert await person.says("forget me") == SURE
    assert (await person.says("help")).endswith(f"\n{SURE}")


async def test_who_was_forgotten_is_not_known(person: Person) -> None:
    await person.introduces_herself()
    await person.says("forget me")
    assert await person.says("yes") == "Done. I have erased everything I kept about you."
    assert person.profile is None
    assert await person.says("hello") == ASKED


@pytest.mark.parametrize("word", ["who am I", "change my name", "call me Grace", "help"])
async def test_what_interrupts_is_noted_as_a_visit(person: Person, word: str) -> None:
    await person.introduces_herself()
    person.later(minutes=29)
    await person.sends(word)
    await person.says("cancel")
    person.later(minutes=29)
    assert not (await person.says("hello")).startswith("Welcome back")


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
    asked = await person.says(word)
    assert f"{private}\nWhat should I call you?\nTo answer, mention me" in asked
    person.goes_to("alone")
    told = await person.sends(word)
    assert told is not None
    assert private not in (told.text or "")


async def test_whoever_is_not_known_yet_is_told_so_where_others_read_it(person: Person) -> None:
    person.goes_to("with others", is_group=True)
    asked = await person.says("who am I")
    assert f"I know nothing about you yet.\n{ASKED}\nTo answer, mention me" in asked
