"""What is owed is sent by one process at a time, however slow things are, whatever clocks say."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

import pytest

from tests.turnkeeper.turn.world import Process, World, log_of, message
from turnkeeper import deadlines
from turnkeeper.delivery import sender
from turnkeeper.delivery.sender import LEASE
from turnkeeper.errors import DeliveryFailed, RequestRefused, StorageUnavailable, WriteConflict
from turnkeeper.observing.logs import JSONFormatter, TurnIds
from turnkeeper.storage import Change
from turnkeeper.turn import turns

CONVERSATION = "msteams/conversations/c"
BOTH = ["1: a", "end of 1", "2: b", "end of 2"]


@pytest.fixture
async def pair(world: World) -> AsyncIterator[tuple[Process, Process]]:
    one, two = world.process(), world.process()
    yield one, two
    await one.stop()
    await two.stop()


def after_commit(process: Process, number: int, do: Callable[[], Awaitable[None]]) -> None:
    """Have something happen between a commit of a process, and the process hearing of it."""
    records = process.records
    commit, commits = records.commit, 0

    async def slow_commit(changes: Sequence[Change]) -> dict[str, str]:
        nonlocal commits
        e_tags = await commit(changes)
        commits += 1
        if commits == number:
            await do()
        return e_tags

    records.commit = slow_commit  # type: ignore[method-assign]


def fail_commit(process: Process, numbers: dict[int, Exception]) -> None:
    """Have some of a process's commits fail, by their number from 1, without any effect."""
    records = process.records
    commit, commits = records.commit, 0

    async def failing_commit(changes: Sequence[Change]) -> dict[str, str]:
        nonlocal commits
        commits += 1
        if commits in numbers:
            raise numbers[commits]
        return await commit(changes)

    records.commit = failing_commit  # type: ignore[method-assign]


async def test_a_commit_that_took_longer_than_the_lease_is_not_sent_by_two(
    world: World, pair: tuple[Process, Process]
) -> None:
    slow, quick = pair

    async def somebody_else_goes_on() -> None:
        world.now += LEASE + 1
        await quick.take(message("b"))

    after_commit(slow, 1, somebody_else_goes_on)
    with pytest.raises(DeliveryFailed):
        await slow.take(message("a"))
    await slow.take(message("a"))
    assert world.channel.received == {"c": BOTH}


async def test_a_commit_that_took_long_is_still_sent_where_nobody_went_on(
    world: World, pair: tuple[Process, Process]
) -> None:
    async def time_passes() -> None:
        world.now += LEASE + 1

    after_commit(pair[0], 1, time_passes)
    await pair[0].take(message("a"))
    assert world.channel.received == {"c": BOTH[:2]}


async def test_a_slow_channel_keeps_what_is_owed_with_its_process(
    world: World, pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "PRECISION", 0.001)
    monkeypatch.setattr(sender, "LEASE", 0.3)
    monkeypatch.setattr(turns, "LEASE", 0.3)
    world.clock = asyncio.get_running_loop().time  # type: ignore[method-assign]
    slow, quick = world.process(), world.process()
    gate, sending, renewed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def note_renewals() -> None:
        renewed.set()

    after_commit(slow, 5, note_renewals)  # its turn's own, and four more

    async def hold(_: str) -> None:
        sending.set()
        await gate.wait()

    slow.connector.hold = hold
    first = asyncio.ensure_future(slow.take(message("a")))
    await sending.wait()
    second = asyncio.ensure_future(quick.take(message("b")))
    await renewed.wait()
    gate.set()
    await asyncio.gather(first, second)
    assert world.channel.received == {"c": BOTH}
    await slow.stop()
    await quick.stop()


async def test_a_turn_that_was_refused_is_not_committed_later(
    world: World, pair: tuple[Process, Process]
) -> None:
    one, two = pair
    world.channel.down = True
    with pytest.raises(DeliveryFailed):
        await two.take(message("a"))
    world.channel.down = False
    # Commits: what is owed is claimed, its sending is noted, and then the turn's own.
    fail_commit(one, {3: StorageUnavailable("away")})
    with pytest.raises(StorageUnavailable):
        await one.take(message("b"))
    await one.adapter.close()
    assert await log_of(world, CONVERSATION) == ["a"]
    await one.take(message("b"))
    assert world.channel.received["c"] == BOTH


async def test_a_conflict_elsewhere_does_not_make_it_forget_what_it_sent(
    world: World, pair: tuple[Process, Process]
) -> None:
    one, two = pair
    world.channel.down = True
    with pytest.raises(DeliveryFailed):
        await two.take(message("a"))
    world.channel.down = False
    fail_commit(one, {3: WriteConflict("user"), 4: StorageUnavailable("away")})
    with pytest.raises(StorageUnavailable):
        await one.take(message("b"))
    await one.take(message("b"))
    assert world.channel.received == {"c": BOTH}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


async def test_a_receipt_that_cannot_be_written_is_not_logged_under_the_ids_of_another_turn(
    world: World, lines: io.StringIO
) -> None:
    process, sending, gate = world.process(), asyncio.Event(), asyncio.Event()

    async def hold(conversation: str) -> None:
        if conversation == "slow":
            sending.set()
            await gate.wait()

    process.connector.hold = hold
    slow = asyncio.ensure_future(process.take(message("a", conversation="slow")))
    await sending.wait()
    # Commits: the slow turn's own, the quick one's own, and then the receipt of what it sent.
    fail_commit(process, {2: StorageUnavailable("away"), 3: StorageUnavailable("away")})
    with TurnIds({"turn": "of the one that had the receipts written later"}):
        await process.take(message("b"))
    async with asyncio.timeout(10):
        while not lines.getvalue():  # noqa: ASYNC110 - it is on its way
            await asyncio.sleep(0)
    assert "could not record which replies were sent" in lines.getvalue()
    assert "turn" not in json.loads(lines.getvalue())
    gate.set()
    await slow
    await process.stop()


async def test_a_lease_in_a_far_future_blocks_nobody_for_long(
    world: World, pair: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LEASE", 0.01)
    dead, fresh = pair
    dead.steps.plan(3)  # it dies when it sends
    with pytest.raises(BaseException):  # noqa: B017, PT011 - it is gone
        await dead.take(message("a"))
    world.now -= 3600  # the clock is set back
    await fresh.take(message("b"))
    assert world.channel.received == {"c": BOTH}


async def test_an_answer_that_is_no_longer_kept_is_not_made_up(
    pair: tuple[Process, Process],
) -> None:
    first = message("first", delivery_mode="expectReplies")
    await pair[0].take(first)
    for number in range(25):
        await pair[0].take(message(str(number), delivery_mode="expectReplies"))
    with pytest.raises(RequestRefused) as refusal:
        await pair[1].take(first)
    assert refusal.value.status == 409
