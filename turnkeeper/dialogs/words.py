"""The engine's own words, a file a language: what it says, and what it understands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache
from importlib.resources import files
from typing import Final

from botbuilder.schema import Activity, ActivityTypes, InputHints, TextFormatTypes

from turnkeeper.dialogs.spelling import bare

SOURCE: Final = "en"
"""The language of what another one lacks. It has every message."""

# Nothing longer is a phrase; to look it up would cost.
_LONGEST: Final = 160
# Plain strings: an enum looks its value up each time.
_MESSAGE, _PLAIN = ActivityTypes.message.value, TextFormatTypes.plain.value
_EXPECTING, _ACCEPTING = InputHints.expecting_input.value, InputHints.accepting_input.value


def plain(text: str, *, question: bool = False) -> Activity:
    """Return a message of plain text.

    :param text: what to say.
    :param question: whether an answer is awaited.
    """
    hint = _EXPECTING if question else _ACCEPTING
    return Activity(type=_MESSAGE, text=text, text_format=_PLAIN, input_hint=hint)


class Words:
    """What the engine says and understands, in its languages and in those that a bot adds.

    Messages called ``..._phrases`` are what people may say, with ``|`` between.

    :param own: further languages, or other wording: messages by name, by BCP 47 tag. What a
        language lacks is said in English.
    :raises ValueError: a message is not known, or blank.
    """

    def __init__(self, own: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._messages = {language: dict(shipped) for language, shipped in _shipped().items()}
        known = self._messages[SOURCE].keys()
        for tag, messages in (own or {}).items():
            for name, text in messages.items():
                if name not in known:
                    raise ValueError(f"words: there is no message {name!r}, but {sorted(known)}")
                if not text.strip(" |"):
                    raise ValueError(f"words: {name!r} is blank in {tag!r}")
            self._messages.setdefault(_tag(tag), {}).update(messages)
        self._meanings: dict[str, dict[str, str]] = {}
        for language, texts in self._messages.items():
            for name, text in texts.items():
                if name.endswith("_phrases"):
                    for phrase in phrases_in(text):
                        self._meanings.setdefault(bare(phrase), {}).setdefault(language, name)

    def language(self, tag: object) -> str:
        """Return the language that is spoken for a tag: "de" for "de-AT", else English.

        :param tag: a BCP 47 tag, or anything else.
        """
        if isinstance(tag, str) and len(tag) <= _LONGEST:
            for language in _with_parents(tag):
                if language in self._messages:
                    return language
        return SOURCE

    def say(self, name: str, tag: object) -> str:
        """Return a message.

        :param name: the message's.
        :param tag: the BCP 47 tag of the person's language.
        """
        messages = self._messages[self.language(tag)]
        return messages[name] if name in messages else self._messages[SOURCE][name]

    def meaning(self, text: str, tag: object) -> str | None:
        """Return the message one of whose phrases a text is as a whole, or None.

        :param text: what a person said, in any language.
        :param tag: the BCP 47 tag of theirs, which goes before the others.
        """
        found = self._meanings.get(bare(text)) if len(text) <= _LONGEST else None
        if not found:
            return None
        return found.get(self.language(tag)) or next(iter(found.values()))


def phrases_in(text: str) -> Iterator[str]:
    """Yield the phrases between the ``|`` of a text, without the blanks around them.

    What is nothing but commas, hyphens and the like is no phrase.
    """
    yield from (part.strip() for part in text.split("|") if bare(part))


@lru_cache
def stock() -> Words:
    """Return the engine's words alone."""
    return Words()


class Wish(Enum):
    """What a person may want at any time; the value names the messages about it."""

    HELP = "help"
    START_OVER = "start_over"
    CANCEL = "cancel"
    EXPORT = "export"
    FORGET = "forget"

    def phrase(self, language: str) -> str:
        """Return what a button for it says: the first of the engine's phrases for it.

        :param language: a BCP 47 tag.
        """
        return next(phrases_in(stock().say(f"{self.value}_phrases", language)))


@lru_cache
def _shipped() -> Mapping[str, Mapping[str, str]]:
    """Return the messages of each language, as the package has them."""
    folder = files("turnkeeper.dialogs") / "languages"
    return {
        file.name.removesuffix(".json"): json.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".json")
    }


def _tag(tag: str) -> str:
    return tag.replace("_", "-").casefold()


@lru_cache(maxsize=128)
def _with_parents(tag: str) -> tuple[str, ...]:
    """Return a tag and what is left of it as its last subtag is dropped: "de-at", "de"."""
    subtags = _tag(tag).split("-")
    return tuple("-".join(subtags[:count]) for count in range(len(subtags), 0, -1))
