"""Cutting out of a text what a channel put between the words."""

from __future__ import annotations

import re
from collections.abc import Iterable

# White space (with U+00A0) and the no-break space as channels write it into markup.
_MARKED_BLANK = r"&(?:nbsp|#160|#xA0);"
_BLANKS = re.compile(rf"(?:\s|{_MARKED_BLANK})*", re.IGNORECASE)
_LAST_MARKED_BLANK = re.compile(rf"{_MARKED_BLANK}\Z", re.IGNORECASE)
_LONGEST_MARKED_BLANK = 6
_AFTER_A_WORD = frozenset(",.;:!?…)،。、，！？")

Span = tuple[int, int]


def without(text: str, spans: Iterable[Span]) -> str:
    """Return a text without some of its parts.

    Blanks around a part become one, or one line break if there is a line break among them. None
    is left at the ends, nor before a comma that stood right behind the part.

    :param text: any text.
    :param spans: where the parts begin and end; they do not overlap.
    """
    pieces: list[str] = []
    at, breaks, clings = 0, False, False
    for start, end in [*sorted(spans), (len(text), len(text))]:
        is_rest = start == len(text)
        left = start if is_rest else _end_of_words(text, at, start)
        if left > at:
            if pieces and not (clings and text[at] in _AFTER_A_WORD):
                pieces.append("\n" if breaks else " ")
            pieces.append(text[at:left])
            breaks = False
        if not is_rest:
            at = _behind_blanks(text, end)
            breaks = breaks or "\n" in text[left:start] or "\n" in text[end:at]
            clings = at == end
    return "".join(pieces)


def _end_of_words(text: str, start: int, end: int) -> int:
    """Return where the blanks begin that stand before ``end``."""
    while end > start:
        if text[end - 1].isspace():
            end -= 1
            continue
        marked = _LAST_MARKED_BLANK.search(text, max(start, end - _LONGEST_MARKED_BLANK), end)
        if not marked:
            break
        end = marked.start()
    return end


def _behind_blanks(text: str, start: int) -> int:
    """Return the index of the first character from ``start`` on that is no blank."""
    blanks = _BLANKS.match(text, start)
    return blanks.end() if blanks else start
