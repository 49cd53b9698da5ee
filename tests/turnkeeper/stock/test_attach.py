"""A stock bot attached: three lines, and its turns are the engine's."""

from __future__ import annotations

import gzip
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from botbuilder.core import TurnContext
from botbuilder.core.integration import aiohttp_error_middleware

from tests.turnkeeper.stock.bot import attached, make_adapter, make_bot
from tests.turnkeeper.stock.conftest import Serve
from turnkeeper import Types, open_storage
from turnkeeper.testing import Cloud


async def test_it_asks_keeps_and_greets(cloud: Cloud, serve: Serve) -> None:
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), make_adapter())))
    assert await ada.says("hi") == ["Your name?"]
    assert await ada.says("Ada") == ["Hello Ada"]
    assert await ada.says("blue") == ["Ada said blue"]


async def test_it_goes_on_after_a_restart(cloud: Cloud) -> None:
    ada = cloud.person("Ada")
    for said, reply in (("hi", "Your name?"), ("Ada", "Hello Ada"), ("blue", "Ada said blue")):
        async with TestServer(attached(make_bot(), make_adapter())) as server:
            assert await ada.says(said, str(server.make_url("/api/messages"))) == [reply]


async def test_an_activity_takes_effect_once(cloud: Cloud, serve: Serve) -> None:
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), make_adapter())))
    await ada.says("hi")
    await ada.repeats()
    assert await ada.says("Ada") == ["Hello Ada"]


async def test_a_turn_that_fails_stores_and_says_nothing_but_its_apology(
    cloud: Cloud, serve: Serve
) -> None:
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), make_adapter())))
    await ada.says("hi")
    assert await ada.says("fail") == ["Sorry"]
    assert await ada.says("Ada") == ["Hello Ada"]


async def test_without_on_turn_error_a_failure_is_answered_500_as_by_the_sdk(
    cloud: Cloud, serve: Serve
) -> None:
    adapter = make_adapter()
    adapter.on_turn_error = None
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), adapter)))
    assert (await ada.sends(ada.message("fail"))).status == 500


async def test_what_was_not_saved_is_not_stored(cloud: Cloud, serve: Serve) -> None:
    bot = make_bot()

    async def unsaving(context: TurnContext) -> None:
        await bot.asked.set(context, True)
        await context.send_activity("set")

    app = web.Application()
    make_adapter().attach(app, unsaving)
    ada = cloud.person("Ada", bot_url=await serve(app))
    await ada.says("hi")
    keys = [f"emulator/conversations/{ada.conversation.id}", "emulator/users/Ada"]
    assert await open_storage().read(keys) == {}


async def test_the_handler_at_the_path_is_not_reached_and_the_log_says_so(
    cloud: Cloud, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    async def messages(_: web.Request) -> web.Response:
        raise AssertionError("it was reached")

    app = web.Application(middlewares=[aiohttp_error_middleware])
    app.router.add_post("/api/messages", messages)
    make_adapter().attach(app, make_bot())
    with caplog.at_level(logging.INFO):
        ada = cloud.person("Ada", bot_url=await serve(app))
    assert "its handler is not reached" in caplog.text
    assert await ada.says("hi") == ["Your name?"]


async def test_everything_else_of_the_application_stays(cloud: Cloud, serve: Serve) -> None:
    seen: list[str] = []

    @web.middleware
    async def watching(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen.append(request.path)
        return await handler(request)

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application(middlewares=[watching])
    app.router.add_get("/hello", hello)
    make_adapter().attach(app, make_bot())
    url = await serve(app)
    ada = cloud.person("Ada", bot_url=url)
    await ada.says("hi")
    async with aiohttp.ClientSession() as client:
        async with client.get(url.replace("/api/messages", "/hello")) as response:
            assert await response.text() == "hello"
        async with client.get(url) as response:
            assert response.status == 404
    assert seen == ["/api/messages", "/hello", "/api/messages"]


async def test_another_path(cloud: Cloud, serve: Serve) -> None:
    app = web.Application()
    make_adapter().attach(app, make_bot(), path="/bot")
    url = await serve(app)
    ada = cloud.person("Ada", bot_url=url.replace("/api/messages", "/bot"))
    assert await ada.says("hi") == ["Your name?"]


async def test_a_path_is_attached_once() -> None:
    app, bot, adapter = web.Application(), make_bot(), make_adapter()
    adapter.attach(app, bot)
    with pytest.raises(ValueError, match="attached at /api/messages already"):
        make_adapter().attach(app, bot)


@pytest.mark.parametrize("bot", [None, "bot", make_bot])
def test_what_is_no_bot_is_refused(bot: object) -> None:
    if bot is make_bot:
        bot = type(make_bot("memory:class"))
    with pytest.raises(TypeError, match="on_turn"):
        make_adapter().attach(web.Application(), bot)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b'{"type": "message"}', {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": ""}, 415),
        (b"x" * 300_000, {}, 413),
        (b"{}", {"X-Forwarded-For": "203.0.113.7"}, 403),
        (b"{}", {"Host": "bot.example.com"}, 403),
    ],
)
async def test_what_is_wrong_is_refused_as_by_a_host(
    cloud: Cloud, serve: Serve, body: bytes, headers: dict[str, str], status: int
) -> None:
    app = web.Application(middlewares=[aiohttp_error_middleware])
    make_adapter().attach(app, make_bot())
    answer = await cloud.post_to_bot(await serve(app), body, headers)
    assert answer.status == status
    assert set(json.loads(answer.body)["error"]) == {"code", "message"}


async def test_with_credentials_a_token_is_asked_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Cloud(app_id="app", app_password="secret") as cloud:  # noqa: S106
        monkeypatch.setenv("LOGIN_URL", cloud.url)
        monkeypatch.setenv("OPENID_METADATA_URL", cloud.open_id_metadata_url)
        monkeypatch.setenv("SERVICE_URL_HOSTS", "127.0.0.1")
        adapter = make_adapter("app", "secret")
        ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), adapter)))
        assert await ada.says("hi") == ["Your name?"]
        body = json.dumps(ada.message("hi")).encode()
        none = await cloud.post_to_bot(ada.bot_url, body, {"Authorization": ""})
        forged = await cloud.post_to_bot(ada.bot_url, body, {"Authorization": "Bearer a.b.c"})
        assert [none.status, forged.status] == [401, 401]


