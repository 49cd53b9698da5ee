"""Whose organisations the bot serves in Teams: asked of each request, and before a reply leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botbuilder.core import TurnContext
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper import Host, Settings
from turnkeeper.auth.tenants import Tenants
from turnkeeper.errors import RequestRefused, SettingsError, UnreadableRecord
from turnkeeper.ledger.owed import Owed
from turnkeeper.storage import Record
from turnkeeper.testing import Cloud, Person

OWN = "0a1b2c3d-0000-4000-8000-00000000aaaa"
OTHER = "0a1b2c3d-0000-4000-8000-00000000bbbb"
CREDENTIALS = {"MicrosoftAppId": "app", "MicrosoftAppPassword": "secret"}


def told_in_conversation(ada: Person, tenant: str) -> dict[str, Any]:
    conversation = {"id": ada.conversation.id, "tenantId": tenant}
    return ada.message("hi", conversation=conversation, channelData=None)


def told_in_channel_data(ada: Person, tenant: str) -> dict[str, Any]:
    data = {"tenant": {"id": tenant}}
    return ada.message("hi", conversation={"id": ada.conversation.id}, channelData=data)


async def echo(context: TurnContext) -> None:
    await context.send_activity(f"You said {context.activity.text}.")


def cloud_for(*tenants: str, credentials: bool = False) -> Cloud:
    app_id, app_password = ("app", "secret") if credentials else ("", "")
    host = Host(Settings(allowed_tenants=tenants))
    return Cloud(host, echo, app_id=app_id, app_password=app_password)


@pytest.mark.parametrize("told", [told_in_conversation, told_in_channel_data])
async def test_another_tenant_is_refused_before_any_turn(
    told: Callable[[Person, str], dict[str, Any]],
) -> None:
    async with cloud_for(OWN) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        assert (await ada.sends(told(ada, OWN.upper()))).texts == ["You said hi."]
        refused = await ada.sends(told(ada, OTHER))
        assert refused.status == 403
        assert refused.body["error"]["code"] == "tenant_not_allowed"
        assert refused.replies == []


async def test_who_tells_no_tenant_is_none_of_the_list() -> None:
    async with cloud_for(OWN) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        untold = ada.message("hi", conversation={"id": "c"}, channelData=None)
        assert (await ada.sends(untold)).status == 403


@pytest.mark.parametrize("channel", ["webchat", "slack", "emulator"])
async def test_other_channels_know_no_tenants(channel: str) -> None:
    async with cloud_for(OWN) as cloud:
        assert await cloud.person("Ada", channel=channel).says("hi") == ["You said hi."]


async def test_without_a_list_any_tenant_is_served() -> None:
    async with cloud_for() as cloud:
        ada = cloud.person("Ada", channel="msteams")
        for tenant in (OWN, OTHER):
            assert (await ada.sends(told_in_conversation(ada, tenant))).texts == ["You said hi."]


async def test_a_forged_request_is_not_told_which_tenants_are_served() -> None:
    async with cloud_for(OWN, credentials=True) as cloud:
        ada = cloud.person("Ada", channel="msteams")
        activity = told_in_conversation(ada, OTHER)
        answer = await cloud.post_to_bot("", activity, {"Authorization": "Bearer forged"})
        assert answer.status == 401


@pytest.mark.parametrize(
    ("variables", "served"),
    [
        ({}, None),
        ({"MicrosoftAppTenantId": OWN}, [OWN]),
        ({"MicrosoftAppTenantId": OWN, "MicrosoftAppType": "SingleTenant"}, [OWN]),
        ({"MicrosoftAppTenantId": OWN, "MicrosoftAppType": "MultiTenant"}, None),
        ({"MicrosoftAppTenantId": OWN, "ALLOWED_TENANTS": "*"}, None),
        ({"MicrosoftAppTenantId": "contoso.com"}, None),  # a name, which no activity tells
        ({"MicrosoftAppTenantId": OWN, "ALLOWED_TENANTS": OTHER.upper()}, [OTHER]),
        ({"ALLOWED_TENANTS": f" {OWN} , {OTHER},"}, [OWN, OTHER]),
    ],
)
def test_by_default_a_bot_of_one_tenant_serves_that_one(
    variables: dict[str, str], served: list[str] | None
) -> None:
    tenants = Tenants.of(Settings.from_env(CREDENTIALS | variables))
    for tenant in (OWN, OTHER):
        if served is None or tenant in served:
            tenants.check("msteams", tenant)
        else:
            with pytest.raises(RequestRefused):
                tenants.check("msteams", tenant)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ALLOWED_TENANTS", "contoso.com"),
        ("ALLOWED_TENANTS", f"{OWN},*"),
        ("TRUSTED_IDS", "msteams"),
        ("TRUSTED_IDS", "webchat,slack"),
    ],
)
def test_a_list_that_means_nothing_is_a_fault(variable: str, text: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_env({variable: text})
    assert [fault.variable for fault in error.value.faults] == [variable]


def test_trusted_channels_are_read_in_any_case() -> None:
    trusted = Settings.from_env({"TRUSTED_IDS": "WebChat, directline"}).trusted_ids
    assert trusted == {"webchat", "directline"}


# What is owed.


def test_what_is_owed_to_a_tenant_that_is_served_no_more_is_refused() -> None:
    tenants = Tenants([OWN])
    tenants.check_again(OWN)
    tenants.check_again("")  # of an earlier version, or told nowhere
    with pytest.raises(RequestRefused):
        tenants.check_again(OTHER)


@given(tenant=st.sampled_from(["", OWN]))
def test_a_record_of_what_is_owed_says_to_which_tenant(tenant: str) -> None:
    owed = Owed("turn", "https://x", [], "owner", tenant)
    assert Owed.read("key", Record(owed.body(), "1", "owner")) == owed
    assert ("tenant" in owed.body()) is bool(tenant)


def test_a_record_without_a_turn_is_unreadable_still() -> None:
    body = '{"v":1,"state":{"owed":{"service_url":"https://x","effects":[]}}}'
    with pytest.raises(UnreadableRecord):
        Owed.read("key", Record(body, "1"))
