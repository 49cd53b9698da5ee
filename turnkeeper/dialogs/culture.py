"""The locale of an activity, as the SDK's prompts can take it."""

from __future__ import annotations

from functools import lru_cache

from babel import UnknownLocaleError
from babel.numbers import parse_decimal


@lru_cache(maxsize=512)
def known_locale(locale: object) -> str | None:
    """Return the nearest locale in which the SDK's prompts can read a number; None for none.

    In any other one ``NumberPrompt`` raises ``UnknownLocaleError`` at each answer, so that its
    question can never be answered.

    :param locale: ``locale`` of an activity: a BCP 47 tag, or anything else.
    """
    tag = locale if isinstance(locale, str) else ""
    while tag:
        try:
            parse_decimal("1", locale=tag.replace("-", "_"))
        except (UnknownLocaleError, LookupError, ValueError, OSError):
            tag = tag.replace("_", "-").rpartition("-")[0]
        else:
            return tag
    return None
