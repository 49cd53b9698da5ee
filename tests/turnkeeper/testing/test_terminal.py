"""``python -m turnkeeper.testing`` shows what a person would see."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from botbuilder.core import CardFactory, TurnContext
from botbuilder.schema import Activity, CardAction, HeroCard

from turnkeeper import Host, Settings
from turnkeeper.testing import Cloud

ROOT = Path(__file__).resolve().parents[3]


async def bot(context: TurnContext) -> None:
    """Answer a message with a card that has a button, and with one that says nothing."""
    if context.activity.type == "message":
        button = CardAction(type="imBack", title="Yes", value="yes")
        card = CardFactory.hero_card(HeroCard(title="Shall I?", buttons=[button]))
        await context.send_activity(Activity(type="message", attachments=[card]))
        await context.send_activity(Activity(type="event", name="shown"))


async def test_a_card_is_shown_with_its_buttons() -> None:
    async with Cloud(Host(Settings()), bot) as cloud:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "turnkeeper.testing", "--bot", cloud.bot_url),
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
        )
        printed, _ = await process.communicate(b"hi\n")
    assert process.returncode == 0
    assert "< Shall I?\n  [Yes]\n" in printed.decode()
    assert "< [event]\n" in printed.decode()
