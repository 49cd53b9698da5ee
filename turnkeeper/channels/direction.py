"""The direction of what is written: texts that run from right to left beside texts that do not.

By the Unicode Bidirectional Algorithm (Unicode Standard Annex #9).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# First-strong isolate, right-to-left isolate and the end of each: what is between them has a
# direction of its own, and leaves that of the text around it alone.
_FIRST_STRONG, _RIGHT_TO_LEFT, _END = "\u2068", "\u2067", "\u2069"
_RIGHT_TO_LEFT_MARK: Final = "\u200f"
# Letters and numbers of the scripts that run from right to left, and the mark for it. Looked for
# first: most texts have none, and a name for each character is dear.
_FROM_RIGHT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Embeddings, overrides and isolates, and what ends them.
_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OPENING, _STRONG, _OF_RIGHT = ("LRI", "RLI", "FSI"), ("L", "R", "AL"), ("R", "AL", "AN")


def has_right_to_left(text: str) -> bool:
    """Return whether anything of a text runs from right to left.

    :param text: any text.
    """
    return not text.isascii() and any(
        unicodedata.bidirectional(found[0]) in _OF_RIGHT for found in _FROM_RIGHT.finditer(text)
    )


def without_controls(text: str) -> str:
    """Return a text without the characters that turn the direction of what is around them.

    :param text: any text.
    """
    return text if text.isascii() else _CONTROLS.sub("", text)


def isolated(text: str) -> str:
    """Return a part of a sentence so that it keeps its own direction, whatever is around it.

    A part of the sentence's own direction needs it as well where it ends in digits or brackets,
    which what follows would pull over.

    :param text: what is put into the sentence, such as a name.
    """
    return f"{_FIRST_STRONG}{text}{_END}"


def runs_right_to_left(line: str) -> bool:
    """Return whether a line runs from right to left by its first strong character (P2 and P3).

    What is isolated in it does not count.

    :param line: a line of a text.
    """
    if line.isascii():
        return False
    depth = 0
    for char in line:
        kind = unicodedata.bidirectional(char)
        if kind in _OPENING:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif not depth and kind in _STRONG:
            return kind != "L"
    return False


def in_order(text: str) -> str:
    """Return a text whose right-to-left lines stay in order on a page that runs from the left.

    Such a line is isolated as one that runs from right to left. The mark in front of it, which
    shows nothing, tells those channels its direction that look at the first character alone: they
    pass over what is isolated. A text that was put in order stays as it is.

    :param text: what is sent, with its values isolated.
    """
    if text.isascii() or not _FROM_RIGHT.search(text):
        return text
    return "\n".join(map(_line_in_order, text.split("\n")))


def _line_in_order(line: str) -> str:
    if line.startswith(_RIGHT_TO_LEFT_MARK + _RIGHT_TO_LEFT) or not runs_right_to_left(line):
        return line
    return f"{_RIGHT_TO_LEFT_MARK}{_RIGHT_TO_LEFT}{line}{_END}"
