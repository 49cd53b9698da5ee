"""A stock bot that keeps its own handler: by ``process``, or by ``process_activity``."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiohttp import web
from botbuilder.core import TurnContext
from botbuilder.core.integration import aiohttp_error_middleware
from botbuilder.schema import Activity

from tests.turnkeeper.stock.bot import NameBot, make_adapter, make_bot
from tests.turnkeeper.stock.conftest import Serve
from turnkeeper import (
    BotFrameworkAdapter,
    BotFrameworkAdapterSettings,
    CloudAdapter,
)
from turnkeeper.errors import RequestRefused
from turnkeeper.testing import Cloud

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


def by_process(bot: NameBot) -> Handle:
    """The handler of today's samples."""
    adapter = make_adapter()

    async def messages(request: web.Request) -> web.StreamResponse:
        return await adapter.process(request, bot)

    return messages


def by_process_activity(bot: NameBot) -> Handle:
    """The handler of older samples, on today's adapter."""
    adapter = make_adapter()

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        header = request.headers.get("Authorization", "")
        return answer_of(await adapter.process_activity(header, activity, bot.on_turn))

    return messages


def by_the_old_adapter(bot: NameBot) -> Handle:
    """The handler of older samples, on the adapter of their time."""
    adapter = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        header = request.headers.get("Authorization", "")
        return answer_of(await adapter.process_activity(activity, header, bot.on_turn))

    return messages


def by_its_request(bot: NameBot) -> Handle:
    """The old adapter is given the request itself."""
    adapter = BotFrameworkAdapter(BotFrameworkAdapterSettings("", ""))

    async def messages(request: web.Request) -> web.Response:
        return answer_of(await adapter.process_activity(request, "", bot.on_turn))

    return messages


def answer_of(response: Any) -> web.Response:
    """What such a handler returns."""
    if response:
        return web.json_response(response.body, status=response.status)
    return web.Response(status=201)


WAYS = [by_process, by_process_activity, by_the_old_adapter, by_its_request]


@pytest.fixture(params=WAYS)
async def url(request: pytest.FixtureRequest, serve: Serve) -> str:
    """Where the bot listens, with the SDK's middleware around its handler."""
    app = web.Application(middlewares=[aiohttp_error_middleware])
    app.router.add_post("/api/messages", request.param(make_bot()))
    return await serve(app)


async def test_it_works_and_a_warning_says_what_is_missing(
    cloud: Cloud, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    ada = cloud.person("Ada", bot_url=url)
    assert await ada.says("hi") == ["Your name?"]
    assert await ada.says("Ada") == ["Hello Ada"]
    assert await ada.says("blue") == ["Ada said blue"]
    warnings = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert [text for text in warnings if "ADAPTER.attach(APP, BOT)" in text] == warnings
    assert len(warnings) == 1


async def test_replies_go_into_the_answer_where_they_are_expected(cloud: Cloud, url: str) -> None:
    ada = cloud.person("Ada", bot_url=url)
    answer = await ada.sends(ada.message("hi", deliveryMode="expectReplies"))
    [reply] = answer.body["activities"]
    assert reply["text"] == "Your name?"


@pytest.mark.parametrize(
    "headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Host": "bot.example.com"}]
)
async def test_without_credentials_it_talks_to_its_own_machine_alone(
    cloud: Cloud, url: str, headers: dict[str, str]
) -> None:
    ada = cloud.person("Ada", bot_url=url)
    body = json.dumps(ada.message("hi")).encode()
    assert (await cloud.post_to_bot(url, body, headers)).status == 403


@pytest.mark.parametrize(
    "activity",
    [
        {},
        {"type": "message"},
        {"type": "message", "channelId": "emulator"},
        {"type": "message", "channelId": "a/b", "conversation": {"id": "c"}},
        {"type": "message", "channelId": "emulator", "conversation": {}},
        {"type": "message", "channelId": "emulator", "conversation": "c"},
    ],
)
async def test_an_activity_that_is_none_is_refused(
    cloud: Cloud, serve: Serve, activity: dict[str, Any]
) -> None:
    app = web.Application(middlewares=[aiohttp_error_middleware])
    app.router.add_post("/api/messages", by_its_request(make_bot()))
    answer = await cloud.post_to_bot(await serve(app), json.dumps(activity).encode())
    assert answer.status == 400


async def test_who_may_not_post_gets_the_status_that_says_so(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Cloud(app_id="app", app_password="secret") as cloud:  # noqa: S106
        monkeypatch.setenv("OPENID_METADATA_URL", cloud.open_id_metadata_url)
        monkeypatch.setenv("SERVICE_URL_HOSTS", "127.0.0.1")
        adapter, bot = make_adapter("app", "secret"), make_bot()

        async def messages(request: web.Request) -> web.Response:
            activity = Activity().deserialize(await request.json())
            header = request.headers.get("Authorization", "")
            return answer_of(await adapter.process_activity(header, activity, bot.on_turn))

        app = web.Application(middlewares=[aiohttp_error_middleware])
        app.router.add_post("/api/messages", messages)
        ada = cloud.person("Ada", bot_url=await serve(app))
        body = json.dumps(ada.message("hi")).encode()
        none = await cloud.post_to_bot(ada.bot_url, body, {"Authorization": ""})
        assert none.status == 401
        assert none.headers["WWW-Authenticate"] == "Bearer"
        elsewhere = {**ada.message("hi"), "serviceUrl": "https://attacker.example"}
        assert (await cloud.post_to_bot(ada.bot_url, elsewhere)).status == 403


async def test_outside_of_a_request_errors_are_the_engines(cloud: Cloud) -> None:
    ada, bot, adapter = cloud.person("Ada"), make_bot(), make_adapter()
    said = Activity().deserialize({**ada.message("hi"), "serviceUrl": "https://attacker.example"})
    with pytest.raises(RequestRefused):
        await adapter.process_activity("", said, bot.on_turn)
    said = Activity().deserialize(ada.message("hi"))
    assert await adapter.process_activity("", said, bot.on_turn) is None
    assert await ada.hears() == ["Your name?"]


async def test_what_a_subclass_does_in_process_activity_is_done_for_each_activity(
    cloud: Cloud, serve: Serve
) -> None:
    class Filtering(CloudAdapter):
        async def process_activity(
            self,
            auth_header_or_authenticate_request_result: str | None,
            activity: Activity,
            logic: Callable[[TurnContext], Awaitable[Any]],
        ) -> Any:
            if activity.from_property.id == "Mallory":
                raise web.HTTPForbidden
            return await super().process_activity(
                auth_header_or_authenticate_request_result, activity, logic
            )

    app = web.Application()
    Filtering().attach(app, make_bot())
    url = await serve(app)
    ada, mallory = (cloud.person(name, bot_url=url) for name in ("Ada", "Mallory"))
    assert await ada.says("hi") == ["Your name?"]
    assert (await mallory.sends(mallory.message("hi"))).status == 403


def test_it_lives_in_one_event_loop_after_another(store: str) -> None:
    adapter, bot = make_adapter(), make_bot()

    async def turn(said: str, reply: str) -> None:
        async with Cloud() as cloud:
            ada = cloud.person("Ada", conversation="c")
            activity = Activity().deserialize(ada.message(said))
            await adapter.process_activity("", activity, bot.on_turn)
            assert await ada.hears() == [reply]

    with ThreadPoolExecutor() as loops:  # that of the tests is not to be disturbed
        for said, reply in (("hi", "Your name?"), ("Ada", "Hello Ada")):
            loops.submit(asyncio.run, turn(said, reply)).result()
