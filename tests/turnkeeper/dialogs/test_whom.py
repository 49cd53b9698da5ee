"""In a group a question says whom it asks and how to answer; nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from botbuilder.core import CardFactory, MessageFactory, TurnContext
from botbuilder.dialogs import Dialog, DialogContext, DialogTurnResult, WaterfallStepContext
from botbuilder.dialogs.choices import Choice, ListStyle
from botbuilder.dialogs.prompts import ChoicePrompt, PromptOptions, TextPrompt
from botbuilder.schema import Activity, ChannelAccount, HeroCard, Mention
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, bot_with, question
from tests.turnkeeper.dialogs.conftest import Deploy
from turnkeeper import Host, dialogs
from turnkeeper.dialogs import Interruptions
from turnkeeper.dialogs.asking.whom import name_of
from turnkeeper.testing import Cloud, Conversation, Person

HOW = "To answer, mention me or reply to this message."
ON_TEAMS = "To answer, mention me."
SURE = (
    'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
    "anything else to keep it."
)
BOT = {"id": "28:bot", "name": "Test Bot"}


class Mentioning:
    """A person who mentions the bot in each message, which leaves the text as it is."""

    def __init__(self, person: Person) -> None:
        self.person = person

    async def says(self, text: str, **fields: Any) -> list[str]:
        mention = {"type": "mention", "mentioned": BOT, "text": ""}
        return await self.person.says(text, mention=False, entities=[mention], **fields)


def in_group(
    cloud: Cloud, name: str = "Ada", channel: str = "slack", scope: str = "groupChat", **who: Any
) -> Mentioning:
    """Somebody in a group."""
    there = Conversation(channel, scope, "there")
    return Mentioning(cloud.person(name, conversation=there, **who))


@pytest.fixture
def ada(cloud: Cloud) -> Mentioning:
    """Ada, among others."""
    return in_group(cloud)


def asking(prompt: Activity) -> Colours:
    """A dialog that asks with a message of its own."""

    async def ask(step: WaterfallStepContext) -> DialogTurnResult:
        return await step.prompt("colour", PromptOptions(prompt=prompt))

    return Colours(ask, answer)


@pytest.mark.parametrize(
    ("channel", "scope", "how"),
    [
        ("slack", "groupChat", HOW),
        ("telegram", "groupChat", HOW),
        ("directline", "channel", HOW),
        ("msteams", "groupChat", ON_TEAMS),  # which tells it of no reply without a mention
        ("msteams", "channel", ON_TEAMS),
    ],
)
async def test_each_is_asked_by_name(cloud: Cloud, channel: str, scope: str, how: str) -> None:
    ada, bob = (in_group(cloud, name, channel, scope) for name in ("Ada", "Bob"))
    assert await ada.says("hi") == [f"Ada: Colour?\n{how}"]
    assert await bob.says("hi") == [f"Bob: Colour?\n{how}"]
    assert await ada.says("red") == ["red!"]


@pytest.mark.parametrize("channel", ["slack", "msteams", "emulator"])
async def test_between_two_nothing_is_added(cloud: Cloud, channel: str) -> None:
    ada = cloud.person("Ada", channel=channel)
    assert await ada.says("hi") == ["Colour?"]
    assert await ada.says("forget me") == [SURE]


async def test_a_question_asked_again_says_it_once(ada: Mentioning, deploy: Deploy) -> None:
    async def never(_: Any) -> bool:
        return False

    await deploy(Colours(prompt=TextPrompt("colour", never)))
    await ada.says("hi")
    await deploy(Colours(prompt=TextPrompt("colour", never)))
    for _ in range(2):
        assert await ada.says("red") == [f"Ada: A colour, please.\n{HOW}"]
    [told] = await ada.says("help")
    assert told.startswith("Ada: At any time you can say:\n")
    assert told.endswith(f"\nColour?\n{HOW}")
    assert (told.count("Ada"), told.count(HOW)) == (1, 1)


async def test_whether_to_be_forgotten_is_asked_so_too(ada: Mentioning) -> None:
    await ada.says("hi")
    assert await ada.says("forget me") == [f"Ada: {SURE}\n{HOW}"]
    half = 'To erase everything, say "yes". Anything else keeps it.'
    assert await ada.says("ok") == [f"Ada: {half}\n{HOW}"]
    assert await ada.says("yes") == ["Done. I have erased everything I kept about you."]


async def test_the_stored_question_stays_what_it_was(ada: Mentioning) -> None:
    await ada.says("hi")
    assert "Ada:" not in repr(await ada.person.state("DialogState"))
    assert HOW not in repr(await ada.person.state("DialogState"))


async def test_a_bot_may_turn_it_off(ada: Mentioning, deploy: Deploy) -> None:
    await deploy(name_in_groups=False)
    assert await ada.says("hi") == ["Colour?"]


async def test_a_bot_may_word_it(ada: Mentioning, deploy: Deploy) -> None:
    words = {"en": {"asked": "@{name} {question} (you!)", "answer_by_mention_or_reply": "Well?"}}
    await deploy(interruptions=Interruptions(words=words))
    assert await ada.says("hi") == ["@Ada Colour? (you!)\nWell?"]


@pytest.mark.parametrize(
    ("language", "asked"),
    [
        ("de", "Ada: Colour?\nUm zu antworten, erwähnen Sie mich"),
        ("fr", "Ada : Colour?\nPour répondre, mentionnez-moi"),
        ("es", "Ada: Colour?\nPara responder, mencióname"),
        ("ja", "Adaさん、Colour?\n回答するには、私をメンション"),
        ("ar", "Ada: Colour?\nللإجابة، يُرجى الإشارة إليّ"),
    ],
)
async def test_it_is_in_the_persons_language(cloud: Cloud, language: str, asked: str) -> None:
    for channel in ("slack", "msteams"):
        [told] = await in_group(cloud, channel=channel, locale=language).says("hi")
        assert told.startswith(asked)


@pytest.mark.parametrize(
    ("name", "text", "asked"),
    [
        ("Ada", "Colour?", "Ada: Colour?"),
        ("عربي", "Colour?", "\u2068عربي\u2069: Colour?"),
        ("עברית (2)", "Colour?", "\u2068עברית (2)\u2069: Colour?"),
        ("Ada עברית", "Colour?", "\u2068Ada עברית\u2069: Colour?"),
        ("Ada", "ما لونك؟", "\u2068Ada\u2069: ما لونك؟"),
        ("عربي", "ما لونك؟", "عربي: ما لونك؟"),
        ("  Ada\n\u202eLovelace ", "Colour?", "Ada Lovelace: Colour?"),
        ("x" * 100, "Colour?", f"{'x' * 39}…: Colour?"),
        ("{question}", "{name}?", "{question}: {name}?"),
        ("\n", "Colour?", "Colour?"),
    ],
)
async def test_any_name_is_one_short_line_that_leaves_the_question_in_order(
    cloud: Cloud, deploy: Deploy, name: str, text: str, asked: str
) -> None:
    await deploy(asking(question(text)))
    ada = in_group(cloud)
    sender = {"id": "Ada", "name": name}
    assert await ada.says("hi", **{"from": sender}) == [f"{asked}\n{HOW}"]


@pytest.mark.parametrize("name", [None, ""])
async def test_who_has_no_name_is_told_how_to_answer(ada: Mentioning, name: object) -> None:
    sender = {"id": "Ada", "name": name}
    assert await ada.says("hi", **{"from": sender}) == [f"Colour?\n{HOW}"]


@given(st.text(st.characters(codec="utf-8")))
def test_a_name_is_one_line(text: str) -> None:
    activity = Activity(type="message", from_property=ChannelAccount(id="a", name=text))
    name = name_of(activity)
    assert len(name.splitlines()) <= 1
    assert name == name.strip()
    assert len(name) <= 40


async def test_in_markdown_they_are_paragraphs_and_a_name_is_no_markup(
    cloud: Cloud, deploy: Deploy
) -> None:
    await deploy(asking(Activity(type="message", text="**Colour?**")))
    ada = in_group(cloud, "*Ada_[x](y)*")
    assert await ada.says("hi") == [f"\\*Ada\\_\\[x\\](y)\\*: **Colour?**\n\n{HOW}"]


async def test_a_question_without_text_or_in_another_format_stays_as_it_is(
    ada: Mentioning, deploy: Deploy
) -> None:
    card = MessageFactory.attachment(CardFactory.hero_card(HeroCard(title="Colour?")))
    await deploy(asking(card))
    assert await ada.says("hi") == [""]
    assert ada.person.last[0]["attachments"][0]["content"]["title"] == "Colour?"
    await ada.says("red")
    await deploy(asking(Activity(type="message", text="<b>Colour?</b>", text_format="xml")))
    assert await ada.says("hi") == ["<b>Colour?</b>"]


async def test_one_that_would_be_too_long_for_the_channel_stays_as_it_is(
    cloud: Cloud, deploy: Deploy
) -> None:
    await deploy(asking(question("x" * 995)))
    assert await in_group(cloud, channel="groupme").says("hi") == ["x" * 995]


async def test_one_that_mentions_somebody_says_itself_whom_it_asks(
    ada: Mentioning, deploy: Deploy
) -> None:
    there = Mention(mentioned=ChannelAccount(id="Ada", name="Ada"), text="@Ada", type="mention")
    await deploy(asking(question("@Ada, your colour?", entities=[there])))
    assert await ada.says("hi") == [f"@Ada, your colour?\n{HOW}"]


async def test_what_is_asked_as_the_bot_comes_asks_nobody_by_name(ada: Mentioning) -> None:
    turn = await ada.person.sends(ada.person.joining())
    assert turn.texts == [f"Colour?\n{HOW}"]


async def test_a_choice_is_asked_so_with_its_choices(ada: Mentioning, deploy: Deploy) -> None:
    async def ask(step: WaterfallStepContext) -> DialogTurnResult:
        choices = [Choice(value) for value in ("Red", "Blue")]
        options = PromptOptions(prompt=question("Which?"), choices=choices, style=ListStyle.in_line)
        return await step.prompt("colour", options)

    await deploy(Colours(ask, answer, prompt=ChoicePrompt("colour")))
    for _ in range(2):
        assert await ada.says("hi") == [f"Ada: Which? (1) Red, or (2) Blue\n{HOW}"]


async def test_who_is_asked_first_by_the_bot_is_named_too(
    cloud: Cloud, ada: Mentioning, host: Host
) -> None:
    reference = ada.person.reference
    await host.adapter.continue_conversation(reference, bot_with(host, Colours()))
    assert await ada.person.hears() == [f"Ada: Colour?\n{HOW}"]
    assert await ada.says("red") == ["red!"]


async def test_the_bots_own_handlers_see_what_is_sent(ada: Mentioning, host: Host) -> None:
    seen: list[str] = []
    run = bot_with(host, Colours())

    async def watch(_: TurnContext, said: list[Activity], send: Any) -> None:
        seen.extend(one.text for one in said)
        await send()

    async def bot(context: TurnContext) -> None:
        context.on_send_activities(watch)
        await run(context)
        await context.send_activity(question("And you?", input_hint="expectingInput"))

    await ada.person.cloud.restart(bot)
    assert await ada.says("hi") == [f"Ada: Colour?\n{HOW}", "And you?"]
    assert seen == [f"Ada: Colour?\n{HOW}", "And you?"]


async def test_a_dialog_run_by_a_dialog_says_it_once(
    ada: Mentioning, deploy: Deploy, host: Host
) -> None:
    class Outer(Dialog):  # type: ignore[misc]  # the SDK is untyped
        async def begin_dialog(
            self, dialog_context: DialogContext, options: object = None
        ) -> DialogTurnResult:
            context = dialog_context.context
            await dialogs.run(Colours(ask), context, host.conversation_state)
            return Dialog.end_of_turn

    await deploy(Outer("outer"))
    assert await ada.says("hi") == [f"Ada: Colour?\n{HOW}"]


async def test_replies_in_the_response_say_it_too(ada: Mentioning) -> None:
    assert await ada.says("hi", deliveryMode="expectReplies") == [f"Ada: Colour?\n{HOW}"]
