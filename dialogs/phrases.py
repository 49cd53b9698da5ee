"""What a person says, recognised: whole phrases, and names in sentences such as "I'm Ada"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import regex  # type: ignore[import-untyped]

from dialogs.catalogue import LOCALES, MESSAGES, catalogue, languages, other_languages
from dialogs.said.sentences import Sentences
from turnkeeper.dialogs import bare, folded

# Stands for all languages that the bot does not speak.
_OTHER_LANGUAGES = "other languages"
# No phrase, and no name in a sentence, is longer. What is longer costs nothing to pass over.
_LONGEST = 160
_LONGEST_GREETING = 30
_AFTER_GREETING = " ,.!،、。！，"
_SLOT = "{name}"
_MORE = "…"
_BLANKS = regex.compile(r"\s+")
# What stands around a name without being part of it. A full stop may be: "John Smith Jr."
_AROUND_NAME = ' \t\r\n\u00a0\u3000:,;!?"“”„«»「」『』。、！？،؛؟¡¿'
_PUNCTUATION = regex.compile(r"[\p{P}\p{S}]+")
_WORD = regex.compile(r"\S+")
_FULL_STOP = regex.compile(r"(?<=[^\W\d_]{3}|[\"“”«»])\.$")


class _NoName(NamedTuple):
    """How a sentence may end that has the form of a pattern and gives no name.

    :param words: as :func:`_words_of` gives them.
    :param more: "" where nothing may follow, " " for further words, "…" for anything.
    """

    words: str
    more: str

    @classmethod
    def read(cls, text: str) -> _NoName:
        words, more, _ = text.partition(_MORE)
        return cls(_words_of(words), " " if more and words.endswith(" ") else more)

    def ends(self, said: str, start: int, slot: int) -> bool:
        """Whether what was said is this from ``start`` on, with a word of it in the slot."""
        end = start + len(self.words)
        if end <= slot or not said.startswith(self.words, start):
            return False
        return end == len(said) or self.more == _MORE or said[end] == self.more


class Phrases:
    """The phrases and the name patterns of all languages, in one look-up.

    Phrases are the messages called ``…_phrases``, alternatives separated by ``|``. Patterns are
    those called ``…_patterns``, with a slot for the name in each alternative. What may stand there
    and is no name is called ``no_names``, and what is said in place of a name ``sentences``, or
    ``own_sentences`` where it is that in its own language alone.

    :param catalogues: the messages of every language.
    """

    def __init__(self, catalogues: Mapping[str, Mapping[str, str]]) -> None:
        self._meanings: dict[str, dict[str, str]] = {}
        self._patterns: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._no_names: dict[str, list[_NoName]] = {}
        sentences: list[str] = []
        self._own_sentences: dict[str, Sentences] = {}
        self._languages = tuple(catalogues)
        self._spoken: dict[str, list[str]] = {}
        for language, messages in catalogues.items():
            for name, text in messages.items():
                if name.endswith("_phrases"):
                    self._spoken.setdefault(name, []).append(text)
                    for phrase in text.split("|"):
                        self._meanings.setdefault(bare(phrase), {}).setdefault(language, name)
                elif name.endswith("_patterns"):
                    self._patterns[name, language] = [
                        _sides(pattern) for pattern in text.split("|")
                    ]
                elif name == "no_names":
                    self._no_names[language] = [_NoName.read(ending) for ending in text.split("|")]
                elif name == "sentences":
                    sentences += text.split("|")
                elif name == "own_sentences":
                    self._own_sentences[language] = Sentences(text.split("|"))
        self._sentences = Sentences(sentences)
        # Blanks and punctuation around and in a phrase may be many, but not without end.
        self._longest_phrase = 2 * max(map(len, self._meanings), default=0)
        names = [name for name in MESSAGES if name.endswith("_patterns")]
        sides = {name: list(self._sides_of(name)) for name in names}
        self._beginnings = {
            name: tuple({begin for begin, _ in pairs if begin}) for name, pairs in sides.items()
        }
        # A pattern that begins with the name is known by its end.
        self._ends = {
            name: tuple({end for begin, end in pairs if not begin}) for name, pairs in sides.items()
        }
        known = chain(*self._beginnings.values(), *self._ends.values())
        self._reach = 2 * max(map(len, known), default=0)

    def meaning(self, text: str, language: str) -> str | None:
        """Return the message one of whose phrases a text is as a whole, or None.

        :param text: what a person said.
        :param language: theirs: it goes before the others where a phrase is in several.
        """
        found = self._found(text)
        return found.get(language) or next(iter(found.values()), None)

    def spoken(self, name: str) -> str:
        """Return the phrases of a message in all languages, with ``|`` between."""
        return "|".join(self._spoken[name])

    def own_meaning(self, text: str, language: str) -> str | None:
        """Return the message one of whose phrases in one language a text is as a whole, or None.

        A phrase of a language that the bot does not speak is one of every language.

        :param text: what a person said.
        :param language: theirs.
        """
        found = self._found(text)
        return found.get(language) or found.get(_OTHER_LANGUAGES)

    def is_sentence(self, text: str, language: str) -> bool:
        """Return whether a text is one of the sentences that are said in place of a name.

        :param text: what a person said; a long one takes its time.
        :param language: theirs.
        """
        own = self._own_sentences.get(language)
        return self._sentences.one_is(text) or bool(own and own.one_is(text))

    def name_in(
        self, text: str, language: str, patterns: Sequence[str], own: str = ""
    ) -> str | None:
        """Return the name in a text that has the form of a pattern, or None.

        It is "" where the text has the form and gives no name: "call me back later".

        :param text: what a person said.
        :param language: the person's, whose patterns are tried first.
        :param patterns: the messages with the patterns.
        :param own: a message with patterns that are tried only in the person's language.
        """
        if len(text) > _LONGEST or not self._may_match(text, (*patterns, own)):
            return None
        line, at = _aligned(text)
        for spoken in dict.fromkeys((language, *self._languages)):
            messages = (*patterns, own) if spoken == language else patterns
            sides = chain.from_iterable(self._patterns.get((name, spoken), ()) for name in messages)
            # The longest first: "my name is Ada" is said before "is Ada".
            for begin, end in sorted(sides, key=lambda pair: -len(pair[0] + pair[1])):
                first, last = len(begin), len(line) - len(end)
                matches = first < last and line.startswith(begin) and line.endswith(end)
                if matches and (name := _trimmed(text[at[first] : at[last]])):
                    return "" if self._is_no_name(spoken, line, begin) else name
        return None

    def without_greeting(self, text: str, language: str) -> str:
        """Return a text without a greeting in front: "Hi, I'm Ada" says "I'm Ada"."""
        for end in reversed(range(1, min(len(text), _LONGEST_GREETING))):
            if text[end] in _AFTER_GREETING and self.meaning(text[:end], language) == (
                "hello_phrases"
            ):
                return text[end:].lstrip(_AROUND_NAME)
        return text

    def _is_no_name(self, language: str, line: str, begin: str) -> bool:
        """Whether what stands in the slot of a pattern is no name.

        :param language: the pattern's.
        :param line: what was said, as it was compared with the pattern.
        :param begin: what stands before the slot.
        """
        said = _words_of(line)
        slot = len(said) - len(said[len(_words_of(begin)) :].lstrip())
        # Japanese has no blanks between words: there the slot is the only beginning.
        starts = [slot, *(word.start() for word in _WORD.finditer(said, 0, slot))]
        return any(
            ending.ends(said, start, slot)
            for ending in self._no_names.get(language, ())
            for start in starts
        )

    def _found(self, text: str) -> Mapping[str, str]:
        """Return the message of a text in each language that has it as a phrase."""
        return {} if len(text) > self._longest_phrase else self._meanings.get(bare(text), {})

    def _may_match(self, text: str, patterns: Sequence[str]) -> bool:
        """Whether it is worth to look closely, told by the beginning and the end of a text."""
        if len(text) <= self._reach:
            first = last = bare(text)
        else:
            first, last = bare(text[: self._reach]), bare(text[-self._reach :])
        return any(
            first.startswith(self._beginnings[name]) or last.endswith(self._ends[name])
            for name in patterns
            if name
        )

    def _sides_of(self, name: str) -> Iterator[tuple[str, str]]:
        for language in self._languages:
            yield from self._patterns.get((name, language), ())


@lru_cache
def phrases(folder: Path = LOCALES) -> Phrases:
    """Return the phrases of all languages under a folder, read once."""
    spoken = {language: catalogue(folder, language) or {} for language in languages(folder)}
    return Phrases({**spoken, _OTHER_LANGUAGES: other_languages(folder)})


def _sides(pattern: str) -> tuple[str, str]:
    """Return what stands before and after the slot of a pattern."""
    before, _, after = pattern.partition(_SLOT)
    return _BLANKS.sub(" ", folded(before)).lstrip(), _BLANKS.sub(" ", folded(after)).rstrip()


def _words_of(text: str) -> str:
    """Return a text as it is compared with ``no_names``: folded, and without punctuation."""
    return " ".join(_PUNCTUATION.sub(" ", folded(text)).split())


def _aligned(text: str) -> tuple[str, list[int]]:
    """Return a text as patterns are compared with it, and where each of its characters was."""
    line: list[str] = []
    at: list[int] = []
    end = len(text.rstrip(_AROUND_NAME + "."))
    for index, char in enumerate(text[:end]):
        for part in " " if char.isspace() else folded(char):
            if (line and line[-1] != " ") or (part != " " and (line or part not in _AROUND_NAME)):
                line.append(part)
                at.append(index)
    return "".join(line), [*at, len(text)]


def _trimmed(name: str) -> str:
    trimmed: str = _FULL_STOP.sub("", name.strip(_AROUND_NAME))
    return trimmed.strip(_AROUND_NAME)
