"""What is done with a text takes a time that grows with it, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import pytest
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount

from turnkeeper.address import stored_name
from turnkeeper.channels import (
    fit,
    isolated,
    limits_of,
    shortened,
    text_for_bot,
    utterance,
    without_controls,
)
from turnkeeper.channels.limits import spoken

SMALL, TIMES = 40_000, 6
"""Characters, and how many times as many: a body holds 256 KiB."""
FASTER: Final = 3.0
"""So much more than in proportion is still no growth of another kind: that would be 6."""
LEAST: Final = 0.001
"""Seconds; what takes less is as good as nothing."""

PIECES = {
    "letters": "a",
    "flags": "🇩🇪",
    "families": "👨\u200d",
    "joiners": "\u200d",
    "combining marks": "e\u0301",
    "marks alone": "\u0301",
    "signs": "<",
    "mentions": "<at>Bot</at>",
    "open mentions": "<at>",
    "escapes": "&amp;",
    "half escapes": "&#",
    "lines": "\n",
    "no-break blanks": "\u00a0",
    "dots": ".",
    "quotes": '<quoted messageId="1"/>',
    "half quotes": "<quoted ",
    "elements": "<div>",
    "ends of elements": "</p>",
    "signatures": "--\n",
    "right to left": "א",
    "isolates": "\u2067",
    "addresses": "@bot ",
    "brackets": "[",
}


def said(text: str, channel: str) -> Activity:
    """A message in a group on a channel."""
    return Activity(
        type="message",
        channel_id=channel,
        text=text,
        from_property=ChannelAccount(id="ada"),
        recipient=ChannelAccount(id="bot", name="Bot"),
        conversation=ConversationAccount(id="c", is_group=True),
    )


def fitted(text: str, channel: str) -> None:
    """Make a reply fit a channel."""
    reply = Activity(type="message", channel_id=channel, text=text)
    fit(reply, limits_of(reply), "en")


WORK: dict[str, Callable[[str], object]] = {
    "shortened to a half": lambda text: shortened(text, len(text) // 2),
    "shortened to a line": lambda text: shortened(text, 100),
    "fitted for SMS": lambda text: fitted(text, "sms"),
    "fitted for Teams": lambda text: fitted(text, "msteams"),
    "isolated": isolated,
    "without controls": without_controls,
    "spoken": lambda text: spoken(text, "en"),
    "a key": stored_name,
    "read on Teams": lambda text: text_for_bot(said(text, "msteams")),
    "read on Telegram": lambda text: text_for_bot(said(text, "telegram")),
    "read on Slack": lambda text: text_for_bot(said(text, "slack")),
    "a name on Teams": lambda text: utterance(said(text, "msteams")),
    "a name in a mail": lambda text: utterance(said(text, "email")),
}


def seconds(work: Callable[[str], object], text: str) -> float:
    """The time of the CPU that it takes."""
    began = time.thread_time()
    work(text)
    return max(time.thread_time() - began, LEAST)


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
@pytest.mark.parametrize("piece", PIECES.values(), ids=PIECES)
def test_it_grows_with_the_text(work: Callable[[str], object], piece: str) -> None:
    text = piece * (SMALL // len(piece))
    # Whatever else the machine does may fall into one measurement, and not into each of four.
    growths = (seconds(work, text * TIMES) / seconds(work, text) for _ in range(4))
    assert any(growth < TIMES * FASTER for growth in growths)
