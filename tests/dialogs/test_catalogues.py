"""Every catalogue says and understands everything, with every placeholder."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from dialogs.catalogue import LOCALES, MESSAGES, catalogue, languages, placeholders_in
from dialogs.catalogue import read_catalogue as read
from dialogs.interruptions import Wish, interruption_in
from dialogs.messages import Words
from dialogs.person_name import Refusal, answered_name, clean_name, name_in
from dialogs.phrases import phrases
from turnkeeper.dialogs import bare

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
        ("offer_to_stop", "cancel_phrases"),
        ("nothing_to_stop", "help_phrases"),
        ("welcome_group", "help_phrases"),
        ("ask_forget", "yes_phrases"),
    ],
)
def test_what_a_message_quotes_is_understood(language: str, message: str, meaning: str) -> None:
    quoted = QUOTED.search(Words.for_locale(language)(message))
    assert quoted is not None
    assert phrases().meaning(quoted[1].strip(), language) == meaning


@EACH
def test_the_help_names_every_wish_in_words_that_are_understood(language: str) -> None:
    lines = Words.for_locale(language)("help").splitlines()[1:-1]
    said = [re.split(" – ", line.removeprefix("• "))[0].strip() for line in lines]
    wishes = [interruption_in(phrase, language) for phrase in said]
    assert {wish.wish for wish in wishes if wish} == set(Wish) - {Wish.HELP}
    assert [wish.name for wish in wishes if wish and wish.name] != []


def test_no_phrase_has_two_meanings_in_all_languages() -> None:
    meanings = defaultdict(set)
    for language in LANGUAGES:
        for name, text in (catalogue(LOCALES, language) or {}).items():
            if name.endswith("_phrases"):
                for phrase in text.split("|"):
                    meanings[bare(phrase)].add(name)
    assert {phrase: names for phrase, names in meanings.items() if len(names) > 1} == {}


UNCLEAR = """
ok|okay|sure|y|yup|sicher|in Ordnung|j|gerne|bien sûr|d'accord|o|claro|vale|de acuerdo|seguro|s|
大丈夫です|いいです|أكيد|بالتأكيد|موافق|حسنا
""".replace("\n", "")
CLEAR = """
yes|delete|erase|ja|löschen|lösche alles|oui|effacez|supprimer|sí|borrar|elimínalo|
はい|消去|削除してください|نعم|احذف|امح
""".replace("\n", "")


@EACH
def test_only_a_clear_yes_confirms_what_cannot_be_undone(language: str) -> None:
    known = phrases()
    unclear = {text: known.meaning(text, language) for text in UNCLEAR.split("|")}
    assert "yes_phrases" not in unclear.values(), unclear
    clear = {text: known.meaning(text, language) for text in CLEAR.split("|")}
    assert set(clear.values()) == {"yes_phrases"}, clear


@pytest.mark.parametrize(
    "text",
    [
        "help me, please",
        "Help, please!",
        "Hilfe, bitte",
        "Aide, s'il vous plaît",
        "¡Ayuda, por favor!",
        "ヘルプをお願いします。",
        "مساعدة من فضلك",
    ],
)
def test_help_may_be_asked_for_politely(text: str) -> None:
    assert interruption_in(text, "en") == (Wish.HELP, "")


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
            wish = interruption_in(text, language)
            assert wish == (Wish.CHANGE_NAME, given), text


@EACH
@pytest.mark.parametrize("name", NAMES.split())
def test_a_name_is_no_wish_and_stays_as_it_is(language: str, name: str) -> None:
    wish = interruption_in(name, language)
    assert wish is None or name == "Help"
    for text in (name, f"{name} Lovelace", f"Marie {name}"):
        assert name_in(text, language) == text


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
    for phrase in Words.for_locale(language)("cancel_phrases").split("|"):
        if phrase == "لا يهم":  # "my name does not matter" says just that
            continue
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
