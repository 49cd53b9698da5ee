"""A message that the bot did not judge, since its question was still owed, is not judged later."""

from __future__ import annotations

from botbuilder.core import TurnContext

from turnkeeper import Host, Settings, unseen
from turnkeeper.testing import Clock, Cloud
from turnkeeper.testing.outside.faults import Answer


async def ask(context: TurnContext) -> None:
    if not unseen(context):
        await context.send_activity(f"What else than {context.activity.text}?")


async def test_nor_is_it_when_the_channel_delivers_it_again() -> None:
    async with Cloud(Host(Settings()), ask, clock=Clock()) as cloud:
        ada = cloud.person("Ada")
        cloud.faults.always(Answer(503))
        await ada.sends(ada.message("hi"))
        red = ada.message("red")
        await ada.sends(red)
        cloud.faults.recover()
        cloud.clock.move(minutes=1)
        await cloud.wait_for(ada.conversation.id, 1)
        await cloud.restart()
        await ada.sends(red)
        await ada.sends(ada.message("blue"))
        told = ["What else than hi?", "What else than blue?"]
        assert cloud.texts(ada.conversation.id) == told
