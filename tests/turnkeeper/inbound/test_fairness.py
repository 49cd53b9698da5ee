"""Nobody puts others out by having much to wait for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import BaseTestServer, TestServer
from botbuilder.core import TurnContext

from tests.turnkeeper.observing.test_counted import figures_of
from turnkeeper import Host, Settings
from turnkeeper.auth import signing_keys
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Answer, Cloud, Person
from turnkeeper.testing.outside.identity import SigningKey
from turnkeeper.turn.slots import OF_ONE_PERSON, WAITING_FOR_ONE_PERSON

UNDER_WAY, WAITING = "bot_turns_under_way", "bot_turns_waiting"
REFUSED = "bot_requests_refused_total"
Serve = Callable[..., Awaitable[TestServer]]


class Bot:
    """Says what was said; to some people not before it is let go.

    :ivar hangs_for: their ids.
    """

    def __init__(self) -> None:
        self.hangs_for: set[str] = set()
        self.go_on = asyncio.Event()

    async def on_turn(self, context: TurnContext) -> None:
        if context.activity.from_property.id in self.hangs_for:
            await self.go_on.wait()
        await context.send_activity(context.activity.text)


@pytest.fixture
def echo() -> Bot:
    return Bot()


@pytest.fixture
async def serve(echo: Bot) -> AsyncIterator[Serve]:
    """Starts a bot with some settings."""
    servers: list[TestServer] = []

    async def start(**settings: object) -> TestServer:
        host = Host(Settings(**settings), storage=MemoryStorage())  # type: ignore[arg-type]
        servers.append(server := TestServer(host.app(echo)))
        await server.start_server()
        return server

    yield start
    for server in servers:
        await server.close()


def url_of(server: BaseTestServer) -> str:
    """Where a bot takes activities."""
    return str(server.make_url("/api/messages"))


async def until(server: BaseTestServer, **figures: float) -> None:
    """Wait until a bot shows some figures."""
    async with asyncio.timeout(20):
        while True:
            shown = await figures_of(server)
            if all(shown.get(name, 0) == value for name, value in figures.items()):
                return


async def say(person: Person, times: int = 1) -> list[int]:
    """Say something, so many times at once; return the statuses."""
    turns = await asyncio.gather(
        *(person.sends(person.message(f"{number}")) for number in range(times))
    )
    return [turn.status for turn in turns]


async def test_what_waits_for_its_conversation_takes_no_slot_of_others(
    cloud: Cloud, serve: Serve, echo: Bot
) -> None:
    server = await serve(max_turns=2)
    ada, bob = (cloud.person(name, bot_url=url_of(server)) for name in ("Ada", "Bob"))
    echo.hangs_for.add(ada.id)
    waiting = asyncio.create_task(say(ada, 51))
    await until(server, **{UNDER_WAY: 1, WAITING: 50})
    assert await bob.says("hi") == ["hi"]
    assert await say(ada) == [503]  # 50 may wait, and no more
    echo.go_on.set()
    assert set(await waiting) == {201}
    await until(server, **{UNDER_WAY: 0, WAITING: 0})


@pytest.mark.parametrize(
    ("conversations", "in_each", "refused"),
    [(12, 50, 0), (600, 1, 600 - OF_ONE_PERSON - WAITING_FOR_ONE_PERSON)],
    ids=["in 12 conversations", "in 600 conversations"],
)
async def test_one_visitor_with_600_requests_in_flight_puts_out_nobody(  # noqa: PLR0913, PLR0917 - what it is of
    cloud: Cloud, serve: Serve, echo: Bot, conversations: int, in_each: int, refused: int
) -> None:
    server = await serve()
    url = url_of(server)
    visitor = [cloud.person("Eve", bot_url=url) for _ in range(conversations)]
    for eve in visitor:
        echo.hangs_for.add(eve.id)
    flood = [asyncio.create_task(say(eve, in_each)) for eve in visitor]
    held = 600 - refused - OF_ONE_PERSON
    await until(server, **{UNDER_WAY: OF_ONE_PERSON, WAITING: held, REFUSED: refused})
    others = [cloud.person(f"{number}", bot_url=url) for number in range(30)]
    assert Counter(sum(await asyncio.gather(*map(say, others)), [])) == {201: 30}
    echo.go_on.set()
    statuses = Counter(sum(await asyncio.gather(*flood), []))
    assert set(statuses) <= {201, 503}
    assert statuses[201] >= OF_ONE_PERSON
    assert statuses[503] >= refused
    await until(server, **{UNDER_WAY: 0, WAITING: 0})


async def test_who_is_a_stranger_while_the_key_service_hangs_takes_no_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(signing_keys, "MINUTE", 0.0)  # so soon are unknown keys asked for
    async with Cloud(app_id="app", app_password="secret") as cloud:  # noqa: S106 - of a fake cloud
        go_on = asyncio.Event()
        settings = Settings(
            app_id="app",
            app_password="secret",  # noqa: S106 - as above
            login_url=cloud.url,
            open_id_metadata_url=cloud.open_id_metadata_url,
            service_hosts=("127.0.0.1",),
            max_turns=1,
        )
        async with TestServer(Host(settings, storage=MemoryStorage()).app(Bot())) as server:
            ada = cloud.person("Ada", bot_url=url_of(server))
            assert await say(ada) == [201]
            cloud.login.key_faults.always(Answer(after=go_on))
            asked = cloud.login.key_requests
            token = cloud.mint(key=SigningKey("unknown"))
            headers = {"Authorization": f"Bearer {token}"}
            async with ClientSession(headers=headers) as session:
                strangers = [
                    asyncio.create_task(session.post(url_of(server), json={})) for _ in range(20)
                ]
                while cloud.login.key_requests == asked:
                    assert await say(ada) == [201]
                assert await say(ada) == [201]
                go_on.set()
                assert {answer.status for answer in await asyncio.gather(*strangers)} == {401}


async def test_what_a_channel_says_in_the_name_of_the_bot_is_no_persons() -> None:
    all_here, done = asyncio.Barrier(20), []

    async def bot(context: TurnContext) -> None:
        await all_here.wait()  # more than one person may have at once
        done.append(context.activity.conversation.id)

    async with Cloud(Host(Settings()), bot) as cloud:
        people = [cloud.person(f"person {number}") for number in range(all_here.parties)]
        joins = [
            {
                **one.activity("conversationUpdate"),
                "from": {"id": "bot"},
                "recipient": {"id": "bot"},
            }
            for one in people
        ]
        await asyncio.gather(*(cloud.post_to_bot("", join) for join in joins))
    assert len(done) == all_here.parties
