"""Bad requests over HTTP: a short refusal, the bot never runs, and the next person is served."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, HttpVersion10, HttpVersion11
from hypothesis import HealthCheck, given, settings
from yarl import URL

from tests.turnkeeper.bot import StartBot
from tests.turnkeeper.clock import Clock
from tests.turnkeeper.e2e.any_shape import changes_of_any_shape, is_taken_or_refused
from tests.turnkeeper.e2e.process import BotProcess, Gunicorn
from tests.turnkeeper.hostile import CASES, LOCAL_CASES, Case, Target
from turnkeeper.inbound import body
from turnkeeper.inbound.local import LocalMode
from turnkeeper.testing import Cloud

APP_ID, PASSWORD = "b0b0b0b0-0000-4000-8000-000000000000", "not a secret"


@pytest.fixture
async def trusted() -> AsyncIterator[Cloud]:
    """A cloud with credentials."""
    async with Cloud(app_id=APP_ID, app_password=PASSWORD) as cloud:
        yield cloud


async def start_with_credentials(start_bot: StartBot, cloud: Cloud) -> str:
    return await start_bot(
        app_id=APP_ID,
        app_password=PASSWORD,
        open_id_metadata_url=cloud.open_id_metadata_url,
        login_url=cloud.url,
        service_hosts=("127.0.0.1",),
    )


async def attack(bot: str, case: Case, target: Target, session: ClientSession) -> None:
    request = case.make(target)
    body = io.BytesIO(request.body)
    async with session.post(bot, data=body, headers=request.headers) as answer:
        text = await answer.text()
    assert answer.status in case.statuses, (case.name, answer.status, text)
    error = json.loads(text)["error"]
    assert set(error) == {"code", "message"}
    assert "Traceback" not in text
    assert len(text) < 300


async def test_every_bad_request_is_refused_and_leaves_no_trace(
    trusted: Cloud, start_bot: StartBot
) -> None:
    target = Target(trusted.identity, APP_ID, trusted.service_url)
    bot = await start_with_credentials(start_bot, trusted)
    person = trusted.person(channel="msteams", bot_url=bot)
    await person.says("hi")
    await person.says("Ada")
    assert len(CASES) >= 150
    async with ClientSession() as session:
        for number, case in enumerate(CASES):
            before = len(trusted.connector.requests)
            await attack(bot, case, target, session)
            assert len(trusted.connector.requests) == before, case.name
            if number % 10 == 0:
                count = number // 10 + 1
                assert await person.says("still there?") == [f"Ada {count}: still there?"]


async def test_local_mode_refuses_what_is_no_activity_just_as_well(cloud: Cloud, bot: str) -> None:
    target = Target(service_url=cloud.service_url)
    async with ClientSession() as session:
        for case in LOCAL_CASES:
            await attack(bot, case, target, session)
    assert cloud.connector.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://127.0.0.1@evil.example",
        "http://169.254.169.254/latest",
        "http://10.0.0.1",
        "file:///etc/passwd",
        "http://localhost.evil.example",
        "https://smba.trafficmanager.net/",
    ],
)
async def test_local_mode_sends_nothing_to_other_machines(cloud: Cloud, bot: str, url: str) -> None:
    person = cloud.person(bot_url=bot)
    assert (await person.sends(person.message("hi", serviceUrl=url))).status == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_other_methods_are_not_allowed(bot: str, method: str) -> None:
    async with ClientSession() as session, session.request(method, bot) as answer:
        assert answer.status == 405
        assert "POST" in answer.headers["Allow"]
        assert (await answer.json())["error"]["code"] == "method_not_allowed"


async def test_too_large_a_body_is_refused_with_and_without_its_length(bot: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    async with ClientSession() as session:
        for data in (b" " * 300_000, chunks()):
            async with session.post(bot, data=data, headers=headers) as answer:
                assert answer.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x"])
async def test_a_compressed_body_is_refused(bot: str, encoding: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding}
    for data in (b"{}", b"\x1f\x8b\x08\x00garbage", b""):
        async with (
            ClientSession() as session,
            session.post(bot, data=data, headers=headers) as answer,
        ):
            # 415 also where it cannot be unpacked: nobody has tried.
            assert answer.status == 415
            assert (await answer.json())["error"]["code"] == "content_encoding"


async def test_slow_senders_keep_nobody_out(cloud: Cloud, start_bot: StartBot) -> None:
    bot = await start_bot(max_turns=4)
    url = URL(bot)
    head = f"POST {url.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connections = [await asyncio.open_connection(url.host, url.port) for _ in range(20)]
    for _, writer in connections:
        writer.write(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        await writer.drain()
    assert await cloud.person(bot_url=bot).says("hi") == ["Who are you?"]
    for _, writer in connections:
        writer.close()
        await writer.wait_closed()


async def test_who_has_sent_slowly_longest_makes_room_for_the_next(
    bot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "MAX_UNFINISHED", 4)
    url = URL(bot)
    head = f"POST {url.path} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
    slow = []
    async with asyncio.timeout(5):  # half of what a body may take
        for _ in range(4):
            reader, writer = await asyncio.open_connection(url.host, url.port)
            writer.write(f"{head}Content-Length: 2\r\n\r\n".encode())
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
            slow.append((reader, writer))
        for reader, _ in slow[:2]:
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        for reader, writer in slow[2:]:
            writer.write(b"{}")
            assert (await reader.readline()).startswith(b"HTTP/1.1 415 ")
    for _, writer in slow:
        writer.close()
        await writer.wait_closed()


async def test_other_expectations_are_refused_as_all_else(bot: str) -> None:
    headers = {"Expect": "the unexpected", "Content-Type": "application/json"}
    async with ClientSession() as session, session.post(bot, data=b"{}", headers=headers) as answer:
        assert answer.status == 417
        assert (await answer.json())["error"]["code"] == "expectation_failed"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 415),
        ("LOCALHOST:3978", 415),
        ("bot.localhost:1", 415),
        ("127.0.0.1:3978", 415),
        ("[::1]:3978", 415),
        ("evil.example", 403),
        ("evil.example:3978", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost@evil.example", 403),
        ("[", 403),
        ("xn--a", 403),
    ],
)
async def test_local_mode_hears_no_page_that_has_another_name_for_this_machine(
    bot: str, host: str, status: int
) -> None:
    # https://en.wikipedia.org/wiki/DNS_rebinding
    async with ClientSession() as session, session.post(bot, headers={"Host": host}) as answer:
        assert answer.status == status
        assert set((await answer.json())["error"]) == {"code", "message"}


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "x-forwarded-for",
        "X-Forwarded-Host",
        "X-FORWARDED-PROTO",
        "X-Forwarded-Anything",
        "X-Real-IP",
        "Via",
        "CF-Connecting-IP",
        "cf-ray",
    ],
)
@pytest.mark.parametrize("host", ["localhost", "bot.example"])
async def test_local_mode_takes_nothing_from_a_proxy_and_tells_the_operator_once(
    bot: str, caplog: pytest.LogCaptureFixture, header: str, host: str
) -> None:
    headers = {"Host": host, header: "s3cret.example"}
    async with ClientSession() as session:
        for _ in range(3):
            async with session.post(bot, json={}, headers=headers) as answer:
                assert answer.status == 403
                error = (await answer.json())["error"]
                assert (set(error), error["code"]) == ({"code", "message"}, "local_mode")
    [line] = [record for record in caplog.records if record.name == "turnkeeper.inbound.local"]
    assert line.levelname == "ERROR"
    assert "A bot without credentials got a request from a proxy" in line.getMessage()
    assert "MicrosoftAppId" in line.getMessage()
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Authorization": "Bearer a.b.c"}, "a token"),
        ({"Authorization": ""}, "a token"),
        ({"Origin": "https://evil.example"}, "the page"),
        ({"Origin": "http://localhost:5173"}, "the page"),
        ({"Origin": "https://bot.localhost:3978"}, "the page"),
        ({"Origin": "http://bot.localhost"}, "the page"),
        ({"Origin": "null"}, "the page"),
        ({"Origin": ""}, "the page"),
        ({"Origin": "file://"}, "the page"),
        ({"Origin": "http://["}, "the page"),
        ({}, "HTTP/1.0"),
    ],
)
async def test_local_mode_takes_nothing_that_may_come_from_elsewhere(
    bot: str, caplog: pytest.LogCaptureFixture, headers: dict[str, str], what: str
) -> None:
    headers = {"Host": "bot.localhost:3978", **headers}
    version = HttpVersion10 if what == "HTTP/1.0" else HttpVersion11
    async with (
        ClientSession(version=version) as session,
        session.post(bot, json={}, headers=headers) as answer,
    ):
        assert answer.status == 403
        assert what in (await answer.json())["error"]["message"]
    [line] = [record for record in caplog.records if record.name == "turnkeeper.inbound.local"]
    assert "MicrosoftAppId" in line.getMessage()
    assert "evil" not in caplog.text


@pytest.mark.parametrize("origin", ["http://bot.localhost:3978", "HTTP://BOT.localhost:3978"])
async def test_local_mode_hears_the_bots_own_page(bot: str, origin: str) -> None:
    headers = {"Host": "bot.localhost:3978", "Origin": origin}
    async with ClientSession() as session, session.post(bot, json={}, headers=headers) as answer:
        assert answer.status == 400, "it is taken, and is no activity"


async def test_who_agreed_that_anyone_may_talk_to_the_bot_has_no_such_walls(
    start_bot: StartBot,
) -> None:
    bot = await start_bot(dangerously_listen_without_credentials=True)
    headers = {"Authorization": "Bearer a.b.c", "Origin": "https://evil.example", "Via": "x"}
    async with (
        ClientSession(version=HttpVersion10) as session,
        session.post(bot, json={}, headers=headers) as answer,
    ):
        assert answer.status == 400


def test_the_operator_is_told_of_a_proxy_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(0)
    local = LocalMode(clock)
    for clock.now in (0, 1, 59.9, 60, 119, 500):
        local.ring("request from a proxy")
    assert len(caplog.records) == 3


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Via", "CF-Ray"])
async def test_with_credentials_a_proxy_is_as_it_should_be(
    trusted: Cloud, start_bot: StartBot, header: str
) -> None:
    bot = await start_with_credentials(start_bot, trusted)
    headers = {header: "10.0.0.1"}
    async with ClientSession() as session, session.post(bot, json={}, headers=headers) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("target", "codes"),
    [
        ("http://xn--a/", {"GET": "not_found", "POST": "not_found"}),
        ("http://xn--a:80/api/messages", {"GET": "method_not_allowed", "POST": "local_mode"}),
    ],
)
@pytest.mark.parametrize("server", [BotProcess, Gunicorn])
async def test_a_request_for_a_host_that_cannot_be_is_answered(
    tmp_path: Path, server: type[BotProcess], target: str, codes: dict[str, str]
) -> None:
    variables = {"STORAGE_URL": f"sqlite:///{tmp_path}/bot.db", "HOME": str(tmp_path)}
    async with server(variables) as process:
        url = URL(process.url)
        reader, writer = await asyncio.open_connection(url.host, url.port)
        async with asyncio.timeout(20):  # below the time for which an idle connection is kept
            for method, code in codes.items():
                writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 4")
                assert f'"{code}"' in (await reader.readuntil(b"}}")).decode()
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        writer.close()
        await writer.wait_closed()
        assert "Traceback" not in "\n".join(process.printed)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes_of_any_shape)
async def test_json_of_any_shape_is_taken_or_refused(
    cloud: Cloud, bot: str, changes: dict[str, object]
) -> None:
    await is_taken_or_refused(cloud, bot, changes)
