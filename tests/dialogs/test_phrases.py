"""What a person says is recognised, in every language, and not where it is not meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.person_name import Refusal, answered_name, name_in, new_name_in
from dialogs.phrases import phrases
from tests.bot import interruptions

INTERRUPTIONS = interruptions()


@pytest.mark.parametrize(
    "text", ["who  am\ni", "WHO AM I?", "Was weisst du über mich?", "Qui suis je", "私は誰"]
)
@pytest.mark.parametrize("language", ["en", "ja", "ar", "tlh"])
def test_a_phrase_is_known_in_any_spelling_and_language(text: str, language: str) -> None:
    found = INTERRUPTIONS.find(text, language)
    assert found is not None
    assert found.key == phrases().spoken("who_am_i_phrases")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Call me Grace", "Grace"),
        ("please  CALL ME Grace Hopper!", "Grace Hopper"),
        ('call me "Grace".', "Grace"),
        ("Nennen Sie mich Jürgen", "Jürgen"),
        ("Appelle moi Zoé", "Zoé"),
        ("¡Llamame Íñigo!", "Íñigo"),
        ("太郎と呼んでください。", "太郎"),
        ("نادني غريس", "غريس"),
        ("change my name to Help", "Help"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_new_name_can_be_given_at_once(text: str, name: str, language: str) -> None:
    found = INTERRUPTIONS.find(text, language)
    assert found is not None
    assert (found.key, found.what) == (new_name_in, name)


@pytest.mark.parametrize("text", ["call me", "call me !", "call me <b>", "I'm late", "Ada here"])
def test_what_gives_no_name_at_once_is_no_wish(text: str) -> None:
    assert INTERRUPTIONS.find(text, "en") is None


@pytest.mark.parametrize(
    "text",
    [
        "call me back",
        "Call me Back!",
        "CALL ME BACK, LATER.",
        "Please call me back. Thanks",
        "call me later please",
        "call me tomorrow",
        "you can call me later",
        "call me a taxi",
        "My name is not important",
        "my name’s not important...",
        "nenn mich nicht so",
        "Bitte nennen Sie mich nicht Ada!",
        "nenn mich, wie du willst",
        "Sie können mich, wie Sie wollen, nennen",
        "Mein Name ist unwichtig.",
        "Appelle-moi plus tard",
        "appelez moi demain matin, s'il vous plaît",
        "Vous pouvez m’appeler plus tard",
        "Mon nom est sans importance.",
        "Llámame luego",
        "por favor, llamame MAS TARDE",
        "¡Puedes llamarme como quieras!",
        "mi nombre es lo de menos",
        "もっと呼んでください。",
        "私のことはちょっと呼んで",
        "名前は秘密です",
        "私の名前は言いたくないです",
        "نادني لاحقًا",
        "ناديني غدا من فضلك",
        "اسمي ليس مهمًا.",
        "اسمي لا يهم",
    ],
)
@pytest.mark.parametrize("language", ["en", "ja", "ar", "tlh"])
def test_a_sentence_that_only_looks_like_one_gives_no_name(text: str, language: str) -> None:
    assert INTERRUPTIONS.find(text, language) is None
    assert answered_name(text, language) is Refusal.NOT_A_NAME
    assert answered_name(f"Hi, {text}", "en") is Refusal.NOT_A_NAME


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("call me Mr. Later", "Mr. Later"),
        ("call me Backhouse", "Backhouse"),
        ("call me Anna Back", "Anna Back"),
        ("My name is Back", "Back"),
        ("call me Al", "Al"),
        ("nenn mich Anders", "Anders"),
        ("Mein Name ist Schön", "Schön"),
        ("nenn mich Sophie", "Sophie"),
        ("appelle-moi Des", "Des"),
        ("appelle-moi Simone", "Simone"),
        ("ahora me llamo Grace", "Grace"),
        ("llámame Al", "Al"),
        ("もっくんと呼んで", "もっくん"),
        ("غير اسمي إلى غريس", "غريس"),
    ],
)
def test_a_name_may_look_like_such_a_sentence(text: str, name: str) -> None:
    assert new_name_in(text, "en") == name
    assert answered_name(text, "en") == name


def test_what_is_no_name_is_said_by_each_language_for_itself() -> None:
    own = phrases().__class__(
        {
            "aa": {"rename_patterns": "aa {name}|{name} za", "no_names": "back …|aa x|sec…|y za"},
            "bb": {"rename_patterns": "bb {name}"},
        }
    )
    expected = {
        "aa back": "",
        "aa back now": "",
        "aa backs": "backs",
        "aa x": "",
        "aa x y": "x y",
        "aa secret": "",
        "y za": "",
        "yy za": "yy",
        "bb back": "back",
    }
    given = {text: own.name_in(text, "bb", ("rename_patterns",)) for text in expected}
    assert given == expected


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("I’m Ada", "en", "Ada"),
        ("hey there, I'm Ada.", "en", "Ada"),
        ("Good morning! My name is Ada", "en", "Ada"),
        ("hi I am Ada", "en", "Ada"),
        ("My name is Help Johnson", "en", "Help Johnson"),
        ("My name is: Ada", "en", "Ada"),
        ("I'm John Smith Jr.", "en", "John Smith Jr."),
        ("ich heisse Ada", "en", "Ada"),
        ("je m'appelle Ada", "ja", "Ada"),
        ("アダです", "en", "アダ"),
        ("اسمي آدا", "en", "آدا"),
        ("Marie Hier", "en", "Marie Hier"),
        ("Soy Sauce", "en", "Soy Sauce"),
        ("Im Yoona", "en", "Im Yoona"),
        ("Ada.", "en", "Ada."),
        ("Hi Ada", "en", "Hi Ada"),
        ("my name is", "en", "my name is"),
        ("I'm ...", "en", "I'm ..."),
        ("my name is " + "x" * 200, "en", "my name is " + "x" * 200),
    ],
)
def test_the_name_in_an_answer(text: str, language: str, name: str) -> None:
    assert name_in(text, language) == name


def test_the_persons_own_language_goes_first() -> None:
    own = phrases().__class__(
        {
            "aa": {"yes_phrases": "no", "who_am_i_phrases": "a"},
            "bb": {"change_name_phrases": "no|a"},
        }
    )
    assert own.meaning("No!", "bb") == "change_name_phrases"
    assert own.meaning("No!", "aa") == "yes_phrases"
    assert own.meaning("No!", "cc") == "yes_phrases"


@given(st.text())
def test_any_text_can_be_looked_up(text: str) -> None:
    INTERRUPTIONS.find(text, "en")
    name = name_in(text, "en")
    assert name in text


@given(st.text(min_size=1, max_size=40), st.sampled_from(["My name is {}", "{}です", "اسمي {}"]))
def test_what_a_pattern_gives_is_part_of_what_was_said(name: str, pattern: str) -> None:
    text = pattern.format(name)
    assert name_in(text, "en") in text
