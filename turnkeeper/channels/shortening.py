"""Texts cut to a length, between what people see as characters."""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

_CLUSTER = regex.compile(r"\X")


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
    for cluster in _CLUSTER.finditer(text, 0, limit):
        used += units(cluster.group())
        if used >= limit:
            break
        end = cluster.end()
    return text[:end].rstrip() + "…"
