"""The text of a message that came as HTML alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Final

from botbuilder.schema import Activity

from turnkeeper.channels.entities import text_in

_MOST_CHARACTERS: Final = 250_000
# The standard library's parser takes a minute for 64 kB of tags that never end; these patterns
# read each character a few times.
_TAG: Final = re.compile(
    r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9:-]{0,30})"
    r"(?P<rest>(?:[^<>\"']|\"[^<\"]{0,2000}\"|'[^<']{0,2000}')*)>"
    r"|<[!?][^<>]*>"
)
_KIND: Final = re.compile(r"\b(?:itemtype|class)\s*=\s*[\"']?([^\"'>]*)", re.IGNORECASE)
_ALT: Final = re.compile(r"\balt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_ROW: Final = re.compile(
    "address|article|blockquote|br|div|d[dlt]|footer|form|h[1-6]|header|hr|li|main|ol|p|pre"
    "|section|table|tr|ul"
)
_PARAGRAPHS: Final = frozenset({"p", "blockquote"})
_UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
_REPLY: Final = "schema.skype.com/reply"
_MENTION: Final = "schema.skype.com/mention"


def html_of(activity: Activity) -> str:
    """Return the HTML that a message brings as an attachment, or "".

    :param activity: any incoming activity.
    """
    attachments = activity.attachments
    for attachment in attachments if isinstance(attachments, list) else ():
        kind = text_in(attachment, "content_type") or text_in(attachment, "contentType")
        content = text_in(attachment, "content")
        if content and kind.partition(";")[0].strip().casefold() == "text/html":
            return content[:_MOST_CHARACTERS]
    return ""


def text_of_html(html: str, *, paragraphs: bool) -> str:
    """Return the text of a page as Teams writes one: escaped, and mentions in ``<at>``.

    Rows end with a line break. What a reply quotes is left out.

    :param html: the markup, well-formed or not.
    :param paragraphs: whether a blank line stands between paragraphs.
    """
    page = _Page(paragraphs=paragraphs)
    at = 0
    html = _without_comments(html)
    for tag in _TAG.finditer(html):
        page.add_text(html[at : tag.start()])
        if tag["name"]:
            page.add_tag(tag["name"].casefold(), tag["rest"], ends=bool(tag["end"]))
        at = tag.end()
    page.add_text(html[at:])
    lines = page.text().split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip(" ") for line in lines)).strip("\n ")


@dataclass(slots=True)
class _Page:
    """What was read of a page so far."""

    paragraphs: bool
    pieces: list[str] = field(default_factory=list)
    hidden: str = ""
    depth: int = 0
    mention: str = ""
    mention_at: int = 0

    def add_text(self, text: str) -> None:
        """Add what stands between two tags."""
        if text and not self.hidden:
            plain = escape(unescape(_BLANKS.sub(" ", text)), quote=False)
            after_blank = self.pieces and self.pieces[-1][-1:] in (" ", "\n")
            self._add(plain.lstrip(" ") if after_blank else plain)

    def add_tag(self, name: str, rest: str, *, ends: bool) -> None:
        """Add what a tag means."""
        kind = _KIND.search(rest)
        type_of = kind[1].casefold() if kind else ""
        if self.hidden:
            if name == self.hidden and not rest.endswith("/"):
                self.depth += -1 if ends else 1
                self.hidden = self.hidden if self.depth else ""
        elif not ends and (name in _UNSEEN or (name == "blockquote" and _REPLY in type_of)):
            self.hidden, self.depth = name, 1
        elif not ends and (name == "at" or _MENTION in type_of):
            self.mention, self.mention_at = name, len(self.pieces)
            self._add("<at>")
        elif ends and name == self.mention:
            self.mention = ""
            self._add("</at>")
        elif _ROW.fullmatch(name):
            self._end_row(2 if self.paragraphs and name in _PARAGRAPHS else 1, name == "br")
        elif name in ("td", "th") and ends:
            self._add(" ")
        elif name in ("img", "emoji") and "emoji" in f"{name} {type_of}":
            alt = _ALT.search(rest)
            self._add(escape(unescape(alt[1] or alt[2] or ""), quote=False) if alt else "")

    def text(self) -> str:
        """Return what was read."""
        if self.mention:  # it never ended
            self.pieces[self.mention_at] = ""
        return "".join(self.pieces)

    def _end_row(self, breaks: int, always: bool) -> None:
        last = self.pieces[-1] if self.pieces else "\n\n"
        self._add("\n" if always else "\n" * (breaks - (len(last) - len(last.rstrip("\n")))))

    def _add(self, piece: str) -> None:
        if piece:
            self.pieces.append(piece)


def _without_comments(html: str) -> str:
    pieces = []
    at = 0
    while (start := html.find("<!--", at)) >= 0 and (end := html.find("-->", start)) >= 0:
        pieces.append(html[at:start])
        at = end + len("-->")
    return "".join([*pieces, html[at:]])
