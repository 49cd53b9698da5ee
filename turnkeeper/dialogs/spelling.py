"""Texts in forms in which two spellings of what a person says are equal."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import chain

_BLOCKS_OF_MARKS = (
    (0x300, 0x900),
    (0x1AB0, 0x1B00),
    (0x1DC0, 0x1E00),
    (0x20D0, 0x2100),
    (0xFE20, 0xFE30),
)
# Marks of lower combining classes, such as the voicing of kana, make another letter.
_FIRST_ACCENT_CLASS = 10
_ACCENTS = [
    chr(code)
    for code in chain.from_iterable(range(*block) for block in _BLOCKS_OF_MARKS)
    if unicodedata.combining(chr(code)) >= _FIRST_ACCENT_CLASS
]
_TATWEEL = "\u0640"  # stretches Arabic words
# Of emoji: five tones of skin, and the mark of a picture in colour.
_SHADES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff\ufe0f"
_FOLDS = {
    # What stays as it is: translate() is slow on what it does not find. Letters up to Arabic; kana.
    **{code: chr(code) for code in chain(range(0x800), range(0x3000, 0x3100))},
    **str.maketrans(dict.fromkeys([*_ACCENTS, _TATWEEL, *_SHADES], "")),
    **str.maketrans(dict.fromkeys("\u2018\u2019\u02bc", "'")),
    **str.maketrans(dict.fromkeys(",:-\u2010\u2011\u060c\u3001", " ")),
}


def folded(text: str) -> str:
    """Return a text without case and accents, its commas, colons and hyphens as blanks."""
    if text.isascii():
        return text.casefold().replace(",", " ").replace(":", " ").replace("-", " ")
    return unicodedata.normalize("NFKD", text).casefold().translate(_FOLDS)


@lru_cache(maxsize=1)  # it is asked for two or three times about the same message
def bare(text: str) -> str:
    """Return an utterance in the form in which two spellings of it are equal.

    Case, accents, outer punctuation and the amount of white space make no difference, except
    where there is nothing else: "?".
    """
    words = " ".join(folded(text).split())
    begin, end = 0, len(words)
    while begin < end and not words[begin].isalnum():
        begin += 1
    while begin < end and not (words[end - 1].isalnum() or _is_mark(words[end - 1])):
        end -= 1
    return words[begin:end] or words


def commanded(text: str) -> tuple[str, ...]:
    """Return what a slash command says, without its slash: all of it, and its first word alone.

    An underscore is a blank, which such a command cannot have: "/forget_me now" says "forget me
    now" and "forget me".

    :param text: what a person said.
    :returns: nothing where it is no command.
    """
    if not text.startswith("/") or text[1:2].isspace():
        return ()
    words = text[1:].replace("_", " ")
    first = text[1:].split(maxsplit=1)[:1]
    return (words, *(word.replace("_", " ") for word in first))


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"
