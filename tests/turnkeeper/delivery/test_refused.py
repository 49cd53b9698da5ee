"""A reply that the channel refuses for good is dropped: what comes after it goes on."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext

from turnkeeper import Host, Settings
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Answer, Cloud


async def bot(context: TurnContext) -> None:
    """Say two things."""
    await context.send_activity(f"first of {context.activity.text}")
    await context.send_activity(f"second of {context.activity.text}")


@pytest.mark.parametrize("status", [400, 403, 404, 501])
async def test_the_next_replies_and_turns_are_sent(cloud: Cloud, status: int) -> None:
    host = Host(Settings(), storage=MemoryStorage())
    async with TestServer(host.app(bot)) as server:
        person = cloud.person(channel="msteams", bot_url=str(server.make_url("/api/messages")))
        cloud.faults.next(Answer(status))
        answer = await person.sends(person.message("a"))
        assert (answer.status, answer.texts) == (201, ["second of a"])
        assert await person.says("b") == ["first of b", "second of b"]
