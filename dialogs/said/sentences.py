"""Sentences that are known by some of their words: "what do you mean", "why"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import regex  # type: ignore[import-untyped]

from turnkeeper.dialogs import folded

# What joins letters stays, lest "Don T. Jones" says "don't", or "will.i.am" says "I am".
_PUNCTUATION = regex.compile(r"(?!'|(?<=\w)\.(?=\w))[\p{P}\p{S}]")
_ENTRY = regex.compile(r"(?s)\s*(…?)(.*?)(|\.| …|…)\s*")
# What stands before and after the words, by how their entry begins and ends.
_PLACES = {
    ("", ""): (r"(?<!\S)", r"(?!\S)"),
    ("", "."): (r"\A", r"\Z"),
    ("", " …"): (r"\A", r"(?!\S)"),
    ("", "…"): (r"\A", ""),
    ("…", ""): ("", r"\Z"),
    ("…", "…"): ("", ""),
}


class Sentences:
    """Sentences, each given by words that are enough to know it by.

    "please" stands anywhere in it, "when …" at its beginning, and "nobody." is the whole of it.
    "…" without a blank stands for parts of words, too: "…ですか" ends it. Case, accents and
    punctuation make no difference, but for what joins letters.

    :param known: the words of each; what is of no such form is passed over.
    """

    def __init__(self, known: Iterable[str]) -> None:
        places: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for entry in known:
            begin, said, end = _ENTRY.fullmatch(entry).groups()
            if (words := _words_of(said)) and (begin, end) in _PLACES:
                places[begin, end].add(words)
        patterns = [
            rf"{_PLACES[place][0]}\L<words{number}>{_PLACES[place][1]}"
            for number, place in enumerate(places)
        ]
        sets = {f"words{number}": words for number, words in enumerate(places.values())}
        self._any = regex.compile("|".join(patterns), **sets) if places else None

    def one_is(self, text: str) -> bool:
        """Return whether a text is one of these sentences."""
        return bool(self._any and self._any.search(_words_of(text)))


def _words_of(text: str) -> str:
    """Return a text as sentences are compared: folded, and without punctuation."""
    return " ".join(_PUNCTUATION.sub(" ", folded(text)).split())
