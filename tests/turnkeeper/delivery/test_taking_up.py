"""Taking up what another process has left: what of it can be read, and where it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.turnkeeper.delivery.store import Store, key
from tests.turnkeeper.turn.world import Memory, Process, World, message
from turnkeeper.address import owed_key
from turnkeeper.connector.outcome import Outcome
from turnkeeper.storage import ANY, Change

FIRST, SECOND, THIRD = ["1: a", "end of 1"], ["2: b", "end of 2"], ["3: c", "end of 3"]
OLD, NEW = "http://127.0.0.1:9/old", "http://127.0.0.1:9/new"


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
async def one(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()


async def left_behind(world: World, store: Store, *texts: str) -> None:
    """Turns that are committed, and whose process lets go before anything has left."""
    process = world.process()
    world.channel.down = True
    for text in texts:
        await process.take(message(text))
    await process.stop()
    world.channel.down = False
    await store.change("c", lambda ledger: setattr(ledger.queue, "not_before", 0.0))


async def rewrite(store: Store, number: int, body: Callable[[str], str | None]) -> None:
    """Change what is stored of what a turn owes; None takes it away."""
    owed = owed_key(key(), number)
    record = (await Memory.fetch(store, [owed]))[owed]
    await Memory.commit(store, [Change(owed, body(record.body), ANY, record.owner)])


def with_effects(change: Callable[[list[Any]], object]) -> Callable[[str], str]:
    def changed(body: str) -> str:
        stored = json.loads(body)
        change(stored["state"]["owed"]["effects"])
        return json.dumps(stored)

    return changed


def of_another_turn(body: str) -> str:
    stored = json.loads(body)
    stored["state"]["owed"]["turn"] = "another"
    return json.dumps(stored)


def nonsense(_: str) -> str:
    return "{nonsense"


def gone(_: str) -> None:
    return None


SPOILT: list[Callable[[str], str | None]] = [
    nonsense,
    gone,
    of_another_turn,
    with_effects(list.pop),
    with_effects(list.clear),
    with_effects(lambda effects: effects[0].update(body="{nonsense")),
    with_effects(lambda effects: effects[0].update(body="[]")),
    with_effects(lambda effects: effects[0].update(conversation=5)),
    with_effects(lambda effects: effects.__setitem__(0, {"do": "delay", "ms": "long"})),
]


@pytest.mark.parametrize("spoil", SPOILT)
@pytest.mark.parametrize(
    ("number", "rest"), [(1, SECOND + THIRD), (2, FIRST + THIRD), (3, FIRST + SECOND)]
)
async def test_what_cannot_be_read_is_lost_alone(  # noqa: PLR0913, PLR0917 - fixtures and cases
    world: World,
    store: Store,
    one: Process,
    caplog: pytest.LogCaptureFixture,
    number: int,
    rest: list[str],
    spoil: Callable[[str], str | None],
) -> None:
    await left_behind(world, store, "a", "b", "c")
    await rewrite(store, number, spoil)
    world.channel.received.clear()
    await one.dispatch()
    await asyncio.sleep(20)
    assert world.channel.received == {"c": rest}
    assert owed_key(key(), number) in caplog.text
    assert "Traceback" not in caplog.text
    assert not (await store.ledger()).queue.open
    kept = [owed for owed, _ in await store.scan(prefix="owed/")]
    assert kept == ([] if spoil is gone else [owed_key(key(), number)])  # for the operator


def listening(process: Process, at: str) -> list[str]:
    """Have the channel listen at one URL alone; note the others that are tried."""
    elsewhere = list[str]()
    attempt = process.connector.attempt_send

    async def attempt_send(*arguments: Any, **named: Any) -> Outcome:
        process.world.channel.down = arguments[0] != at
        if arguments[0] != at:
            elsewhere.append(arguments[0])
        return await attempt(*arguments, **named)

    process.connector.attempt_send = attempt_send  # type: ignore[method-assign]
    return elsewhere


async def test_replies_go_where_the_channel_listens_by_the_newest_turn_of_any_process(
    world: World, store: Store, one: Process
) -> None:
    two = world.process()
    elsewhere = listening(one, at=NEW)
    first, second = message("a"), message("b")
    first.service_url, second.service_url = OLD, NEW
    await one.take(first)
    assert set(elsewhere) == {OLD}
    await two.take(second)  # it only adds to what the other owes
    await asyncio.sleep(10)
    assert world.channel.received == {"c": FIRST + SECOND}
    await two.stop()
