"""Every catalogue says everything that the bot says, with every placeholder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialogs.catalogue import LOCALES, MESSAGES, languages, placeholders_in, read_catalogue
from dialogs.messages import Words
from dialogs.person_name import Refusal

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("language", languages(LOCALES))
def test_a_catalogue_is_complete_and_its_placeholders_match(language: str) -> None:
    path = languages(LOCALES)[language]
    assert set(MESSAGES) - set(read_catalogue(path)) == set()
    named = re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(MESSAGES)


@pytest.mark.parametrize("language", languages(LOCALES))
def test_the_offer_names_a_phrase_that_stops(language: str) -> None:
    words = Words.for_locale(language)
    quoted = re.search(r"[\"“„«「](.+?)[\"”“»」]", words("offer_to_stop"))
    assert quoted is not None
    assert words.means("cancel_phrases", quoted[1].strip())


def test_every_message_is_said_somewhere() -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("bots", "dialogs")
        for path in (ROOT / folder).glob("*.py")
        if path.name != "catalogue.py"
    )
    by_others = {"something_went_wrong", "restarted"}
    assert {name for name in MESSAGES if f'"{name}"' not in code} <= by_others


def test_every_refusal_has_its_message() -> None:
    assert {refusal.value for refusal in Refusal} <= set(MESSAGES)


@pytest.mark.parametrize(
    ("text", "names"),
    [("none", set()), ("{a} and {b} and {a}", {"a", "b"}), ("{{a}}", set())],
)
def test_placeholders_are_names_in_braces(text: str, names: set[str]) -> None:
    assert placeholders_in(text) == names


@pytest.mark.parametrize("text", ["{", "}", "{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}"])
def test_anything_else_in_braces_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        placeholders_in(text)
