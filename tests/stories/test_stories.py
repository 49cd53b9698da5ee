"""Every story is told the same way on every channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.story import Player

HERE = Path(__file__).parent
STORIES = {
    f"{path.parent.name}/{path.stem}": path.read_text("utf-8")
    for path in sorted(HERE.glob("*/*.txt"))
}


@pytest.mark.parametrize("channel", ["emulator", "msteams", "directline"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_story_is_told(story: str, channel: str) -> None:
    await Player(channel).play(STORIES[story])


@pytest.mark.parametrize("language", sorted({name.partition("/")[0] for name in STORIES}))
def test_a_language_that_has_stories_has_those_of_the_others(language: str) -> None:
    told = {name.partition("/")[2] for name in STORIES if name.startswith(f"{language}/")}
    assert told >= {name.partition("/")[2] for name in STORIES if name.startswith("de/")}
