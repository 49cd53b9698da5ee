"""Yes, no and numbers are what the person means, in any locale that a client may name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from botbuilder.dialogs import ComponentDialog, DialogTurnResult, WaterfallDialog
from botbuilder.dialogs.choices import Choice, ChoiceFactoryOptions
from botbuilder.dialogs.prompts import ChoicePrompt, ConfirmPrompt, NumberPrompt, PromptOptions
from botbuilder.schema import Activity, Attachment
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, answer, ask, bot_with, new_host
from turnkeeper.dialogs.prompts import known_locale, number_in
from turnkeeper.testing import Cloud

LOCALES = (
    st.none() | st.integers() | st.text() | st.from_regex(r"[a-z]{2,3}([-_][A-Za-z0-9]{1,8})*")
)


async def answers(prompt: object, locale: str, said: str) -> list[str]:
    """What comes of an answer to a prompt."""
    host = new_host()
    async with Cloud(host, bot_with(host, Colours(prompt=prompt))) as cloud:
        ada = cloud.person("Ada", locale=locale)
        await ada.says("hi")
        return await ada.says(said)


@pytest.mark.parametrize("locale", ["xx-YY", "tlh", "de-XX", "en-US-POSIX", "de_DE", "de-DE", "-"])
async def test_a_number_is_taken_in_any_locale(locale: str) -> None:
    assert await answers(NumberPrompt("colour"), locale, "3") == ["3!"]


@pytest.mark.parametrize(
    ("text", "locale", "number"),
    [
        ("1,5", "de-DE", "1.5"),
        ("1.5", "de-DE", "1.5"),
        ("1.500", "de-DE", "1500"),
        ("1,500", "en-US", "1500"),
        ("1.5", "en-GB", "1.5"),
        ("1,5", "fr-CA", "1.5"),
        ("1,5", "es-MX", "1.5"),
        ("twenty", "en-US", "20"),
        ("vingt", "fr-FR", "20"),
        ("3 bitte", "de-DE", "3"),
        (" 3 ", "ja-JP", "3"),
        ("3", "ar-EG", "3"),
        ("-2", "de-DE", "-2"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(text: str, locale: str, number: str) -> None:
    assert number_in(text, locale) == Decimal(number)


COSTLY = ["1," * 20, "十" * 200]
ENDLESS = [
    "1e3000000",
    "1E99999999",
    "1_000",
    "one hundred " * 500,
    "9" * 100_000,
    "1 " * 5000,
]


NONE = ["", " ", "no number", "NaN", "Infinity", "x" * 5000]


@pytest.mark.parametrize("text", [*NONE, *COSTLY, *ENDLESS])
def test_what_is_no_number_is_none(text: str) -> None:
    for locale in ("de-DE", "en-US", "zh-CN", "ja-JP"):
        number = number_in(text, locale)
        assert number is None or abs(number) < 10**6  # "1e3..." has a 1 in it


def test_a_locale_without_end_is_none() -> None:
    assert known_locale("a-" * 50_000) is None


@given(st.text(max_size=30), LOCALES)
def test_no_text_and_no_locale_raises(text: str, locale: object) -> None:
    number = number_in(text, locale)
    assert number is None or number.is_finite()
    assert (known := known_locale(locale)) is None or known_locale(known) == known


YES_AND_NO = [
    ("en-US", "yes", "no"),
    ("de-DE", "Ja", "Nein"),
    ("de-AT", "ja", "nein"),
    ("fr-FR", "Oui", "Non"),
    ("es-ES", "sí", "no"),
    ("ja-JP", "はい", "いいえ"),
    ("en-US", "1", "2"),
    ("de-DE", "1", "2"),
    ("es-ES", "Si", "No"),
    ("fr-FR", "oui, merci", "non, merci"),
    ("xx-YY", "yes", "no"),
]


@pytest.mark.parametrize(("locale", "yes", "no"), YES_AND_NO)
async def test_yes_is_yes_and_no_is_no(locale: str, yes: str, no: str) -> None:
    assert await answers(ConfirmPrompt("colour"), locale, yes) == ["True!"]
    assert await answers(ConfirmPrompt("colour"), locale, no) == ["False!"]


async def test_the_choices_are_those_of_the_bot() -> None:
    prompt = ConfirmPrompt("colour")
    prompt.confirm_choices = [Choice("Agreed"), Choice("Never")]
    assert await answers(prompt, "en-US", "agreed") == ["True!"]
    assert await answers(prompt, "de-DE", "never") == ["False!"]


async def test_a_number_is_no_answer_where_the_choices_have_none() -> None:
    prompt = ConfirmPrompt("colour")
    prompt.choice_options = ChoiceFactoryOptions(include_numbers=False)
    assert await answers(prompt, "fr-FR", "oui") == ["True!"]
    assert (await answers(prompt, "fr-FR", "1"))[0].startswith("Sure?") is False


@pytest.mark.parametrize("said", ["maybe", "", "x" * 3000, "yes " * 4000, "1 moment"])
async def test_what_is_neither_is_asked_again(said: str) -> None:
    [again] = await answers(ConfirmPrompt("colour"), "de-DE", said)
    assert again.startswith("A colour, please.")


async def test_a_prompt_with_a_picture_and_choices_stays_as_it_is() -> None:
    async def ask_with_picture(step: Any) -> DialogTurnResult:
        picture = Attachment(content_type="image/png", content_url="https://example.com/a.png")
        prompt = Activity(type="message", text="Size?", attachments=[picture])
        options = PromptOptions(prompt=prompt, choices=[Choice("small"), Choice("large")])
        return await step.prompt("colour", options)

    host = new_host()
    dialog = Colours(ask_with_picture, answer, prompt=ChoicePrompt("colour"))
    async with Cloud(host, bot_with(host, dialog)) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        counts = set()
        for said in ("hi", "huge", "huge", "help", "huge"):
            await ada.says(said)
            counts |= {len(one["attachments"]) for one in ada.last if one.get("attachments")}
        assert counts == {2}


async def test_a_nested_dialog_may_ask_by_a_prompt_of_the_one_around_it() -> None:
    inner = ComponentDialog("inner")
    inner.add_dialog(WaterfallDialog("steps", [ask, answer]))
    outer = Colours(lambda step: step.begin_dialog("inner"))
    outer.add_dialog(inner)
    host = new_host()
    async with Cloud(host, bot_with(host, outer)) as cloud:
        ada = cloud.person("Ada")
        assert await ada.says("hi") == ["Colour?"]
        assert (await ada.says("help"))[0].endswith("Colour?")
        assert await ada.says("red") == ["red!"]
