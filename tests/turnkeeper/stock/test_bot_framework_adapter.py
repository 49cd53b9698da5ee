"""The adapter of older bots: its own orders of arguments, and speaking first by either adapter."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.schema import (
    Activity,
    ChannelAccount,
    ConversationAccount,
    ConversationParameters,
    ConversationReference,
)

from tests.turnkeeper.stock.bot import make_adapter
from tests.turnkeeper.stock.conftest import Serve
from turnkeeper import BotFrameworkAdapter, BotFrameworkAdapterSettings
from turnkeeper.errors import RequestRefused
from turnkeeper.testing import Cloud, Person


def old_adapter() -> BotFrameworkAdapter:
    """Return one in local mode."""
    return BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))


async def reference_to(person: Person) -> ConversationReference:
    """Where a person is."""
    activity = Activity().deserialize(person.message("hi"))
    return TurnContext.get_conversation_reference(activity)


async def good_morning(context: TurnContext) -> None:
    """Say something."""
    await context.send_activity("Good morning")


async def test_it_speaks_first_in_its_own_order_of_arguments(cloud: Cloud, serve: Serve) -> None:
    adapter, app = old_adapter(), web.Application()
    adapter.attach(app, good_morning)
    ada = cloud.person("Ada", bot_url=await serve(app))
    reference = await reference_to(ada)
    await adapter.continue_conversation(reference, good_morning, "any id")
    assert await ada.hears() == ["Good morning"]
    await adapter.continue_conversation(
        reference, good_morning, claims_identity=adapter.create_claims_identity("app")
    )
    assert await ada.hears() == ["Good morning"]


async def test_todays_adapter_takes_an_identity_as_the_sdks(cloud: Cloud) -> None:
    ada, adapter = cloud.person("Ada"), make_adapter()
    await adapter.continue_conversation(
        await reference_to(ada),
        good_morning,
        claims_identity=adapter.create_claims_identity("app"),
        audience="audience",
    )
    assert await ada.hears() == ["Good morning"]


@pytest.mark.parametrize("missing", ["reference", "callback"])
async def test_it_wants_a_reference_and_a_callback(cloud: Cloud, missing: str) -> None:
    given = {"reference": await reference_to(cloud.person("Ada")), "callback": good_morning}
    with pytest.raises(TypeError, match="a reference and a callback"):
        await old_adapter().continue_conversation(**{**given, missing: None})


async def test_it_begins_a_conversation_with_whom_it_knows_in_their_tenant(cloud: Cloud) -> None:
    reference = ConversationReference(
        bot=ChannelAccount(id="28:bot"),
        user=ChannelAccount(id="Ada"),
        channel_id="msteams",
        service_url=cloud.service_url,
        conversation=ConversationAccount(id="c", tenant_id="tenant"),
    )
    await old_adapter().create_conversation(reference, good_morning)
    [begun, said] = [json.loads(one.body) for one in cloud.connector.requests]
    assert begun["members"] == [{"id": "Ada"}]
    assert begun["tenantID"] == "tenant"
    assert begun["channelData"] == {"tenant": {"tenantId": "tenant"}}
    assert said["text"] == "Good morning"


async def test_todays_adapter_begins_one_in_its_own_order(cloud: Cloud) -> None:
    parameters = ConversationParameters(
        bot=ChannelAccount(id="28:bot"), members=[ChannelAccount(id="Ada")]
    )
    await make_adapter().create_conversation(
        "", good_morning, parameters, "msteams", cloud.service_url
    )
    [begun, said] = [json.loads(one.body) for one in cloud.connector.requests]
    assert begun["members"] == [{"id": "Ada"}]
    assert said["text"] == "Good morning"


async def test_both_make_a_client_of_the_sdk_for_a_channel_and_for_nobody_else(
    cloud: Cloud,
) -> None:
    for adapter in (old_adapter(), make_adapter()):
        client = await adapter.create_connector_client(cloud.service_url)
        assert client.config.base_url == cloud.service_url
        with pytest.raises(RequestRefused):
            await adapter.create_connector_client("https://attacker.example")
