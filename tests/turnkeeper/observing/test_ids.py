"""Which ids the log shortens, and which it shows as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.observing.ids import shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+4917012345689", "+4917…89"),
        ("+14255550123", "+1425…23"),
        ("+2904567", "+29…67"),
        ("%2b4917012345689", "%2b4917…89"),
        ("sms/conversations/%2B4917012345689", "sms/conversations/%2B4917…89"),
        ("conversation '+4917012345689': refused", "conversation '+4917…89': refused"),
        ("whatsapp:+4917012345689", "whatsapp:+4917…89"),
        ("ada@example.com", "a…@example.com"),
        ("ada.lovelace+bot@mail.example.co.uk", "a…@mail.example.co.uk"),
        ("bounce=ada=example.org@example.com", "b…@example.com"),
        ("ada@bücher.example", "a…@bücher.example"),
        ("ada@xn--bcher-kva.xn--p1ai", "a…@xn--bcher-kva.xn--p1ai"),
        ("email/ledgers/ada%40example.com/the-bot", "email/ledgers/a…%40example.com/the-bot"),
        ("from <ada@example.com>, to bob@example.com", "from <a…@example.com>, to b…@example.com"),
    ],
)
def test_a_number_and_an_address(text: str, shown: str) -> None:
    assert shortened(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "19:meeting_NjQ4@thread.v2",
        "19:0a1b2c@thread.tacv2;messageid=1732427094000",
        "msteams/ledgers/19%3Ameeting_NjQ4%40thread.v2/the-bot",
        "19:a_b@unq.gbl.spaces",
        "29:1bSn-9x",
        "1732427094000",
        "dl_8c5b3a",
        "4f1c2d3e-0000-4000-8000-123456789012",
        "AAQkADY+1234567890=",
        "2026-11-24T05:44:54.000+00:00",
        "/srv/lib/name@1.2.3/module.py",
        "@bot",
        "a@b",
    ],
)
def test_what_is_none_is_shown_as_it_is(text: str) -> None:
    assert shortened(text) == text


@given(st.from_regex(r"\+[0-9]{7,15}", fullmatch=True))
def test_at_least_three_digits_of_a_number_are_left_out(number: str) -> None:
    shown = shortened(number)
    assert len(number) - len(shown.replace("…", "")) >= 3


@pytest.mark.parametrize("text", ["a", "a.", "%40", "%40a.", "a@", "+1", "@a.b", "1:"])
def test_a_long_text_is_done_at_once(text: str) -> None:
    shortened(text * (1_000_000 // len(text)))  # quadratic, it would take hours
