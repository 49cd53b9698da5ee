"""A name of 250 KB takes a time that grows with it, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from dialogs.person_name import answered_name, new_name_in

SMALL, TIMES = 40_000, 6
PIECES = {
    "letters": "a",
    "words": "hello ",
    "capitals": "A ",
    "full stops": ".",
    "joiners": "👨\u200d",
    "marks": "\u0301",
    "phrases": "my name is ",
    "commas": "a, ",
    "addresses": "a@b.c ",
    "Japanese": "です",
}


def seconds(work: Callable[[str, str], object], text: str, language: str) -> float:
    """The time of the CPU that it takes; a millisecond is as good as nothing."""
    began = time.thread_time()
    work(text, language)
    return max(time.thread_time() - began, 0.001)


@pytest.mark.parametrize("language", ["en", "ja", "ar"])
@pytest.mark.parametrize("before", ["", "my name is ", "call me "])
@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_it_grows_with_the_name(piece: str, before: str, language: str) -> None:
    small = piece * (SMALL // len(piece))
    for work in (answered_name, new_name_in):
        growths = (
            seconds(work, before + small * TIMES, language)
            / seconds(work, before + small, language)
            for _ in range(4)  # whatever else the machine does does not fall into each of them
        )
        # 36 would be quadratic.
        assert any(growth < TIMES * 3 for growth in growths)
