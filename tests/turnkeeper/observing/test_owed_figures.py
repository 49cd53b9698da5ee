"""What ``/metrics`` and the log tell of what is owed: how much, how long, late, lost, refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.turnkeeper.contract.owing import Owing, keys_of, owner_of, queue_in
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.background.dispatcher import Dispatcher
from turnkeeper.errors import WriteConflict
from turnkeeper.ledger.ledger import digest
from turnkeeper.state.people.erasure import erase
from turnkeeper.storage import Change

ADA = owner_of("ada")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def process(world: World) -> Process:
    return world.process()


async def look(process: Process) -> None:
    """Have a process see what is due, and begin with it."""
    dispatcher = Dispatcher(
        process.records,
        process.adapter.senders,
        process.metrics,
        bot="",
        everywhere=lambda: True,
    )
    await dispatcher.look()


async def work_off(process: Process) -> None:
    """Have a process send what is due, to the end."""
    await look(process)
    await process.stop()


def hold(process: Process) -> tuple[asyncio.Event, asyncio.Event]:
    """Have a process hold back what it sends; return when it does, and what ends that."""
    sending, gate = asyncio.Event(), asyncio.Event()

    async def wait(_: str) -> None:
        sending.set()
        await gate.wait()

    process.connector.hold = wait
    return sending, gate


async def test_turns_that_owe_something_are_counted_while_they_do(process: Process) -> None:
    sending, gate = hold(process)
    turns = [asyncio.ensure_future(process.take(message(text))) for text in ("a", "b")]
    await sending.wait()
    while process.figure("bot_turns_owing") < 2:  # noqa: ASYNC110 - the second is on its way
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*turns)
    await process.stop()
    assert process.figure("bot_turns_owing") == 0
    assert process.figure("bot_oldest_owed_seconds") == 0
    assert process.figure("bot_replies_sent_late_total") == 0


async def test_how_long_the_oldest_has_been_owed_here(world: World, process: Process) -> None:
    owing = Owing()
    owing.turn("one", at=world.storage.now() - 500)
    owing.turn("two", at=world.storage.now() - 100)
    await owing.store(world.storage)
    sending, gate = hold(process)
    await look(process)
    await sending.wait()
    assert process.figure("bot_turns_owing") == 2
    assert 500 <= process.figure("bot_oldest_owed_seconds") < 600
    gate.set()
    await process.stop()
    assert process.figure("bot_replies_sent_late_total") == 2


async def test_or_has_been_due_with_nobody_who_sends_it(world: World, process: Process) -> None:
    owing = Owing(holder="another's", beat=1)
    owing.turn("one")
    await owing.store(world.storage)
    [ledger] = [one for one in await world.storage.scan() if one[0] == owing.key]
    record = ledger[1]
    late = Change(owing.key, record.body, record.e_tag, due_in=-500.0)
    await world.storage.commit([late])
    await look(process)
    assert 500 <= process.figure("bot_oldest_owed_seconds") < 600
    assert process.figure("bot_turns_owing") == 0
    await process.stop()


async def test_a_reply_that_is_refused_is_counted(world: World, process: Process) -> None:
    owing = Owing()
    owing.turn("one", "two")
    await owing.store(world.storage)
    world.channel.answers["one"] = 403
    await work_off(process)
    assert world.channel.received == {"c": ["two"]}
    assert process.figure("bot_replies_refused_total") == 1
    assert process.figure("bot_replies_given_up_total") == 0


async def owes_for_long(world: World) -> Owing:
    """A conversation in which a reply has failed for longer than replies are tried."""
    owing, long_ago = Owing(owner=ADA), world.storage.now() - 7200
    owing.turn("secret", "two", person="ada", at=long_ago)
    owing.ledger.queue.open[1].failing = long_ago
    await owing.store(world.storage)
    world.channel.answers["secret"] = 503
    return owing


async def test_a_reply_that_is_given_up_is_counted_named_and_kept(
    world: World, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    owing = await owes_for_long(world)
    await work_off(process)
    assert process.figure("bot_replies_given_up_total") == 1
    errors = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert errors == [f"{owing.key}: a reply is given up"]
    assert "secret" not in caplog.text
    assert await keys_of(world.storage, "given-up/") == ["given-up//msteams/c/1-0"]


async def test_the_replies_behind_it_are_sent_and_the_person_has_missed_one(
    world: World, process: Process
) -> None:
    owing = await owes_for_long(world)
    await look(process)
    while not world.channel.received:  # noqa: ASYNC110 - a try has failed: it waits a moment
        await asyncio.sleep(0)
    await process.stop()
    assert world.channel.received == {"c": ["two"]}
    assert await keys_of(world.storage, "owed/") == []
    assert (await queue_in(world.storage, owing.key)).unseen == {digest(ADA): 1}


async def test_it_is_counted_once_where_others_write_the_ledger_meanwhile(
    world: World, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    owing = await owes_for_long(world)
    records, conflicts = process.records, list[str]()
    commit = records.commit

    async def conflicting(changes: Sequence[Change]) -> dict[str, str]:
        if not conflicts and any(one.key.startswith("given-up/") for one in changes):
            conflicts.append(owing.key)
            raise WriteConflict(owing.key)
        return await commit(changes)

    records.commit = conflicting  # type: ignore[method-assign]
    await work_off(process)
    assert conflicts == [owing.key]
    assert process.figure("bot_replies_given_up_total") == 1
    assert caplog.text.count("is given up") == 1


async def test_what_is_erased_meanwhile_is_not_given_up(
    world: World, process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    await owes_for_long(world)
    sending, gate = hold(process)
    await look(process)
    await sending.wait()
    await erase(world.storage, ADA)
    gate.set()
    await process.stop()
    assert process.figure("bot_replies_given_up_total") == 0
    assert "is given up" not in caplog.text
    assert await keys_of(world.storage, "given-up/") == []
