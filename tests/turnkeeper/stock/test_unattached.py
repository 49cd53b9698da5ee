"""A stock bot that keeps its own handler: by ``process``, or by ``process_activity``."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
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


async def test_a_stranger_is_not_let_in_by_a_task_of_the_handler(
    cloud: Cloud, serve: Serve
) -> None:
    adapter, bot = make_adapter(), make_bot()

    async def messages(request: web.Request) -> web.Response:
        activity = Activity().deserialize(await request.json())
        task = asyncio.create_task(adapter.process_activity("", activity, bot.on_turn))
        try:
            return answer_of(await task)
        except RequestRefused as error:
            return web.Response(status=error.status)

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    ada = cloud.person("Ada", bot_url=await serve(app))
    assert (await ada.sends(ada.message("hi"))).status == 403


CONSENT = "yes-anyone-can-talk-to-this-bot"


async def test_outside_of_a_request_errors_are_the_engines(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS", CONSENT)
    ada, bot, adapter = cloud.person("Ada"), make_bot(), make_adapter()
    said = Activity().deserialize({**ada.message("hi"), "serviceUrl": "https://attacker.example"})
    with pytest.raises(RequestRefused):
        await adapter.process_activity("", said, bot.on_turn)
    said = Activity().deserialize(ada.message("hi"))
    assert await adapter.process_activity("", said, bot.on_turn) is None
    assert await ada.hears() == ["Your name?"]


async def test_what_a_subclass_does_in_process_activity_is_done_for_each_activity(
    cloud: Cloud, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setenv("MAX_TURNS", "1")  # no activity takes two places

    class Filtering(CloudAdapter):
        async def process_activity(
            self,
            auth_header_or_authenticate_request_result: str | None,
            activity: Activity,
            logic: Callable[[TurnContext], Awaitable[Any]],
        ) -> Any:
            if activity.from_property.id == "Mallory":
                raise web.HTTPForbidden
            seen.append(activity.text)
            return await super().process_activity(
                auth_header_or_authenticate_request_result, activity, logic
            )

    app = web.Application()
    Filtering().attach(app, make_bot())
    url = await serve(app)
    ada, mallory = (cloud.person(name, bot_url=url) for name in ("Ada", "Mallory"))
    assert await ada.says("hi") == ["Your name?"]
    assert (await mallory.sends(mallory.message("hi"))).status == 403
    assert seen == ["hi"]
    elsewhere = {**ada.message("hi"), "serviceUrl": "https://attacker.example"}
    answer = await cloud.post_to_bot(url, elsewhere)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (403, "service_url_refused")


async def test_what_a_subclass_does_in_process_is_done_for_each_request(
    cloud: Cloud, serve: Serve
) -> None:
    class Locked(CloudAdapter):
        async def process(
            self, request: web.Request, bot: Any, ws_response: object = None
        ) -> web.StreamResponse:
            if request.headers.get("X-Key") != "open":
                raise web.HTTPForbidden
            return await super().process(request, bot, ws_response)

    app = web.Application()
    Locked().attach(app, make_bot())
    url = await serve(app)
    ada = cloud.person("Ada", bot_url=url)
    assert (await ada.sends(ada.message("hi"))).status == 403
    answer = await cloud.post_to_bot(url, ada.message("hi"), {"X-Key": "open"})
    assert answer.status == 201


def test_what_a_subclass_does_where_nothing_calls_it_is_a_fault() -> None:
    class Piped(CloudAdapter):
        async def run_pipeline(self, context: TurnContext, callback: Any = None) -> None:
            """Never called."""

    assert [fault.variable for fault in Piped().faults] == ["Piped.run_pipeline"]


async def test_replies_go_where_the_activity_came_from_whatever_bot_code_makes_of_it(
    cloud: Cloud, serve: Serve
) -> None:
    async def bot(context: TurnContext) -> None:
        context.activity.service_url = "https://attacker.example"
        await context.send_activity("hello")

    app = web.Application()
    make_adapter().attach(app, bot)
    assert await cloud.person("Ada", bot_url=await serve(app)).says("hi") == ["hello"]


async def test_many_first_requests_open_it_once(
    cloud: Cloud, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = web.Application()
    app.router.add_post("/api/messages", by_process(make_bot()))
    url = await serve(app)
    people = [cloud.person(f"person {number}", bot_url=url) for number in range(20)]
    for said in ("hi", "Ada", "blue"):
        replies = await asyncio.gather(*(person.says(said) for person in people))
        gc.collect()  # takes what nobody holds, such as a task that was forgotten
    assert replies == [["Ada said blue"]] * len(people)
    assert len([one for one in caplog.records if one.levelno == logging.WARNING]) == 1


async def test_who_may_not_post_opens_nothing(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with Cloud(app_id="app", app_password="secret") as cloud:  # noqa: S106
        monkeypatch.setenv("OPENID_METADATA_URL", cloud.open_id_metadata_url)
        monkeypatch.setenv("SERVICE_URL_HOSTS", "127.0.0.1")
        adapter, bot = make_adapter("app", "secret"), make_bot()
        app = web.Application()

        async def messages(request: web.Request) -> web.StreamResponse:
            return await adapter.process(request, bot)

        app.router.add_post("/api/messages", messages)
        ada = cloud.person("Ada", bot_url=await serve(app))
        body = json.dumps(ada.message("hi")).encode()
        none = await cloud.post_to_bot(ada.bot_url, body, {"Authorization": ""})
        assert none.status == 401
        assert os.listdir(tmp_path) == []


async def test_a_store_that_is_away_is_a_503_and_one_line_in_the_log(
    cloud: Cloud,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STORAGE_URL", f"sqlite:///{tmp_path}/file/bot.db")
    app = web.Application()
    app.router.add_post("/api/messages", by_process(make_bot()))
    ada = cloud.person("Ada", bot_url=await serve(app))
    answers = await asyncio.gather(*(ada.sends(ada.message("hi")) for _ in range(5)))
    assert {answer.status for answer in answers} == {503}
    [line] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert line.exc_info is None
    assert "cannot be opened" in line.getMessage()


def test_it_lives_in_one_event_loop_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS", CONSENT)
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


def test_what_was_sent_is_written_down_when_the_event_loop_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DANGEROUSLY_LISTEN_WITHOUT_CREDENTIALS", CONSENT)
    adapter, bot = make_adapter(), make_bot()
    names = [f"person {number}" for number in range(6)]

    async def all_say(text: str) -> int:
        async with Cloud() as cloud:
            people = [cloud.person(name, conversation=f"with {name}") for name in names]
            said = [Activity().deserialize(one.message(text)) for one in people]
            turns = [adapter.process_activity("", activity, bot.on_turn) for activity in said]
            await asyncio.gather(*turns)
            return len(cloud.connector.requests)

    with ThreadPoolExecutor() as loops:  # that of the tests is not to be disturbed
        for text in ("hi", "Ada", "blue"):
            assert loops.submit(asyncio.run, all_say(text)).result() == len(names)
