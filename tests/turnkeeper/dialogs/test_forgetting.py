"""Forget me and export my data: asked twice, told in private, and gone when it is done."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from botbuilder.core import TurnContext
from botbuilder.dialogs import Dialog, DialogTurnResult, WaterfallStepContext

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, bot_with, new_host
from tests.turnkeeper.dialogs.conftest import Deploy
from tests.turnkeeper.owners import user_key
from turnkeeper import Host
from turnkeeper.dialogs import Interrupted, Interruptions, Wish
from turnkeeper.testing import Cloud, Conversation, Person

SURE = (
    'Shall I erase everything I keep about you? This cannot be undone. Say "yes" to erase it, '
    "anything else to keep it."
)
FORGOTTEN = "Done. I have erased everything I kept about you."
KEPT = "All right, I keep everything as it is."
PRIVATE = "I tell you that only in a chat between the two of us. Please ask me there."


HALF = 'To erase everything, say "yes". Anything else keeps it.'
HALF_YESES = {
    "en": ["y", "Y!", "yup", "sure", "ok", "OK.", "Okay", "of course", "👍", "👍🏽", "ok 👍"],
    "de": ["j", "ja klar", "Klar!", "sicher", "in Ordnung", "gerne"],
    "fr": ["o", "ouais", "d’accord", "D'accord.", "bien sûr"],
    "es": ["s", "vale", "¡Claro!", "claro que sí", "de acuerdo"],
    "ja": ["オッケー", "ｵｯｹｰ", "いいよ。", "もちろん"],
    "ar": ["تمام", "موافق", "أكيد", "اوكي", "طيب"],
}
NOT_EVEN_HALF = [
    *("no", "n", "nope", "maybe", "not ok", "not sure", "yes but later", "ok later", "👎", "k?y"),
    *("nein", "non", "いいえ", "لا", "cancel", "Yes or no?", "start over", "/start", ""),
]


class Remembering(Colours):
    """Keeps each colour of a person at once, and once more when it is cancelled."""

    def __init__(self, host: Host) -> None:
        super().__init__(ask, self.keep, ask, answer)
        self._colours = host.user_state.create_property("colours")

    async def keep(self, step: WaterfallStepContext) -> DialogTurnResult:
        await self._colours.set(step.context, [step.result])
        return await step.next(None)

    async def on_end_dialog(self, context: TurnContext, instance: Any, reason: Any) -> None:
        await self._colours.set(context, ["the last one"])


@pytest.fixture
def dialog(host: Host) -> Dialog:
    return Remembering(host)


@pytest.fixture(autouse=True)
async def red(ada: Person, deploy: Deploy, dialog: Dialog) -> None:
    """Ada has told one colour, and is asked for another."""
    await deploy(dialog, question_timeout=3600)
    await ada.says("hi")
    await ada.says("red")


async def everything(host: Host) -> str:
    """Everything in the store."""
    return repr(await host.storage.records.scan())


@pytest.mark.parametrize("yes", ["yes", "Yes, please.", "Delete everything!", "Ja", "はい"])
async def test_a_clear_yes_erases_the_person_and_closes_all(
    host: Host, ada: Person, yes: str
) -> None:
    assert await ada.says("forget me") == [SURE]
    assert "red" in await everything(host)
    assert await ada.says(yes) == [FORGOTTEN]
    kinds = [key.split("/")[1] for key, _ in await host.storage.records.scan()]
    assert kinds == ["ledgers", "format"]
    assert await ada.state("colours") is None  # though the dialog kept one at its end
    assert await ada.says("hi") == ["Colour?"]


@pytest.mark.parametrize("no", NOT_EVEN_HALF)
async def test_anything_else_keeps_all_and_the_open_question_is_asked_again(
    ada: Person, no: str
) -> None:
    await ada.says("forget me")
    assert await ada.says(no) == [f"{KEPT}\nColour?"]
    assert await ada.state("colours") == ["red"]
    assert await ada.says("blue") == ["blue!"]


@pytest.mark.parametrize(
    ("language", "text"), [(lang, text) for lang, texts in HALF_YESES.items() for text in texts]
)
async def test_half_a_yes_is_asked_once_more_whatever_the_persons_language(
    host: Host, ada: Person, language: str, text: str
) -> None:
    await ada.says("forget me")
    assert await ada.says(text) == [HALF]
    ada.locale = language
    [asked] = await ada.says(text)
    assert (asked == HALF) is (language == "en")
    assert "red" in await everything(host)
    assert await ada.says("はい") != []
    assert "red" not in await everything(host)


async def test_who_says_no_more_than_half_a_yes_is_asked_twice(ada: Person) -> None:
    await ada.says("forget me")
    assert await ada.says("ok") == [HALF]
    assert await ada.says("sure") == [HALF]
    assert await ada.says("ok") == [f"{KEPT}\nColour?"]
    assert await ada.state("colours") == ["red"]
    assert await ada.says("forget me") == [SURE]
    assert await ada.says("ok") == [HALF]
    assert await ada.says("forget me") == [SURE]
    assert [await ada.says("ok") for _ in range(2)] == [[HALF]] * 2


async def test_half_a_yes_does_not_erase_after_a_no(ada: Person) -> None:
    await ada.says("forget me")
    assert await ada.says("ok") == [HALF]
    assert await ada.says("maybe") == [f"{KEPT}\nColour?"]
    assert await ada.says("yes") == ["yes!"]


async def test_half_a_yes_is_an_answer_to_any_other_question(ada: Person) -> None:
    assert await ada.says("ok") == ["ok!"]


async def test_half_a_yes_is_remembered_over_a_restart(
    ada: Person, deploy: Deploy, dialog: Dialog
) -> None:
    await ada.says("forget me")
    for said, told in (("y", HALF), ("y", HALF), ("yes", FORGOTTEN)):
        await deploy(dialog)
        assert await ada.says(said) == [told]


async def test_what_is_asked_once_more_runs_out_too(cloud: Cloud, ada: Person) -> None:
    await ada.says("blue")
    await ada.says("forget me")
    await ada.says("ok")
    cloud.clock.move(minutes=11)
    assert await ada.says("yes") == [f"{KEPT}\nColour?"]


async def test_with_nothing_open_all_is_kept_and_nothing_asked(ada: Person) -> None:
    await ada.says("blue")
    assert await ada.says("forget me") == [SURE]
    assert await ada.says("no") == [KEPT]
    assert await ada.says("hi") == ["Colour?"]


async def test_help_is_told_and_it_is_asked_again(ada: Person) -> None:
    await ada.says("forget me")
    [reply] = await ada.says("help")
    assert reply.startswith("At any time you can say:\n")
    assert reply.endswith(f"\n{SURE}")
    assert await ada.says("forget me") == [SURE]
    assert await ada.says("yes") == [FORGOTTEN]


async def test_an_own_help_is_told_that_it_is_asked(ada: Person, deploy: Deploy) -> None:
    async def help_(interrupted: Interrupted) -> str:
        return f"Say yes or no to {interrupted.asks}."

    await deploy(interruptions=Interruptions({Wish.HELP: help_}))
    await ada.says("forget me")
    assert await ada.says("help") == [f"Say yes or no to forget.\n{SURE}"]
    assert await ada.says("yes") == [FORGOTTEN]


async def test_it_runs_out_with_the_question(cloud: Cloud, ada: Person) -> None:
    await ada.says("forget me")
    cloud.clock.move(minutes=61)
    assert await ada.says("yes") == ["Hello again! I am still missing your answer.\nColour?"]
    assert await ada.state("colours") == ["the last one"]


async def test_with_nothing_open_it_runs_out_in_silence(cloud: Cloud, ada: Person) -> None:
    await ada.says("blue")
    await ada.says("forget me")
    cloud.clock.move(minutes=61)
    assert await ada.says("yes") == ["Colour?"]


async def test_it_stays_asked_over_a_restart(ada: Person, deploy: Deploy, dialog: Dialog) -> None:
    await ada.says("forget me")
    await deploy(dialog)
    assert await ada.says("yes") == [FORGOTTEN]


async def test_what_is_no_message_neither_confirms_nor_denies(ada: Person) -> None:
    await ada.says("forget me")
    assert (await ada.sends(ada.activity("event", name="x", text="no"))).texts == []
    assert await ada.says("yes") == [FORGOTTEN]


@pytest.mark.parametrize("scope", ["groupChat", "channel"])
async def test_in_a_group_nothing_is_left_of_a_persons_place(
    cloud: Cloud, host: Host, scope: str
) -> None:
    ada = cloud.person("Ada", conversation=Conversation("directline", scope, "group"))
    for text in ("hi", "red", "forget me", "yes"):
        await ada.says(text)
    left = [key for key, _ in await host.storage.records.scan() if key.startswith("directline/")]
    assert [key.split("/")[1] for key in left] == ["ledgers"]


async def test_in_a_group_with_one_state_nobody_confirms_for_another() -> None:
    host = new_host(group_state="conversation")
    async with Cloud(host, bot_with(host, Colours(), name_in_groups=False)) as cloud:
        group = Conversation("directline", "groupChat")
        ada, bob = (cloud.person(name, conversation=group) for name in ("Ada", "Bob"))
        await ada.says("hi")
        await ada.says("forget me")
        assert await bob.says("yes") == ["Colour?"]
        await bob.says("forget me")
        assert await bob.says("yes") == [FORGOTTEN]
        assert await bob.state("DialogState") is None
        assert await bob.state("turnkeeper.dialogs") is None
        assert "Bob" not in await everything(host)


async def test_an_own_handler_may_take_its_place(ada: Person, deploy: Deploy) -> None:
    async def elsewhere(_: Interrupted) -> str:
        return "Please write to us."

    await deploy(interruptions=Interruptions({Wish.FORGET: elsewhere}))
    assert (await ada.says("forget me"))[0].startswith("Please write to us.")


async def test_an_export_is_a_file_with_all_that_is_stored(cloud: Cloud) -> None:
    ada = cloud.person("Ada", channel="emulator")
    await ada.says("hi")
    await ada.says("red")
    told = "Here is everything I keep about you."
    assert await ada.says("export my data") == [f"{told}\nColour?"]
    [file] = ada.last[0]["attachments"]
    assert (file["contentType"], file["name"]) == ("application/json", "my-data.json")
    data = json.loads(b64decode(file["contentUrl"].removeprefix("data:application/json;base64,")))
    assert data["user"] == "emulator/users/Ada"
    assert [record["state"] for record in data["records"] if "/users/" in record["key"]] == [
        {"colours": ["red"]}
    ]
    assert await ada.says("blue") == ["blue!"]


async def test_where_a_channel_takes_no_files_it_is_text(ada: Person) -> None:
    await ada.says("blue")
    [reply] = await ada.says("export my data")
    told, _, text = reply.partition("\n")
    assert told == "Here is everything I keep about you."
    assert json.loads(text)["user"] == user_key(ada)
    assert "attachments" not in ada.last[0]


@pytest.mark.parametrize("channel", ["sms", "facebook", "kiosk", "msteams", "emulator"])
async def test_what_is_too_long_for_the_channel_is_left_to_the_operator(
    host: Host, cloud: Cloud, deploy: Deploy, channel: str
) -> None:
    async def keep_much(step: WaterfallStepContext) -> DialogTurnResult:
        await host.user_state.create_property("much").set(step.context, "x" * 200_000)
        return await ask(step)

    await deploy(Colours(keep_much, answer))
    ada = cloud.person("Ada", channel=channel)
    await ada.says("hi")
    assert await ada.says("export my data") == [
        "Everything I keep about you is too long for a message on this channel. Those who run me "
        "can export it for you: please ask them.\nColour?"
    ]
    assert "attachments" not in ada.last[0]


@pytest.mark.parametrize("scope", ["groupChat", "channel"])
async def test_where_others_read_it_nothing_is_exported(
    cloud: Cloud, deploy: Deploy, dialog: Dialog, scope: str
) -> None:
    await deploy(dialog, name_in_groups=False)
    ada = cloud.person("Ada", scope=scope)
    await ada.says("hi")
    assert await ada.says("export my data") == [f"{PRIVATE}\nColour?"]
    [told] = await ada.says("help")
    assert told.endswith("\n• Forget me – to have all of it erased\nColour?")
    assert "Export" not in told


async def test_the_help_still_names_an_export_of_the_bots_own(cloud: Cloud, deploy: Deploy) -> None:
    async def by_mail(_: Interrupted) -> str:
        return "It comes by mail."

    await deploy(interruptions=Interruptions({Wish.EXPORT: by_mail}), name_in_groups=False)
    ada = cloud.person("Ada", scope="groupChat")
    assert "• Export my data" in (await ada.says("help"))[0]
    assert await ada.says("export my data") == ["It comes by mail."]
