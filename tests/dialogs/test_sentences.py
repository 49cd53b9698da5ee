"""Sentences are known by their words, at the place that the list says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.said.sentences import Sentences

LISTED = Sentences(
    ["please", "leave me", "when …", "nobody.", "don't", "…ですか", "…教えて…", "なぜ…", "ça va"]
)


@pytest.mark.parametrize(
    "text",
    [
        "please",
        "Yes, PLEASE!",
        "please-please",
        "you leave  me\nalone",
        "when",
        "When, then?",
        "Nobody!",
        "I don’t",
        "誰ですか。",
        "名前を教えてね",
        "なぜだ",
        "Ca va?",
        "ÇA VA",
    ],
)
def test_what_has_the_words_at_their_place_is_known(text: str) -> None:
    assert LISTED.one_is(text)


@pytest.mark.parametrize(
    "text",
    ["", "Pleases", "Leave Mel", "leave", "Ben When", "Whenever", "Nobody Owens", "Don T. Jones"]
    + ["ですかね", "どうなぜ", "Ada", "...", "Cava"],
)
def test_what_has_them_elsewhere_or_in_part_is_not(text: str) -> None:
    assert not LISTED.one_is(text)


def test_what_joins_letters_is_part_of_the_word() -> None:
    assert Sentences(["i am"]).one_is("So I am.")
    assert not Sentences(["i am"]).one_is("will.i.am")


@pytest.mark.parametrize("entry", ["", " ", "…", " …", "?", "…x.", "…x …"])
def test_what_is_of_no_form_is_passed_over(entry: str) -> None:
    assert not Sentences([entry]).one_is("x")
    assert Sentences([entry, "y"]).one_is("y")


@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=40))
def test_any_list_and_any_text_can_be_compared(known: list[str], text: str) -> None:
    assert Sentences(known).one_is(text) in (True, False)
    assert Sentences([*known, text]).one_is(f"… {text}") in (True, False)
