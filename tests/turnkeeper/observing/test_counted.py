"""What ``/metrics`` counts: turns that came twice, that ran again, and what is no turn."""

from __future__ import annotations

import json
import re

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer
from botbuilder.core import TurnContext
from yarl import URL

from turnkeeper import Change, Host, Settings
from turnkeeper.storage import MemoryStorage
from turnkeeper.testing import Cloud


async def figures_of(bot: BaseTestServer | URL) -> dict[str, float]:
    """What a bot counts that is not zero, whatever the labels.

    :param bot: the server, or any URL of it.
    """
    url = bot.with_path("/metrics") if isinstance(bot, URL) else bot.make_url("/metrics")
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        lines = re.findall(r"^(\w+)(?:\{.*\})? ([0-9.]+)$", await answer.text(), re.MULTILINE)
    figures: dict[str, float] = {}
    for name, value in lines:
        figures[name] = figures.get(name, 0.0) + float(value)
    return {name: value for name, value in figures.items() if value}


@pytest.fixture
def host() -> Host:
    return Host(Settings(), storage=MemoryStorage())


async def test_an_activity_that_is_delivered_again(cloud: Cloud, host: Host) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity("hello")

    async with TestServer(host.app(bot)) as server:
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))
        activity = person.message("hi")
        for _ in range(3):
            assert (await person.sends(activity)).status == 201
        figures = await figures_of(server)
    assert figures["bot_duplicates_total"] == 2
    assert figures["bot_delivery_seconds_count"] == 1
    assert figures["bot_turn_seconds_count"] == 3
    assert "bot_conflicts_total" not in figures


async def test_a_turn_that_runs_again_for_what_others_changed(cloud: Cloud, host: Host) -> None:
    count = host.user_state.create_property("count")
    runs: list[int] = []

    async def bot(context: TurnContext) -> None:
        runs.append(await count.get(context, 0))
        await count.set(context, runs[-1] + 1)
        if len(runs) < 3:  # as another process that is quicker
            key = host.user_state.get_storage_key(context)
            body = json.dumps({"v": 1, "state": {"count": 10 * len(runs)}})
            await host.storage.records.commit([Change(key, body, "*")])
        await context.send_activity(str(runs[-1] + 1))

    async with TestServer(host.app(bot)) as server:
        person = cloud.person(bot_url=str(server.make_url("/api/messages")))
        assert await person.says("hi") == ["21"]
        figures = await figures_of(server)
    assert runs == [0, 10, 20]
    assert figures["bot_conflicts_total"] == 2
    assert "bot_duplicates_total" not in figures


async def test_what_is_refused_is_no_turn(cloud: Cloud, host: Host) -> None:
    async def bot(context: TurnContext) -> None:
        raise AssertionError(context.activity.text)

    async with TestServer(host.app(bot)) as server:
        url = str(server.make_url("/api/messages"))
        for body in (b"", b"{", b"{}"):
            assert (await cloud.post_to_bot(url, body)).status == 400
        figures = await figures_of(server)
    assert figures["bot_requests_refused_total"] == 3
    assert "bot_turn_seconds_count" not in figures
    assert "bot_turns_under_way" not in figures
