"""The host: what it promises to bots of one's own, alone and beside others."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler
from botbuilder import core
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.schema import ChannelAccount, ConversationAccount, ConversationReference

from tests.turnkeeper.bot import create_app
from turnkeeper import ConversationState, Host, Settings, Types
from turnkeeper.errors import BotError, Fault, SettingsError
from turnkeeper.inbound.routes import healthz
from turnkeeper.serving.lifecycle import Lifecycle
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Cloud

Serve = Callable[[web.Application], Awaitable[str]]
Logic = Callable[[TurnContext], Awaitable[None]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serves applications until the end of the test; each call gives the root of a URL."""
    async with AsyncExitStack() as stack:

        async def start(app: web.Application) -> str:
            server = await stack.enter_async_context(TestServer(app))
            return str(server.make_url("")).rstrip("/")

        yield start


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/bot.db"


async def echo(context: TurnContext) -> None:
    """Say what was said."""
    if context.activity.type == "message":
        await context.send_activity(context.activity.text)


@dataclass(frozen=True)
class Manners:
    """Settings of a bot's own."""

    greeting: str = "Hello"
    patience_minutes: float = 30
    loud: bool = False

    def __post_init__(self) -> None:
        faults = []
        if not self.greeting.isalpha():
            faults.append(Fault("GREETING", "must be a word"))
        if self.patience_minutes <= 0:
            faults.append(Fault("PATIENCE_MINUTES", "must be above 0"))
        if faults:
            raise SettingsError(*faults)


