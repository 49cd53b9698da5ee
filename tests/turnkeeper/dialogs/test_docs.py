"""What docs/dialogs.md shows works as it stands."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from turnkeeper import dialogs
from turnkeeper.testing import Cloud, Story

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "dialogs.md").read_text("utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("channel", ["emulator", "msteams", "sms"])
async def test_the_bot_says_what_the_story_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channel: str
) -> None:
    code, story = BLOCKS
    (tmp_path / "pizza_bot.py").write_text(code, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pizza_bot", raising=False)
    import pizza_bot  # type: ignore[import-not-found]  # noqa: PLC0415 - written just now

    async with Cloud(pizza_bot.host, pizza_bot.bot) as cloud:
        await Story.parse(story).play(cloud, channel)


def test_it_names_every_wish_and_every_public_name() -> None:
    assert re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE) == [
        wish.name for wish in dialogs.Wish
    ]
    for name in {*dialogs.__all__} - {"Answer", "bare", "folded"}:
        assert name in PAGE


def test_it_names_what_an_interruption_has() -> None:
    told = re.findall(r"interrupted\.(\w+)\(", PAGE)
    assert {*told} == {"restart", "begin", "grant"}
    assert all(hasattr(dialogs.Interrupted, name) for name in told)
