"""What the operator sees: stored text made harmless, JSON, and how far a long command is."""

from __future__ import annotations

import json
from typing import Any, Final, Self, TextIO

_WIDTH: Final = 30
_ASCII: Final = 128


def one_line(text: str) -> str:
    """Text in which no character breaks the line, drives a terminal or hides others.

    Keys are made of ids that anybody may have sent. What is not printable is written as bash
    reads it within ``$'...'``.
    """
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(
        character if character.isprintable() and character != "\\" else _escape(character)
        for character in text
    )


def pretty_json(value: Any, encoding: str = "utf-8") -> str:
    """A value as indented JSON, with what is not printable as ``\\u`` escapes of JSON.

    :param encoding: of where it is written to; what that lacks is escaped too.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else "\\u007f"  # json takes it for printable
        if character == "\x7f"
        else json.dumps(character)[1:-1]
        for character in text
    )


def _escape(character: str) -> str:
    if character == "\\":
        return "\\\\"
    code = ord(character)
    if code < _ASCII:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004


class Progress:
    """A progress bar on a terminal; elsewhere a line for each tenth. It ends with the block.

    :param what: what happens to the records, in a word.
    :param total: how many records there are.
    :param stream: where to.
    """

    def __init__(self, what: str, total: int, stream: TextIO) -> None:
        self.done = 0
        self._what = what
        self._total = total
        self._stream = stream
        self._bar = stream.isatty()
        self._shown = -1

    def add(self, count: int) -> None:
        """So many more records are done."""
        self.done += count
        percent = min(100 * self.done // max(self._total, 1), 100)  # a store in use may grow
        step = percent if self._bar else percent // 10
        if step > self._shown:
            self._shown = step
            self._show(percent)

    def _show(self, percent: int) -> None:
        text = f"{percent:3}%  {self.done:,} of {self._total:,} {self._what}"
        full = _WIDTH * percent // 100
        bar = f"\r[{'#' * full}{'.' * (_WIDTH - full)}] "
        self._stream.write(f"{bar}{text}" if self._bar else f"{text}\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar and self.done:
            self._stream.write("\n")
