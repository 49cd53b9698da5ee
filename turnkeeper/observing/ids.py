"""Ids that tell who somebody is, as the log shows them.

On SMS a person's id, and that of the conversation, is their phone number; on email it is their
address. What the log shows is enough to see whether two lines are about one person. The command
``python -m turnkeeper check`` names the records that a bot cannot read, and ``list`` all of them,
as they are.
"""

from __future__ import annotations

import re
from typing import Final

# As they are, or quoted as in the keys of records.
_PHONE: Final = re.compile(r"(?<!\w)(\+|%2B)(\d{7,15})(?!\w)", re.ASCII | re.IGNORECASE)
_OF_MAIL: Final = r"[^\s@/'\"<>()\[\],;|]"
_MAIL: Final = re.compile(
    rf"(?<!{_OF_MAIL})({_OF_MAIL}+)(@|%40)((?:[\w-]+\.)+[^\W\d_][\w-]+)", re.IGNORECASE
)
# As in 19:meeting_x@thread.v2, a conversation of Teams.
_OF_TEAMS: Final = re.compile(r"\d+(?::|%3A)", re.IGNORECASE)
_FIRST: Final = 4
_LAST: Final = 2
_HIDDEN: Final = 3


def shortened(text: str) -> str:
    """Return a text with phone numbers and mail addresses shortened.

    They become ``+4917…89`` and ``a…@example.com``.
    """
    # Most lines have none, and these are found faster.
    if "+" in text or "%2" in text:
        text = _PHONE.sub(_short_phone, text)
    if "@" in text or "%40" in text:
        text = _MAIL.sub(_short_mail, text)
    return text


def _short_phone(match: re.Match[str]) -> str:
    plus, digits = match.groups()
    first = min(_FIRST, len(digits) - _LAST - _HIDDEN)
    return f"{plus}{digits[:first]}…{digits[-_LAST:]}"


def _short_mail(match: re.Match[str]) -> str:
    name, at, domain = match.groups()
    return match[0] if _OF_TEAMS.match(name) else f"{name[0]}…{at}{domain}"
