"""Texts that run from right to left beside texts that do not (Unicode Standard Annex #9)."""

from __future__ import annotations

import pytest
from botbuilder.schema import Activity
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels import (
    fit,
    has_right_to_left,
    isolated,
    limits_of,
    units,
    without_controls,
)
from turnkeeper.channels.direction import in_order, runs_right_to_left


@pytest.mark.parametrize(
    "text", ["עברית", "عربي", "Ada עברית", "١٢٣", "ܐ", "𞤀", "(עברית) 7", "\u200f"]
)
def test_a_text_with_letters_or_digits_of_the_other_direction_has_them(text: str) -> None:
    assert has_right_to_left(text)


@pytest.mark.parametrize(
    "text", ["Ada", "Ådá", "花子", "123 (x)", "🙂", "", "–", "\u2067", "О’Ким"]
)
def test_others_have_none(text: str) -> None:
    assert not has_right_to_left(text)


@pytest.mark.parametrize(
    ("line", "from_right"),
    [
        ("שלום Ada", True),
        ("• من أنا؟ – Ada", True),
        ("123 שלום", True),
        (f"{isolated('Ada')} شكرًا", True),
        ("Ada שלום", False),
        (f"{isolated('עברית')} sent: hi", False),
        (f"{isolated(isolated('עברית') + 'x')} – {isolated('شكرًا')}", False),
        ("123", False),
        ("", False),
    ],
)
def test_a_line_runs_as_its_first_strong_character_outside_of_isolates(
    line: str, from_right: bool
) -> None:
    assert runs_right_to_left(line) == from_right


def test_each_line_that_runs_from_right_to_left_is_isolated_and_marked() -> None:
    assert in_order("شكرًا\nAda: hi\n\n• آدا") == (
        "\u200f\u2067شكرًا\u2069\nAda: hi\n\n\u200f\u2067• آدا\u2069"
    )


@given(st.text(alphabet="aא1 \n(\u2067\u2068\u2069\u200f"))
def test_to_put_a_text_in_order_twice_changes_nothing_more(text: str) -> None:
    assert in_order(in_order(text)) == in_order(text)


@given(st.text())
def test_to_put_a_text_in_order_takes_nothing_away(text: str) -> None:
    marked = in_order(text)
    assert [c for c in marked if c not in "\u200f\u2067\u2069"] == [
        c for c in text if c not in "\u200f\u2067\u2069"
    ]


@pytest.mark.parametrize("line", ["א", "א" * 100, "א" * 1599, "🙂א", "א" + "🙂" * 799])
@pytest.mark.parametrize("count", [1, 2, 16, 800, 5000])
def test_what_is_marked_still_fits(line: str, count: int) -> None:
    reply = Activity(type="message", text="\n".join([line] * count), text_format="plain")
    limits = limits_of(Activity(channel_id="sms"))
    fit(reply, limits, "")
    assert units(reply.text) <= limits.longest_text
    assert reply.text.startswith("\u200f\u2067")


@pytest.mark.parametrize("text_format", [None, "markdown", "xml"])
def test_only_plain_text_is_marked(text_format: str | None) -> None:
    reply = Activity(type="message", text="שלום", text_format=text_format)
    fit(reply, limits_of(Activity(channel_id="webchat")), "")
    assert reply.text == "שלום"


def test_what_is_spoken_has_no_marks() -> None:
    reply = Activity(type="message", text="שלום", text_format="plain")
    fit(reply, limits_of(Activity(channel_id="telephony")), "he")
    assert ">שלום<" in reply.speak


def test_characters_that_turn_the_direction_can_be_taken_out() -> None:
    assert without_controls("a\u202eb\u2066c\u2069") == "abc"
    assert without_controls("می\u200cخواهم\u200f") == "می\u200cخواهم\u200f"
