"""What a person said, where a name or a command is read."""

from __future__ import annotations

import re
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.entities import text_in
from turnkeeper.channels.said.letters import words_of_letter
from turnkeeper.channels.said.text import MAIL, text_for_bot

_FULL_STOPS: Final = ".。．｡।۔"
# What an address leaves behind: "@Test Bot, help".
_BEHIND_ADDRESS: Final = re.compile(r"[,;:،、，：]+\s+")
# Of "Ph.D." and "J.R.R."
_INITIALS: Final = re.compile(r"(?:[^\W\d_]{1,3}\.)+[^\W\d_]{1,3}")
# What has a full stop of its own at the end of a name or a firm's.
_ABBREVIATIONS: Final = frozenset(
    ("jr", "sr", "jnr", "snr", "esq", "ret", "inc", "ltd", "co", "corp", "llc", "bros", "cie")
    + ("etc", "dr", "mr", "mrs", "ms", "prof", "st")
)


def utterance(activity: Activity) -> str:
    """Return what a name or a command is read from.

    That is :func:`text_for_bot` without the blanks around it and the full stop that dictation
    puts behind the last word; "Jr.", "Ph.D." and "Ada L." keep theirs. Of a mail it is the first
    paragraph behind the salutation, without what signs it.

    :param activity: any incoming activity.
    :returns: the words, or "" where there are none.
    """
    text = text_for_bot(activity).strip()
    if not text:
        return ""
    if text_in(activity, "channel_id").casefold() in MAIL:
        text = words_of_letter(text, text_in(activity.recipient, "name"))
    if behind := _BEHIND_ADDRESS.match(text):
        text = text[behind.end() :] or text
    return _without_full_stop(text)


def _without_full_stop(text: str) -> str:
    if text[-1:] not in _FULL_STOPS or text[-2:-1] in f"{_FULL_STOPS}…":
        return text
    said = text[:-1].rstrip()
    if not said:
        return text
    *before, last = said.split()
    is_abbreviation = (
        _INITIALS.fullmatch(last)
        or last.casefold() in _ABBREVIATIONS
        or (before and len(last) == 1 and last.lower() != last.upper())
    )
    return text if text[-1] == "." and is_abbreviation else said
