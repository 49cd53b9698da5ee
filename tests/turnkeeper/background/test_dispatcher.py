"""The dispatcher: what is owed is done without being asked, by whoever is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.turnkeeper.delivery.store import Store, key
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.background.dispatcher import AT_ONCE, LIMIT, LOOKS, PAUSE, Dispatcher
from turnkeeper.connector.outcome import Failed, Outcome
from turnkeeper.delivery.lease import LEASE
from turnkeeper.ledger.effects import Send
from turnkeeper.ledger.ledger import Ledger
from turnkeeper.ledger.owed import Owed
from turnkeeper.storage import ANY, Change

FIRST, SECOND = ["1: a", "end of 1"], ["2: b", "end of 2"]
SERVICE_URL = "http://127.0.0.1:9"


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


@pytest.fixture
async def two(world: World) -> AsyncIterator[Process]:
    process = world.process()
    yield process
    await process.stop()


def now() -> float:
    return asyncio.get_running_loop().time()


async def until_owed_nothing(store: Store, name: str = "c") -> None:
    """Wait until all of a conversation has left."""
    async with asyncio.timeout(3600):
        while (await store.ledger(name)).queue.open:  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0.05)


async def owe(store: Store, ledger_key: str, text: str = "late") -> None:
    """Have a conversation owe a reply that nobody sends."""
    _, _, name, bot = ledger_key.split("/")
    ledger = Ledger()
    ledger.queue.enter("t1", "", 1, store.now())
    body = f'{{"type":"message","text":"{text}"}}'
    owed = Owed("t1", SERVICE_URL, [Send("r1", name, "", body)])
    await store.commit(
        [
            Change(ledger_key, ledger.body(), ANY, due_in=0.0),
            Change(f"owed/{bot}/msteams/{name}/1", owed.body(), ANY),
        ]
    )


async def die_with_a_reply_in_hand(world: World) -> Process:
    """A process that has committed a turn, and is gone."""
    process = world.process()
    process.steps.plan(3)  # it reads, commits, and dies as it sends
    taking = await process.begin(message("a"))
    await asyncio.wait({taking})
    assert process.steps.dead
    taking.exception()
    return process


# What nobody holds.


async def test_what_nobody_holds_is_claimed_within_a_second(
    store: Store, world: World, one: Process
) -> None:
    await one.dispatch()
    await asyncio.sleep(5)
    await owe(store, key())
    began = now()
    await until_owed_nothing(store)
    assert now() - began <= PAUSE + 0.2
    assert world.channel.received == {"c": ["late"]}


async def test_a_bot_that_has_just_started_does_not_wait_for_that(
    store: Store, world: World, one: Process
) -> None:
    await owe(store, key())
    await one.dispatch()
    await until_owed_nothing(store)
    assert now() < 0.3
    assert world.channel.received == {"c": ["late"]}


async def test_many_are_taken_up_in_good_time_and_each_once(
    store: Store, world: World, one: Process, two: Process
) -> None:
    names = [f"c{number}" for number in range(3 * AT_ONCE)]
    for name in names:
        await owe(store, key(name))
    await one.dispatch()
    await two.dispatch()
    await asyncio.sleep(5)
    assert world.channel.received == {name: ["late"] for name in names}


async def test_a_wait_that_ends_is_over_for_the_other_process_too(
    store: Store, world: World, one: Process, two: Process
) -> None:
    async def busy(*_: object, **__: object) -> Outcome:
        return Failed("busy", 429, 14.0)

    one.connector.attempt_send = busy  # type: ignore[method-assign]
    await one.take(message("a"))
    one.steps.dead = True  # its own waking comes to nothing
    await two.dispatch()
    await asyncio.sleep(13 - now())
    assert world.channel.received == {}
    await until_owed_nothing(store)
    assert world.channel.received == {"c": FIRST}
    assert now() <= 14 + 2 + 2


# What a holder holds that may be dead.


async def test_what_a_process_that_died_owes_is_sent_by_another_in_five_seconds(
    store: Store, world: World, two: Process
) -> None:
    await two.dispatch()
    await asyncio.sleep(3.3)
    dead = await die_with_a_reply_in_hand(world)
    began = now()
    await until_owed_nothing(store)
    assert LEASE <= now() - began <= 5.5
    assert world.channel.received == {"c": FIRST}
    await dead.stop()


async def test_a_holder_that_beats_keeps_its_conversation_however_slow_the_channel(
    store: Store, world: World, one: Process, two: Process
) -> None:
    async def slow(_: str) -> None:
        await asyncio.sleep(20)

    one.connector.hold = slow
    await two.dispatch()
    await one.take(message("a"))
    holder = (await store.ledger()).queue.holder
    for _ in range(35):
        await asyncio.sleep(1)
        assert (await store.ledger()).queue.holder == holder
    await until_owed_nothing(store)
    assert world.channel.received == {"c": FIRST}
    assert two.world.channel.count == 2


@pytest.mark.parametrize("step", [3600, -3600])
async def test_a_holder_is_watched_by_ones_own_clock_whatever_the_stores_does(
    store: Store, world: World, one: Process, two: Process, step: float
) -> None:
    async def slow(_: str) -> None:
        await asyncio.sleep(9)

    one.connector.hold = slow
    await two.dispatch()
    await one.take(message("a"))
    holder = (await store.ledger()).queue.holder
    store.ahead += step
    for _ in range(6):
        await asyncio.sleep(1)
        assert (await store.ledger()).queue.holder == holder
    await asyncio.sleep(LOOKS + 30)
    assert world.channel.received == {"c": FIRST}


async def test_a_token_of_this_process_that_no_task_of_it_owns_is_anothers(
    store: Store, world: World, one: Process
) -> None:
    await owe(store, key())
    await store.change("c", lambda ledger: ledger.queue.take("of a life before"))
    await one.dispatch()
    await asyncio.sleep(LEASE - 0.5)
    assert world.channel.received == {}
    await until_owed_nothing(store)
    assert now() <= 5
    assert world.channel.received == {"c": ["late"]}


# Whose it is.


async def test_ledgers_of_other_bots_are_left_to_them(
    store: Store, world: World, one: Process
) -> None:
    await owe(store, "msteams/ledgers/c/another")
    await owe(store, key("mine"))
    await one.dispatch()
    await asyncio.sleep(LOOKS + 10)
    assert world.channel.received == {"mine": ["late"]}
    assert "msteams/ledgers/c/another" in [due for due, _ in await store.due()]


async def test_with_dispatch_off_only_what_turns_of_this_process_owe_is_sent(
    store: Store, world: World, one: Process, two: Process
) -> None:
    await owe(store, key("anybodys"))
    await two.dispatch(everywhere=False)
    await asyncio.sleep(LOOKS + 10)
    assert world.channel.received == {}
    dead = await die_with_a_reply_in_hand(world)
    await asyncio.sleep(30)
    assert world.channel.received == {}
    await two.take(message("b"))  # now it is concerned
    await until_owed_nothing(store)
    assert world.channel.received == {"c": FIRST + SECOND}
    await dead.stop()


async def test_with_nothing_of_its_own_the_store_is_not_even_asked(
    store: Store, one: Process
) -> None:
    await one.dispatch(everywhere=False)
    await asyncio.sleep(PAUSE + 1)
    reads = store.reads
    await asyncio.sleep(30)
    assert store.reads == reads


# All that is owed, due or not.


async def test_what_no_index_shows_is_found_by_the_look_at_all(
    store: Store, world: World, one: Process
) -> None:
    await owe(store, key())
    ledger = await store.ledger()
    # As after a step of the store's clock: it is to be due in a year.
    await store.commit([Change(key(), ledger.body(), ANY, due_in=365 * 86400.0)])
    await one.dispatch()
    await until_owed_nothing(store)
    assert world.channel.received == {"c": ["late"]}


async def test_it_comes_again_and_again(store: Store, world: World, one: Process) -> None:
    await one.dispatch()
    await asyncio.sleep(5)
    await owe(store, key())
    ledger = await store.ledger()
    await store.commit([Change(key(), ledger.body(), ANY, due_in=365 * 86400.0)])
    await asyncio.sleep(PAUSE * (LOOKS + 3))
    assert world.channel.received == {"c": ["late"]}


async def test_it_looks_at_more_than_a_page(store: Store, world: World, one: Process) -> None:
    names = [f"{number:04}" for number in range(LIMIT + 5)]
    for name in names:
        await owe(store, key(name))
        ledger = await store.ledger(name)
        await store.commit([Change(key(name), ledger.body(), ANY, due_in=365 * 86400.0)])
    await looked_at_all(one, store)
    await asyncio.sleep(5)
    assert set(world.channel.received) == set(names)


async def looked_at_all(process: Process, store: Store) -> None:
    dispatcher = Dispatcher(
        store, process.adapter.senders, process.metrics, bot="", everywhere=lambda: True
    )
    await dispatcher.look_at_all()


# What goes wrong.


async def test_a_ledger_that_cannot_be_read_is_named_once_and_keeps_nobody_waiting(
    store: Store, world: World, one: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await store.commit([Change(key("bad"), '{"v":99}', ANY, due_in=0.0)])
    await owe(store, key())
    await one.dispatch()
    await asyncio.sleep(2 * LOOKS)
    assert world.channel.received == {"c": ["late"]}
    said = [
        one.getMessage() for one in caplog.records if "msteams/ledgers/bad/" in one.getMessage()
    ]
    assert len(said) == 1
    assert (await store.fetch([key("bad")]))[key("bad")].body == '{"v":99}'


async def test_nor_does_one_in_which_its_own_turns_owe_something(
    store: Store, world: World, one: Process
) -> None:
    world.channel.down = True
    await one.take(message("a", conversation="bad"))
    await store.change("bad", lambda ledger: ledger.queue.take("of another life"))
    await asyncio.sleep(10)
    world.channel.down = False
    await store.commit([Change(key("bad"), '{"v":99}', ANY)])
    await owe(store, key())
    await one.dispatch()
    await asyncio.sleep(PAUSE + 0.5)  # the first look is at all; the next are not
    await owe(store, key("later"))
    await asyncio.sleep(2 * PAUSE)
    assert world.channel.received == {"c": ["late"], "later": ["late"]}


async def test_nor_does_one_that_is_none_though_it_can_be_read(
    store: Store, world: World, one: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await owe(store, key("bad"))
    body = (await store.fetch([key("bad")]))[key("bad")].body
    odd = body.replace('"queue":{', '"queue":{"not_before":"soon",')
    await store.commit([Change(key("bad"), odd, ANY, due_in=0.0)])
    await owe(store, key())
    await one.dispatch()
    await asyncio.sleep(2 * LOOKS)
    assert world.channel.received == {"c": ["late"]}
    await owe(store, key("later"))
    await asyncio.sleep(2 * PAUSE)
    assert world.channel.received["later"] == ["late"]
    said = [one for one in caplog.records if "msteams/ledgers/bad/" in one.getMessage()]
    assert len(said) == 1
    assert said[0].levelname == "ERROR"


async def test_a_look_that_fails_for_a_reason_of_its_own_is_not_the_last(
    store: Store,
    world: World,
    one: Process,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def wrong(**_: object) -> None:
        raise TypeError("as a store of somebody's own may be")

    await owe(store, key())
    with monkeypatch.context() as patched:
        patched.setattr(store, "due", wrong)
        await one.dispatch()
        await asyncio.sleep(3)
    await until_owed_nothing(store)
    assert world.channel.received == {"c": ["late"]}
    assert {one.levelname for one in caplog.records} == {"ERROR"}


async def test_a_store_that_is_away_is_looked_at_again_and_that_is_said_once(
    store: Store, world: World, one: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await owe(store, key())
    store.away = True
    await one.dispatch()
    await asyncio.sleep(30)
    store.away = False
    await until_owed_nothing(store)
    assert world.channel.received == {"c": ["late"]}
    warnings = [one.getMessage() for one in caplog.records]
    assert len(warnings) == 1
    assert "nobody looks for what is owed" in warnings[0]


async def test_how_long_the_oldest_has_been_due_is_in_the_metrics(
    store: Store, one: Process
) -> None:
    await owe(store, key())
    await store.change("c", lambda ledger: ledger.queue.take("of another life"))
    dispatcher = Dispatcher(
        store, one.adapter.senders, one.metrics, bot="", everywhere=lambda: True
    )
    await asyncio.sleep(2.9)
    await dispatcher.look()
    assert 1.8 < one.figure("bot_oldest_owed_seconds") < 2
    await asyncio.sleep(10)
    await dispatcher.look()
    assert one.figure("bot_oldest_owed_seconds") == 0


async def test_an_end_leaves_no_watch_behind(store: Store, world: World) -> None:
    await owe(store, key())
    await store.change("c", lambda ledger: ledger.queue.take("of another life"))
    before = asyncio.all_tasks()
    process = world.process()
    await process.dispatch()
    await asyncio.sleep(1.5)
    await process.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
