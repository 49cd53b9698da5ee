"""The engine's words: whole in six languages, understood in each, and to be changed by a bot."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import turnkeeper.dialogs
from turnkeeper.dialogs import Interruptions, Wish, bare, folded

FOLDER = Path(turnkeeper.dialogs.__file__).parent / "languages"
MESSAGES = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}
EACH = pytest.mark.parametrize("language", sorted(MESSAGES))
QUOTED = re.compile(r"[\"“„«「](.+?)[\"”“»」]")
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STOCK = Interruptions()


async def nothing(_: object) -> None:
    """A handler that makes a message an answer."""


def phrases(language: str, name: str) -> list[str]:
    """The phrases of a message."""
    return [str(phrase) for phrase in MESSAGES[language][name].split("|")]


def wish_in(text: str, language: str) -> object:
    """The wish that a text is."""
    found = STOCK.find(text, language)
    return found and found.key


def test_there_are_six_languages() -> None:
    assert sorted(MESSAGES) == ["ar", "de", "en", "es", "fr", "ja"]


@EACH
def test_a_language_has_every_message(language: str) -> None:
    assert MESSAGES[language].keys() == MESSAGES["en"].keys()
    assert all(text.strip() == text != "" for text in MESSAGES[language].values())


@EACH
def test_nothing_in_them_is_markup_or_turns_the_direction_of_text(language: str) -> None:
    said = [text for name, text in MESSAGES[language].items() if not name.endswith("_phrases")]
    assert not [text for text in said if re.search(r"[*_`#<>\[\]\\~|]", text)]
    assert not [text for text in said if BIDI_CONTROLS.search(text)]


@EACH
def test_every_phrase_is_understood_by_who_speaks_another_language(language: str) -> None:
    for wish in Wish:
        for phrase in phrases(language, f"{wish.value}_phrases"):
            for spoken in (*MESSAGES, "tlh", ""):
                assert wish_in(phrase, spoken) is wish, phrase


@EACH
def test_what_a_message_quotes_is_understood(language: str) -> None:
    [quoted] = QUOTED.findall(MESSAGES[language]["nothing_to_stop"])
    assert wish_in(quoted.strip(), language) is Wish.HELP
    for name in ("ask_forget", "half_yes"):
        [quoted] = QUOTED.findall(MESSAGES[language][name])
        assert bare(quoted.strip()) in map(bare, phrases(language, "yes_phrases"))


@EACH
def test_the_help_names_every_other_wish_in_words_that_are_understood(language: str) -> None:
    lines = STOCK.help(language).splitlines()[1:]
    said = [line.removeprefix("• ").split(" – ")[0] for line in lines]
    named = [wish for wish in Wish if wish is not Wish.HELP]
    assert [wish_in(phrase, language) for phrase in said] == named


@EACH
def test_where_others_read_it_the_help_leaves_out_what_is_refused_there(language: str) -> None:
    whole, told = STOCK.help(language), STOCK.help(language, several_people=True)
    assert set(whole.splitlines()) - set(told.splitlines()) == {MESSAGES[language]["help_export"]}


@EACH
def test_a_button_says_the_first_phrase(language: str) -> None:
    for wish in Wish:
        assert wish.phrase(f"{language}-XX") == phrases(language, f"{wish.value}_phrases")[0]
    assert Wish.HELP.phrase("tlh") == "Help"


def test_no_phrase_has_two_meanings_in_all_languages() -> None:
    meanings = defaultdict(set)
    for language, messages in MESSAGES.items():
        for name in messages:
            if name.endswith("_phrases"):
                for phrase in phrases(language, name):
                    meanings[bare(phrase)].add(name)
    assert {phrase: names for phrase, names in meanings.items() if len(names) > 1} == {}


NO = """
n|no|nope|nah|not ok|not okay|not sure|maybe|yes but later|ok but later|later|wait|unsure|👎|
nein|ne|nee|vielleicht|noch nicht|ja aber später|non|nan|peut-être|pas encore|
no sé|quizás|tal vez|todavía no|いいえ|いや|ううん|だめ|たぶん|大丈夫です|いいです|結構です|
لا|كلا|ربما|ليس الآن
""".replace("\n", "")
RECOGNIZED = "true|y|yup|sure|ok|agree|👍|👌"
"""What the SDK's ``ConfirmPrompt`` takes for a yes, beside clear ones."""


