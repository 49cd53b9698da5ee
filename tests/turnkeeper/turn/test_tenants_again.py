"""What is owed to a tenant that the bot serves no more is not sent."""

from __future__ import annotations

import asyncio

import pytest
from botbuilder.schema import Activity, ConversationAccount

from tests.turnkeeper.turn.world import World, message
from turnkeeper import Settings
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.auth.tenants import Tenants

OWN = "0a1b2c3d-0000-4000-8000-00000000aaaa"
OTHER = "0a1b2c3d-0000-4000-8000-00000000bbbb"


def hi(tenant: str) -> Activity:
    """A message of a person of a tenant; "" where the activity tells none."""
    activity = message("a")
    activity.conversation = ConversationAccount(id="c", tenant_id=tenant or None)
    return activity


@pytest.mark.parametrize(("tenant", "sent"), [(OTHER, False), (OWN, True), ("", True)])
async def test_a_reply_leaves_only_to_a_tenant_that_is_served(
    world: World, tenant: str, sent: bool, caplog: pytest.LogCaptureFixture
) -> None:
    first = world.process()
    world.channel.down = True
    await first.take(hi(tenant))
    await first.stop()
    world.channel.down = False
    later = world.process()
    urls = ServiceUrls(local=True, tenants=Tenants([OWN]))
    later.adapter.stand_on(Authenticator(Settings()), urls, "")
    later.adapter.open(later.connector)
    await later.dispatch()
    await asyncio.sleep(120)
    assert (world.channel.received == {"c": ["1: a", "end of 1"]}) is sent
    assert (world.channel.received == {}) is not sent
    assert ("ALLOWED_TENANTS does not name it" in caplog.text) is not sent
    assert not (await world.ledger()).queue.open
    await later.stop()
