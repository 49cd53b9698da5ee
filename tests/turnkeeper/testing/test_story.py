"""Story files are played as they are written, and say where a bot says something else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.turnkeeper.tiny.app import TYPES, make_bot
from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud, Story, shown

STORY = """
# A comment.
@setting colour dark red
@scope groupChat
> hi
< Who are you?
Bob> hello
< Who are you?

> Ada
< Hello Ada.
@later 3 days
@restart
> [says nothing]
< Ada 1: {*}
@elsewhere
> at last
< Ada 2: at last
> [reacts]
"""


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    host = Host(Settings(), types=TYPES)
    async with Cloud(host, make_bot(host)) as cloud:
        yield cloud


@pytest.mark.parametrize("channel", ["emulator", "directline", "telegram"])
async def test_a_story_is_played(cloud: Cloud, channel: str) -> None:
    story = Story.parse(STORY)
    assert story.settings == {"colour": "dark red"}
    await story.play(cloud, channel)


@pytest.mark.parametrize(
    ("story", "complaint"),
    [
        ("> hi\n< What?", "line 1, on emulator: hi\n['Who are you?']\nexpected: ['What?']"),
        ("> hi", "line 1, on emulator: hi\n['Who are you?']\nexpected: []"),
        ("# x\n> hi\n< Who are you?\n< And more", "line 2, on emulator"),
    ],
)
async def test_it_says_where_the_bot_says_something_else(
    cloud: Cloud, story: str, complaint: str
) -> None:
    with pytest.raises(AssertionError) as told:
        await Story.parse(story).play(cloud)
    assert str(told.value).startswith(complaint)


@pytest.mark.parametrize(
    "line",
    [
        *("what", "@dance", "@later 3 minuets", "@setting x", "@scope everywhere", "< late"),
        *("  more", "> [jions]", "> [says hello]", "> [presses]"),
    ],
)
def test_a_line_of_no_kind_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"line 3: {line}")):
        Story.parse(f"> hi\n@elsewhere\n{line}\n")


async def test_a_button_is_pressed_by_its_title(cloud: Cloud) -> None:
    with pytest.raises(AssertionError, match="no button 'Maybe'"):
        await Story.parse("> hi\n< Who are you?\n> [presses Maybe]").play(cloud)


CARD = [
    {"type": "TextBlock", "text": "one"},
    {"type": "Input.Text", "id": "x"},
    {"type": "Container", "items": [{"type": "TextBlock", "text": "two"}]},
    {"type": "RichTextBlock", "inlines": ["th", {"text": "ree"}]},
    {"type": "ActionSet", "actions": [{"type": "Action.Submit", "title": "Go"}]},
]


@pytest.mark.parametrize(
    ("attachment", "read"),
    [
        ({"content": "plain"}, "hi"),
        ({"contentUrl": "data:image/png;base64,/w=="}, "hi\n\ufffd"),
        ({"content": {"title": "A", "text": "B"}}, "hi\nA\nB"),
        ({"content": {"body": CARD}}, "hi\none\ntwo\nthree\n[Go]"),
    ],
)
def test_a_reply_is_read_as_a_person_does(attachment: dict[str, Any], read: str) -> None:
    assert shown({"text": "hi", "attachments": [attachment]}) == read


def test_a_story_tells_something() -> None:
    with pytest.raises(ValueError, match="tells something"):
        Story.parse("\ufeff# nothing\n")


async def test_what_is_in_brackets_with_more_around_it_is_said(cloud: Cloud) -> None:
    await Story.parse("> hi\n< Who are you?\n> [Ada](x)\n< Hello [Ada](x).").play(cloud)
