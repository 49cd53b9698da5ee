"""The escapes of HTML: what the channels that write them meant."""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5
from typing import Final

_ESCAPE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPE_OF_SLACK: Final = re.compile(r"&(?:amp|lt|gt);")
# How a channel may write a character of a name.
_SPELLINGS: Final = {
    "&": "&(?:amp;)?",
    "<": "(?:<|&lt;)",
    ">": "(?:>|&gt;)",
    '"': '(?:"|&quot;|&#34;)',
    "'": "(?:'|&apos;|&#39;|&#x27;)",
    " ": r"(?:\s|&nbsp;)",
}
_NO_BREAK: Final = "\u00a0"
# Teams escapes whatever a person types, Skype for Business at least its blanks
# (https://github.com/microsoft/botframework-sdk/issues/4528).
_WRITE_HTML: Final = frozenset({"msteams", "skypeforbusiness"})


def writes_html(channel: str, text_format: object) -> bool:
    """Return whether a channel escapes all that a person types.

    :param channel: the channel's id, in lower case.
    :param text_format: the activity's; ``xml`` says so on any channel.
    """
    return channel in _WRITE_HTML or text_format == "xml"


def decoded(text: str, channel: str, *, html: bool) -> str:
    """Return a text as its person typed it. What was typed as ``&amp;`` stays so.

    No-break blanks become blanks where HTML writes them, and go at the ends.

    :param text: the text as the channel sent it.
    :param channel: the channel's id, in lower case.
    :param html: whether the channel escaped all that was typed.
    """
    if html:
        plain = _ESCAPE.sub(_meant, text) if "&" in text else text
        if _NO_BREAK not in plain:
            return plain
        start = plain.lstrip()
        if _NO_BREAK not in plain[: len(plain) - len(start)]:
            start = plain
        end = start.rstrip()
        if _NO_BREAK not in start[len(end) :]:
            end = start
        return end.replace(_NO_BREAK, " ")
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return _ESCAPE_OF_SLACK.sub(_meant, text) if channel == "slack" and "&" in text else text


def spelled(name: str) -> str:
    """Return the pattern of a name, escaped or not.

    :param name: a name as people read it.
    """
    return "".join(_SPELLINGS.get(letter) or re.escape(letter) for letter in name)


def folded(name: str) -> str:
    """Return what two spellings of one name have in common: case, escapes and blanks aside."""
    return " ".join(unescape(name).casefold().split()).lstrip("@")


def _meant(escape: re.Match[str]) -> str:
    """Return what one escape stands for; a name that nobody knows stands for itself."""
    whole = escape[0]
    return unescape(whole) if whole[1] == "#" else html5.get(whole[1:], whole)
