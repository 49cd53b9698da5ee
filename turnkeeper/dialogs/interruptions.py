"""What a person may say at any time: the engine's wishes and a bot's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from botbuilder.core import TurnContext
from botbuilder.dialogs import Dialog

from turnkeeper.dialogs.interrupted import Handler, Matcher
from turnkeeper.dialogs.spelling import bare, commanded
from turnkeeper.dialogs.words import Wish, Words, phrases_in, stock

REFUSED_AMONG_OTHERS: Final = frozenset({Wish.EXPORT})
"""What the engine does only where nobody else reads it."""

_BY_MESSAGE: Final = {f"{wish.value}_phrases": wish for wish in Wish}
# Telegram's clients send it, with what the link said, as a person opens the chat with a bot.
_OPENING: Final = "start"
_BY_COMMAND: Final = {_OPENING: Wish.START_OVER} | {
    wish.value.replace("_", " "): wish for wish in Wish
}


class Found(NamedTuple):
    """An interruption that a text is.

    :param what: what a function found in it, else the text.
    :param key: the key of the bot's own, or the wish.
    :param handler: the bot's own; None where the engine grants the wish.
    :param is_opening: whether a client says it as it opens the chat: from somebody new it is a
        first message.
    """

    what: object
    key: str | Wish | Matcher
    handler: Handler | None
    is_opening: bool = False


class Interruptions:
    """What people may say at any time, whatever question is open. Make one where the bot is made.

    :param own: the bot's own, which go before the engine's. A key is phrases with ``|`` between
        ("where is my order|wo ist meine bestellung"), compared as a whole, without case, accents
        and outer punctuation, or as a slash command; or a function of the text and a language; or
        a :class:`Wish`, whose handler takes the place of the engine's. A value is the handler.
    :param without: wishes that are not granted: a message of theirs is like any other.
    :param language: returns the BCP 47 tag of the person's language; by default the activity's
        ``locale``.
    :param words: further languages, or other wording of the engine's messages: by BCP 47 tag, by
        name of the message.
    :param dialogs: the dialogs that handlers may begin aside.
    :raises ValueError: a key is blank or twice there, or the words name no message.
    :raises TypeError: a key or a handler is of no such kind.
    """

    def __init__(
        self,
        own: Mapping[Any, Handler] | None = None,
        *,
        without: Collection[Wish] = frozenset(),
        language: Callable[[TurnContext], Awaitable[str]] | None = None,
        words: Mapping[str, Mapping[str, str]] | None = None,
        dialogs: Sequence[Dialog] = (),
    ) -> None:
        self.words = Words(words) if words else stock()
        self.dialogs = tuple(dialogs)
        self._language = language
        self._wishes: dict[Wish, Handler | None] = {w: None for w in Wish if w not in without}
        self._matchers: list[tuple[Matcher, Handler]] = []
        self._phrases: dict[str, tuple[str, Handler]] = {}
        self._longest = 0
        self._shown: list[str] = []
        for key, handler in (own or {}).items():
            if not callable(handler):
                raise TypeError(f"interruptions: {key!r} needs an async function, not {handler!r}")
            if isinstance(key, Wish):
                self._wishes[key] = handler
            elif isinstance(key, str):
                self._add_phrases(key, handler)
            elif callable(key):
                self._matchers.append((key, handler))
            else:
                raise TypeError(f"interruptions: {key!r} is no phrase, wish or function")

    def find(self, text: str, language: str) -> Found | None:
        """Return the interruption that a text is as a whole, or None.

        A slash command counts as what it says, with what follows it passed over.

        :param text: what a person said, without the bot's mention.
        :param language: the BCP 47 tag of theirs, which goes before the others.
        """
        if not text:
            return None
        commands = commanded(text)
        for said in (text, *commands):
            if len(said) <= self._longest and (own := self._phrases.get(bare(said))):
                return Found(text, *own)
        for matcher, handler in self._matchers:
            if (what := matcher(text, language)) is not None:
                return Found(what, matcher, handler)
        for said in (text, *commands):
            wish = _BY_MESSAGE.get(self.words.meaning(said, language) or "")
            if wish in self._wishes and wish:
                return Found(text, wish, self._wishes[wish])
        wish = _BY_COMMAND.get(bare(commands[-1])) if commands else None
        if wish in self._wishes and wish:
            return Found(text, wish, self._wishes[wish], bare(commands[-1]) == _OPENING)
        return None

    def help(self, language: str, *, several_people: bool = False) -> str:
        """Return what the engine says to "help": what one may say, a line each.

        :param language: a BCP 47 tag.
        :param several_people: whether others read it; then what is refused there is left out.
        """
        refused = REFUSED_AMONG_OTHERS if several_people else ()
        named = [
            f"help_{wish.value}"
            for wish, own in self._wishes.items()
            if wish is not Wish.HELP and (own or wish not in refused)
        ]
        lines = [self.words.say(name, language) for name in ("help", *named)]
        return "\n".join([*lines, *(f"• {phrase}" for phrase in self._shown)])

    async def language_of(self, context: TurnContext) -> str:
        """Return the BCP 47 tag of the language of a turn's person, or ""."""
        if self._language:
            return await self._language(context)
        return context.activity.locale or ""

    def _add_phrases(self, key: str, handler: Handler) -> None:
        phrases = list(phrases_in(key))
        if not phrases:
            raise ValueError(f"interruptions: {key!r} has no phrase")
        for phrase in phrases:
            if self._phrases.setdefault(bare(phrase), (key, handler)) != (key, handler):
                raise ValueError(f"interruptions: {phrase!r} is there twice")
            # There may be blanks and punctuation around it.
            self._longest = max(self._longest, 2 * len(phrase) + 20)
        self._shown.append(phrases[0])
