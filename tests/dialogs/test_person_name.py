"""What counts as a person's name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.person_name import LONGEST_NAME, Refusal, answered_name, clean_name, name_in


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada", "Ada"),
        ("  Ada \t\n  King\u00a0", "Ada King"),
        ("Ade\u0301le", "Adéle"),
        ("X Æ A-12", "X Æ A-12"),
        ("O'Brien & Söhne", "O'Brien & Söhne"),
        ("山田　太郎", "山田 太郎"),
        ("葛\U000e0100飾", "葛\U000e0100飾"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("ක්\u200dෂ", "ක්\u200dෂ"),
        ("\ufeffAda\u200b King\u2060", "Ada King"),
        ("\u200dAda\u200c \u200dKing\u200d", "Ada King"),
        ("x" * 100, "x" * 100),
        ("e\u0301" * 100, "é" * 100),
        ("Help Johnson", "Help Johnson"),
    ],
)
def test_a_name_is_trimmed_folded_and_composed(text: str, name: str) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", Refusal.MISSING),
        (" ", Refusal.MISSING),
        ("-", Refusal.WITHOUT_LETTERS),
        ("7", Refusal.WITHOUT_LETTERS),
        ("+49 (171) 123-4567", Refusal.WITHOUT_LETTERS),
        ("\u0301", Refusal.WITHOUT_LETTERS),
        ("\u200b\ufeff", Refusal.MISSING),
        ("\u200d", Refusal.MISSING),
        ("\u3164", Refusal.MISSING),
        ("😀", Refusal.WITHOUT_LETTERS),
        ("x" * 101, Refusal.TOO_LONG),
        ("x" * 250_000, Refusal.TOO_LONG),
        ("a\x00b", Refusal.WITH_CONTROLS),
        ("a\x1cb", Refusal.WITH_CONTROLS),
        ("a\x9bb", Refusal.WITH_CONTROLS),
        ("a\ud800b", Refusal.WITH_CONTROLS),
        *((f"a{chr(point)}b", Refusal.WITH_CONTROLS) for point in range(0x202A, 0x202F)),
        *((f"a{chr(point)}b", Refusal.WITH_CONTROLS) for point in range(0x2066, 0x206A)),
        ("<at>Bob</at>", Refusal.WITH_MARKUP),
        ("a > b", Refusal.WITH_MARKUP),
        ("&#60;b&#x3e;", Refusal.WITH_MARKUP),
        ("&lt;", Refusal.WITH_MARKUP),
    ],
)
def test_what_is_no_name_is_refused_with_a_reason(text: str, refusal: Refusal) -> None:
    assert clean_name(text) is refusal


ODD = st.sampled_from(
    "\u200b\u200c\u200d\u202e\u2066\ufeff\u3164\u0301\u00a0\x00\x1c\ud800<>&; Aé٣字"
)


@settings(max_examples=200)
@given(st.text() | st.text(ODD, max_size=120))
@example("\u200d\u200b\u200d A")
@example("A\u200c\u200b \u200cB")
@example("a\u2000\u2001b")
def test_any_text_is_a_clean_name_or_has_a_reason(text: str) -> None:
    name = clean_name(name_in(text))
    if isinstance(name, Refusal):
        return
    assert clean_name(name) == name
    assert 1 <= len(name) <= LONGEST_NAME
    assert unicodedata.is_normalized("NFC", name)
    assert name == " ".join(name.split())
    assert any(map(str.isalpha, name))
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(name) & set("<>\u202e\u2066\u200b\ufeff\u3164")
    assert name.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Hi!", "en", Refusal.NOT_A_NAME),
        ("Good  Morning", "en", Refusal.NOT_A_NAME),
        ("no", "en", Refusal.NOT_A_NAME),
        ("No", "de", "No"),
        ("Hallo", "en", "Hallo"),
        ("Hi", "de", "Hi"),
        ("Moin", "de", "Moin"),
        ("Moin, ich bin Ada", "de", "Ada"),
        ("Moin moin, ich bin Ada", "de", "Ada"),
        ("Claro", "es", "Claro"),
        ("O", "fr", "O"),
        ("J", "de", "J"),
        ("はじめまして。", "ja", Refusal.NOT_A_NAME),
        ("مرحبًا", "ar", Refusal.NOT_A_NAME),
        ("My name is Hi", "en", "Hi"),
        ("Hi, I'm No", "en", "No"),
        ("Hi Lovelace", "en", "Hi Lovelace"),
        ("", "en", Refusal.MISSING),
    ],
)
def test_a_greeting_or_a_yes_is_no_name_in_its_own_language(
    text: str, language: str, name: str | Refusal
) -> None:
    assert answered_name(text, language) == name


@pytest.mark.parametrize(
    "text",
    ["\u200d" * 200_000, "a" + "\u200d" * 200_000 + "b", "a" + "\u0301\u0316" * 100_000],
    ids=["joiners", "joined", "marks"],
)
def test_a_name_without_end_is_refused_at_once(text: str) -> None:
    # To join or to compose all of these would take minutes.
    assert clean_name(text) in (Refusal.TOO_LONG, Refusal.MISSING)


def test_a_long_name_may_be_spelt_with_marks_of_its_own() -> None:
    name = "\u1ed9" * LONGEST_NAME
    assert clean_name(unicodedata.normalize("NFD", name)) == name
