"""What the operator sees: stored text made harmless, JSON, and how far a long command is."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

_FOUR_DIGITS: Final = 0xFFFF


def one_line(text: str) -> str:
    """Return text in which no character breaks the line, drives a terminal or hides others.

    Keys are made of ids that anybody may have sent. What is not printable is written as bash
    reads it within ``$'...'``.
    """
    return "".join(
        character if character.isprintable() and character != "\\" else _escape(character)
        for character in text
    )


def pretty_json(value: Any, encoding: str = "utf-8") -> str:
    r"""Return a value as indented JSON, with what is not printable as ``\u`` escapes of JSON.

    :param encoding: of where it is written to; what that lacks is escaped too.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    return "".join(
        character if character.isprintable() or character == "\n" else _json_escape(character)
        for character in text
    )


class Progress:
    """How far a command is, a line for each tenth.

    :param what: what happens to the records, in a word.
    :param total: how many records there are.
    """

    def __init__(self, what: str, total: int) -> None:
        self.done = 0
        self._what = what
        self._total = total
        self._shown = -1

    def add(self, count: int) -> None:
        """Count so many more records as done."""
        self.done += count
        percent = min(100 * self.done // max(self._total, 1), 100)  # a store in use may grow
        if percent // 10 > self._shown:
            self._shown = percent // 10
            line = f"{percent}%  {self.done:,} of {self._total:,} {self._what}"
            print(line, file=sys.stderr)


def _escape(character: str) -> str:
    code = ord(character)
    if character == "\\":
        return "\\\\"
    return f"\\u{code:04x}" if code <= _FOUR_DIGITS else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    digits = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{digits[at : at + 4]}" for at in range(0, len(digits), 4))
