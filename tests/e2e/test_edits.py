"""An edit of the message that gave a name corrects it, wherever and however it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot import cloud_around
from turnkeeper.testing import Cloud, Conversation

RENAMED = "All right, I will call you Ada from now on."
THANKS = "Thanks Ada. To see conversation data, type anything."
KEPT = 'I still call you Adda. Edit the message once more, or say "Change my name".'
REFUSED = f"That does not look like a name. I need just the name, such as Ada.\n{KEPT}"


@pytest.mark.parametrize("scope", ["personal", "groupChat", "channel"])
@pytest.mark.parametrize("channel", ["msteams", "slack", "webchat"])
@pytest.mark.parametrize("said", ["Adda", "I'm Adda", "call me Adda", "Call me Adda!"])
async def test_however_the_name_was_given(
    cloud: Cloud, channel: str, scope: str, said: str
) -> None:
    ada = cloud.person("p", conversation=Conversation(channel, scope))
    await ada.says("hi")
    await ada.says(said)
    await cloud.restart()
    assert await ada.edits(said.replace("Adda", "Ada")) == [RENAMED]
    assert await ada.edits("Ada") == []


async def test_a_name_that_was_changed_unasked_is_corrected_too(cloud: Cloud) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("call me Grace")
    await ada.says("call me Adda")
    assert await ada.edits("call me Ada") == [RENAMED]


@pytest.mark.parametrize("text", ["help", "forget me", "Who am I?", "cancel", "hi", "no"])
async def test_what_is_no_name_is_refused_and_nothing_else_is_done(cloud: Cloud, text: str) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("call me Adda")
    assert await ada.edits(text) == [REFUSED]
    assert await ada.edits("Ada") == [RENAMED]


async def test_an_edit_of_a_refused_answer_is_the_answer_while_the_question_is_open(
    cloud: Cloud,
) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("hi")
    await ada.says("...")
    (refused,) = await ada.edits("???")
    assert refused.startswith("A name needs")
    assert await ada.edits("Ada") == [THANKS]


async def test_once_the_question_is_closed_it_says_nothing(cloud: Cloud) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("hi")
    await ada.says("...")
    edit = ada.edit("Ada")
    await ada.says("cancel")
    assert (await ada.sends(edit)).texts == []


async def test_of_older_answers_and_other_messages_an_edit_says_nothing(cloud: Cloud) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("hi")
    assert await ada.edits("hello") == []
    await ada.says("Adda")
    older = ada.edit("Eve")
    await ada.says("call me Ada")
    assert (await ada.sends(older)).texts == []
    await ada.says("hello")
    assert await ada.edits("Eve") == []
    assert (await ada.says("x"))[0].startswith("Ada sent: x\n")


async def test_one_persons_edit_changes_no_other(cloud: Cloud) -> None:
    group = Conversation("msteams", "groupChat")
    ada, bob = (cloud.person(name, conversation=group) for name in ("a", "b"))
    for person, name in ((ada, "Ada"), (bob, "Bob")):
        await person.says(f"call me {name}")
    edit = bob.edit("Eve")
    edit["from"] = ada.activity("message")["from"]
    before = cloud.texts(group.id)
    await ada.sends(edit)
    assert cloud.texts(group.id) == before
    assert (await ada.says("x"))[0].startswith("Ada sent")
    assert (await bob.says("x"))[0].startswith("Bob sent")


async def test_after_forget_me_the_answer_is_forgotten_too(cloud: Cloud) -> None:
    ada = cloud.person("p", channel="msteams")
    await ada.says("call me Adda")
    edit = ada.edit("Ada")
    await ada.says("forget me")
    await ada.says("yes")
    assert (await ada.sends(edit)).texts == []
    assert await ada.says("hello") == ["What is your name?"]


async def test_an_edit_that_another_process_gets_corrects(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/bot.db"
    async with cloud_around(storage=store) as cloud, cloud_around(storage=store) as other:
        ada = cloud.person("p", channel="msteams")
        await ada.says("call me Adda")
        assert await ada.edits("Ada", other.bot_url) == [RENAMED]
        assert (await ada.says("x"))[0].startswith("Ada sent")
