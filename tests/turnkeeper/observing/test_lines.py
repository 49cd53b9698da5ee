"""A record is one line, whatever is in it: what came from outside begins no line of its own."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from turnkeeper.errors import BotError, UnreadableRecord
from turnkeeper.observing.logs import Handler, JSONFormatter, PlainFormatter, TurnIds

FORGED = "2026-11-24T05:44:54.000+00:00 ERROR turnkeeper: forged"
BREAKS = ("\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")
log = logging.getLogger("tests.lines")


@pytest.fixture
def write_to() -> Iterator[Callable[[logging.Formatter], io.StringIO]]:
    """Gives what is logged in a form from then on."""
    root, streams = logging.getLogger(), list[logging.Handler]()
    level = root.level
    root.setLevel(logging.INFO)

    def begin(formatter: logging.Formatter) -> io.StringIO:
        stream = io.StringIO()
        handler = Handler(stream)
        handler.setFormatter(formatter)
        root.addHandler(handler)
        streams.append(handler)
        return stream

    yield begin
    for handler in streams:
        root.removeHandler(handler)
    root.setLevel(level)


WriteTo = Callable[[logging.Formatter], io.StringIO]


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
@pytest.mark.parametrize("formatter", [PlainFormatter, JSONFormatter])
def test_no_id_and_no_message_begins_a_line(
    write_to: WriteTo, formatter: type[logging.Formatter], line_break: str
) -> None:
    stream = write_to(formatter())
    with TurnIds({"conversation": f"c{line_break}{FORGED}"}):
        log.info("said by %s", f"29:ada{line_break}{FORGED}")
    [line, end] = stream.getvalue().split("\n")
    assert end == ""
    assert len(line.splitlines()) == 1
    assert line.count(FORGED) == 2  # nothing is left out


def test_what_a_plain_line_cannot_hold_is_written_as_an_escape(write_to: WriteTo) -> None:
    stream = write_to(PlainFormatter())
    with TurnIds({"conversation": "c\u2028"}):
        log.info("a\nb\x1b[31mc\x7f\x9b é")
    assert stream.getvalue().endswith(
        r" INFO tests.lines: a\x0ab\x1b[31mc\x7f\x9b é [conversation=c\u2028]" + "\n"
    )


def test_a_json_line_holds_it_as_it_was(write_to: WriteTo) -> None:
    stream = write_to(JSONFormatter())
    with TurnIds({"conversation": "c\n"}):
        log.info("a\nb")
    line = json.loads(stream.getvalue())
    assert (line["message"], line["conversation"]) == ("a\nb", "c\n")


@pytest.mark.parametrize(
    "hidden",
    "\xad\u061c\u180e\u200b\u200d\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff\ufffb\U000e0041",
    ids=ascii,
)
def test_what_hides_or_turns_what_others_read_is_seen(write_to: WriteTo, hidden: str) -> None:
    stream = write_to(PlainFormatter())
    with TurnIds({"conversation": f"a{hidden}b"}):
        log.info("said by %s", f"29:a{hidden}b")
        try:
            raise BotError(f"a{hidden}b")
        except BotError:
            log.exception("failed")
    said = stream.getvalue()
    assert hidden not in said
    assert said.count(ascii(f"a{hidden}b").strip("'")) == 4


@pytest.mark.parametrize("formatter", [PlainFormatter, JSONFormatter])
def test_numbers_and_addresses_of_people_are_shortened_wherever_they_are(
    write_to: WriteTo, formatter: type[logging.Formatter]
) -> None:
    stream = write_to(formatter())
    with TurnIds({"conversation": "+4917012345689", "activity": "ada.lovelace@example.com"}):
        log.info("%s: not sent", "sms/ledgers/%2B4917012345689/the-bot")
        try:
            raise UnreadableRecord("of another version", "email/users/ada.lovelace@example.com")
        except UnreadableRecord:
            log.exception("failed for %r", "+4917012345689")
    said = stream.getvalue().replace("\\u2026", "…")
    assert "0123456" not in said
    assert "lovelace" not in said
    assert "sms/ledgers/%2B4917…89/the-bot" in said
    assert "email/users/a…@example.com" in said
    assert said.count("+4917…89") == 3
    assert said.count("a…@example.com") >= 3
