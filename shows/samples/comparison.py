"""Compares two recordings of one script, field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final

from shows.samples.recording import Exchange


class _Nothing:
    def __repr__(self) -> str:
        return "(nothing)"


NOTHING: Final = _Nothing()
"""What stands in a difference where one side has no such field, or no such request."""


@dataclass(frozen=True)
class Difference:
    """A field, a request or an answer that is not the same on both sides.

    :param turn: its number, from 1 on.
    :param said: what was sent in it.
    :param where: the path of the field; of a request that one side has alone, its place.
    :param there: on the SDK's hosting.
    :param here: on the engine.
    """

    turn: int
    said: str
    where: str
    there: Any
    here: Any

    def __str__(self) -> str:
        """A line for the list."""
        shown = [json.dumps(one, default=repr)[:300] for one in (self.there, self.here)]
        return f"turn {self.turn} {self.said!r}: {self.where}: there {shown[0]}, here {shown[1]}"


@dataclass
class Comparison:
    """What was compared.

    :param fields: how many fields were held against each other.
    :param differences: those that are not the same.
    """

    fields: int = 0
    differences: list[Difference] = field(default_factory=list)


def compared(there: Sequence[Exchange], here: Sequence[Exchange]) -> Comparison:
    """Hold two recordings of one script against each other.

    :param there: on the SDK's hosting.
    :param here: on the engine.
    """
    comparison = Comparison()
    for number, (one, other) in enumerate(zip(there, here, strict=True), 1):
        found = list(_fields("answer", one.answer, other.answer))
        for place, (sent, came) in enumerate(_aligned(one.requests, other.requests)):
            found += _fields(f"request {place}", sent, came)
        comparison.fields += len(found)
        comparison.differences += (
            Difference(number, one.said, where, left, right)
            for where, left, right in found
            if left is NOTHING or right is NOTHING or not _same(left, right)
        )
    return comparison


def _same(left: Any, right: Any) -> bool:
    """Whether two values are one in JSON: 1 is neither 1.0 nor true."""
    return type(left) is type(right) and bool(left == right)


def _fields(where: str, there: Any, here: Any) -> Iterator[tuple[str, Any, Any]]:
    """The fields of two values, wherever they are; what one side lacks, as a whole."""
    if isinstance(there, dict) and isinstance(here, dict) and (there or here):
        for name in sorted(there.keys() | here.keys()):
            yield from _fields(f"{where}.{name}", there.get(name, NOTHING), here.get(name, NOTHING))
    elif isinstance(there, list) and isinstance(here, list) and len(there) == len(here) > 0:
        for place, (one, other) in enumerate(zip(there, here, strict=True)):
            yield from _fields(f"{where}[{place}]", one, other)
    else:
        yield where, there, here


def _aligned(there: list[Any], here: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Requests that belong together, and those that one side has alone."""
    left, right = ([json.dumps(one, sort_keys=True) for one in side] for side in (there, here))
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for _, begin, end, other_begin, other_end in matcher.get_opcodes():
        sent, came = there[begin:end], here[other_begin:other_end]
        yield from zip_longest(sent, came, fillvalue=NOTHING)
