"""``python -m turnkeeper owed``: what is owed or given up, tried again or dropped, beside a bot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from tests.turnkeeper.contract.operator_command import Ended, operate
from tests.turnkeeper.contract.owing import FAR_OFF, Owing, keys_of, owner_of, queue_in
from tests.turnkeeper.turn.world import Process, World, message
from turnkeeper.background.dispatcher import Dispatcher
from turnkeeper.errors import StorageError
from turnkeeper.ledger.ledger import Ledger, digest
from turnkeeper.ledger.queue import MOST_OPEN
from turnkeeper.operator import owed
from turnkeeper.storage import ANY, Change, MemoryStorage, Record, RecordStorage, store_at
from turnkeeper.storage.namespace import Namespace

URL = "sqlite:///data/bot.db"
SINCE = "2023-11-14T22:13:20+00:00"
THEN = "2100-01-01T00:00:00+00:00"
DAY_BEFORE = "2099-12-31T00:00:00+00:00"
ADA = owner_of("ada")


@pytest.fixture
async def storage(folder: Path) -> AsyncIterator[RecordStorage]:
    """The bot's store; it stays open, as while the bot runs."""
    storage = store_at(URL)
    await storage.open()
    yield storage
    await storage.close()


@pytest.fixture
async def process(storage: RecordStorage) -> AsyncIterator[Process]:
    """A process of the bot on that store."""
    process = World(storage).process()
    yield process
    await process.stop()


async def work_off(process: Process) -> dict[str, list[str]]:
    """Have a process send what is due; return what the channel has received."""
    dispatcher = Dispatcher(
        process.records,
        process.adapter.senders,
        process.metrics,
        bot="",
        everywhere=lambda: True,
    )
    await dispatcher.look()
    await process.stop()  # it sends what it has begun with
    return process.world.channel.received


# What there is.


async def test_each_open_number_is_a_line_and_none_has_a_text(storage: RecordStorage) -> None:
    waiting = Owing("a", not_before=FAR_OFF)
    first = waiting.turn("secret", "two", "three", person="ada")
    second = waiting.turn("four")
    waiting.ledger.queue.open[1].marks = [-1, 3, 0]
    held = Owing("b", holder="00", beat=1, bot="b")
    third = held.turn("five")
    for one in (waiting, held):
        await one.store(storage)
    result = await operate("owed")
    assert result == Ended(
        0,
        f"{first}\t2\t3\t{SINCE}\t{THEN}\t-\n"
        f"{second}\t1\t0\t{SINCE}\t{THEN}\t-\n"
        f"{third}\t1\t0\t{SINCE}\t-\theld\n",
        "",
    )
    assert (first, third) == ("owed//msteams/a/1", "owed/b/msteams/b/1")


async def test_what_was_sent_since_its_record_was_read_is_not_owed(storage: RecordStorage) -> None:
    owing = Owing()
    owing.turn("one")
    owing.ledger.queue.open.clear()
    await owing.store(storage)
    assert await operate("owed") == Ended(0, "", "")


async def test_a_ledger_that_cannot_be_read_hides_no_other(storage: RecordStorage) -> None:
    broken, sound = Owing("a"), Owing("b")
    broken.turn("one")
    key = sound.turn("two")
    for one in (broken, sound):
        await one.store(storage)
    await storage.commit([Change(broken.key, '{"v":99}', ANY)])
    result = await operate("owed")
    assert result.output.startswith(f"{key}\t")
    assert result.errors.startswith(f"error: {broken.key}: ")


async def test_what_was_given_up_is_a_line_too(storage: RecordStorage) -> None:
    owing = Owing()
    owing.turn("owed")
    key = owing.given_up("secret")
    await owing.store(storage)
    assert await operate("owed", "--given-up") == Ended(0, f"{key}\t{DAY_BEFORE}\t{THEN}\n", "")


@pytest.mark.parametrize("options", [[], ["--given-up"]])
async def test_the_texts_are_shown_to_who_asks_for_them(
    storage: RecordStorage, options: list[str]
) -> None:
    owing = Owing()
    key = owing.given_up("secret", person="ada") if options else owing.turn("secret", person="ada")
    await owing.store(storage)
    result = await operate("owed", *options, "--show")
    assert result == await operate("show", key)
    shown = json.loads(result.output)
    assert shown["owner"] == ADA
    assert [effect["body"]["text"] for effect in shown["state"]["owed"]["effects"]] == ["secret"]


