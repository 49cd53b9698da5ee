"""``Host.forget``: nothing of a person is left, whatever the turn wanted to keep of them."""

from __future__ import annotations

from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount

from tests.turnkeeper.turn.world import message
from turnkeeper import Host, Settings
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Cloud


async def test_what_the_turn_had_kept_before_is_not_stored_again(cloud: Cloud) -> None:
    storage = MemoryStorage()
    host = Host(Settings(), storage=storage)
    states = (host.user_state, host.conversation_state)
    properties = [state.create_property("name") for state in states]
    found: list[object] = []

    async def bot(context: TurnContext) -> None:
        for name in properties:
            await name.set(context, "Ada")
        if context.activity.text == "forget":
            await host.forget(context)
            found.extend([await name.get(context) for name in properties])
        await context.send_activity("done")

    async with host:
        for text in ("hi", "forget"):
            activity = message(text)
            activity.service_url = cloud.service_url
            await host.adapter.process_activity(None, activity, bot)
        keys = [key for key, _ in await storage.scan() if not key.startswith("~")]
    assert found == [None, None]
    assert keys == ["msteams/ledgers/c/"]  # with the digests of what was taken, and nothing else
    assert cloud.texts("c") == ["done", "done"]


async def test_the_replies_name_nobody(cloud: Cloud) -> None:
    host = Host(Settings(), storage=MemoryStorage())

    async def bot(context: TurnContext) -> None:
        await context.send_activity("before")
        await host.forget(context)
        await context.send_activity("after")

    activity = message("forget")
    activity.service_url = cloud.service_url
    activity.from_property = ChannelAccount(id="ada", name="Ada Lovelace", role="user")
    async with host:
        await host.adapter.process_activity(None, activity, bot)
    before, after = cloud.sent("c")
    assert before["recipient"]["name"] == "Ada Lovelace"
    assert after["recipient"] == {"id": "ada", "role": "user"}
