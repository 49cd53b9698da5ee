"""A stock bot as a process: killed, two at once, stopped, and under gunicorn."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from turnkeeper.testing import BotProcess, Cloud, Gunicorn

ROOT = Path(__file__).resolve().parents[3]
APP = Path(__file__).with_name("app.py")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    url = f"sqlite:///{tmp_path}/bot.db"
    return {"STORAGE_URL": url, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


async def test_kill_9_between_any_two_turns_forgets_nothing(
    cloud: Cloud, variables: dict[str, str]
) -> None:
    ada = cloud.person("Ada")
    for said, reply in (("hi", "Your name?"), ("Ada", "Hello Ada"), ("blue", "Ada said blue")):
        async with BotProcess(APP, variables) as bot:
            assert await ada.says(said, bot.url) == [reply]
            await bot.kill()


async def test_two_processes_share_what_they_know(cloud: Cloud, variables: dict[str, str]) -> None:
    ada = cloud.person("Ada")
    async with BotProcess(APP, variables) as one, BotProcess(APP, variables) as other:
        assert await ada.says("hi", one.url) == ["Your name?"]
        assert await ada.says("Ada", other.url) == ["Hello Ada"]
        said = [ada.says(text, url) for text in "abcd" for url in (one.url, other.url)]
        await asyncio.gather(*said)
        texts = cloud.texts(ada.conversation.id)
        assert sorted(texts[2:]) == sorted(f"Ada said {text}" for text in "aabbccdd")


async def test_sigterm_ends_it_cleanly(cloud: Cloud, variables: dict[str, str]) -> None:
    async with BotProcess(APP, variables) as bot:
        assert await cloud.person("Ada").says("hi", bot.url) == ["Your name?"]
        assert await bot.terminate() == 0
    assert "Traceback" not in "\n".join(bot.printed)


async def test_wrong_settings_end_it_with_a_line_for_each(variables: dict[str, str]) -> None:
    bot = BotProcess(APP, {**variables, "MAX_TURNS": "many", "STORAGE_URL": "s3cr3t:"})
    code, printed = await bot.ended()
    assert code == 2
    assert "error: MAX_TURNS: " in printed
    assert "error: STORAGE_URL: " in printed
    assert "s3cr3t" not in printed
    assert "Traceback" not in printed


async def test_gunicorn_serves_it_in_several_workers(
    cloud: Cloud, variables: dict[str, str]
) -> None:
    ada = cloud.person("Ada")
    async with Gunicorn(APP, variables, ["--workers", "2"], app="app:APP") as bot:
        replies = [await ada.says(said, bot.url) for said in ("hi", "Ada", "blue")]
    assert replies == [["Your name?"], ["Hello Ada"], ["Ada said blue"]]
