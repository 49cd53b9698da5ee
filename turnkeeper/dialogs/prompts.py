"""What two prompts of the SDK make of an answer, corrected for all of the process.

- ``ConfirmPrompt`` knows yes and no in English alone. An answer in any other language it looks up
  in a set of the two choices, so that "Oui" and "1" are yes or no by chance.
- ``NumberPrompt`` reads a number as in English where its recognizer does not know the language, and
  then takes it for one of that language: "1,5" is 15 in German. In a locale that Babel does not
  know it raises at each answer.

A subclass that recognizes in its own way does so still.
"""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.numbers import parse_decimal
from botbuilder.core import TurnContext
from botbuilder.dialogs.choices import ChoiceRecognizers, FindChoicesOptions
from botbuilder.dialogs.prompts import (
    ConfirmPrompt,
    NumberPrompt,
    PromptCultureModels,
    PromptOptions,
    PromptRecognizerResult,
)
from botbuilder.schema import ActivityTypes
from recognizers_choice import recognize_boolean
from recognizers_number import recognize_number
from recognizers_text import Culture

from turnkeeper.wire.sdk import default_choices_of

_UNKNOWN: Final = (UnknownLocaleError, LookupError, ValueError, OSError)
_LONGEST: Final = 100
"""Characters of a number. To recognize one in a longer text costs, and is what the SDK does."""
_RECOGNIZED: Final = frozenset(
    {Culture.English, Culture.Chinese, Culture.French, Culture.Japanese, Culture.Portuguese}
    | {Culture.Spanish}
)


def correct() -> None:
    """Put what is here in the place of what the SDK has."""
    ConfirmPrompt.on_recognize = _confirm
    NumberPrompt.on_recognize = _number


async def _confirm(
    self: Any, turn_context: TurnContext, state: dict[str, Any], options: PromptOptions
) -> PromptRecognizerResult:
    """Recognize a yes or a no: the SDK's English words, or one of the choices as they are shown."""
    result, text = PromptRecognizerResult(), _said(turn_context)
    if text:
        value = _yes_or_no(self, text, turn_context.activity.locale)
        result.succeeded, result.value = value is not None, value
    return result


async def _number(
    self: Any, turn_context: TurnContext, state: dict[str, Any], options: PromptOptions
) -> PromptRecognizerResult:
    """Recognize a number as the person's language writes it, else as the SDK does."""
    result, text = PromptRecognizerResult(), _said(turn_context)
    if text:
        value = number_in(text, turn_context.activity.locale or self.default_locale)
        result.succeeded, result.value = value is not None, value
    return result


def number_in(text: str, locale: object) -> Decimal | None:
    """Return the number that a text is, or the first one in it; None where there is none.

    :param locale: the BCP 47 tag of the person's, or anything else.
    """
    known = known_locale(locale)
    if known and len(text) <= _LONGEST:
        with suppress(*_UNKNOWN):
            number = Decimal(parse_decimal(text.strip(), locale=known, strict=True))
            if number.is_finite():
                return number
    culture = _culture(known)
    culture = culture if culture in _RECOGNIZED else Culture.English
    found = recognize_number(text, culture)
    if not found:
        return None
    return Decimal(parse_decimal(found[0].resolution["value"], locale=culture.replace("-", "_")))


@lru_cache(maxsize=512)
def known_locale(locale: object) -> str | None:
    """Return the nearest locale that Babel knows, as it writes it; None where there is none.

    :param locale: the BCP 47 tag of the person's, or anything else.
    """
    tag = locale.replace("-", "_") if isinstance(locale, str) else ""
    while tag:
        with suppress(*_UNKNOWN):
            # Only now its data is looked for.
            if Locale.parse(tag).character_order:
                return tag
        tag = tag.rpartition("_")[0]
    return None


def _yes_or_no(prompt: Any, text: str, locale: object) -> bool | None:
    culture = _culture(known_locale(locale or prompt.default_locale))
    for found in recognize_boolean(text, culture):
        if "value" in found.resolution:
            return bool(found.resolution["value"])
    defaults = default_choices_of(prompt)
    yes, no, style = defaults.get(culture) or defaults[Culture.English]
    style = prompt.choice_options or style
    numbered = style.include_numbers is not False
    find = FindChoicesOptions(recognize_numbers=numbered, recognize_ordinals=numbered)
    choices = list(prompt.confirm_choices or (yes, no))[:2]
    chosen = ChoiceRecognizers.recognize_choices(text, choices, find)
    return bool(chosen[0].resolution.index == 0) if chosen else None


def _culture(locale: str | None) -> str:
    """Return what the SDK's recognizers call the language of a locale."""
    tag = (locale or "").replace("_", "-")
    return str(PromptCultureModels.map_to_nearest_language(tag) or Culture.English)


def _said(context: TurnContext) -> str:
    activity = context.activity
    return (activity.text or "") if activity.type == ActivityTypes.message else ""
