"""Whatever a person answers: a name that is spoken back, or what to change; and it all fits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botbuilder.schema import Activity
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.catalogue import LOCALES, languages
from dialogs.messages import Words, message
from dialogs.person_name import Refusal, answered_name
from tests.bot import cloud_around, interruptions
from turnkeeper.channels import fit, limits_of, units, utterance
from turnkeeper.testing import shown

CHANNELS = st.sampled_from(["emulator", "msteams", "sms", "facebook", "groupme", "kiosk"])
ODD = st.sampled_from("*_`#[]()<>&;{}|@\\\"'\u200b\u202e\u2066\u0301\n\t\x07 Aé٣字😀")
INTERRUPTIONS = interruptions()
TEXTS = st.text() | st.text(ODD, max_size=120) | st.text("x😀 ", max_size=400)


async def conversation(channel: str, locale: str, *texts: str) -> list[dict[str, Any]]:
    """Say texts to a new bot, one after another, and return its replies."""
    async with cloud_around() as cloud:
        person = cloud.person("p", channel=channel, locale=locale)
        for text in texts:
            assert len(await person.says(text)) == 1
        return [reply for reply in cloud.sent(person.conversation.id) if reply["type"] == "message"]


@settings(max_examples=150, deadline=None)
@given(TEXTS, CHANNELS, st.sampled_from(sorted(languages(LOCALES))))
@example("**Ada** [x](https://example.com)", "msteams", "en")
@example("<at>Ada</at>", "msteams", "ar")
@example("x" * 20_000, "groupme", "de")
async def test_any_answer_is_a_name_or_is_told_what_to_change(
    answer: str, channel: str, locale: str
) -> None:
    answer = answer.encode("utf-8", "replace").decode()
    said = utterance(Activity(channel_id=channel, text=answer))
    if INTERRUPTIONS.find(said, locale):
        return
    reply = (await conversation(channel, locale, "x", answer))[-1]
    words = Words.for_locale(locale)
    name = answered_name(said, words.language)
    if isinstance(name, Refusal):
        values = {"limit": 100} if name is Refusal.TOO_LONG else {}
        told = message(words(name.value, **values))
    else:
        told = message(words("thanks", name=name))
    fit(told, limits_of(Activity(channel_id=channel)), words.tag)
    assert reply["text"] == told.text
    assert reply["textFormat"] == "plain"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=100) | st.just("x😀" * 50), TEXTS | st.just("é" * 40_000), CHANNELS)
async def test_no_message_is_longer_than_its_channel_takes(
    name: str, text: str, channel: str
) -> None:
    name, text = (said.encode("utf-8", "replace").decode() for said in (name, text))
    everything = ("x", name, text, "who am I", text, "export my data", "help", text)
    for reply in await conversation(channel, "en", *everything):
        body = json.dumps(reply, ensure_ascii=False)
        said = str(reply.get("text") or "")
        assert units(said) <= limits_of(Activity(channel_id=channel)).longest_text
        assert units(body) * 2 <= 80_000
        assert reply["inputHint"] in ("acceptingInput", "expectingInput")


@pytest.mark.parametrize("name", ["**Ada**", "[Ada](x)", "_Ada_", "{{DATE}}"])
async def test_in_a_card_a_name_is_shown_as_it_is(name: str) -> None:
    replies = await conversation("msteams", "en", "x", name, "who am I")
    attachments: Any = replies[-1]["attachments"]
    (card,) = attachments
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    kinds = {block["type"] for block in card["content"]["body"]}
    assert kinds == {"RichTextBlock"}, "a TextBlock would take Markdown"
    assert f"Name: {name}" in shown(replies[-1]).splitlines()
    assert "text" not in replies[-1], "Teams would show both"


@pytest.mark.parametrize(("channel", "as_file"), [("emulator", True), ("msteams", False)])
async def test_what_is_exported_is_json(channel: str, as_file: bool) -> None:
    replies = await conversation(channel, "en", "x", "Ada", "export my data")
    told, _, text = shown(replies[-1]).partition("\n")
    assert told == "Here is everything I keep about you."
    data = json.loads(text)
    assert data["user"].startswith(f"{channel}/users/{'aad:' if channel == 'msteams' else 'p'}")
    assert '"name": "Ada"' in text
    assert bool(replies[-1].get("attachments")) is as_file


@pytest.mark.parametrize("mode", ["expectReplies", "normal"])
async def test_an_export_holds_none_of_those_before_it(mode: str) -> None:
    async with cloud_around() as cloud:
        person = cloud.person("p")
        await person.says("call me Ada")
        for _ in range(3):
            turn = await person.sends(person.message("export my data", deliveryMode=mode))
            (reply,) = (reply for reply in turn.replies if reply["type"] == "message")
            text = shown(reply).partition("\n")[2]
            assert '"name": "Ada"' in text
            assert "base64" not in text
        await cloud.restart()
        assert cloud.host
        stored = repr(await cloud.host.storage.records.scan())
        assert stored.count("base64") == (3 if mode == "expectReplies" else 0)


async def test_in_a_language_from_right_to_left_values_are_isolated() -> None:
    replies = await conversation("emulator", "ar", "x", "Ada", "hello", "من أنا؟")
    texts = [str(reply["text"]) for reply in replies]
    assert "\u2068Ada\u2069" in texts[1]
    assert "\u2068hello\u2069" in texts[2]
    for text in texts:
        assert text.count("\u2067") + text.count("\u2068") == text.count("\u2069")
        for line in text.splitlines():
            assert line.startswith("\u200f\u2067")
            assert line.endswith("\u2069")


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "ja"])
@pytest.mark.parametrize("name", ["علي", "עברית", "עברית 7", "Ada (עברית)", "(עברית) [7]"])
async def test_in_others_a_name_of_the_other_direction_is_isolated(locale: str, name: str) -> None:
    replies = await conversation("emulator", locale, "x", name, f"{name}, hello")
    assert f"\u2068{name}\u2069" in str(replies[1]["text"])
    assert f"\u2068{name}\u2069" in str(replies[2]["text"])
    assert f"\u2068{name}, hello\u2069" in str(replies[2]["text"])
    assert "\u2067" not in str(replies[2]["text"])


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "ja"])
@pytest.mark.parametrize("name", ["Ada", "花子", "Åse 7", "Ada (7)"])
async def test_other_names_stay_without_marks(locale: str, name: str) -> None:
    for reply in await conversation("emulator", locale, "x", name, "hello"):
        assert not set("\u200f\u2067\u2068\u2069") & set(str(reply["text"]))


async def test_a_channel_that_speaks_is_told_in_the_persons_language() -> None:
    replies = await conversation("directlinespeech", "de-AT", "x", "Ada & Co", "hallo")
    assert all('xml:lang="de-AT"' in str(reply["speak"]) for reply in replies)
    assert "Danke, Ada &amp; Co." in str(replies[1]["speak"])
