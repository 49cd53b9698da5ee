"""The whole bot speaks first, over real HTTP, to a channel that asks for its token."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from botbuilder.core import TurnContext
from botbuilder.core.teams import TeamsInfo
from botbuilder.schema import (
    Activity,
    ChannelAccount,
    ConversationParameters,
    ConversationReference,
)
from botbuilder.schema.teams import TeamsChannelData, TenantInfo

from tests.turnkeeper.bot import make_host
from tests.turnkeeper.e2e.process import BotProcess
from tests.turnkeeper.tiny.app import make_bot
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.errors import DeliveryFailed, DeliveryRefused, RequestRefused
from turnkeeper.testing import Answer, Cloud

APP, PASSWORD = "11111111-2222-3333-4444-555555555555", "s3cret"  # noqa: S105 - of the test
BOT = ChannelAccount(id="28:bot")
CREATE = "/connector/v3/conversations"
Logic = Callable[[TurnContext], Awaitable[None]]


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    async with Cloud(app_id=APP, app_password=PASSWORD) as cloud:
        yield cloud


@pytest.fixture
async def adapter(cloud: Cloud, tmp_path: Path) -> AsyncIterator[HostedAdapter]:
    """The adapter of a bot with credentials."""
    host = make_host(
        app_id=APP,
        app_password=PASSWORD,
        storage_url=f"sqlite:///{tmp_path}/bot.db",
        login_url=cloud.url,
        open_id_metadata_url=cloud.open_id_metadata_url,
        service_hosts=("127.0.0.1",),
    )
    async with TestServer(host.app(make_bot(host))):
        yield host.adapter


def says(text: str) -> Logic:
    async def say(context: TurnContext) -> None:
        await context.send_activity(text)

    return say


def to(person: str, **fields: Any) -> ConversationParameters:
    data = TeamsChannelData(tenant=TenantInfo(id="contoso"))
    members = [ChannelAccount(id=person)]
    return ConversationParameters(bot=BOT, members=members, channel_data=data, **fields)


async def create(
    adapter: HostedAdapter, url: str, parameters: ConversationParameters, logic: Logic
) -> None:
    await adapter.create_conversation(APP, logic, parameters, "msteams", url)


async def test_it_writes_to_a_person_first(cloud: Cloud, adapter: HostedAdapter) -> None:
    await create(adapter, f"{cloud.service_url}/", to("29:ada"), says("hello"))
    first, second = cloud.connector.requests
    assert (first.method, first.raw_path) == ("POST", CREATE)
    ((conversation, known),) = cloud.connector.transcripts.items()
    assert second.raw_path == f"{CREATE}/{conversation}/activities"
    assert known.members == [{"id": "29:ada"}]
    (sent,) = known.sent
    assert (sent["text"], sent["from"]["id"], sent["recipient"]["id"]) == (
        "hello",
        "28:bot",
        "29:ada",
    )


async def test_the_sdks_own_way_to_begin_a_thread_works(
    cloud: Cloud, adapter: HostedAdapter
) -> None:
    there: list[tuple[ConversationReference, str]] = []

    async def post(context: TurnContext) -> None:
        news = Activity(type="message", text="news")
        thread = await TeamsInfo.send_message_to_teams_channel(
            context, news, "19:team", bot_app_id=APP
        )
        there.append(thread)

    await create(adapter, cloud.service_url, to("29:ada"), post)
    ((reference, activity_id),) = there
    assert reference.conversation.id == f"19:team;messageid={activity_id}"
    reference.bot = BOT
    await adapter.continue_conversation(reference, says("more"), APP)
    assert cloud.texts(reference.conversation.id) == ["news", "more"]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "http://smba.trafficmanager.net", "http://127.0.0.1.evil.example"],
)
async def test_no_host_that_is_no_channel_hears_of_it(
    cloud: Cloud, adapter: HostedAdapter, url: str
) -> None:
    with pytest.raises(RequestRefused, match="known channel"):
        await create(adapter, url, to("29:ada"), says("hello"))
    assert cloud.login.token_requests == 0
    assert cloud.connector.requests == []


async def test_an_outage_is_waited_out(cloud: Cloud, adapter: HostedAdapter) -> None:
    cloud.faults.next(Answer(503, {"Retry-After": "0"}))
    await create(adapter, cloud.service_url, to("29:ada"), says("hello"))
    assert [request.raw_path for request in cloud.connector.requests[:2]] == [CREATE, CREATE]
    ((_, known),) = cloud.connector.transcripts.items()
    assert len(known.sent) == 1


async def test_a_refusal_is_told_to_who_asked(cloud: Cloud, adapter: HostedAdapter) -> None:
    cloud.faults.next(Answer(403))
    with pytest.raises(DeliveryRefused) as refusal:
        await create(adapter, cloud.service_url, to("29:ada"), says("hello"))
    assert refusal.value.status == 403
    assert cloud.connector.transcripts == {}


async def test_without_the_new_conversations_id_there_is_no_turn(
    cloud: Cloud, adapter: HostedAdapter
) -> None:
    cloud.faults.next(Answer(201, body=b"{}"))
    with pytest.raises(DeliveryFailed, match="conversation"):
        await create(adapter, cloud.service_url, to("29:ada"), says("hello"))


async def test_sigterm_finishes_what_it_is_saying_of_its_own_accord(tmp_path: Path) -> None:
    variables = {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db"}
    program = Path(__file__).with_name("speaking_process.py")
    async with Cloud() as cloud, BotProcess(variables, program=program) as bot:
        place = cloud.person(channel="msteams").conversation
        reference = ConversationReference(
            bot=BOT,
            channel_id="msteams",
            service_url=cloud.service_url,
            user=ChannelAccount(id="29:ada"),
        ).serialize() | {"conversation": place.account()}
        reached, gate = asyncio.Event(), asyncio.Event()
        cloud.faults.next(Answer(503, {"Retry-After": "1"}, reached=reached, after=gate))
        async with aiohttp.ClientSession() as session:
            url = bot.url.replace("messages", "remind")
            async with session.post(url, json=reference) as answer:
                assert answer.status == 202
        await reached.wait()
        ended = asyncio.ensure_future(bot.terminate())
        gate.set()  # the next try is a second later: by then the bot would have ended
        assert await ended == 0
        assert cloud.texts(place.id) == ["Do not forget."]
        assert bot.printed[-1] == '["None"]'
