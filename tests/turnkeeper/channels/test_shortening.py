"""Texts are cut between what people see as characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.channels.shortening import shortened, units


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("12345678", "12345678"),
        ("123456789", "1234567…"),
        ("123456 89", "123456…"),
        ("😀😀😀😀", "😀😀😀😀"),
        ("😀😀😀😀😀", "😀😀😀…"),
        ("1234👩‍💻👩‍💻", "1234…"),
        ("123456e\u0301e\u0301", "123456…"),
        ("🇫🇷🇩🇪🇯🇵", "🇫🇷…"),
    ],
)
def test_a_text_is_cut_between_what_people_see_as_characters(text: str, short: str) -> None:
    assert shortened(text, 8) == short


@given(text=st.text(max_size=40), limit=st.integers(1, 30))
def test_a_shortened_text_is_the_beginning_of_the_text(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert len(short.encode("utf-16-le")) <= 2 * limit
    assert short == text or (short.endswith("…") and text.startswith(short[:-1]))


def test_length_is_counted_as_channels_do() -> None:
    assert (units("abc"), units("é"), units("😀a")) == (3, 1, 3)
