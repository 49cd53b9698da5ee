"""Plain texts for clients that take every text for Markdown."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from botbuilder.schema import Activity

# Where Microsoft 365 Agents Playground listens for replies; no channel's service has this path.
_PLAYGROUND_PATH: Final = "/_connector"
# All ASCII punctuation may be escaped (CommonMark, section 2.4). Only what can be markup is; a dash
# or a number with a dot begins a list at the beginning of a line alone.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&@]|:(?=//)|(?<=www)\.", re.I)
_LIST = re.compile(r"(\d{1,9})([.)])")
_BULLETS: Final = ("-", "+", "=")
_BLANKS = re.compile(r"(?<= ) +")
_BREAK = re.compile(r"\r\n?|\n")
_NO_BREAK: Final = "\u00a0"
_TAB: Final = 4


def in_playground(activity: Activity) -> bool:
    """Return whether an activity comes from Microsoft 365 Agents Playground. Never raises.

    :param activity: any incoming activity.
    """
    url = activity.service_url
    # Most addresses have none of it, and need no parsing.
    if not isinstance(url, str) or _PLAYGROUND_PATH not in url:
        return False
    try:
        return urlsplit(url).path.rstrip("/") == _PLAYGROUND_PATH
    except ValueError:
        return False


def as_markdown(text: str) -> str:
    """Return Markdown that shows a plain text as it stands: its signs, lines and blanks.

    :param text: any plain text.
    """
    # Two blanks before a line break keep it. After an empty line an indent would be code.
    return "  \n".join(_line(line) or _NO_BREAK for line in _BREAK.split(text))


def _line(line: str) -> str:
    line = line.expandtabs(_TAB)
    words = line.lstrip(" ")
    indent = _NO_BREAK * (len(line) - len(words))
    if number := _LIST.match(words):
        return f"{indent}{number[1]}\\{number[2]}{_escaped(words[number.end() :])}"
    bullet = "\\" if words.startswith(_BULLETS) else ""
    return indent + bullet + _escaped(words)


def _escaped(text: str) -> str:
    return _BLANKS.sub(lambda blanks: _NO_BREAK * len(blanks[0]), _MARKUP.sub(r"\\\g<0>", text))