async def test_of_a_bot_with_a_name_it_is_its_own(
    storage: RecordStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Namespace(storage, "shop")
    owing = Owing()
    key, given_up = owing.turn("one"), owing.given_up("two")
    await owing.store(shop)
    assert await operate("owed") == Ended(0, "", "")
    monkeypatch.setenv("BOT_NAME", "shop")
    for where in ([], ["--url", URL]):
        assert (await operate("owed", *where)).output.startswith(f"{key}\t")
    assert (await operate("owed", "--retry", given_up)).code == 0
    assert (await operate("owed", "--drop", key)).code == 0
    assert await keys_of(shop, "owed/") == ["owed//msteams/c/2"]
    assert [key for key in await keys_of(storage) if not key.startswith("~shop/")] == []


async def test_the_store_may_be_that_of_an_application(
    storage: RecordStorage, folder: Path
) -> None:
    owing = Owing()
    key = owing.turn("one")
    await owing.store(storage)
    (folder / "owing_app.py").write_text(
        f"from turnkeeper import Host, Settings\nhost = Host(Settings(storage_url={URL!r}))\n"
    )
    result = await operate("--app", "owing_app:host", "owed")
    assert result.output.startswith(f"{key}\t")


# Tried again.


async def test_what_was_given_up_is_sent_after_all_by_the_bot_that_runs(
    storage: RecordStorage, process: Process
) -> None:
    owing = Owing(owner=ADA, next=7)
    key = owing.given_up("after all", person="ada")
    await owing.store(storage)
    assert await operate("owed", "--retry", key) == Ended(0, "owed//msteams/c/7\n", "")
    assert await keys_of(storage, "given-up/") == []
    record = (await storage.fetch(["owed//msteams/c/7"]))["owed//msteams/c/7"]
    assert (record.owner, record.expires_at) == (ADA, None)
    queue = await queue_in(storage, owing.key)
    assert (queue.next, queue.open[7].who) == (8, digest(ADA))
    assert await storage.due() != []
    assert await work_off(process) == {"c": ["after all"]}
    assert await keys_of(storage) == [owing.key]


async def test_it_comes_last_and_not_before_the_channel_wants_it(storage: RecordStorage) -> None:
    owing = Owing(not_before=FAR_OFF, unseen={digest(ADA): 1})
    owing.turn("first", person="bob")
    key = owing.given_up("last", person="ada")
    await owing.store(storage)
    assert (await operate("owed", "--retry", key)).code == 0
    queue = await queue_in(storage, owing.key)
    assert list(queue.open) == [1, 2]
    assert queue.not_before == FAR_OFF
    assert await storage.due() == []
    assert queue.unseen == {digest(ADA): 1}  # until it has reached her


async def test_its_ledger_may_be_gone(storage: RecordStorage, process: Process) -> None:
    owing = Owing()
    key = owing.given_up("after all")
    await owing.store(storage)
    await storage.commit([Change(owing.key, None, ANY)])
    assert await operate("owed", "--retry", key) == Ended(0, "owed//msteams/c/1\n", "")
    assert (await storage.fetch([owing.key]))[owing.key].expires_at is not None
    assert await work_off(process) == {"c": ["after all"]}


async def test_nothing_is_tried_again_twice(storage: RecordStorage) -> None:
    owing = Owing()
    key = owing.given_up("once")
    await owing.store(storage)
    await operate("owed", "--retry", key)
    missing = f"error: {key}: there is no such record; it may have been sent, or dropped\n"
    assert await operate("owed", "--retry", key) == Ended(1, "", missing)
    assert len((await queue_in(storage, owing.key)).open) == 1


async def test_what_is_owed_is_tried_by_itself(storage: RecordStorage) -> None:
    owing = Owing()
    key = owing.turn("one")
    await owing.store(storage)
    result = await operate("owed", "--retry", key)
    assert result.code == 1
    assert result.errors.startswith(f"error: {key}: it is tried by itself; --drop {key} would")


async def test_a_conversation_that_owes_too_much_takes_no_more(storage: RecordStorage) -> None:
    owing = Owing()
    for _ in range(MOST_OPEN):
        owing.turn("one")
    key = owing.given_up("one more")
    await owing.store(storage)
    result = await operate("owed", "--retry", key)
    assert result.code == 1
    assert result.errors.startswith(f"error: {key}: too many replies wait")
    assert await keys_of(storage, "given-up/") == [key]


class Busy(MemoryStorage):
    """A store in which a sender writes the ledger whenever somebody has read it.

    :ivar writes: how often it still does.
    """

    writes = 5

    async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
        found = await super().fetch(keys)
        ledgers = [key for key in found if "/ledgers/" in key and self.writes]
        for key in ledgers:
            self.writes -= 1
            ledger = Ledger.read(key, found[key])
            ledger.queue.take("sender")
            await self.commit([Change(key, ledger.body(), ANY)])
        return found


async def test_a_sender_that_writes_all_the_time_is_no_error() -> None:
    storage, owing = Busy(), Owing()
    key, given_up = owing.turn("one"), owing.given_up("two")
    await owing.store(storage)
    assert await owed.retry(storage, given_up) == "owed//msteams/c/2"
    storage.writes = 5
    await owed.drop(storage, key)
    storage.writes = 0
    queue = await queue_in(storage, owing.key)
    assert list(queue.open) == [2]
    assert (queue.holder, queue.beat) == ("sender", 10)
    assert await keys_of(storage) == [owing.key, "owed//msteams/c/2"]


# Dropped.


async def test_what_is_dropped_is_never_sent_and_counts_as_lost(
    storage: RecordStorage, process: Process
) -> None:
    owing = Owing()
    key = owing.turn("dropped", person="ada")
    owing.turn("kept", person="bob")
    await owing.store(storage)
    line = f"{key}\t1\t0\t{SINCE}\t-\t-\n"
    assert await operate("owed", "--drop", key) == Ended(0, line, "")
    assert await keys_of(storage, "owed/") == ["owed//msteams/c/2"]
    queue = await queue_in(storage, owing.key)
    assert (queue.next, list(queue.open), queue.unseen) == (3, [2], {digest(ADA): 1})
    assert await work_off(process) == {"c": ["kept"]}


async def test_a_bot_that_sends_it_stops_at_its_next_write(
    storage: RecordStorage, process: Process
) -> None:
    sending, gate = asyncio.Event(), asyncio.Event()

    async def hold(_: str) -> None:
        sending.set()
        await gate.wait()

    process.connector.hold = hold
    turn = asyncio.ensure_future(process.take(message("a")))
    await sending.wait()
    [key] = await keys_of(storage, "owed/")
    assert (await operate("owed", "--drop", key)).output.endswith("\theld\n")
    gate.set()
    await turn
    await process.take(message("b"))
    # What was on its way arrived; "end of 1" was behind it.
    assert process.world.channel.received == {"c": ["1: a", "2: b", "end of 2"]}
    assert await keys_of(storage, "owed/") == []


async def test_what_was_given_up_may_be_dropped(storage: RecordStorage) -> None:
    owing = Owing()
    key = owing.given_up("secret")
    await owing.store(storage)
    before = await storage.fetch([owing.key])
    line = f"{key}\t{DAY_BEFORE}\t{THEN}\n"
    assert await operate("owed", "--drop", key) == Ended(0, line, "")
    assert await keys_of(storage) == [owing.key]
    assert await storage.fetch([owing.key]) == before


async def test_what_cannot_be_read_or_is_in_no_ledger_can_be_dropped(
    storage: RecordStorage,
) -> None:
    owing = Owing()
    unreadable, orphan = owing.turn("one"), owing.turn("two")
    del owing.ledger.queue.open[2]
    await owing.store(storage)
    await storage.commit([Change(unreadable, "{}", ANY)])
    for key in (unreadable, orphan):
        assert (await operate("owed", "--drop", key, "--show")).code == 0
    assert await keys_of(storage) == [owing.key]
    assert (await queue_in(storage, owing.key)).open == {}


@pytest.mark.parametrize("option", ["--retry", "--drop"])
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("given-up//msteams/c/1-0", "there is no such record"),
        (ADA, "it is no key of what is owed"),
        ("\x1b", "it is no key of what is owed"),
    ],
)
async def test_an_unknown_key_is_an_error(
    storage: RecordStorage, option: str, key: str, reason: str
) -> None:
    result = await operate("owed", option, key)
    assert (result.code, result.output) == (1, "")
    assert reason in result.errors
    assert "\x1b" not in result.errors


async def test_two_at_once_cannot_both_have_it() -> None:
    class Slow(MemoryStorage):
        """Here others get in between a read and a write."""

        async def fetch(self, keys: Collection[str]) -> dict[str, Record]:
            found = await super().fetch(keys)
            await asyncio.sleep(0)
            return found

    storage, owing = Slow(), Owing()
    key = owing.given_up("once")
    await owing.store(storage)
    results = await asyncio.gather(
        owed.retry(storage, key), owed.drop(storage, key), return_exceptions=True
    )
    assert [isinstance(result, StorageError) for result in results].count(True) == 1


async def test_only_one_thing_is_done_at_once(storage: RecordStorage) -> None:
    for options in (["--given-up", "--retry", "a"], ["--retry", "a", "--drop", "a"]):
        assert (await operate("owed", *options)).code == 2
