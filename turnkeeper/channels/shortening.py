"""Texts cut to a length, between what people see as characters."""

from __future__ import annotations

from collections.abc import Iterator

import regex  # type: ignore[import-untyped]

_CLUSTER = regex.compile(r"\X")
_WINDOW = 256


def units(text: str) -> int:
    """Return how many UTF-16 code units a text has, which is how channels count."""
    return len(text) if text.isascii() else len(text) + sum(char > "\uffff" for char in text)


def shortened(text: str, limit: int) -> str:
    """Return a text that is at most ``limit`` UTF-16 code units long, with "…" for what is cut.

    What a person sees as one character is kept whole or left out.

    :param text: any text without lone surrogates.
    :param limit: 1 or more.
    """
    # A code point is one or two units: most texts need no counting.
    if 2 * len(text) <= limit or units(text) <= limit:
        return text
    end = used = 0
    for here in _ends(text):
        used += units(text[end:here])
        if used >= limit:
            break
        end = here
    return text[:end].rstrip() + "…"


def _ends(text: str) -> Iterator[int]:
    """Yield where each character that a person sees ends.

    They are found a window at a time: in a row of flags each would be looked for from the first.
    """
    start, size = 0, _WINDOW
    while start < len(text):
        ends = [found.end() for found in _CLUSTER.finditer(text[start : start + size])]
        if start + size < len(text):
            ends.pop()  # it may go on behind the window
        if not ends:
            size *= 2
            continue
        yield from (start + end for end in ends)
        start, size = start + ends[-1], _WINDOW
