"""Yes, no and numbers are what the person means, in any locale that a client may name."""

from __future__ import annotations

from decimal import Decimal

import pytest
from botbuilder.dialogs.choices import Choice, ChoiceFactoryOptions
from botbuilder.dialogs.prompts import ConfirmPrompt, NumberPrompt
from hypothesis import given
from hypothesis import strategies as st

from tests.turnkeeper.dialogs.colours import Colours, bot_with, new_host
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


@pytest.mark.parametrize("text", ["", " ", "no number", "NaN", "Infinity", "x" * 5000])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_in(text, "de-DE") is None


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


@pytest.mark.parametrize("said", ["maybe", "", "x" * 3000])
async def test_what_is_neither_is_asked_again(said: str) -> None:
    [again] = await answers(ConfirmPrompt("colour"), "de-DE", said)
    assert again.startswith("A colour, please.")
