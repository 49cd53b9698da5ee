"""What a failed run leaves behind: nothing, not even in the activity that on_turn_error gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from botbuilder.core import TurnContext
from botbuilder.schema import ChannelAccount

from tests.turnkeeper.turn.world import Process, message
from turnkeeper import Settings, deadlines
from turnkeeper.adapters.hosted import HostedAdapter
from turnkeeper.auth.authentication import Authenticator
from turnkeeper.auth.service_url import ServiceUrls
from turnkeeper.errors import StorageUnavailable
from turnkeeper.state.turn_state import TurnState

CONVERSATION = "msteams/conversations/c"


class Rewriting:
    """A bot that rewrites its activity, keeps and says something, and fails."""

    def __init__(self, process: Process) -> None:
        self._state = process.states[0]
        self._kept = self._state.create_property("kept")

    async def on_turn(self, context: TurnContext) -> None:
        context.activity.text = None
        context.activity.from_property = ChannelAccount(id="somebody else")
        context.activity.reply_to_id = "another"
        await self._kept.set(context, "by the run that failed")
        await self._state.save_changes(context)
        await context.send_activity("half said")
        raise RuntimeError("the reason")


async def test_on_turn_error_gets_the_activity_as_it_came(process: Process) -> None:
    seen: list[tuple[str, str, str | None]] = []

    async def on_turn_error(context: TurnContext, _: Exception) -> None:
        activity = context.activity
        seen.append((activity.text, activity.from_property.id, activity.reply_to_id))
        await context.send_activity(f"What did you mean by {activity.text}?")

    process.adapter.on_turn_error = on_turn_error
    process.bot = Rewriting(process)
    await process.take(message("seven"))
    assert seen == [("seven", "ada", None)]
    assert process.world.channel.received == {"c": ["What did you mean by seven?"]}


async def test_nothing_is_kept_of_what_the_failed_run_has_saved(process: Process) -> None:
    kept = process.states[0].create_property("kept")
    found: list[object] = []

    async def on_turn_error(context: TurnContext, _: Exception) -> None:
        found.append(await kept.get(context))
        await context.send_activity("sorry")

    process.adapter.on_turn_error = on_turn_error
    process.bot = Rewriting(process)
    await process.take(message("seven"))
    assert found == [None]
    assert await process.world.storage.fetch([CONVERSATION]) == {}


async def test_a_store_that_is_away_is_no_failure_of_the_bot(process: Process) -> None:
    async def bot(context: TurnContext) -> None:
        await context.send_activity("half said")
        raise StorageUnavailable("the store is away")

    async def never(_: TurnContext, error: Exception) -> None:
        raise AssertionError(error)

    process.adapter.on_turn_error = never
    with pytest.raises(StorageUnavailable):
        await process.adapter.process_activity(None, message("seven"), bot)
    assert process.world.channel.received == {}
    assert await process.world.storage.scan() == []


@pytest.fixture
async def hasty(process: Process, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HostedAdapter]:
    """An adapter on which bots have 10 ms to think."""
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)
    adapter = HostedAdapter(
        TurnState(*process.states),
        Authenticator(Settings()),
        ServiceUrls(local=True),
        process.connector,
        time_limit=0.01,
        clock=process.world.clock,
    )
    yield adapter
    await adapter.close()


async def test_a_bot_that_thinks_too_long_has_failed(
    process: Process, hasty: HostedAdapter
) -> None:
    failures: list[Exception] = []

    async def bot(context: TurnContext) -> None:
        await context.send_activity("half said")
        await asyncio.Event().wait()

    async def on_turn_error(context: TurnContext, error: Exception) -> None:
        failures.append(error)
        await context.send_activity("It took too long.")

    hasty.on_turn_error = on_turn_error
    async with asyncio.timeout(5):
        await hasty.process_activity(None, message("seven"), bot)
    assert [type(failure) for failure in failures] == [TimeoutError]
    assert process.world.channel.received == {"c": ["It took too long."]}


async def test_a_hook_that_hangs_ends_on_turn_error_too(
    process: Process, hasty: HostedAdapter
) -> None:
    async def hanging(*_: object) -> None:
        await asyncio.Event().wait()

    async def bot(context: TurnContext) -> None:
        context.on_send_activities(hanging)
        await context.send_activity("half said")

    async def on_turn_error(context: TurnContext, _: Exception) -> None:
        await context.send_activity("It took too long.")

    hasty.on_turn_error = on_turn_error
    async with asyncio.timeout(5):
        with pytest.raises(TimeoutError):
            await hasty.process_activity(None, message("seven"), bot)
    assert process.world.channel.received == {}