async def test_faults_end_the_program_with_a_line_for_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONVERSATION_TTL_DAYS", "soon")
    monkeypatch.setenv("STORAGE_URL", "file:bot")
    app = attached(make_bot(), make_adapter("app"))
    with pytest.raises(SystemExit) as ended:
        await web.AppRunner(app).setup()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert [line.split(":")[1] for line in told.splitlines()] == [
        " CONVERSATION_TTL_DAYS",
        " MicrosoftAppPassword",
        " STORAGE_URL",
    ]


async def test_a_store_that_cannot_be_opened_ends_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("STORAGE_URL", f"sqlite:///{tmp_path}/file/bot.db")
    with pytest.raises(SystemExit):
        await web.AppRunner(attached(make_bot(), make_adapter())).setup()
    assert capsys.readouterr().err.startswith("error: STORAGE_URL:")


async def test_a_compressed_body_is_refused_and_not_unpacked_first(
    cloud: Cloud, serve: Serve
) -> None:
    seen: list[bytes] = []

    @web.middleware
    async def watching(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen.append(await request.read())
        return await handler(request)

    packed = gzip.compress(b" " * 100_000)
    app = web.Application(middlewares=[watching])
    make_adapter().attach(app, make_bot())
    answer = await cloud.post_to_bot(await serve(app), packed, {"Content-Encoding": "gzip"})
    assert answer.status == 415
    assert seen == [packed]


async def test_it_is_the_innermost_middleware_or_none() -> None:
    @web.middleware
    async def late(request: web.Request, handler: Handler) -> web.StreamResponse:
        raise web.HTTPForbidden

    app = attached(make_bot(), make_adapter())
    app.middlewares.append(late)
    with pytest.raises(RuntimeError, match="after the application's last middleware"):
        await web.AppRunner(app).setup()


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="must begin with a slash"):
        make_adapter().attach(web.Application(), make_bot(), path="api/messages")


async def test_two_adapters_on_one_application(cloud: Cloud, serve: Serve) -> None:
    app = attached(make_bot(), make_adapter())
    make_adapter().attach(app, make_bot(), path="/second")
    url = await serve(app)
    second = url.replace("/api/messages", "/second")
    ada = cloud.person("Ada", bot_url=url)
    assert await ada.says("hi") == ["Your name?"]
    assert await ada.says("Ada", second) == ["Hello Ada"]


async def test_an_unreadable_record_that_bot_code_deletes_stays(
    cloud: Cloud, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    @dataclass
    class Later:
        """Of a later version of the bot."""

    key, storage = "emulator/users/Ada", open_storage()
    await open_storage(types=Types(Later)).write({key: {"Profile": Later()}})
    adapter = make_adapter()

    async def on_error(context: TurnContext, _: Exception) -> None:
        await storage.delete([key])
        await context.send_activity("Sorry")

    adapter.on_turn_error = on_error
    ada = cloud.person("Ada", bot_url=await serve(attached(make_bot(), adapter)))
    assert await ada.says("hi") == ["Sorry"]
    assert f"not deleted: {key}" in caplog.text
    assert (await open_storage(types=Types(Later)).read([key]))[key]["Profile"] == Later()
