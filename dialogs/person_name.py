"""What counts as a person's name."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum

from dialogs.phrases import phrases

LONGEST_NAME = 100
# Characters, without blanks and what shows nothing. To compose marks takes time that grows with the
# square of their number.
_LONGEST_SPELLING = 5 * LONGEST_NAME

# White space that a name may hold; the separators U+001C to U+001F are control characters.
_BLANKS = re.compile(r"[^\S\x1c-\x1f]+")
# Control characters, halves of a surrogate pair, and what turns the direction of the text
# around it: embeddings, overrides and isolates (Unicode Standard Annex #9).
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
# What shows nothing: soft hyphen, direction marks, zero width spaces, fillers, tags and others
# that Unicode calls default ignorable. Joiners and variation selectors are not among them:
# Persian, Indic and Japanese names are written with them.
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2060-\u2065"
    r"\u206a-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e007f]"
)
# A joiner joins only between two letters. Each run of them is looked at once.
_LOOSE_JOINERS = re.compile(
    r"(?:^|(?<=\s))[\u200c\u200d]+|(?<![\u200c\u200d])[\u200c\u200d]+(?=\s|$)"
)
# Tags and mentions, and the entities that some clients turn into them.
_MARKUP = re.compile(r"[<>]|&#?\w+;")

# Of Latin, Arabic, Greek and Armenian, alone, in pairs with others, and as emoji.
_QUESTION_MARKS = re.compile("[?¿？؟\u037e\u055e⁇⁈⁉‽⸮﹖❓❔]")
# Of the web, of mail, and of a call: "example.com", "tel:112". Not all that has a dot: "St.John".
_ADDRESS = re.compile(
    r"://|\bwww\.|\w@[\w-]+\.|\b(?:mailto|tel|sip|data|javascript):\S|[\w-]\.[a-z]{2,}/"
    r"|[\w-]{2}\.(?:com|org|net|edu|gov|info|biz|io|dev|app)\b"
    r"|^\S+\.(?:at|au|ca|ch|de|es|eu|fr|it|jp|nl|uk|us)$",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"\s*/")
# A telephone number has more digits, and so have other numbers that people are asked for.
_MOST_DIGITS = 6

_PATTERNS = ("rename_patterns", "name_patterns")
_NOT_NAMES = ("hello_phrases", "yes_phrases", "no_phrases")


class Refusal(Enum):
    """Why an answer is no name; the value names the message that says what to change."""

    MISSING = "name_missing"
    WITHOUT_LETTERS = "name_without_letters"
    TOO_LONG = "name_too_long"
    WITH_CONTROLS = "name_with_controls"
    WITH_MARKUP = "name_with_markup"
    NOT_A_NAME = "not_a_name"


def name_in(text: str, language: str = "") -> str:
    """Return the part of an answer that is the name: "Ada" in "I'm Ada".

    The sentences are those of every language we ship, and of some others. Those that would be
    part of a name elsewhere count only in their own language. What has none of these forms is a
    name as it stands; what has one and gives no name is "": "My name is not important".

    :param text: the answer without the bot's own mention.
    :param language: the person's, which goes before the others.
    """
    known = phrases()
    rest = known.without_greeting(text, language)
    for answer in dict.fromkeys((rest, text)):
        name = known.name_in(answer, language, _PATTERNS, "own_name_patterns")
        if name is not None:
            return name
    return text


def new_name_in(text: str, language: str) -> str | None:
    """Return the clean name in a message that gives one unasked: "call me Grace"; else None.

    :param text: the message without the bot's own mention.
    :param language: the person's, which goes before the others.
    """
    new = phrases().name_in(text, language, ("rename_patterns",))
    name = _judged(new, text, language) if new else None
    return name if isinstance(name, str) else None


def answered_name(text: str, language: str) -> str | Refusal:
    """Return the clean name in an answer to the question for it, or why it is refused.

    A greeting, a yes or a no of the person's language is none: "My name is Hi" gives "Hi". Nor are
    what a sentence such as "call me back" has in place of a name, questions, commands, addresses,
    long numbers, and the sentences of all languages that are no introduction.

    :param text: the answer without the bot's own mention.
    :param language: the person's.
    """
    if phrases().own_meaning(text, language) in _NOT_NAMES:
        return Refusal.NOT_A_NAME
    name = name_in(text, language)
    if text and not name:
        return Refusal.NOT_A_NAME
    return _judged(name, text, language)


def clean_name(text: str) -> str | Refusal:
    """Return a name as it is kept, or why it is refused. Never raises.

    A name is trimmed, its inner white space folded, in Unicode NFC, 1 to 100 characters (code
    points) long, and has a letter of any script. What shows nothing is left out;
    control characters and whatever could be taken for markup are refused. A clean name stays as
    it is when it is cleaned again.

    :param text: the answer; one that shows nothing, such as "", is missing.
    """
    name = _BLANKS.sub(" ", text).strip(" ")
    if _CONTROLS.search(name):
        return Refusal.WITH_CONTROLS
    name = _LOOSE_JOINERS.sub("", _INVISIBLE.sub("", name))
    endless = len(name) > _LONGEST_SPELLING
    if not endless:
        name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        return Refusal.MISSING
    if endless or len(name) > LONGEST_NAME:
        return Refusal.TOO_LONG
    if _MARKUP.search(name):
        return Refusal.WITH_MARKUP
    if not any(map(str.isalpha, name)):
        return Refusal.WITHOUT_LETTERS
    return name


def _judged(name: str, text: str, language: str) -> str | Refusal:
    """Return the clean name, or why it is refused, whose text is none of what is no name."""
    clean = clean_name(name)
    # A clean name is short, and so is what was said around it: no look at it takes long.
    if isinstance(clean, str) and (
        _QUESTION_MARKS.search(text)
        or _ADDRESS.search(text)
        or _COMMAND.match(text)
        or sum(map(str.isdigit, text)) > _MOST_DIGITS
        or phrases().is_sentence(clean, language)
    ):
        return Refusal.NOT_A_NAME
    return clean
