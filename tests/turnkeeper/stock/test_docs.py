"""What docs/from-the-sdk.md shows: its patch applies to a bot of the SDK, and its test passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from turnkeeper.testing import BotProcess, Cloud

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "from-the-sdk.md").read_text("utf-8")
[PATCH] = re.findall(r"^```diff\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
[TEST] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
APP = """\
from aiohttp import web
from botbuilder.core import ConversationState, MemoryStorage, UserState
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication

from bots import ProfileBot
from config import DefaultConfig
from models import UserProfile

CONFIG = DefaultConfig()
ADAPTER = CloudAdapter(ConfigurationBotFrameworkAuthentication(CONFIG))

MEMORY = MemoryStorage()
USER_STATE = UserState(MEMORY)
CONVERSATION_STATE = ConversationState(MEMORY)
BOT = ProfileBot(CONVERSATION_STATE, USER_STATE)


async def messages(req):
    return await ADAPTER.process(req, BOT)


APP = web.Application()
APP.router.add_post("/api/messages", messages)

if __name__ == "__main__":
    web.run_app(APP, host="localhost", port=CONFIG.PORT)
"""
BOTS = """\
from botbuilder.core import ActivityHandler
from models import UserProfile


class ProfileBot(ActivityHandler):
    def __init__(self, conversation_state, user_state):
        self.states = (conversation_state, user_state)
        self.asked = conversation_state.create_property("asked")
        self.profiles = user_state.create_property("UserProfile")

    async def on_turn(self, turn_context):
        await super().on_turn(turn_context)
        for state in self.states:
            await state.save_changes(turn_context, False)

    async def on_message_activity(self, turn_context):
        profile = await self.profiles.get(turn_context, UserProfile)
        if profile.name is None and not await self.asked.get(turn_context):
            await self.asked.set(turn_context, True)
            await turn_context.send_activity("What is your name?")
            return
        profile.name = profile.name or turn_context.activity.text
        await turn_context.send_activity(f"Hello {profile.name}")
"""
MODELS = """\
class UserProfile:
    def __init__(self, name: str = None):
        self.name = name
"""
CONFIG = """\
import os


class DefaultConfig:
    PORT = int(os.environ.get("PORT", 3978))
    APP_ID = os.environ.get("MicrosoftAppId", "")
    APP_PASSWORD = os.environ.get("MicrosoftAppPassword", "")
    APP_TYPE = os.environ.get("MicrosoftAppType", "MultiTenant")
    APP_TENANTID = os.environ.get("MicrosoftAppTenantId", "")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A bot of the SDK to which the page's patch was applied."""
    folder = tmp_path / "bot"
    folder.mkdir()
    files = {"app.py": APP, "bots.py": BOTS, "models.py": MODELS, "config.py": CONFIG}
    for name, text in {**files, "test_bot.py": TEST, "patch": PATCH}.items():
        (folder / name).write_text(text)
    subprocess.run(["git", "apply", "patch"], cwd=folder, check=True)  # noqa: S607 - that of the PATH
    return folder


def test_the_pages_test_passes(folder: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider"]
    ended = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not (folder / "data").exists(), "the bot's own store is left alone"


async def test_the_bot_is_killed_and_goes_on(folder: Path, cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    program = folder / "app.py"
    served = program.read_text().replace(
        'web.run_app(APP, host="localhost", port=CONFIG.PORT)',
        "from tests.turnkeeper.stock.app import serve\n\n    serve(APP)",
    )
    program.write_text(served)
    for said, reply in (("hi", "What is your name?"), ("Ada", "Hello Ada"), ("you", "Hello Ada")):
        async with BotProcess(program, {"PYTHONPATH": str(ROOT)}) as bot:
            assert await ada.says(said, bot.url) == [reply]
            await bot.kill()
