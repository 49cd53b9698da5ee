"""What prompts of the SDK make of an answer, corrected for all of the process.

- ``ConfirmPrompt`` knows yes and no in English alone. An answer in any other language it looks up
  in a set of the two choices, so that "Oui" and "1" are yes or no by chance.
- ``NumberPrompt`` reads a number as in English where its recognizer does not know the language, and
  then takes it for one of that language: "1,5" is 15 in German. In a locale that Babel does not
  know it raises at each answer.
- All prompts with choices add a card to the attachments of the prompt that is stored, each time
  they send it: the record grows, and so does the message.

A subclass that does any of it in its own way does so still.
"""

from __future__ import annotations

import re
from contextlib import suppress
from copy import copy
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
    Prompt,
    PromptCultureModels,
    PromptOptions,
    PromptRecognizerResult,
)
from botbuilder.schema import Activity, ActivityTypes
from recognizers_choice import recognize_boolean
from recognizers_number import recognize_number
from recognizers_text import Culture

from turnkeeper.dialogs.spelling import bare
from turnkeeper.wire.sdk import default_choices_of

_UNKNOWN: Final = (UnknownLocaleError, LookupError, ValueError, OSError, ArithmeticError)
_LONGEST: Final = 200
"""Characters of a number, a yes or a no. What is longer is none: the SDK's recognizers take time
that grows with the square of it, and nothing else of the process runs meanwhile."""

_LONGEST_OF: Final = {Culture.Chinese: 40, Culture.Japanese: 40}
_LONGEST_TAG: Final = 40
_DIGITS: Final = re.compile(r"[-+]?[\d.,'\u2019\u066b\u066c\u00a0\u202f ]+")
"""What a number in digits is made of. An exponent would make a short text a number without end."""

_RECOGNIZED: Final = frozenset(
    {Culture.English, Culture.Chinese, Culture.French, Culture.Japanese, Culture.Portuguese}
    | {Culture.Spanish}
)


def correct() -> None:
    """Put what is here in the place of what the SDK has."""
    ConfirmPrompt.on_recognize = _confirm
    NumberPrompt.on_recognize = _number
    Prompt.append_choices = _append_choices


_APPEND: Final = Prompt.append_choices


def _append_choices(self: Any, prompt: Activity | None, *rest: Any, **named: Any) -> Activity:
    """Append choices to a copy of a prompt."""
    if prompt is not None and prompt.attachments:
        prompt = copy(prompt)
        prompt.attachments = list(prompt.attachments)
    return _APPEND(self, prompt, *rest, **named)


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

    Only what is a number as a whole is read as the language writes it.

    :param locale: the BCP 47 tag of the person's, or anything else.
    """
    if len(text) > _LONGEST:
        return None
    known = known_locale(locale)
    if known and _DIGITS.fullmatch(text.strip()):
        with suppress(*_UNKNOWN):
            return Decimal(parse_decimal(text.strip(), locale=known, strict=True))
    culture = _culture(known)
    culture = culture if culture in _RECOGNIZED else Culture.English
    if len(text) > _LONGEST_OF.get(culture, _LONGEST):
        return None
    try:
        found = recognize_number(text, culture)
    except ArithmeticError:  # as of "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
        return None
    if not found:
        return None
    number = Decimal(parse_decimal(found[0].resolution["value"], locale=culture.replace("-", "_")))
    return number if number.is_finite() else None


def known_locale(locale: object) -> str | None:
    """Return the nearest locale that Babel knows, as it writes it; None where there is none.

    :param locale: the BCP 47 tag of the person's, or anything else.
    """
    if not isinstance(locale, str) or len(locale) > _LONGEST_TAG:
        return None
    return _known(locale.replace("-", "_"))


@lru_cache(maxsize=512)
def _known(tag: str) -> str | None:
    while tag:
        with suppress(*_UNKNOWN):
            # Only now its data is looked for.
            if Locale.parse(tag).character_order:
                return tag
        tag = tag.rpartition("_")[0]
    return None


def _yes_or_no(prompt: Any, text: str, locale: object) -> bool | None:
    if len(text) > _LONGEST:
        return None
    culture = _culture(known_locale(locale or prompt.default_locale))
    defaults = default_choices_of(prompt)
    yes, no, style = defaults.get(culture) or defaults[Culture.English]
    choices = list(prompt.confirm_choices or (yes, no))[:2]
    shown = [bare(one if isinstance(one, str) else one.value) for one in choices]
    numbered = (prompt.choice_options or style).include_numbers is not False
    said = bare(text)
    for known in (shown, ["1", "2"] if numbered else []):
        if said in known:
            return known.index(said) == 0
    for found in recognize_boolean(text, culture):
        if "value" in found.resolution:
            return bool(found.resolution["value"])
    find = FindChoicesOptions(recognize_numbers=False, recognize_ordinals=False)
    chosen = ChoiceRecognizers.recognize_choices(text, choices, find)
    return bool(chosen[0].resolution.index == 0) if chosen else None


def _culture(locale: str | None) -> str:
    """Return what the SDK's recognizers call the language of a locale."""
    tag = (locale or "").replace("_", "-")
    return str(PromptCultureModels.map_to_nearest_language(tag) or Culture.English)


def _said(context: TurnContext) -> str:
    activity = context.activity
    return (activity.text or "") if activity.type == ActivityTypes.message else ""