def test_only_a_clear_yes_confirms_what_cannot_be_undone() -> None:
    yes, half = (
        {bare(phrase) for lang in MESSAGES for phrase in phrases(lang, name)}
        for name in ("yes_phrases", "half_yes_phrases")
    )
    assert not yes & half
    assert not (yes | half) & {bare(text) for text in NO.split("|")}
    assert half >= set(RECOGNIZED.split("|"))


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("？", Wish.HELP),
        (" HELP!! ", Wish.HELP),
        ("Hélp", Wish.HELP),
        ("“Forget me.”", Wish.FORGET),
        ("cancel, please", Wish.CANCEL),
        ("ARRETER", Wish.CANCEL),
        ("oubliez moi", Wish.FORGET),
        ("ﾍﾙﾌﾟ", Wish.HELP),
        ("الغـــاء", Wish.CANCEL),
        ("إِلْغَاء", Wish.CANCEL),
        ("¡Ayuda, por favor!", Wish.HELP),
        ("ヘルプをお願いします。", Wish.HELP),
    ],
)
def test_a_phrase_is_known_in_any_spelling(text: str, wish: Wish) -> None:
    assert wish_in(text, "en") is wish


@pytest.mark.parametrize(
    "text", ["", " ", "help me out", "helps", "can cel", "??", "!" * 500, "x" * 200_000]
)
def test_a_phrase_is_a_whole_message(text: str) -> None:
    assert wish_in(text, "en") is None


@given(st.text(), st.text(max_size=12) | st.sampled_from(sorted(MESSAGES)))
def test_any_text_can_be_looked_up_in_any_language(text: str, language: str) -> None:
    assert bare(bare(text)) == bare(text)
    assert isinstance(folded(text), str)
    STOCK.find(text, language)
    assert STOCK.help(language)


@given(st.text(st.characters(exclude_characters="|"), max_size=60).filter(bare))
def test_any_phrase_of_a_bot_is_found_as_it_was_given(phrase: str) -> None:
    own = Interruptions({f" {phrase} |  |,": nothing})
    for said in (phrase, f" {phrase}\t"):
        found = own.find(said, "en")
        assert found is not None
        assert found.handler is nothing
    assert own.find(",", "en") is None


def test_a_bot_may_add_a_language_which_says_the_rest_in_english() -> None:
    own = Interruptions(words={"pt_BR": {"help": "Pode dizer:", "help_phrases": "Ajuda|socorro"}})
    found = own.find("Socorro!", "en")
    assert found is not None
    assert found.key is Wish.HELP
    assert own.help("pt-BR").startswith("Pode dizer:\n• Start over")
    assert own.help("pt").startswith("At any time")
    assert STOCK.find("socorro", "pt-BR") is None


def test_a_bot_may_change_a_wording() -> None:
    own = Interruptions(words={"en": {"help": "Say:"}})
    assert own.help("en-GB").startswith("Say:\n")
    assert STOCK.help("en").startswith("At any time")


def test_a_persons_own_language_goes_first() -> None:
    own = Interruptions(words={"aa": {"cancel_phrases": "x"}, "bb": {"help_phrases": "x"}})
    for language, wish in {"aa": Wish.CANCEL, "bb-BB": Wish.HELP}.items():
        found = own.find("x", language)
        assert found is not None
        assert found.key is wish


@pytest.mark.parametrize(
    ("words", "complaint"),
    [({"en": {"hlep": "x"}}, "'hlep'"), ({"en": {"help": " "}}, "'help' is blank in 'en'")],
)
def test_words_that_are_none_are_refused(words: dict[str, dict[str, str]], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Interruptions(words=words)


def test_what_is_no_interruption_is_refused_where_the_bot_is_made() -> None:
    with pytest.raises(ValueError, match="no phrase"):
        Interruptions({" | ": nothing})
    with pytest.raises(ValueError, match="'ORDER!' is there twice"):
        Interruptions({"order": nothing, "x|ORDER!": nothing})
    with pytest.raises(TypeError, match="async function"):
        Interruptions({"order": "text"})  # type: ignore[dict-item]  # what is to be refused
    with pytest.raises(TypeError, match="no phrase, wish or function"):
        Interruptions({7: nothing})
