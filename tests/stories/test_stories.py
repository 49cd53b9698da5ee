"""Every story is told the same way on every channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config import Config
from tests.bot import cloud_around
from turnkeeper.testing import Clock, Story

HERE = Path(__file__).parent
STORIES = {
    f"{path.parent.name}/{path.stem}": path.read_text("utf-8")
    for path in sorted(HERE.glob("*/*.txt"))
}
START = datetime(2026, 11, 24, 5, 44, 54, tzinfo=UTC)
SETTINGS: dict[str, Callable[[str], Any]] = {
    "default_locale": str,
    "forget_on_uninstall": {"yes": True, "no": False}.__getitem__,
}


@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_story_is_told(story: str, channel: str) -> None:
    told = Story.parse(STORIES[story])
    config = Config(**{name: SETTINGS[name](value) for name, value in told.settings.items()})
    async with cloud_around(config, clock=Clock(START)) as cloud:
        await told.play(cloud, channel)


@pytest.mark.parametrize("language", sorted({name.partition("/")[0] for name in STORIES}))
def test_a_language_that_has_stories_has_those_of_the_others(language: str) -> None:
    told = {name.partition("/")[2] for name in STORIES if name.startswith(f"{language}/")}
    assert told >= {name.partition("/")[2] for name in STORIES if name.startswith("de/")}
