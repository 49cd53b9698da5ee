"""Every catalogue says and understands everything, with every placeholder."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from dialogs.catalogue import (
    LOCALES,
    MESSAGES,
    catalogue,
    languages,
    other_languages,
    placeholders_in,
)
from dialogs.catalogue import read_catalogue as read
from dialogs.messages import Words
from dialogs.person_name import Refusal, answered_name, clean_name, name_in, new_name_in
from dialogs.phrases import phrases
from tests.bot import interruptions
from turnkeeper.dialogs import Interruptions, Wish, bare

ROOT = Path(__file__).parents[2]
LANGUAGES = languages(LOCALES)
EACH = pytest.mark.parametrize("language", LANGUAGES)
QUOTED = re.compile(r"[\"“„«「](.+?)[\"”“»」]")
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Of people and families, from all over; none of them may be taken for a wish.
NAMES = """
Ada Ali Ana Angel Art Basta Bill Bo Chance Claro Clay Cruz Ende Faith Fin Frank Grace Halt Help
Heaven Hope Ida Im Jo Joy Mark Maria Max Me Mia Neu Nina No Olga Oui Pat Ray Rich Rob Sam Si
Start Sunny Will Yi Zoe Jean Marie Paz Soledad Amparo Dolores
Name هنا 花 光 誠 太郎 さくら アダ نور أمل إيمان علي سلام
"""


INTERRUPTIONS = interruptions()


def key_of(text: str, language: str) -> object:
    """What a text is said for: the key of an interruption, or None."""
    found = INTERRUPTIONS.find(text, language)
    return found and found.key


@EACH
def test_a_catalogue_is_complete_and_its_placeholders_match(language: str) -> None:
    path = LANGUAGES[language]
    assert set(MESSAGES) - set(read(path)) == set()
    named = re.findall(r'^msgid "(.+)"$', path.read_text("utf-8"), re.MULTILINE)
    assert sorted(named) == sorted(MESSAGES)


@EACH
def test_messages_leave_the_direction_of_text_to_the_code(language: str) -> None:
    assert not BIDI_CONTROLS.search(LANGUAGES[language].read_text("utf-8"))


@EACH
@pytest.mark.parametrize(
    ("message", "meaning"),
    [
        ("offer_to_stop", Wish.CANCEL),
        ("welcome_group", Wish.HELP),
    ],
)
def test_what_a_message_quotes_is_understood(language: str, message: str, meaning: Wish) -> None:
    quoted = QUOTED.search(Words.for_locale(language)(message))
    assert quoted is not None
    assert key_of(quoted[1].strip(), language) is meaning


@EACH
def test_the_help_names_every_wish_in_words_that_are_understood(language: str) -> None:
    lines = Words.for_locale(language)("help").splitlines()[1:-1]
    said = [re.split(" – ", line.removeprefix("• "))[0].strip() for line in lines]
    assert [key_of(phrase, language) for phrase in said] == [
        phrases().spoken("who_am_i_phrases"),
        new_name_in,
        Wish.START_OVER,
        Wish.CANCEL,
        Wish.EXPORT,
        Wish.FORGET,
    ]


def test_no_phrase_has_two_meanings_in_all_languages() -> None:
    meanings = defaultdict(set)
    for language in LANGUAGES:
        for name, text in (catalogue(LOCALES, language) or {}).items():
            if name.endswith("_phrases"):
                for phrase in text.split("|"):
                    meanings[bare(phrase)].add(name)
    assert {phrase: names for phrase, names in meanings.items() if len(names) > 1} == {}
    engines = Interruptions()
    assert not [phrase for phrase in meanings if engines.find(phrase, "en")]


@EACH
@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_is_no_greeting_nor_a_yes(language: str, name: str) -> None:
    refused = {"en": {"No"}, "es": {"No", "Si"}, "fr": {"Oui"}}.get(language, set())
    given = answered_name(name, language)
    assert given == (Refusal.NOT_A_NAME if name in refused else name)


@EACH
def test_a_pattern_has_one_slot_at_its_beginning_or_end_or_between(language: str) -> None:
    for name, text in (catalogue(LOCALES, language) or {}).items():
        if name.endswith("_patterns"):
            assert all(pattern.count("{name}") == 1 for pattern in text.split("|"))
            assert all(pattern.strip() != "{name}" for pattern in text.split("|"))


@EACH
@pytest.mark.parametrize("kind", ["name_patterns", "own_name_patterns", "rename_patterns"])
def test_every_pattern_gives_the_name_alone(language: str, kind: str) -> None:
    given = {"ja": "アダ", "ar": "غريس"}.get(language, "Grace Hopper")
    for pattern in Words.for_locale(language)(kind, name=given).split("|"):
        text = BIDI_CONTROLS.sub("", pattern)
        assert name_in(text, language) == given, text
        if kind == "rename_patterns":
            found = INTERRUPTIONS.find(text, language)
            assert found is not None
            assert (found.key, found.what) == (new_name_in, given), text


@EACH
@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_is_no_wish_and_stays_as_it_is(language: str, name: str) -> None:
    assert key_of(name, language) is (Wish.HELP if name == "Help" else None)
    for text in (name, f"{name} Lovelace", f"Marie {name}"):
        assert name_in(text, language) == text


def test_what_is_understood_of_other_languages_is_usable() -> None:
    path = LOCALES / "other_languages.po"
    text = path.read_text("utf-8")
    assert sorted(read(path)) == sorted(re.findall(r'^msgid "(.+)"$', text, re.MULTILINE))
    assert not BIDI_CONTROLS.search(text)
    for pattern in read(path)["name_patterns"].split("|"):
        assert pattern.count("{name}") == 1
        assert pattern.strip() != "{name}"
        assert name_in(pattern.format(name="Grace Hopper"), "en") == "Grace Hopper", pattern


def test_a_folder_may_know_no_other_languages(tmp_path: Path) -> None:
    assert other_languages(tmp_path) == {}


@EACH
def test_no_sentence_is_listed_twice(language: str) -> None:
    messages = catalogue(LOCALES, language) or {}
    for name in ("sentences", "own_sentences"):
        said = messages[name].split("|")
        assert len(said) == len(set(said))


def test_every_message_is_said_somewhere() -> None:
    code = "".join(
        path.read_text("utf-8")
        for folder in ("bots", "dialogs")
        for path in (ROOT / folder).glob("*.py")
        if path.name != "catalogue.py"
    )
    assert {name for name in MESSAGES if f'"{name}"' not in code} == set()


def test_every_refusal_has_its_message() -> None:
    assert {refusal.value for refusal in Refusal} <= set(MESSAGES)


@EACH
def test_a_person_called_cancel_can_say_so(language: str) -> None:
    for phrase in (Wish.CANCEL.phrase(language), Wish.HELP.phrase(language)):
        for pattern in Words.for_locale(language)("name_patterns", name=phrase).split("|"):
            text = BIDI_CONTROLS.sub("", pattern)
            assert clean_name(name_in(text, language)) == phrase


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
