"""The words: what the bot says, in the person's language, with its dates."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import (
    DateTimePattern,
    get_date_format,
    get_datetime_format,
    get_time_format,
    parse_pattern,
)
from botbuilder.core import StatePropertyAccessor, TurnContext
from botbuilder.schema import Activity, ActivityTypes, InputHints, TextFormatTypes

from dialogs.catalogue import LOCALES, SOURCE_LANGUAGE, catalogue, languages
from turnkeeper.channels import Zone, has_right_to_left, isolated

# A language, then any script, region and variants (BCP 47), with "-" or the "_" of POSIX.
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
_LONGEST_TAG = 39
# Plain strings: an enum looks its value up each time.
_MESSAGE, _PLAIN = ActivityTypes.message.value, TextFormatTypes.plain.value
_EXPECTING, _ACCEPTING = InputHints.expecting_input.value, InputHints.accepting_input.value


def locale_tag(locale: object) -> str:
    """Return a locale as it stands if it is well-formed, else "".

    :param locale: ``locale`` of an activity or a profile, of any type.
    """
    return locale if isinstance(locale, str) and _TAG.fullmatch(locale) else ""


def message(text: str, *, question: bool = False) -> Activity:
    """Return a reply of plain text, so that nothing in it is taken for markup.

    :param text: what to say.
    :param question: whether an answer is awaited; some channels then open the microphone.
    """
    hint = _EXPECTING if question else _ACCEPTING
    return Activity(type=_MESSAGE, text=text, text_format=_PLAIN, input_hint=hint)


class Words:
    """What the bot says in one locale: ``words("thanks", name="Ada")``.

    :param messages: the text of every message, by name.
    :param dates: the locale of dates, in the language of the messages.
    :param language: the language of the messages, as in ``dialogs.catalogue.languages``.
    """

    def __init__(self, messages: Mapping[str, str], dates: Locale, language: str) -> None:
        self.language = language
        self.tag = str(dates).replace("_", "-")
        self.right_to_left = dates.character_order == "right-to-left"
        self._messages = messages
        self._dates = dates
        self._pattern = _moment_pattern(dates)

    @classmethod
    def for_locale(
        cls, *wanted: str | None, default: str = SOURCE_LANGUAGE, folder: Path = LOCALES
    ) -> Words:
        """Return the words of the first locale that the bot speaks: "de-AT", else "de".

        Locales that are missing, malformed or not spoken are passed over.

        :param wanted: BCP 47 locales, the most wanted first.
        :param default: the locale after those; English comes last.
        :param folder: holds the catalogues.
        :raises OSError: if the English catalogue is missing.
        """
        # They are kept, so what a stranger made too long for a locale is left out.
        tags = [tag if isinstance(tag, str) and len(tag) <= _LONGEST_TAG else "" for tag in wanted]
        return _words_for((*tags, default), folder)

    def __call__(self, name: str, /, **values: object) -> str:
        """Return a message with its placeholders filled in. Values are never taken for patterns.

        A value of the other direction than the language is isolated, so that both stay in order;
        in a language that runs from right to left each value is.

        :param name: a name of ``dialogs.catalogue.MESSAGES``.
        :param values: one for each placeholder.
        """
        if self.right_to_left:
            values = {key: isolated(str(value)) for key, value in values.items()}
        else:
            for key, value in values.items():
                if isinstance(value, str) and has_right_to_left(value):
                    values[key] = isolated(value)
        return self._messages[name].format_map(values)

    def moment(self, moment: datetime, zone: Zone) -> str:
        """Return a moment in words: "Tuesday, November 24, 2026, 6:44:54 AM (Europe/Paris)".

        :param moment: an aware datetime, not at the very ends of the calendar.
        :param zone: the zone to tell it in.
        """
        # In UTC: elsewhere two moments of one clock time are equal when the clocks are set back.
        return _moment_text(self, moment.astimezone(UTC).replace(microsecond=0), zone)

    def _moment(self, moment: datetime, zone: Zone) -> str:
        text = self._pattern.apply(moment.astimezone(zone.tzinfo), self._dates)
        return self("moment_in_zone", moment=text, zone=zone.label_at(moment))

    def language_name(self, locale: str) -> str:
        """Return what a locale is called in these words: "German (Austria)"; "" if it is unknown.

        :param locale: a BCP 47 locale, or any other text.
        """
        try:
            return (
                Locale.parse(locale, sep="-" if "-" in locale else "_").get_display_name(
                    self._dates
                )
                or ""
            )
        except (UnknownLocaleError, ValueError, TypeError):
            return ""


def sender_of(activity: Activity) -> str:
    """Return the id of whoever sent an activity; "" if nobody did.

    :param activity: any incoming activity.
    """
    return getattr(activity.from_property, "id", None) or ""


WordsOf = Callable[[TurnContext], Awaitable[Words]]
"""Returns the words for the person of a turn."""


def words_of_person(profiles: StatePropertyAccessor, default: str) -> WordsOf:
    """Make a function that returns the words for the person of a turn.

    The locale of the activity goes before the one the person was last seen with.

    :param profiles: the ``UserProfile`` property of user state.
    :param default: spoken where neither the activity nor the profile tells a locale.
    """

    async def words_of(context: TurnContext) -> Words:
        # An activity may come from nobody, who has no state.
        profile = await profiles.get(context) if sender_of(context.activity) else None
        known = getattr(profile, "locale", None)
        return Words.for_locale(context.activity.locale, known, default=default)

    return words_of


@lru_cache(maxsize=512)
def is_spoken(locale: str, folder: Path = LOCALES) -> bool:
    """Return whether the bot has words for a locale.

    :param locale: a well-formed BCP 47 locale, or "".
    """
    return any(language in languages(folder) for language in _with_parents(locale))


# Many messages are of the same second; the text for it is made once.
_moment_text = lru_cache(maxsize=256)(Words._moment)


@lru_cache(maxsize=512)
def _words_for(tags: tuple[str, ...], folder: Path) -> Words:
    for tag in filter(None, map(locale_tag, tags)):
        for language in _with_parents(tag):
            if language in languages(folder) and catalogue(folder, language) is not None:
                return _words_in(folder, language, tag)
    return _words_in(folder, SOURCE_LANGUAGE, SOURCE_LANGUAGE)


@lru_cache(maxsize=128)
def _words_in(folder: Path, language: str, tag: str) -> Words:
    """Return the words of a language with dates as in a region, so that both are read once."""
    messages = catalogue(folder, language)
    return Words(messages or {}, _date_locale(tag), language)


def _with_parents(tag: str) -> Iterator[str]:
    """Yield a locale and what is left of it as its last subtag is dropped: "de-at", "de"."""
    subtags = tag.replace("_", "-").casefold().split("-")
    for count in range(len(subtags), 0, -1):
        yield "-".join(subtags[:count])


def _date_locale(tag: str) -> Locale:
    for candidate in _with_parents(tag):
        with suppress(UnknownLocaleError, ValueError, OSError):
            locale = Locale.parse(candidate, sep="-")
            # Only now its data is looked for; Babel has en_US_POSIX, and does not find it.
            if locale.character_order:
                return locale
    return Locale.parse(SOURCE_LANGUAGE)


def _moment_pattern(locale: Locale) -> DateTimePattern:
    """Return the locale's pattern of a full date with a time to the second, parsed once.

    The two are joined as CLDR joins medium ones, which in English is a comma: the full form says
    "at" between them.
    """
    return parse_pattern(
        get_datetime_format("medium", locale=locale)
        .replace("{0}", get_time_format("medium", locale=locale).pattern)
        .replace("{1}", get_date_format("full", locale=locale).pattern)
    )