class TestWrongSettings:
    BROKEN = {
        "PORT": "many",
        "STORAGE_URL": "s3cret",
        "LOG_LEVEL": "loud",
        "BOT_NAME": "a/b",
        "SERVICE_URL_HOSTS": "https://x",
        "MicrosoftAppPassword": "s3cret",
        "GREETING": "s3cret",
        "PATIENCE_MINUTES": "0",
        "LOUD": "perhaps",
    }

    @pytest.fixture
    def host(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Host:
        monkeypatch.chdir(tmp_path)
        (tmp_path / ".env").write_text("LOG_FORMAT s3cret\n")
        for name, value in self.BROKEN.items():
            monkeypatch.setenv(name, value)
        host = Host.from_env()
        assert host.own_settings(Manners) == Manners(), "the bot's code can go on until the start"
        return host

    async def test_they_are_told_all_at_once_at_the_start_and_not_before(self, host: Host) -> None:
        host.app(echo)
        host.attach(web.Application(), echo)
        with pytest.raises(SettingsError) as caught:
            async with host:
                pass
        told = {fault.variable for fault in caught.value.faults}
        assert told >= {*self.BROKEN, ".env line 1"} - {"MicrosoftAppPassword"}
        assert "MicrosoftAppId" in told
        assert caught.value.faults == host.faults
        assert "s3cret" not in str(caught.value)

    async def test_nothing_is_opened_nor_left_open(self, host: Host, tmp_path: Path) -> None:
        for _ in range(2):
            with pytest.raises(SettingsError):
                await host.__aenter__()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert os.listdir(tmp_path) == [".env"]

    def test_made_directly_they_are_told_at_the_start_too(self) -> None:
        host = Host(Settings(storage_url="nonsense"))
        assert [fault.variable for fault in host.faults] == ["STORAGE_URL"]

    def test_a_program_ends_with_all_of_them(
        self, host: Host, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as end:
            host.run(echo, [])
        assert end.value.code == 2
        lines = capsys.readouterr().err.splitlines()
        assert lines == [f"error: {fault}" for fault in host.faults]

    def test_the_environment_is_read_by_name(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / ".env").write_text("PORT=4000\nGREETING=Salut\n")
        monkeypatch.setenv("GREETING", "Hallo")
        host = Host.from_env()
        assert (host.settings.port, host.own_settings(Manners).greeting) == (4000, "Hallo")
        assert host.faults == tuple[Fault, ...]()


def test_several_workers_are_gunicorns(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        Host(Settings()).run(echo, ["--workers", "2"])
    assert end.value.code == 2
    assert "gunicorn -k aiohttp.GunicornWebWorker" in capsys.readouterr().err


@dataclass
class Shopping:
    items: list[str]


@dataclass
class Mood:
    word: str = ""


class TestTwoHosts:
    def host(self, url: str, cls: type, make: Callable[[str], Any]) -> tuple[Host, Logic]:
        """A host whose bot keeps what is said as an object of a class, under the tag "Note"."""
        host = Host(Settings(storage_url=url), types=Types(tags={cls: "Note"}))
        note = host.user_state.create_property("Note")

        async def keep(context: TurnContext) -> None:
            known = await note.get(context)
            await note.set(context, make(context.activity.text))
            await context.send_activity(repr(known))

        return host, keep

    async def test_each_has_its_store_and_its_types_and_one_outlives_the_other(
        self, cloud: Cloud, tmp_path: Path
    ) -> None:
        first, keep_items = self.host(
            f"sqlite:///{tmp_path}/1.db", Shopping, lambda text: Shopping(text.split())
        )
        second, keep_mood = self.host(f"sqlite:///{tmp_path}/2.db", Mood, Mood)
        person = cloud.person()
        async with AsyncExitStack() as stack:
            urls = []
            servers = []
            for host, bot in ((first, keep_items), (second, keep_mood)):
                servers.append(await stack.enter_async_context(TestServer(host.app(bot))))
                urls.append(str(servers[-1].make_url("/api/messages")))
            for url in urls:
                assert await person.says("milk bread", url) == ["None"]
            assert await person.says("jam", urls[0]) == ["Shopping(items=['milk', 'bread'])"]
            await servers[0].close()
            assert await person.says("fine", urls[1]) == ["Mood(word='milk bread')"]
            assert await person.says("ok", urls[1]) == ["Mood(word='fine')"]

    async def test_one_application_serves_both_and_is_ready_when_both_are(
        self, cloud: Cloud, serve: Serve, tmp_path: Path
    ) -> None:
        app = web.Application(handler_args={"auto_decompress": False})
        first, keep_items = self.host(
            f"sqlite:///{tmp_path}/1.db", Shopping, lambda text: Shopping(text.split())
        )
        second, keep_mood = self.host(f"sqlite:///{tmp_path}/2.db", Mood, Mood)
        first.attach(app, keep_items, path="/shopping/messages")
        second.attach(app, keep_mood, path="/mood/messages")
        root = await serve(app)
        person = cloud.person()
        for text, known in (("a", ("None", "None")), ("b", ("Shopping(items=['a'])", "Mood("))):
            for path, beginning in zip(("shopping", "mood"), known, strict=True):
                [reply] = await person.says(text, f"{root}/{path}/messages")
                assert reply.startswith(beginning)

        async with aiohttp.ClientSession() as session:
            async with session.get(f"{root}/readyz") as answer:
                assert (answer.status, await answer.json()) == (200, {"status": "ok"})
            (tmp_path / "2.db").rename(tmp_path / "moved.db")
            async with session.get(f"{root}/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["storage"] == "does not take writes"
            async with session.get(f"{root}/healthz") as answer:
                assert answer.status == 200
        await person.says("c", f"{root}/shopping/messages")
        assert (await person.sends(person.message("c"), f"{root}/mood/messages")).status == 503


class TestAttached:
    """To an application that is somebody else's."""

    @pytest.fixture(params=[{}, {"handler_args": {"auto_decompress": False}}], ids=["", "advised"])
    async def url(self, request: pytest.FixtureRequest, serve: Serve, store: str) -> str:
        @web.middleware
        async def mark(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            response.headers["X-Seen"] = "yes"
            return response

        @web.middleware
        async def refuse_in_html(request: web.Request, handler: Handler) -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                return web.Response(status=error.status, text="<h1>No</h1>")

        async def say(text: str, _: web.Request) -> web.Response:
            return web.Response(text=text)

        app = web.Application(
            client_max_size=1024, middlewares=[mark, refuse_in_html], **request.param
        )
        app.router.add_get("/", partial(say, "mine"))
        app.router.add_get("/healthz", partial(say, "my own"))
        Host(Settings(storage_url=store)).attach(app, echo)
        return f"{await serve(app)}/api/messages"

    async def test_an_activity_may_be_as_long_as_anywhere(self, cloud: Cloud, url: str) -> None:
        text = "x" * 5_000
        assert await cloud.person(bot_url=url).says(text) == [text]

    @pytest.mark.parametrize("encoded", [False, True])
    async def test_a_body_is_refused_that_is_too_long(
        self, cloud: Cloud, url: str, encoded: bool
    ) -> None:
        body = json.dumps(cloud.person().message("x" * 300_000)).encode()

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 50_000):
                yield body[start : start + 50_000]

        headers = {"Content-Type": "application/json"}
        data = pieces() if encoded else body
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=data, headers=headers) as answer,
        ):
            assert answer.status == 413
            assert set((await answer.json())["error"]) == {"code", "message"}

    async def test_a_compressed_body_is_refused(self, cloud: Cloud, url: str) -> None:
        body = gzip.compress(json.dumps(cloud.person().message("hi")).encode())
        answer = await cloud.post_to_bot(url, body, {"Content-Encoding": "gzip"})
        assert answer.status == 415
        assert answer.json()["error"]["code"] == "content_encoding"
        assert cloud.connector.requests == []

    async def test_the_application_stays_what_it_was(self, cloud: Cloud, url: str) -> None:
        root = url.removesuffix("/api/messages")
        async with aiohttp.ClientSession() as session:
            for path, text in (("/", "mine"), ("/healthz", "my own"), ("/no", "<h1>No</h1>")):
                async with session.get(f"{root}{path}") as answer:
                    assert (await answer.text(), answer.headers["X-Seen"]) == (text, "yes")
            async with session.get(f"{root}/readyz") as answer:
                assert await answer.json() == {"status": "ok"}
        answered = await cloud.post_to_bot(url, b"no JSON")
        assert (answered.status, answered.json()["error"]["code"]) == (400, "bad_json")
        assert answered.headers["X-Seen"] == "yes"


class TestWrongCalls:
    """What can only be a slip in the code of a bot is told where it is made."""

    @pytest.mark.parametrize("group_state", ["Person", "", None])
    def test_the_state_of_groups_is_a_persons_or_the_conversations(self, group_state: Any) -> None:
        with pytest.raises(ValueError, match="group_state"):
            Host(Settings(), group_state=group_state)
        storage = Host(Settings(storage_url="memory:")).storage
        with pytest.raises(ValueError, match="group_state"):
            ConversationState(storage, group_state=group_state)

    @pytest.mark.parametrize("bot", [None, Shopping, ActivityHandler, "echo"])
    def test_a_bot_is_an_object_or_a_function(self, bot: Any) -> None:
        host = Host(Settings(storage_url="memory:"))
        with pytest.raises(TypeError, match="on_turn"):
            host.attach(web.Application(), bot)
        with pytest.raises(TypeError, match="on_turn"):
            host.app(bot)

    @pytest.mark.parametrize("path", ["/api/messages", "/mood"])
    def test_there_is_one_bot_at_a_path(self, path: str) -> None:
        app = web.Application()
        host = Host(Settings(storage_url="memory:"))
        host.attach(app, echo, path=path)
        for other in (host, Host(Settings(storage_url="memory:"))):
            with pytest.raises(ValueError, match=path):
                other.attach(app, echo, path=path)
        host.attach(app, echo, path="/elsewhere")

    def test_what_the_application_posts_to_itself_is_no_place_for_a_bot(self) -> None:
        app = web.Application()
        app.router.add_post("/mine", healthz)
        app.router.add_get("/page", healthz)
        host = Host(Settings(storage_url="memory:"))
        with pytest.raises(ValueError, match="/mine"):
            host.attach(app, echo, path="/mine")
        host.attach(app, echo, path="/page")

    def test_a_store_is_no_url(self) -> None:
        storage: Any = "memory:"
        with pytest.raises(TypeError, match="RecordStorage, not str"):
            Host(Settings(), storage=storage)


class TestOpening:
    def test_a_host_opens_again_in_another_loop(self, store: str) -> None:
        host = Host(Settings(storage_url=store))
        count = host.user_state.create_property("count")

        async def counts(context: TurnContext) -> None:
            number = (await count.get(context, 0)) + 1
            await count.set(context, number)
            await context.send_activity(str(number))

        async def talk(person: str) -> list[str]:
            async with Cloud() as cloud:
                reference = ConversationReference(
                    bot=ChannelAccount(id="28:bot"),
                    channel_id="msteams",
                    service_url=cloud.service_url,
                    user=ChannelAccount(id=person),
                    conversation=ConversationAccount(id="c"),
                )
                # Both at once: the second one waits until the first has opened it.
                await asyncio.gather(host.__aenter__(), host.__aenter__())
                async with TestServer(host.app(counts)) as server:
                    url = str(server.make_url("/api/messages"))
                    await cloud.person(channel="emulator", bot_url=url).says("hi")
                    await host.__aexit__(None, None, None)
                    await host.adapter.continue_conversation(reference, counts, "")
                await host.adapter.continue_conversation(reference, counts, "")
                await host.__aexit__(None, None, None)
                return cloud.texts("c")

        with ThreadPoolExecutor() as loops:  # that of the tests is not to be disturbed
            assert loops.submit(asyncio.run, talk("ada")).result() == ["1", "2"]
            assert loops.submit(asyncio.run, talk("ada")).result() == ["3", "4"]

    async def test_what_fails_to_close_leaves_nothing_else_open(self) -> None:
        closed: list[str] = []

        async def close(name: str) -> None:
            closed.append(name)
            if name == "second":
                raise RuntimeError

        async def open_parts(stack: AsyncExitStack, _: Callable[[], bool]) -> None:
            for name in ("first", "second", "third"):
                stack.push_async_callback(close, name)

        lifecycle = Lifecycle(open_parts, lambda: [])
        for _ in range(2):
            closed.clear()
            await lifecycle.enter()
            with pytest.raises(RuntimeError):
                await lifecycle.leave()
            assert closed == ["third", "second", "first"]

    @pytest.mark.parametrize("fails", ["commit", "close"])
    async def test_a_store_of_ones_own_that_fails_at_the_end_leaves_nothing_open(
        self, cloud: Cloud, fails: str
    ) -> None:
        class Failing(MemoryStorage):
            ending = False
            closed = 0

            async def commit(self, changes: Any) -> dict[str, str]:
                if self.ending and fails == "commit":
                    raise RuntimeError("commit")
                return await super().commit(changes)

            async def close(self) -> None:
                self.closed += 1
                if self.ending and fails == "close":
                    raise RuntimeError("close")

        storage = Failing()
        host = Host(Settings(), storage=storage)
        before = asyncio.all_tasks()
        await host.__aenter__()
        server = TestServer(host.app(echo))
        await server.start_server()
        url = str(server.make_url("/api/messages"))
        assert await cloud.person(channel="msteams", bot_url=url).says("hi") == ["hi"]
        await server.close()
        assert storage.closed == 0, "the script still uses it"
        storage.ending = True
        # What was sent is still to be written down, or the store is to be closed.
        if fails == "close":
            with pytest.raises(RuntimeError):
                await host.__aexit__(None, None, None)
        else:
            await host.__aexit__(None, None, None)
        assert storage.closed == 1
        assert not [task for task in asyncio.all_tasks() - before if "turnkeeper" in repr(task)]

    async def test_it_is_open_in_one_loop_at_a_time(self, cloud: Cloud, serve: Serve) -> None:
        host = Host(Settings(), storage=MemoryStorage())
        person = cloud.person(bot_url=f"{await serve(host.app(echo))}/api/messages")
        assert await person.says("hi") == ["hi"]
        for _ in range(2):
            with pytest.raises(BotError, match="open in another event loop"):
                await asyncio.to_thread(asyncio.run, host.__aenter__())
            assert await person.says("still there?") == ["still there?"]
        async with host:  # in its own loop it opens as before
            pass
        assert await person.says("and now?") == ["and now?"]

    def test_an_application_that_is_never_started_opens_nothing(self, store: str) -> None:
        Host(Settings(storage_url=store)).app(echo)
        assert not Path(store.removeprefix("sqlite:///")).exists()


DURABLE = pytest.mark.parametrize("storage_url", ["sqlite", "postgresql", "redis"], indirect=True)


@DURABLE
async def test_bots_with_names_share_a_store_and_nothing_in_it(
    cloud: Cloud, storage_url: str, serve: Serve
) -> None:
    one, two, unnamed = [
        f"{await serve(create_app(storage_url=storage_url, bot_name=name))}/api/messages"
        for name in ("one", "two", "")
    ]
    person = cloud.person(channel="msteams")
    for url, name in ((one, "Ada"), (two, "Grace"), (unnamed, "Joan")):
        assert await person.says("hi", url) == ["Who are you?"]
        assert await person.says(name, url) == [f"Hello {name}."]
    for url, name in ((one, "Ada"), (two, "Grace"), (unnamed, "Joan")):
        assert await person.says("hello", url) == [f"{name} 1: hello"]

    assert await person.says("forget", one) == ["Forgotten."]
    assert await person.says("hello", one) == ["Who are you?"]
    for url, name in ((two, "Grace"), (unnamed, "Joan")):
        assert await person.says("hello", url) == [f"{name} 2: hello"]


@DURABLE
async def test_an_activity_for_two_bots_on_one_store_runs_in_both(
    storage_url: str, serve: Serve
) -> None:
    secrets = ["secret-a", "secret-b"]
    async with (
        Cloud(app_id="bot-a", app_password=secrets[0]) as a,
        Cloud(app_id="bot-b", app_password=secrets[1]) as b,
    ):
        urls = []
        for cloud, password in zip((a, b), secrets, strict=True):
            settings = Settings(
                app_id=cloud.app_id,
                app_password=password,
                storage_url=storage_url,
                login_url=cloud.url,
                open_id_metadata_url=cloud.open_id_metadata_url,
                service_hosts=("127.0.0.1",),
            )
            urls.append(f"{await serve(Host(settings).app(echo))}/api/messages")
        person = a.person(channel="msteams")
        message = person.message("hi")
        for _ in range(2):  # the second time it is a delivery that comes again
            for cloud, url in zip((a, b), urls, strict=True):
                answer = await cloud.post_to_bot(url, message | {"serviceUrl": cloud.service_url})
                assert answer.status == 201
        assert a.texts(person.conversation.id) == ["hi"]
        assert b.texts(person.conversation.id) == ["hi"]


@pytest.mark.parametrize("own", [True, False])
async def test_the_sdks_own_state_classes_work_beside_the_hosts(cloud: Cloud, own: bool) -> None:
    host = Host(Settings(storage_url="memory:"))
    state = core.UserState(core.MemoryStorage() if own else host.storage)
    counts = state.create_property("count")

    async def bot(context: TurnContext) -> None:
        count = await counts.get(context, lambda: 0) + 1
        await counts.set(context, count)
        await state.save_changes(context)
        await context.send_activity(str(count))

    async with TestServer(host.app(bot)) as server:
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))
        assert [await person.says("hi") for _ in range(3)] == [["1"], ["2"], ["3"]]
