"""In Microsoft 365 Agents Playground, which takes a plain text for Markdown."""

from __future__ import annotations

import json

import pytest

from tests.bot import cloud_around
from turnkeeper.testing import Conversation

PATH = "/_connector"  # where the Playground listens for replies
CHANNELS = ["emulator", "msteams", "webchat", "directline"]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_the_lines_of_a_greeting_break(channel: str) -> None:
    async with cloud_around(path=PATH) as cloud:
        ada = cloud.person(channel=channel, time_zone="America/New_York")
        await ada.says("call me *Ada*")
        (text,) = await ada.says("1. a_b\n<b>")
        lines = text.split("  \n")
        assert lines[0] == "\\*Ada\\* sent: 1. a\\_b \\<b\\>"
        assert lines[1].endswith("(America/New\\_York)")
        assert len(lines) == 3
        assert ada.last[-1].get("textFormat", "markdown") == "markdown"


@pytest.mark.parametrize("channel", CHANNELS)
async def test_an_export_is_a_text_that_can_be_read(channel: str) -> None:
    async with cloud_around(path=PATH) as cloud:
        ada = cloud.person(channel=channel, id="dl_ada")
        await ada.says("call me Ada")
        (text,) = await ada.says("export my data")
        assert "attachments" not in ada.last[-1]
        _, _, exported = text.partition("  \n")
        read = exported.replace("  \n", "\n").replace("\\", "").replace("\u00a0", " ")
        assert json.loads(read)["user"].startswith(f"{channel}/users/")
        assert "\n\u00a0\u00a0" in exported, "indented"


async def test_in_a_group_it_is_the_same() -> None:
    async with cloud_around(path=PATH) as cloud:
        ada = cloud.person("Ada", conversation=Conversation("msteams", "groupChat"))
        await ada.says("call me Ada")
        (text,) = await ada.says("hello")
        assert text.count("  \n") == 2


async def test_elsewhere_a_text_stays_plain_and_an_export_a_file() -> None:
    async with cloud_around() as cloud:
        ada = cloud.person(channel="webchat", time_zone="America/New_York")
        await ada.says("call me *Ada*")
        (text,) = await ada.says("hello")
        assert text.startswith("*Ada* sent: hello\nMessage")
        assert ada.last[-1]["textFormat"] == "plain"
        await ada.says("export my data")
        assert ada.last[-1]["attachments"]
