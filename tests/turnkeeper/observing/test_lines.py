"""A record is one line, whatever is in it: what came from outside begins no line of its own."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

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
        r" INFO tests.lines: a\x0ab\x1b[31mc\x7f\x9b é [conversation=c\x2028]" + "\n"
    )


def test_a_json_line_holds_it_as_it_was(write_to: WriteTo) -> None:
    stream = write_to(JSONFormatter())
    with TurnIds({"conversation": "c\n"}):
        log.info("a\nb")
    line = json.loads(stream.getvalue())
    assert (line["message"], line["conversation"]) == ("a\nb", "c\n")
