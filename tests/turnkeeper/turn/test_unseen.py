"""A bot without dialogs asks whether the last thing that it said has reached the person."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from botbuilder.core import TurnContext
from botbuilder.core.adapters import TestAdapter

from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper import unseen


@pytest.fixture
def heard(process: Process) -> list[bool]:
    """What a bot is told that says something about each message but a whisper."""
    heard: list[bool] = []

    async def on_turn(context: TurnContext) -> None:
        heard.append(unseen(context))
        if context.activity.text != "whisper":
            await context.send_activity(f"to {context.activity.text}")

    process.bot = SimpleNamespace(on_turn=on_turn)
    return heard


async def test_what_has_left_is_seen(process: Process, heard: list[bool]) -> None:
    await process.take(message("a"))
    await process.take(message("b"))
    assert heard == [False, False]


async def test_what_was_refused_is_unseen_until_something_is_said(
    world: World, process: Process, heard: list[bool]
) -> None:
    world.channel.answers["to a"] = 403
    for text in ("a", "whisper", "b", "c"):
        await process.take(message(text))
    assert heard == [False, True, True, False]


async def test_a_turn_that_was_told_so_is_not_run_again(
    world: World, process: Process, heard: list[bool]
) -> None:
    world.channel.answers["to a"] = 403
    for text in ("a", "whisper", "b", "whisper"):
        await process.take(message(text))
    assert heard == [False, True, True]


def test_outside_of_the_engine_all_is_seen() -> None:
    assert not unseen(TurnContext(TestAdapter(), message("a")))
