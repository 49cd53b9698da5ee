"""How the bot asks for a name, and what it takes for one."""

from __future__ import annotations

import pytest
from botbuilder.core import MemoryStorage, UserState
from botbuilder.schema import Attachment, Entity
from botbuilder.testing import DialogTestClient

from dialogs.user_profile_dialog import UserProfileDialog
from tests.dialogs.person import Person

MISSING = "I did not get a name. Please type your name as a message."
WITHOUT_LETTERS = "A name needs at least one letter. Please type your name again."
TOO_LONG = "That is longer than 100 characters. Please type a shorter name."
WITH_CONTROLS = (
    "That name contains hidden control characters. Please type it again with visible characters "
    "only."
)
WITH_MARKUP = "Please type just your name, without mentions and without the signs < and >."
NOT_A_NAME = "That does not look like a name. I need just the name, such as Ada."
OFFER = 'Type "cancel" to stop, or try again.'


@pytest.mark.parametrize("first", ["hi", "Ada", "cancel", "<b>", "x" * 5000, None])
async def test_an_unknown_person_is_asked_for_a_name(person: Person, first: str | None) -> None:
    assert await person.says(first) == "What is your name?"
    assert person.profile is None, "asking writes no profile"


async def test_the_answer_is_kept_and_confirmed(person: Person) -> None:
    await person.says("hi")
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."
    assert person.profile is not None
    assert person.profile.name == "Ada"


async def test_a_name_is_kept_clean(person: Person) -> None:
    await person.says("hi")
    confirmed = await person.says("  Ada \n King\u200b ")
    assert confirmed == "Thanks Ada King. To see conversation data, type anything."


@pytest.mark.parametrize("name", ["**Ada**", "[Ada](x)", "{name}", "%s", "_a_"])
async def test_markdown_and_patterns_in_a_name_are_plain_text(person: Person, name: str) -> None:
    await person.says("hi")
    assert await person.says(name) == f"Thanks {name}. To see conversation data, type anything."


@pytest.mark.parametrize(
    ("answer", "retry"),
    [
        (None, MISSING),
        ("", MISSING),
        ("   ", MISSING),
        ("?!", WITHOUT_LETTERS),
        ("\u200b\u2060 \u200d", MISSING),
        ("hi", NOT_A_NAME),
        ("Good morning!", NOT_A_NAME),
        ("Yes, please.", NOT_A_NAME),
        ("no", NOT_A_NAME),
        ("x" * 101, TOO_LONG),
        ("Ada\x07", WITH_CONTROLS),
        ("Ada\u202eadA", WITH_CONTROLS),
        ("<at>Bob</at> and I", WITH_MARKUP),
        ("<b>Ada</b>", WITH_MARKUP),
        ("&lt;b&gt;Ada", WITH_MARKUP),
    ],
)
async def test_a_refused_answer_is_told_what_to_change(
    person: Person, answer: str | None, retry: str
) -> None:
    await person.says("hi")
    assert await person.says(answer) == retry
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."


async def test_an_attachment_is_no_name(person: Person) -> None:
    await person.says("hi")
    picture = Attachment(content_type="image/png", content_url="https://example.com/a.png")
    assert await person.says(None, attachments=[picture]) == MISSING


async def test_a_submitted_card_is_no_name(person: Person) -> None:
    await person.says("hi")
    assert await person.says(None, value={"fullName": "Ada"}) == MISSING


async def test_the_bots_own_mention_is_no_part_of_the_name(person: Person) -> None:
    mention = Entity(type="mention")
    mention.additional_properties = {"mentioned": {"id": "bot"}, "text": "<at>Ada</at>"}
    await person.says("<at>Ada</at> hi", entities=[mention])
    confirmed = await person.says("<at>Ada</at> Adabel", entities=[mention])
    assert confirmed == "Thanks Adabel. To see conversation data, type anything."


async def test_three_refusals_bring_an_offer_to_stop(person: Person) -> None:
    await person.says("hi")
    assert await person.says("!") == WITHOUT_LETTERS
    assert await person.says("!") == WITHOUT_LETTERS
    assert await person.says("!") == f"{WITHOUT_LETTERS}\n{OFFER}"
    assert await person.says("x" * 101) == f"{TOO_LONG}\n{OFFER}"
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."


@pytest.mark.parametrize("word", ["cancel", "Stop", " CANCEL! "])
@pytest.mark.parametrize("refusals", [0, 3])
async def test_cancel_ends_the_dialog(person: Person, word: str, refusals: int) -> None:
    await person.says("hi")
    for _ in range(refusals):
        await person.says("!")
    leave = "OK, I'll stop asking. Say anything when you want to pick this up again."
    assert await person.says(word) == leave
    assert person.profile is None
    assert await person.says("hi again") == "What is your name?"
    assert await person.says("!") == WITHOUT_LETTERS, "refusals are counted afresh"


async def test_questions_await_an_answer_and_statements_do_not(person: Person) -> None:
    replies = [await person.sends(text) for text in ("hi", "!", "Ada", "hello")]
    hints = [reply.input_hint for reply in replies if reply]
    assert hints == ["expectingInput", "expectingInput", "acceptingInput", "acceptingInput"]


@pytest.mark.parametrize("kind", ["typing", "event", "messageUpdate", "messageReaction", "invoke"])
async def test_what_is_no_message_changes_nothing(person: Person, kind: str) -> None:
    assert await person.sends(type=kind) is None
    assert person.profile is None
    await person.says("hi")
    assert await person.sends("Bob", type=kind) is None
    assert await person.says("Ada") == "Thanks Ada. To see conversation data, type anything."


async def test_the_open_question_stores_no_more_than_it_needs() -> None:
    person = Person()
    await person.says("hi")
    main = person.dialogs.dialog_stack[0]
    profile = main.state["dialogs"].dialog_stack[0]
    prompt = profile.state["dialogs"].dialog_stack[0]
    stored = {name: value for name, value in vars(prompt.state["options"]).items() if value}
    assert set(stored) == {"prompt"}
    assert {name: value for name, value in vars(stored["prompt"]).items() if value} == {
        "type": "message",
        "text": "What is your name?",
        "text_format": "plain",
        "input_hint": "expectingInput",
    }


@pytest.mark.parametrize("channel", ["emulator", "msteams", "test"])
async def test_the_profile_dialog_works_alone(channel: str) -> None:
    profiles = UserState(MemoryStorage()).create_property("UserProfile")
    client = DialogTestClient(channel, UserProfileDialog(profiles))
    assert (await client.send_activity("hi")).text == "What is your name?"
    reply = await client.send_activity("Ada")
    assert reply.text == "Thanks Ada. To see conversation data, type anything."
    assert client.dialog_turn_result.result == "Ada"


async def test_a_name_given_unasked_is_noted_with_the_visit(person: Person) -> None:
    assert await person.says("call me Ada", locale="en-GB") == (
        "Thanks Ada. To see conversation data, type anything."
    )
    assert person.profile is not None
    assert (person.profile.name, person.profile.locale) == ("Ada", "en-GB")
    assert person.profile.last_seen_at == person.now.timestamp()
    assert (await person.says("hello")).startswith("Ada sent: hello\n")
